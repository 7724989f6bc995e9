"""Further rounds of the learned prior: what it learns from, and that an interrupted round goes on."""

from dataclasses import replace

import numpy as np
import pytest

from disgen.generation import further_rounds
from disgen.generation.further_rounds import Passed, further_round, gather
from disgen.generation.sampling import crystals_of, known_keys
from disgen.generation.screening import screen
from disgen.latent.fitted import fitted_estimator
from disgen.latent.flow import FlowEstimator
from disgen.latent.protocol import EstimatorError
from disgen.model.checkpoint import load_run
from disgen.representation import SiteArrays


@pytest.fixture(scope="module")
def run():
    """The released run, as if a few of its crystals were all that it had been trained on."""
    whole = load_run()
    index = whole.index.copy()
    rows = np.flatnonzero((index["split"] == "train").to_numpy())
    index.loc[rows[300:], "split"] = "left out"
    return replace(whole, index=index, latents=whole.latents | {"train": whole.latents["train"][:300]})


@pytest.fixture(scope="module")
def train(run) -> SiteArrays:
    """Stand-ins for the crystals of the training split: what its latents decode to."""
    return SiteArrays.from_crystals(crystals_of(run, run.latents["train"]).crystals)


@pytest.fixture(scope="module")
def flow(run) -> FlowEstimator:
    return fitted_estimator(run, "flow")


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch):
    monkeypatch.setattr(further_rounds, "_DRAWN", 64)


@pytest.fixture(scope="module")
def passed(run, flow, train) -> Passed:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(further_rounds, "_DRAWN", 64)
        return gather(run, flow, train, 100)


def test_what_is_learnt_from_decodes_to_crystals_that_pass(run, passed):
    assert len(passed) >= 100
    crystals = crystals_of(run, passed.mean.astype(np.float32)).crystals
    found = screen(crystals, known_keys(run))
    assert (found.valid_split_aware & found.neutral_mixed).mean() > 0.9
    assert found.novel.mean() > 0.95
    assert found.unique.mean() > 0.95


def test_draws_scatter_as_the_encoder_says(passed):
    z = Passed(passed.mean[:1], passed.deviation[:1]).draw(4000, np.random.default_rng(0))
    assert np.allclose(z.mean(0), passed.mean[0], atol=4 * float(passed.deviation[0].max()) / 60 + 1e-3)
    assert np.allclose(z.std(0), passed.deviation[0], rtol=0.06, atol=1e-4)


def test_an_interrupted_round_goes_on_from_what_has_passed(run, flow, train, tmp_path, monkeypatch):
    small = replace(flow, batch_size=16, looks=2).with_state_of(flow)
    settings = {"wanted": 30, "training_steps": 4}

    class KilledError(Exception):
        pass

    def killed(*_arguments, **_keywords):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(FlowEstimator, "learn", killed)
        with pytest.raises(KilledError):
            further_round(run, small, train, tmp_path / "round", **settings)
    with monkeypatch.context() as patch:
        patch.setattr(further_rounds, "gather", killed)  # not asked for again
        resumed = further_round(run, small, train, tmp_path / "round", **settings)
    whole = further_round(run, small, train, tmp_path / "whole", **settings)
    assert resumed.rounds == small.rounds + 1
    assert not (tmp_path / "round").exists()
    z, same, before = (estimator.sample(3, np.random.default_rng(0)) for estimator in (resumed, whole, small))
    assert np.array_equal(z, same)
    assert not np.array_equal(z, before)


def test_a_run_whose_samples_do_not_pass_is_told_so(run, flow, train, monkeypatch):
    monkeypatch.setattr(further_rounds, "_passing", lambda *_: [])
    with pytest.raises(EstimatorError, match="cannot learn from them"):
        gather(run, flow, train, 10)
