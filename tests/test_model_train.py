"""Training from end to end on a tiny corpus: run folder, exact resume, and what goes wrong."""

import itertools
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from synthetic import random_crystals

from disgen.model import checkpoint
from disgen.model.checkpoint import RunError, available_runs, default_run, load_run, update_metrics
from disgen.model.config import Config
from disgen.model.training.state import STATE_FILE, TrainError
from disgen.model.training.train import train
from disgen.model.vae import ConvolutionalVAE
from disgen.representation import encode

FILES = {
    "config.json",
    "weights.safetensors",
    "scaler.json",
    "latents.safetensors",
    "index.parquet",
    "metrics.json",
    "history.csv",
}


def make_corpus(n: int = 120) -> SimpleNamespace:
    crystals = random_crystals(n, seed=7)
    position = np.arange(n)
    index = pd.DataFrame(
        {
            "source": "made up",
            "id": [str(i) for i in position],
            "formula": [crystal.formula for crystal in crystals],
            "space_group": [crystal.space_group for crystal in crystals],
            "n_sites": [len(crystal.sites) for crystal in crystals],
            "disordered_sites": [crystal.disordered_sites for crystal in crystals],
            "uniform_vacancy": position % 20 == 3,
            "split_key": np.select([position % 10 < 7, position % 10 < 8], ["train", "validation"], "test"),
            "split_random": np.select([position < 90, position < 100], ["train", "validation"], "test"),
        }
    )
    return SimpleNamespace(crystals=crystals, index=index, fingerprint=f"made up {n}")


def make_config(**training) -> Config:
    return Config.from_dict(
        {
            "name": "tiny",
            "model": {"filters": 2, "latent": 8, "log_lengths": True},
            "loss": {"occupancy": "cross_entropy", "kl": "sum", "weights": {"kl": 0.01, "occupancy": 1.0}},
            "augment": {"substitution": 0.5, "mixing": 0.2, "skeletons": 0.5},
            "training": {"epochs": 4, "batch_size": 32, "threads": 1} | training,
        }
    )


@pytest.fixture(scope="module")
def corpus() -> SimpleNamespace:
    return make_corpus()


@pytest.fixture(scope="module")
def folder(corpus, tmp_path_factory) -> Path:
    return train(corpus, make_config(), tmp_path_factory.mktemp("runs") / "tiny", show_progress=False)


@pytest.fixture
def copy(folder, tmp_path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_run_folder_holds_everything(folder, corpus):
    assert {path.name for path in folder.iterdir()} == FILES
    run = load_run(folder)
    assert run.name == "tiny"
    assert run.config["training"]["finished"]
    assert run.config["corpus"]["fingerprint"] == corpus.fingerprint
    assert not any(value.requires_grad for value in run.model.parameters())
    assert not run.model.training
    assert run.history["epoch"].tolist() == [1, 2, 3, 4]
    assert {"train_kl", "validation_coordinates", "letter_accuracy"} <= set(run.history.columns)
    assert not run.index["uniform_vacancy"].any()
    for split, latents in run.latents.items():
        assert latents.dtype == np.float32
        assert len(run.split_index(split)) == len(latents) > 0
    assert run.maps_path == folder / "maps"


def test_stored_latents_are_those_of_the_stored_weights(folder, corpus):
    run = load_run(folder)
    rows = run.split_index("test")
    crystals = [corpus.crystals[int(name)] for name in rows["id"]]
    mean, log_var = run.encode(*encode(crystals))
    assert np.array_equal(mean.astype(np.float16), run.latents["test"].astype(np.float16))
    assert mean.shape == log_var.shape
    assert len(run.decode(mean)) == len(rows)


def test_training_learns(folder):
    history = load_run(folder).history
    assert history["train_total"].iloc[-1] < history["train_total"].iloc[0]


def test_interrupted_training_ends_as_an_uninterrupted_one(folder, corpus, tmp_path):
    out = tmp_path / "run"
    config = make_config()
    train(corpus, config, out, max_minutes=0.0, show_progress=False)
    partial = load_run(out)
    assert not partial.config["training"]["finished"]
    assert len(partial.history) == 1
    assert (out / STATE_FILE).exists()
    train(corpus, make_config(checkpoint_minutes=9.0), out, max_minutes=0.0, show_progress=False)
    train(corpus, config, out, show_progress=False)
    ours, theirs = load_run(out), load_run(folder)
    pd.testing.assert_frame_equal(ours.history.drop(columns="seconds"), theirs.history.drop(columns="seconds"))
    assert ours.metrics == theirs.metrics
    assert (out / "weights.safetensors").read_bytes() == (folder / "weights.safetensors").read_bytes()
    assert not (out / STATE_FILE).exists()


def test_averaged_weights_are_validated_released_and_resumed(corpus, tmp_path):
    config = make_config(ema=0.99, epochs=3)
    whole = load_run(train(corpus, config, tmp_path / "whole", show_progress=False))
    for _ in range(3):
        train(corpus, config, tmp_path / "parts", max_minutes=0.0, show_progress=False)
    parts = load_run(tmp_path / "parts")
    weights = [(path / "weights.safetensors").read_bytes() for path in (whole.path, parts.path)]
    assert weights[0] == weights[1]
    plain = load_run(train(corpus, make_config(epochs=3), tmp_path / "plain", show_progress=False))
    assert (plain.path / "weights.safetensors").read_bytes() != weights[0]
    trained, judged = (
        [name for name in plain.history if name.startswith(split)] for split in ("train_", "validation_")
    )
    # Averaging has no part in the training itself, only in what is looked at.
    pd.testing.assert_frame_equal(whole.history[trained], plain.history[trained])
    assert not np.allclose(whole.history[judged], plain.history[judged], rtol=1e-4)


def test_a_finished_training_is_left_alone(copy, corpus):
    before = (copy / "config.json").stat().st_mtime_ns
    train(corpus, make_config(), copy, show_progress=False)
    assert (copy / "config.json").stat().st_mtime_ns == before


KILLED = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from test_model_train import make_config, make_corpus
from disgen.model.training.train import train
train(make_corpus(), make_config(**{training!r}), sys.argv[1], show_progress=False)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a kill that cannot be caught")
def test_a_killed_training_ends_as_one_left_in_peace(corpus, tmp_path):
    training = {"epochs": 25, "checkpoint_minutes": 0.0005, "ema": 0.99}
    out, peace = tmp_path / "run", tmp_path / "peace"
    here = Path(__file__).parent
    script = KILLED.format(tests=str(here), root=str(here.parent), training=training)
    with subprocess.Popen([sys.executable, "-c", script, str(out)]) as process:
        deadline = time.monotonic() + 60.0
        while not (out / STATE_FILE).exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    done = len(pd.read_csv(out / "history.csv"))
    assert 1 <= done < training["epochs"]
    for folder in (out, peace):
        train(corpus, make_config(**training), folder, show_progress=False)
    ours, theirs = (pd.read_csv(folder / "history.csv", dtype=str).drop(columns="seconds") for folder in (out, peace))
    pd.testing.assert_frame_equal(ours, theirs)
    assert (out / "weights.safetensors").read_bytes() == (peace / "weights.safetensors").read_bytes()
    assert load_run(out).metrics == load_run(peace).metrics


def test_another_configuration_does_not_continue_the_same_folder(corpus, tmp_path):
    train(corpus, make_config(), tmp_path, max_minutes=0.0, show_progress=False)
    with pytest.raises(TrainError, match="another configuration or corpus"):
        train(corpus, make_config(learning_rate=0.5), tmp_path, show_progress=False)
    (tmp_path / STATE_FILE).write_bytes(b"broken")
    with pytest.raises(TrainError, match="damaged"):
        train(corpus, make_config(), tmp_path, show_progress=False)


def test_a_time_budget_ends_the_schedule(corpus, tmp_path, monkeypatch):
    clock = itertools.count()  # 0.05 s pass between two looks at it
    monkeypatch.setattr("disgen.model.training.train.time", SimpleNamespace(monotonic=lambda: 0.05 * next(clock)))
    run = load_run(train(corpus, make_config(hours=1.0 / 3600), tmp_path, show_progress=False))
    assert run.config["training"]["finished"]
    assert run.history["seconds"].iloc[-1] >= 1.0
    assert run.history["learning_rate"].iloc[-1] < 0.1 * run.history["learning_rate"].iloc[0]


def test_training_ends_when_the_validation_loss_no_longer_falls(corpus, tmp_path, monkeypatch):
    given = iter([5.0, 4.0, math.nan, 4.5, 4.2, 1.0])
    monkeypatch.setattr("disgen.model.training.train.validate", lambda *_: {"validation_total": next(given)})
    config = make_config(patience=3, epochs=50)
    for _ in range(4):  # the patience is not renewed by a pause
        train(corpus, config, tmp_path, max_minutes=0.0, show_progress=False)
        assert not load_run(tmp_path).config["training"]["finished"]
    run = load_run(train(corpus, config, tmp_path, show_progress=False))
    assert run.config["training"]["finished"]
    assert run.config["training"]["best_epoch"] == run.metrics["best_epoch"] == 2
    assert len(run.history) == 5
    assert not (tmp_path / STATE_FILE).exists()


def test_mixed_precision_trains_much_like_single(corpus, tmp_path):
    plain, mixed = (
        load_run(train(corpus, make_config(epochs=3, precision=name), tmp_path / name, show_progress=False))
        for name in ("float32", "bfloat16")
    )
    totals = [plain.history["train_total"], mixed.history["train_total"]]
    assert not np.array_equal(*totals)
    np.testing.assert_allclose(*totals, rtol=0.02)
    assert {value.dtype for value in mixed.model.parameters()} == {torch.float32}


def test_logs_for_tensorboard_follow_the_history(corpus, tmp_path, monkeypatch):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    train(corpus, make_config(), tmp_path, max_minutes=0.0, show_progress=False)
    config = make_config(tensorboard=True)  # which does not make it another training
    run = load_run(train(corpus, config, tmp_path, show_progress=False))
    logs = reader.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    names = {"train/total": "train_total", "validation/space_group": "validation_space_group"}
    names |= {"accuracy/letter_accuracy": "letter_accuracy", "course/learning_rate": "learning_rate"}
    for tag, column in names.items():
        logged = {event.step: event.value for event in logs.Scalars(tag)}
        expected = run.history.set_index("epoch")[column].drop(1).to_dict()
        assert logged == pytest.approx(expected, nan_ok=True)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(TrainError, match="pip install tensorboard"):
        train(corpus, config, tmp_path / "other", show_progress=False)


def test_splits_and_exclusions(corpus, tmp_path):
    config = make_config(epochs=1, split="split_random", include_uniform_vacancy=True, weights_dtype="float32")
    run = load_run(train(corpus, config, tmp_path, show_progress=False))
    assert [len(run.latents[split]) for split in checkpoint.SPLITS] == [90, 10, 20]
    with pytest.raises(TrainError, match="split_key"):
        train(SimpleNamespace(**vars(corpus) | {"index": corpus.index.drop(columns="split_key")}), make_config(), "x")
    few = SimpleNamespace(**vars(corpus) | {"index": corpus.index.assign(split_key="test")})
    with pytest.raises(TrainError, match="0 training entries"):
        train(few, make_config(), tmp_path / "few")


def test_a_diverging_training_stops_with_a_sentence(corpus, tmp_path):
    with pytest.raises(TrainError, match="lower the learning rate"):
        train(corpus, make_config(learning_rate=1e30, epochs=50), tmp_path, show_progress=False)


@pytest.mark.parametrize("name", sorted(FILES))
def test_missing_and_damaged_files_are_named(copy, name):
    content = (copy / name).read_bytes()
    (copy / name).unlink()
    with pytest.raises(RunError, match=name.replace(".", r"\.")) as error:
        load_run(copy)
    assert "missing" in str(error.value)
    if name != "history.csv":  # half a table is still a table
        (copy / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(RunError, match=name.replace(".", r"\.")) as error:
            load_run(copy)
        assert str(error.value).count("\n") == 0


def test_files_that_do_not_fit_each_other(copy):
    config = json.loads((copy / "config.json").read_text())
    config["config"]["model"]["latent"] = 9
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(RunError, match="do not fit the network"):
        load_run(copy)
    config["config"]["model"] = {"latent": 8, "depth": 3}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(RunError, match=r"model\.depth"):
        load_run(copy)


def test_index_and_latents_must_agree(copy):
    record = json.loads((copy / "config.json").read_text())
    del record["files"]  # else their checksums tell first
    (copy / "config.json").write_text(json.dumps(record))
    pd.read_parquet(copy / "index.parquet").iloc[1:].to_parquet(copy / "index.parquet")
    with pytest.raises(RunError, match=r"do not fit index\.parquet"):
        load_run(copy)


def test_runs_are_found_by_name(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path))
    shutil.copytree(folder, tmp_path / "models" / "mine")
    assert available_runs()["mine"] == tmp_path / "models" / "mine"
    assert load_run("mine").path == tmp_path / "models" / "mine"
    assert default_run().is_dir()
    with pytest.raises(RunError, match="no run folder"):
        load_run(tmp_path / "other")
    with pytest.raises(RunError, match="no split"):
        load_run("mine").split_index("training")


def test_metrics_are_updated_by_name(copy):
    run = load_run(copy)
    update_metrics(run, {"test": {"n": 3}})
    assert load_run(copy).metrics == run.metrics | {"test": {"n": 3}}


def test_state_of_another_network_is_refused(corpus, tmp_path, monkeypatch):
    train(corpus, make_config(), tmp_path, max_minutes=0.0, show_progress=False)
    monkeypatch.setattr("disgen.model.training.learner.build_vae", lambda config: ConvolutionalVAE(3, config.latent))
    with pytest.raises(TrainError, match="another version of the network"):
        train(corpus, make_config(), tmp_path, show_progress=False)


def test_without_any_run(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "available_runs", dict)
    with pytest.raises(RunError, match="no trained model"):
        load_run(None)
