"""Evaluating a run and storing what its pages show, on the part of the released run that any machine can rebuild."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from disgen.cli import main
from disgen.corpus.errors import CorpusError
from disgen.corpus.filters import FilterTable
from disgen.corpus.originals import original
from disgen.corpus.storage import Corpus, fingerprint, save_corpus
from disgen.evaluation.figures import load_figures
from disgen.evaluation.reference import find_reference
from disgen.evaluation.run import evaluate_run, load_corpus_summary, split_crystals, store_metrics
from disgen.model import checkpoint

SIZES = {"train": 20, "validation": 40, "test": 120}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A run folder with some of the released run's entries, and the corpus of these."""
    folder = tmp_path_factory.mktemp("run") / "small"
    shutil.copytree(checkpoint.default_run(), folder)
    for name in ("figures.safetensors", "corpus.json", "reference.json"):
        (folder / name).unlink(missing_ok=True)
    index = pd.read_parquet(folder / "index.parquet")
    crystals, rows = [], []
    for split, size in SIZES.items():
        chosen = index.index[(index["split"] == split) & (index["source"] == "amcsd")]
        found = 0
        for row in chosen:
            try:
                crystals.append(original("amcsd", index.loc[row, "id"], index.loc[row, "key"]))
            except CorpusError:
                continue
            rows.append(row)
            found += 1
            if found == size:
                break
    latents = load_file(folder / "latents.safetensors")
    places = index.groupby("split").cumcount()
    kept = {split: places[[row for row in rows if index.loc[row, "split"] == split]].to_numpy() for split in SIZES}
    save_file({split: latents[split][kept[split]] for split in SIZES}, folder / "latents.safetensors")
    index = index.loc[rows].reset_index(drop=True)
    index.to_parquet(folder / "index.parquet")
    config = json.loads((folder / "config.json").read_bytes())
    del config["files"]  # checksums of what has just been cut
    (folder / "config.json").write_text(json.dumps(config))
    meta = {
        "format": 1,
        "fingerprint": fingerprint(index["key"].tolist(), np.array([crystal.cell for crystal in crystals])),
        "sources": [{"name": "amcsd", "location": "/home/someone/secret", "version": "1"}],
    }
    table = index.rename(columns={"split": "split_key"}).assign(split_random=index["split"])
    rejected = pd.DataFrame({name: [] for name in ("source", "id", "reason", "sentence")}, dtype=str)
    filters = FilterTable({"amcsd": len(crystals)}, {"amcsd": {}})
    return folder, Corpus(crystals, table, rejected, filters, meta)


@pytest.fixture
def folder(small, tmp_path):
    return shutil.copytree(small[0], tmp_path / "small")


def plain(values):
    return json.loads(json.dumps(values))


def test_what_is_stored_is_what_is_evaluated(small, folder):
    corpus = small[1]
    run = checkpoint.load_run(folder)
    stored = store_metrics(run, corpus)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["best_epoch"] == run.metrics["best_epoch"]
    for split in ("validation", "test"):
        assert metrics[split] == plain(stored[split]) == plain(evaluate_run(run, corpus, split))
        assert metrics[split]["n"] == SIZES[split]
        assert metrics[split]["split_kind"] == "key"
        assert metrics[split]["by_source"]["amcsd"]["exact_crystal"] == metrics[split]["exact_crystal"]
    figures = load_figures(folder)
    np.testing.assert_array_equal(figures.row, np.arange(120))
    np.testing.assert_allclose(
        np.abs(figures.cell[1] - figures.cell[0]).mean(axis=0), list(metrics["test"]["lattice_mae"].values()), rtol=1e-4
    )
    assert np.trace(figures.letters[1]) / figures.letters[1].sum() == pytest.approx(
        metrics["test"]["disordered_sites"]["letter_accuracy"]
    )
    reference = find_reference(run)
    assert (reference.crystals, reference.ceiling["n"]) == ("own", 120)
    assert reference.properties["n_sites"].counts.sum() == 120
    summary = load_corpus_summary(folder)
    assert summary["totals"]["crystals"] == sum(SIZES.values())
    assert "secret" not in (folder / "corpus.json").read_text()


def test_the_command_stores_and_repeats(small, folder, tmp_path, capsys):
    save_corpus(small[1], tmp_path / "corpus")
    arguments = ["evaluate", "--run", str(folder), "--corpus", str(tmp_path / "corpus"), "--json"]
    assert main([*arguments, "--store"]) in (None, 0)
    first = json.loads(capsys.readouterr().out)
    assert main(arguments) in (None, 0)
    assert json.loads(capsys.readouterr().out) == first
    stored = json.loads((folder / "metrics.json").read_text())["test"]
    assert stored["exact_crystal"] == pytest.approx(first["exact_crystal"], abs=1e-6)
    assert stored["intervals"]["lattice_mae"]["a"] == pytest.approx(first["intervals"]["lattice_mae"]["a"], abs=1e-6)


def test_another_corpus_is_refused(small):
    run = checkpoint.load_run(small[0])
    corpus = small[1]
    other = Corpus(corpus.crystals[::-1], corpus.index, corpus.rejected, corpus.filters, corpus.meta)
    with pytest.raises(CorpusError, match="has only"):
        split_crystals(run, other, "test")
