"""Which estimators are stored with a run, and that a stored one draws what a fresh fit draws."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from disgen.latent.estimators import ESTIMATORS, EstimatorError, make_estimator
from disgen.latent.fitted import available_estimators, estimators_path, fitted_estimator, store_estimators


@pytest.fixture
def run(tmp_path):
    latents = np.random.default_rng(0).normal(size=(400, 5)).astype(np.float32)
    held = {"train": latents}
    return SimpleNamespace(name="made up", path=tmp_path, latents=held, split_latents=held.__getitem__)


def test_nothing_need_be_stored(run):
    assert set(ESTIMATORS) - set(available_estimators(run)) == {"prior"}
    for name in available_estimators(run):
        fresh = make_estimator(name).fit(run.split_latents("train"))
        assert fitted_estimator(run, name).settings == fresh.settings
    assert not estimators_path(run).exists()
    with pytest.raises(EstimatorError, match="has no learned prior: train it"):
        fitted_estimator(run, "prior")
    with pytest.raises(EstimatorError, match="no estimator 'magic'"):
        fitted_estimator(run, "magic")


def test_what_takes_time_is_stored_and_no_copy_of_the_latents(run):
    store_estimators(run)
    files = {path.name for path in estimators_path(run).iterdir()}
    assert {"gmm.json", "gmm.safetensors", "gmm-bic.json", "gmm-bic.safetensors", "kde-cv.json"} <= files
    assert not {"kde.json", "kde-cv.safetensors", "gaussian.json", "gaussian-fit.json"} & files


@pytest.mark.parametrize("name", ["gmm", "gmm-bic", "kde-cv"])
def test_a_stored_estimator_draws_what_a_fresh_fit_draws(run, name, monkeypatch):
    fresh = make_estimator(name).fit(run.split_latents("train"))
    store_estimators(run)
    for choice in ("kde.likeliest_bandwidth", "gmm._fitted"):
        monkeypatch.setattr(f"disgen.latent.{choice}", None)  # nothing is chosen or fitted again
    stored = fitted_estimator(run, name)
    assert np.array_equal(stored.sample(50, np.random.default_rng(1)), fresh.sample(50, np.random.default_rng(1)))
    for key, value in fresh.settings.items():
        assert stored.settings[key] == value


def test_what_is_stored_by_others_is_used(run):
    wide = make_estimator("gaussian-fit", regularisation=9.0).fit(run.split_latents("train"))
    wide.save(estimators_path(run))
    assert fitted_estimator(run, "gaussian-fit").settings == {"regularisation": 9.0}


def test_a_stored_choice_counts(run):
    store_estimators(run)
    path = estimators_path(run) / "kde-cv.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"choices": {"bandwidth": 0.125}}))
    assert fitted_estimator(run, "kde-cv").settings["bandwidth"] == 0.125
    for damage in ("[", "{}", json.dumps(record | {"choices": {"breadth": 1.0}})):
        path.write_text(damage)
        with pytest.raises(EstimatorError, match=r"kde-cv\.json is damaged"):
            fitted_estimator(run, "kde-cv")
