"""Training of the prior's networks: deterministic, and resumable."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from disgen.prior.errors import PriorError
from disgen.prior.geometry.network import GeometrySettings
from disgen.prior.geometry.parameters import element_volumes
from disgen.prior.geometry.templates import Templates
from disgen.prior.language.network import LanguageSettings
from disgen.prior.learning import LearningSettings, Task, learn
from disgen.prior.material import Material
from disgen.prior.training import train_geometry, train_language

SETTINGS = LearningSettings(steps=30, batch_size=8, learning_rate=0.02, look_every=10)
TARGET = torch.tensor([1.0, -2.0, 0.5])


class _StopError(Exception):
    pass


def task(stop_at: float = 2.0) -> Task:
    """Fit a point: noisy copies of it are drawn."""

    def draw(n: int, progress: float, rng: np.random.Generator):
        if progress >= stop_at:
            raise _StopError
        yield TARGET + 0.1 * torch.from_numpy(rng.standard_normal((n, 3)).astype(np.float32))

    return Task(
        draw,
        lambda model, part: (model(torch.ones(len(part), 1)).float() - part).square().sum(dim=1),
        lambda model: float((model(torch.ones(1, 1)).detach() - TARGET).square().sum()),
    )


def fresh() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Linear(1, 3)


def test_the_best_weights_come_back_and_every_look_is_told(tmp_path):
    best, history = learn(fresh(), task(), replace(SETTINGS, steps=200, patience=99), tmp_path / "state")
    assert [row["step"] for row in history] == list(range(10, 201, 10))
    model = fresh()
    model.load_state_dict(best)
    assert task().judge(model) == pytest.approx(min(row["validation"] for row in history), abs=1e-5)
    assert history[-1]["validation"] < 0.3 * history[0]["validation"]


def test_it_ends_where_nothing_gets_better_and_gives_the_best_weights(tmp_path):
    looks, seen = iter([3.0, 1.0, 2.0, 2.5, 2.9, 0.1]), []

    def judge(model):
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return next(looks)

    settings = replace(SETTINGS, steps=1000, patience=3)
    best, history = learn(fresh(), replace(task(), judge=judge), settings, tmp_path / "state")
    assert [row["step"] for row in history] == [10, 20, 30, 40, 50], "three looks in vain"
    assert all(torch.equal(best[name], seen[1][name]) for name in best)


def test_an_interrupted_training_ends_as_one_that_was_not(tmp_path):
    whole, _ = learn(fresh(), task(), SETTINGS, tmp_path / "whole")
    with pytest.raises(_StopError):
        learn(fresh(), task(stop_at=0.5), SETTINGS, tmp_path / "cut")
    rest, history = learn(fresh(), task(), SETTINGS, tmp_path / "cut")
    assert len(history) == 3
    assert all(torch.equal(whole[name], rest[name]) for name in whole)


def test_another_training_and_a_damaged_one_are_refused(tmp_path):
    learn(fresh(), task(), SETTINGS, tmp_path / "state")
    with pytest.raises(PriorError, match="has other settings"):
        learn(fresh(), task(), replace(SETTINGS, seed=1), tmp_path / "state")
    (tmp_path / "state").write_bytes(b"nothing of the kind")
    with pytest.raises(PriorError, match="is damaged"):
        learn(fresh(), task(), SETTINGS, tmp_path / "state")


def test_both_networks_learn_from_crystals(minerals, tmp_path):
    material = Material.of(minerals[:200], minerals[200:260], minerals[260:300])
    learning = LearningSettings(steps=24, batch_size=16, learning_rate=3e-3, average=0.5, look_every=8)
    _, spoken = train_language(material, minerals[200:260], LanguageSettings(32, 1, 2), learning, tmp_path / "a")
    volumes = element_volumes(material.corpus)
    settings = GeometrySettings(32, 1, 2, 4)
    known = Templates.of(material.corpus, volumes)
    _, shaped = train_geometry(material, minerals[200:260], known, volumes, settings, learning, tmp_path / "b")
    for history in (spoken, shaped):
        assert len(history) == 3
        assert history[-1]["validation"] < history[0]["validation"]
