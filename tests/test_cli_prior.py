"""The command that trains a run's learned prior, on a small corpus with a few steps."""

import json
import shutil

import pyarrow.parquet as pq
import pytest

from disgen import cli
from disgen.generation.sampling import KEYS_BESIDE
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.prior import training
from disgen.prior.geometry.network import GeometrySettings
from disgen.prior.language.network import LanguageSettings


@pytest.fixture
def split(minerals, monkeypatch):
    """As if the run had been trained on minerals."""
    from disgen.representation import SiteArrays

    parts = {"train": minerals[:120], "validation": minerals[120:160], "test": minerals[160:200]}
    splits = {name: SiteArrays.from_crystals(crystals) for name, crystals in parts.items()}
    data = type("Data", (), {"splits": splits})
    corpus = type("Corpus", (), {"crystals": minerals[200:260]})
    monkeypatch.setattr("disgen.model.completion.run_dataset", lambda *_: data)
    monkeypatch.setattr("disgen.corpus.storage.load_corpus", lambda *_: corpus)
    monkeypatch.setattr("disgen.prior.language.network.LanguageSettings", lambda: LanguageSettings(32, 1, 2))
    monkeypatch.setattr("disgen.prior.geometry.network.GeometrySettings", lambda: GeometrySettings(32, 1, 2, 4))
    return parts


def test_both_networks_are_trained_apart_and_stored_together(split, small_run, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(small_run, folder)
    common = ["prior", "--run", str(folder), "--ordered", "beside", "--work", str(tmp_path / "work"), "--json"]
    common += ["--language-steps", "3", "--geometry-steps", "3"]
    for only in ("language", "geometry"):
        assert cli.main([*common, "--only", only]) == 0
        said = json.loads(capsys.readouterr().out)
        assert list(said["validation"]) == [only]
        assert not (folder / "estimators").exists(), "one network alone is no prior"
    assert cli.main(common) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["estimator"] == "prior"
    assert said["crystals"] == 120
    run = load_run(str(folder))
    assert fitted_estimator(run, "prior").draws >= 1
    stored = pq.read_table(folder / "estimators" / KEYS_BESIDE)["key"].to_pylist()
    held_out = {crystal.key for crystal in (*split["validation"], *split["test"])}
    assert stored
    assert not held_out & set(stored)
    history = json.loads((folder / "estimators" / "prior.history.json").read_text())
    assert {name: [row["step"] for row in rows] for name, rows in history.items()} == {"language": [3], "geometry": [3]}


def test_an_interrupted_training_of_other_settings_is_refused(split, small_run, tmp_path, capsys):
    common = ["prior", "--run", str(small_run), "--work", str(tmp_path), "--only", "geometry"]
    assert cli.main([*common, "--geometry-steps", "2"]) == 0
    assert cli.main([*common, "--geometry-steps", "4"]) == 1
    assert "has other settings: delete it to start again" in capsys.readouterr().err


def test_shares_are_shares():
    for shares in (training.LANGUAGE_SHARES, training.GEOMETRY_SHARES):
        assert all(0.0 <= value <= 1.0 for pair in (shares.ordered, shares.exchanged) for value in pair)
