"""`family` from a CIF to its relatives."""

import json
from pathlib import Path

from disgen.cif import write_cif
from disgen.cli import main
from disgen.crystal import WyckoffCrystal, WyckoffSite

DATA = Path(__file__).parent / "data"


def test_a_spinel_is_found_with_its_relatives(capsys, prior_run):
    assert main(["family", str(DATA / "spinel.cif"), "--run", str(prior_run), "--most", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accepted"]
    assert found["compared"] > 1000
    assert {one["relation"] for one in found["relatives"]} <= {
        "same crystal",
        "ordered child",
        "disordered parent",
        "sibling",
        "isotype",
    }
    assert found["relatives"]
    assert found["relation"] == found["relatives"][0]["relation"]
    assert all(one["index"] >= 1 and one["symbol"] for one in found["relatives"])


def test_what_nobody_knows_is_a_new_family(capsys, prior_run, tmp_path):
    sites = tuple(
        WyckoffSite("d", 8, (x, y, z), ((symbol, 1.0),))
        for symbol, x, y, z in (("Rb", 0.11, 0.23, 0.32), ("Os", 0.4, 0.05, 0.21), ("Te", 0.3, 0.41, 0.07))
    )
    odd = WyckoffCrystal(62, (9.3, 7.1, 11.7, 90.0, 90.0, 90.0), sites)
    (tmp_path / "odd.cif").write_text(write_cif(odd))
    assert main(["family", str(tmp_path / "odd.cif"), "--run", str(prior_run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["relation"], found["relatives"]) == ("new family", [])


def test_without_known_crystals_a_sentence_says_so(capsys, small_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["family", str(DATA / "spinel.cif"), "--run", str(small_run)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "known crystals" in said.err
