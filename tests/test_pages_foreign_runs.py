"""A run that cannot be used harms nobody: it is left out of the picker with a sentence, and the others go on."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from test_pages import app

from disgen.ui.data import loading

pytestmark = pytest.mark.usefixtures("no_network")


def nest(folder):
    (folder / "config.json").write_text('{"a":' * 10_000 + "1" + "}" * 10_000)


def grow(folder):
    config = json.loads((folder / "config.json").read_bytes())
    config["config"]["model"] |= {"width": 1_000_000, "latent": 1_000_000}
    (folder / "config.json").write_text(json.dumps(config))


def spoil(folder):
    weights = load_file(folder / "weights.safetensors")
    save_file({name: values * np.float16(np.nan) for name, values in weights.items()}, folder / "weights.safetensors")


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path))
    return tmp_path / "models"


@pytest.mark.parametrize(("harm", "words"), [(nest, "nested too deeply"), (grow, "model."), (spoil, "not finite")])
def test_a_run_that_cannot_be_used_is_left_out(models, small_run, harm, words):
    for name in ("sound", "foreign"):
        shutil.copytree(small_run, models / name)
    harm(models / "foreign")
    test = app(run="foreign")  # whoever was sent a link to it
    picker = test.selectbox(key="run")
    assert not test.error
    assert "Model: sound" in picker.options
    assert "Model: foreign" not in picker.options
    assert picker.value == "open"
    assert "The run 'foreign' is left out. " in picker.help
    assert words in picker.help


@pytest.mark.parametrize("name", ["../../../etc", "/etc", ".", "%2e%2e", "open/../open"])
def test_a_link_leads_to_no_other_folder(models, small_run, name):
    shutil.copytree(small_run, models.parent / "elsewhere")
    test = app(run=name)
    assert test.selectbox(key="run").value == "open"
    names, problems = loading.usable_runs()
    assert "elsewhere" not in names
    assert problems == []


def test_a_run_is_checked_anew_when_it_has_changed(models, small_run):
    folder = Path(shutil.copytree(small_run, models / "mine"))
    assert "mine" in loading.usable_runs()[0]
    nest(folder)
    assert "mine" not in loading.usable_runs()[0]
