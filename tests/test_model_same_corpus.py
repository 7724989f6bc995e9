"""What a light run does not hold of its corpus comes from another run of the same corpus."""

import json
import shutil

import numpy as np
import pytest

from disgen.generation.sampling import known_keys
from disgen.judge.verdict import CorpusFacts
from disgen.latent.fitted import available_estimators, fitted_estimator
from disgen.model import same_corpus
from disgen.model.checkpoint import RunError, load_run
from disgen.model.same_corpus import REST, entries_beside


@pytest.fixture(scope="module")
def paper():
    return load_run("paper")


@pytest.fixture(scope="module")
def whole():
    return load_run("open")


def names(index):
    return set(zip(index["source"], index["id"], strict=True))


def test_the_rest_is_what_the_light_run_lacks(paper, whole):
    rest = entries_beside(paper)
    sizes = paper.config["corpus"]["sizes"]
    assert len(rest) == sizes["train"] + sizes["validation"]
    assert set(rest["split"]) == {REST}
    assert not names(rest) & names(paper.index)
    assert names(rest) | names(paper.index) == names(whole.index)
    assert known_keys(paper) == set(rest["key"])


def test_a_full_run_lacks_nothing(whole):
    assert len(entries_beside(whole)) == 0


def test_a_crystal_of_the_training_split_is_not_new_to_a_light_run(paper):
    facts = CorpusFacts.of(paper)
    assert set(facts.entries) == set(paper.index["key"]) | known_keys(paper)
    entry = facts.entries[next(iter(known_keys(paper) - set(paper.index["key"])))]
    assert entry.split == REST
    assert facts.together.any()


@pytest.mark.parametrize("harm", ["corpus", "index", "config", "none"])
def test_other_and_damaged_runs_help_nobody(paper, whole, tmp_path, monkeypatch, harm):
    folder = tmp_path / "other"
    folder.mkdir()
    for name in ("config.json", "index.parquet"):
        shutil.copy(whole.path / name, folder)
    if harm == "corpus":
        config = json.loads((folder / "config.json").read_bytes())
        config["corpus"]["fingerprint"] = "another"
        (folder / "config.json").write_text(json.dumps(config))
    elif harm != "none":
        next(folder.glob(f"{harm}.*")).write_text("{")
    monkeypatch.setattr(same_corpus, "available_runs", lambda: {"paper": paper.path, "other": folder})
    assert (entries_beside(paper) is not None) == (harm == "none")
    assert bool(known_keys(paper)) == (harm == "none")


def test_a_light_run_samples_what_needs_no_training_latents(paper):
    assert available_estimators(paper) == ("gaussian",)
    assert fitted_estimator(paper, "gaussian").sample(3, np.random.default_rng(0)).shape == (3, 256)
    with pytest.raises(RunError, match="disgen complete --run paper --corpus"):
        fitted_estimator(paper, "kde")
