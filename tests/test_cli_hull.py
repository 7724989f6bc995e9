"""`hull` from a folder of CIFs to heights above the hull, by a potential that needs no weights."""

import csv
import json
import re

import pytest

from disgen.cif import write_cif
from disgen.cli import main
from disgen.crystal import WyckoffCrystal, WyckoffSite

EMT = "ase.calculators.emt:EMT()"


def fcc(*species):
    return WyckoffCrystal(225, (3.8,) * 3 + (90.0,) * 3, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), species),))


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """References, crystals to place, and a cache of their own."""
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path / "home"))
    sources, cifs = tmp_path / "sources", tmp_path / "cifs"
    for folder in (sources, cifs):
        folder.mkdir()
    for symbol in ("Cu", "Au"):
        (sources / f"{symbol}.cif").write_text(write_cif(fcc((symbol, 1.0))))
    (cifs / "mixed.cif").write_text(write_cif(fcc(("Cu", 0.5), ("Au", 0.5))))
    (cifs / "silver.cif").write_text(write_cif(fcc(("Ag", 1.0))))
    (cifs / "damaged.cif").write_text("data_")
    return sources, cifs


def test_crystals_of_a_folder_are_placed_and_what_is_not_is_named(capsys, folders, tmp_path):
    sources, cifs = folders
    options = ["--elements", "Cu", "Au", "--cifs", str(cifs), "--calculator", EMT, "--source", str(sources), "--n", "4"]
    table, picture, stored = (tmp_path / name for name in ("hull.csv", "hull.html", "references.parquet"))
    written = ["--out", str(table), "--picture", str(picture), "--references", str(stored)]
    assert main(["hull", *options, *written, "--json"]) == 0
    page = picture.read_text(encoding="utf-8")
    assert "(mixed.cif)" in page
    assert not re.search("<script[^>]* src=", page)  # all that it needs is in it
    found = json.loads(capsys.readouterr().out)
    (mixed,) = found["candidates"]
    assert (found["references"], mixed["decorations"], mixed["disordered"]) == (2, 4, True)
    assert set(found["not_placed"]) == {"silver.cif", "damaged.cif"}
    assert "holds Ag" in found["not_placed"]["silver.cif"]
    assert mixed["above_hull_lowest"] <= mixed["above_hull"]
    assert mixed["above_hull_at"]["1000"] < mixed["above_hull_at"]["300"] < mixed["above_hull"]
    with table.open() as lines:
        assert [row["reference"] for row in csv.DictReader(lines)] == ["1", "1", "0"]

    assert main(["hull", *options, "--positions", "4", "--json"]) == 0
    (smallest,) = json.loads(capsys.readouterr().out)["candidates"]
    assert (smallest["different"], mixed["different"]) == (1, 4)  # four atoms are ordered CuAu whichever are gold

    assert main(["hull", "--elements", "Cu", "Au", "--calculator", EMT, "--references", str(stored), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["references"], again["candidates"], again["on_hull"]) == (2, [], found["on_hull"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--elements", "Cu", "Au", "--calculator", "nothing"], "There is no potential 'nothing'"),
        (["--elements", "Cu", "--calculator", EMT], "no reference energy of Cu"),
        (["--elements", "Cu", "--materials-project"], "MP_API_KEY"),
        (["--elements", "Cu", "--picture", "hull.html"], "two elements or three, not of 1"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(capsys, folders, monkeypatch, options, sentence):
    monkeypatch.delenv("MP_API_KEY", raising=False)
    _, cifs = folders
    assert main(["hull", *options, "--cifs", str(cifs)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err


def test_what_is_no_element_is_wrong_use(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["hull", "--elements", "Cu", "Xx"])
    assert ended.value.code == 2
    assert "give symbols of elements" in capsys.readouterr().err
