"""A light run keeps its test split alone, and a full one is made of it again with its corpus."""

import json

import numpy as np
import pandas as pd
import pytest
from test_model_train import FILES, make_config, make_corpus

from disgen.cli import main
from disgen.latent.fitted import available_estimators, fitted_estimator, store_estimators
from disgen.model.checkpoint import RunError, load_run
from disgen.model.completion import store_completed
from disgen.model.training.train import train


@pytest.fixture(scope="module")
def corpus():
    return make_corpus()


@pytest.fixture(scope="module")
def full(corpus, tmp_path_factory):
    return load_run(train(corpus, make_config(), tmp_path_factory.mktemp("runs") / "tiny", show_progress=False))


@pytest.fixture(scope="module")
def light(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "light"
    return load_run(train(corpus, make_config(release="light"), out, show_progress=False))


def test_a_light_run_keeps_the_test_split_alone(light, full):
    assert {path.name for path in light.path.iterdir()} == FILES
    assert set(light.latents) == set(light.index["split"]) == {"test"}
    np.testing.assert_array_equal(light.split_latents("test"), full.split_latents("test"))
    pd.testing.assert_frame_equal(light.split_index("test"), full.split_index("test"))
    assert light.metrics == full.metrics
    assert light.config["corpus"]["sizes"] == full.config["corpus"]["sizes"]
    for look in (light.split_index, light.split_latents):
        with pytest.raises(RunError, match="is a light one, for comparison, without its train split"):
            look("train")
    for use in (store_estimators, lambda run: fitted_estimator(run, "kde")):
        with pytest.raises(RunError, match="disgen complete --run"):
            use(light)


def test_a_completed_run_is_the_full_one(light, full, corpus, tmp_path):
    (light.path / "comparison.json").write_text("{}")
    store_completed(light, corpus, tmp_path / "whole")
    (light.path / "comparison.json").unlink()
    whole = load_run(tmp_path / "whole")
    assert whole.name == "whole"
    assert (whole.path / "comparison.json").exists(), "its figures come along"
    pd.testing.assert_frame_equal(whole.index, full.index)
    for split, latents in full.latents.items():
        np.testing.assert_allclose(whole.latents[split], latents, atol=2e-3)
    assert (whole.path / "weights.safetensors").read_bytes() == (full.path / "weights.safetensors").read_bytes()
    assert "kde" in available_estimators(whole)


def test_a_light_run_is_left_as_it_is(light, corpus, capsys, monkeypatch):
    with pytest.raises(RunError, match="another folder by --out"):
        store_completed(light, corpus, light.path)
    monkeypatch.setattr("disgen.corpus.storage.load_corpus", lambda _: make_corpus(60))
    assert main(["complete", "--run", str(light.path), "--out", str(light.path.parent / "other"), "--json"]) == 1
    assert "not the one of run" in json.loads(capsys.readouterr().out)["error"]
