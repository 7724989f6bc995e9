"""Run folders from anywhere: a run or a sentence comes out, and no memory is taken on their word."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file

from disgen.files import read_json, write_file
from disgen.latent.fitted import fitted_estimator
from disgen.latent.protocol import EstimatorError
from disgen.model.checkpoint import RunError, load_run, problem_of, save_run


@pytest.fixture
def folder(small_run, tmp_path):
    return Path(shutil.copytree(small_run, tmp_path / "foreign"))


def change_json(path, change):
    record = json.loads(path.read_bytes())
    change(record)
    path.write_text(json.dumps(record))


def nested(depth):
    return '{"a":' * depth + "1" + "}" * depth


def with_tensor(path, name, change):
    tensors = load_file(path)
    tensors[name or next(iter(tensors))] = change(tensors[name or next(iter(tensors))])
    save_file(tensors, path)


def absurd(**sizes):
    return lambda folder: change_json(folder / "config.json", lambda record: record["config"]["model"].update(sizes))


def in_index(change):
    def changed(folder):
        index = pd.read_parquet(folder / "index.parquet")
        change(index).to_parquet(folder / "index.parquet", index=False)

    return changed


DAMAGES = {
    "config nested deeply": (lambda f: (f / "config.json").write_text(nested(10_000)), "nested too deeply"),
    "metrics nested deeply": (lambda f: (f / "metrics.json").write_text(nested(10_000)), "nested too deeply"),
    "scaler nested deeply": (lambda f: (f / "scaler.json").write_text(nested(10_000)), "nested too deeply"),
    "config is a list": (lambda f: (f / "config.json").write_text("[]"), "holds no object"),
    "config without a network": (lambda f: (f / "config.json").write_text("{}"), "config.json cannot be read"),
    "checksums are no table": (
        lambda f: change_json(f / "config.json", lambda record: record.update(files=3)),
        "config.json cannot be read",
    ),
    "a network of 10^12 numbers": (absurd(width=1_000_000), "model.width must be from 1 to 8192"),
    "a network of another size": (absurd(width=8192), "another shape"),
    "a network of too many blocks": (absurd(blocks=10**9), "model.blocks must be from 0 to 64"),
    "weights are not finite": (
        lambda f: with_tensor(f / "weights.safetensors", None, lambda t: t * torch.nan),
        "not finite",
    ),
    "weights of another shape": (
        lambda f: with_tensor(f / "weights.safetensors", None, lambda t: t[:-1].contiguous()),
        "another shape",
    ),
    "weights are text": (lambda f: (f / "weights.safetensors").write_text("<html>"), "weights.safetensors cannot"),
    "weights are missing": (lambda f: (f / "weights.safetensors").unlink(), "weights.safetensors is missing"),
    "weights are cut off": (
        lambda f: (f / "weights.safetensors").write_bytes((f / "weights.safetensors").read_bytes()[:-1]),
        "weights.safetensors cannot",
    ),
    "scaler is not finite": (
        lambda f: change_json(f / "scaler.json", lambda record: record.update(mean=[float("nan")] * 6)),
        "six finite means",
    ),
    "latents are not finite": (
        lambda f: save_arrays(
            {name: values * np.nan for name, values in load_arrays(f / "latents.safetensors").items()},
            f / "latents.safetensors",
        ),
        "not finite",
    ),
    "latents without a test split": (
        lambda f: save_arrays({"train": load_arrays(f / "latents.safetensors")["train"]}, f / "latents.safetensors"),
        "test split is missing",
    ),
    "fewer rows than latents": (in_index(lambda index: index.iloc[1:]), "do not fit index.parquet"),
    "no formulas": (in_index(lambda index: index.drop(columns="formula")), "the column formula is missing"),
    "a space group that is none": (in_index(lambda index: index.assign(space_group=231)), "a space group is none"),
    "a formula that could be read in a million ways": (
        in_index(lambda index: index.assign(formula="Ae" * 40 + "!")),
        "a formula or a space group is none",
    ),
    "an index that is none": (lambda f: (f / "index.parquet").write_bytes(b"PAR1" * 9), "index.parquet cannot be read"),
}


@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_used_is_a_sentence(folder, damage, monkeypatch):
    def built(_config):
        pytest.fail("memory was taken for the network")

    monkeypatch.setattr("disgen.model.checkpoint.build_vae", built)
    spoil, words = DAMAGES[damage]
    spoil(folder)
    with pytest.raises(RunError, match=words) as error:
        load_run(folder)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500
    assert problem_of(folder) == str(error.value)


def test_a_sound_folder_has_no_problem(small_run):
    assert problem_of(small_run) == ""


def test_checksums_are_written_and_believed(folder):
    run = load_run(folder)
    parts = {"model": run.model, "scaler": run.scaler, "index": run.index, "latents": run.latents}
    save_run(folder, config=run.config, metrics=run.metrics, history=run.history, **parts)
    assert len(json.loads((folder / "config.json").read_bytes())["files"]) == 4
    assert problem_of(folder) == ""
    other = {name: -values for name, values in load_arrays(folder / "latents.safetensors").items()}
    save_arrays(other, folder / "latents.safetensors")  # as another training would leave them, if it were ended then
    with pytest.raises(RunError, match=r"latents.safetensors is not the file that was written with it"):
        load_run(folder)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "../../etc", "", "a" * 200, "=1+1"])
def test_a_name_to_show_is_a_name(folder, name):
    change_json(folder / "config.json", lambda record: record.update(name=name))
    assert load_run(folder).name == "foreign"


@pytest.mark.parametrize(
    "settings", [{"language_width": 10**12}, {"language_depth": 10**9}, {"geometry_heads": 0}, {"components": 10**12}]
)
def test_an_absurd_prior_is_a_sentence(prior_run, tmp_path, settings):
    folder = Path(shutil.copytree(prior_run, tmp_path / "copy"))
    change_json(folder / "estimators" / "prior.json", lambda record: record["settings"].update(settings))
    prior = fitted_estimator(load_run(folder), "prior")
    with pytest.raises(EstimatorError, match="damaged or of another version"):
        prior.sample(1, np.random.default_rng(0))


def test_a_deeply_nested_prior_is_a_sentence(prior_run, tmp_path):
    folder = Path(shutil.copytree(prior_run, tmp_path / "copy"))
    (folder / "estimators" / "prior.json").write_text(nested(10_000))
    with pytest.raises(EstimatorError, match="damaged"):
        fitted_estimator(load_run(folder), "prior")


def test_a_large_json_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "large.json"
    path.write_text("{}" + " " * 100)
    monkeypatch.setattr("disgen.files.LARGEST_JSON", 50)
    with pytest.raises(ValueError, match="larger than"):
        read_json(path)


def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(tmp_path, monkeypatch):
    path = tmp_path / "figures.json"
    write_file(path, b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["figures.json"]
