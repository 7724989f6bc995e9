"""From latent points to crystals with a (barely trained) network: reproducible, and independent of batch and chunk."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from synthetic import random_crystals

from disgen.generation import sampling
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.sampling import crystals_in_chunks, crystals_of, draw, known_keys
from disgen.latent.fitted import fitted_estimator
from disgen.latent.protocol import EstimatorError
from disgen.model.checkpoint import load_run
from disgen.model.config import Config
from disgen.model.training.train import train

ESTIMATORS = ("kde", "gmm", "gaussian")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of one epoch on 150 synthetic crystals."""
    crystals = random_crystals(150, seed=11)
    position = np.arange(len(crystals))
    index = pd.DataFrame(
        {
            "source": "made up",
            "id": position.astype(str),
            "formula": [crystal.formula for crystal in crystals],
            "space_group": [crystal.space_group for crystal in crystals],
            "n_sites": [len(crystal.sites) for crystal in crystals],
            "disordered_sites": [crystal.disordered_sites for crystal in crystals],
            "key": [crystal.key for crystal in crystals],
            "uniform_vacancy": False,
            "split_key": np.select([position % 10 < 7, position % 10 < 8], ["train", "validation"], "test"),
        }
    )
    config = Config.from_dict(
        {
            "name": "tiny",
            "model": {"filters": 2, "latent": 8},
            "training": {"epochs": 1, "batch_size": 32, "threads": 1},
        }
    )
    corpus = SimpleNamespace(crystals=crystals, index=index, fingerprint="made up")
    return load_run(train(corpus, config, tmp_path_factory.mktemp("runs") / "tiny", show_progress=False))


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("decoding", Decoding)
def test_the_same_seed_gives_the_same_samples(run, name, decoding):
    estimator = fitted_estimator(run, name)
    one, other = (draw(run, estimator, 60, 5, decoding) for _ in range(2))
    assert (one.estimator, one.seed) == (name, 5)
    assert one.z.shape == (60, 8)
    assert one.z.dtype == np.float32
    assert np.array_equal(one.z, other.z)
    assert one.reconstructions.crystals == other.reconstructions.crystals
    assert one.reconstructions.outcomes == other.reconstructions.outcomes
    assert one.reconstructions.decoding is decoding
    assert not np.array_equal(draw(run, estimator, 60, 6, decoding).z, one.z)


def test_every_sample_has_an_outcome(run):
    result = draw(run, fitted_estimator(run, "gaussian"), 200, 0).reconstructions
    assert len(result) == len(result.crystals) == len(result.outcomes) == 200
    for crystal, outcome in zip(result.crystals, result.outcomes, strict=True):
        assert (crystal is not None) is (outcome is Outcome.OK)


@pytest.mark.parametrize("decoding", Decoding)
def test_a_latent_point_gives_the_same_crystal_alone_and_in_company(run, decoding):
    z = np.random.default_rng(0).standard_normal((70, 8)).astype(np.float32)
    together = crystals_of(run, z, decoding)
    for index in (0, 3, 31, 69):
        alone = crystals_of(run, z[index : index + 1], decoding)
        assert alone.crystals == together.crystals[index : index + 1]
        assert alone.outcomes == together.outcomes[index : index + 1]
    order = np.random.default_rng(1).permutation(70)
    assert crystals_of(run, z[order], decoding).crystals == tuple(together.crystals[index] for index in order)


def test_chunks_do_not_matter(run, monkeypatch):
    z = np.random.default_rng(2).standard_normal((50, 8)).astype(np.float32)
    whole = crystals_of(run, z)
    monkeypatch.setattr(sampling, "CHUNK", 7)
    parts = list(crystals_in_chunks(run, z))
    assert [len(part) for part in parts] == [7] * 7 + [1]
    again = crystals_of(run, z)
    assert again.crystals == whole.crystals
    assert np.array_equal(again.symmetry_matched, whole.symmetry_matched)


def test_no_points_give_no_crystals(run):
    assert len(crystals_of(run, np.zeros((0, 8), dtype=np.float32))) == 0


def test_impossible_wishes(run):
    estimator = fitted_estimator(run, "gaussian")
    for n in (0, -3):
        with pytest.raises(EstimatorError):
            draw(run, estimator, n, 0)
    with pytest.raises(ValueError, match="non-negative"):
        draw(run, estimator, 3, -1)
    with pytest.raises(EstimatorError):
        fitted_estimator(run, "magic")
    with pytest.raises(ValueError, match="shape"):
        crystals_of(run, np.zeros((3, 5), dtype=np.float32))
    with pytest.raises(ValueError, match="finite"):
        crystals_of(run, np.full((3, 8), np.nan, dtype=np.float32))


def test_a_temperature_is_passed_on(run):
    estimator = fitted_estimator(run, "gaussian")
    plain, warm = draw(run, estimator, 30, 2), draw(run, estimator, 30, 2, temperature=1.5)
    assert (plain.temperature, warm.temperature) == (1.0, 1.5)
    np.testing.assert_allclose(warm.z, 1.5 * plain.z, rtol=1e-6)
    with pytest.raises(EstimatorError, match="above zero"):
        draw(run, estimator, 30, 2, temperature=0.0)


def test_known_keys_are_those_of_the_training_split(run):
    index = run.index[run.index["split"] == "train"]
    assert known_keys(run) == set(index["key"])
    assert not known_keys(replace(run, index=run.index.drop(columns="key")))
    assert not known_keys(replace(run, latents={"test": run.latents["test"]}))
