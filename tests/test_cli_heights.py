"""`python -m disgen heights` on a few entries, with a corpus made of them."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from disgen.cli import heights, main
from disgen.energies.heights import HEIGHTS, load_heights
from disgen.energies.hull import default_references, joined, load_references, shares_of, shipped_tables
from disgen.energies.references import read_table
from disgen.model.checkpoint import load_run


@pytest.fixture
def run(small_run, tmp_path, monkeypatch):
    """A copy of the small run; its first entries with a name are `minerals` for the command."""
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path / "home"))
    return shutil.copytree(small_run, tmp_path / "copy")


def test_heights_are_stored_with_the_run_and_told(run, minerals, monkeypatch, capsys):
    ordered = [crystal for crystal in minerals if not crystal.disordered_sites and crystal.n_atoms <= 30][:3]
    monkeypatch.setattr(heights, "entries", lambda *_: dict(zip((2, 5, 7), ordered, strict=True)))
    monkeypatch.setattr("disgen.corpus.storage.load_corpus", lambda _: None)
    assert main(["heights", "--run", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    index = pd.read_parquet(run / "index.parquet")
    found = load_heights(run / HEIGHTS, len(index))
    assert (told["potential"], told["entries"], told["known"]) == ("chgnet", len(index), 3)
    assert found.rows.tolist() == [2, 5, 7]
    assert (found.heights >= 0.0).all()
    assert told["bytes"] == (run / HEIGHTS).stat().st_size


def test_the_lowest_entries_are_kept_as_references(run, minerals, monkeypatch, tmp_path, capsys):
    ordered = [crystal for crystal in minerals if not crystal.disordered_sites and crystal.n_atoms <= 30][:3]
    monkeypatch.setattr(heights, "entries", lambda *_: dict(zip((2, 5, 7), ordered, strict=True)))
    monkeypatch.setattr("disgen.corpus.storage.load_corpus", lambda _: None)
    assert main(["heights", "--run", str(run), "--references", str(tmp_path / "new" / "own.parquet"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    about, rows = read_table(tmp_path / "new" / "own.parquet")
    index = pd.read_parquet(run / "index.parquet")
    assert (about["potential"], about["version"]) == ("chgnet", told["version"])
    assert 0 < len(rows) <= told["on_hull"]
    assert set(rows) <= {f"{index['source'][row]}/{index['id'][row]}" for row in (2, 5, 7)}
    found = load_references(tmp_path / "new" / "own.parquet")
    assert np.isfinite(found.energies).all()


def test_the_shipped_hull_knows_what_the_materials_projects_sets_lack():
    tables = [load_references(path) for path in shipped_tables("chgnet")]
    magnesia, energy = shares_of([{12: 1, 8: 1}]), np.array([-6.0])
    kind = (tables[0].potential, tables[0].correction)
    without = load_references(default_references()["chgnet"]).above(kind, magnesia, energy)
    assert without - joined(tables).above(kind, magnesia, energy) < -1.0, (
        "MgO itself lies on it, an oxide's depth lower"
    )


def test_a_potential_without_references_is_refused(run, capsys):
    assert main(["heights", "--run", str(run), "--potential", "7net-0", "--json"]) == 1
    assert "no reference energies by 7net-0" in json.loads(capsys.readouterr().out)["error"]


def test_entries_without_their_hydrogen_are_left_out(run, monkeypatch):
    loaded = load_run(str(run))
    splits = loaded.index["split"].to_numpy()
    missing = loaded.index["h_missing"].to_numpy(dtype=bool)

    def all_of(_run, _corpus, split):
        rows = np.arange((splits == split).sum())
        return rows, list(np.flatnonzero(splits == split))

    monkeypatch.setattr("disgen.evaluation.run.split_crystals", all_of)
    found = heights.entries(loaded, None, ["test", "train"])
    assert missing.any()
    assert list(found) == np.flatnonzero(~missing & np.isin(splits, ["test", "train"])).tolist()
    assert all(row == crystal for row, crystal in found.items())


def test_the_released_run_knows_half_of_its_entries():
    loaded = load_run()
    found = load_heights(loaded.path / HEIGHTS, len(loaded.index))
    assert len(found.rows) > 9000
    assert (found.heights >= 0.0).all()
    assert np.median(found.heights) < 0.02
    known = loaded.index.iloc[found.rows]
    assert (known["disordered_sites"] == 0).all()
    named = known.assign(height=found.heights).groupby("formula")["height"].min()
    assert all(named[formula] < 0.05 for formula in ("NaCl", "MgO", "FeS2", "CaCO3", "Al2O3", "TiO2"))
