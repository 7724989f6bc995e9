"""`diffraction` from a CIF to its reflections."""

import csv
import json
from pathlib import Path

import pytest

from disgen.cli import main

DATA = Path(__file__).parent / "data"


def run(capsys, *arguments):
    capsys.readouterr()
    assert main(["diffraction", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_reflections_are_printed_and_written(capsys, tmp_path):
    found = run(capsys, DATA / "lsco.cif", "--wavelength", "CuKa1", "--out", tmp_path / "lsco.csv")
    strongest = max(found["reflections"], key=lambda one: one["intensity"])
    assert (strongest["hkl"], strongest["intensity"]) == ("103 (8)", 100.0)
    assert strongest["two_theta"] == pytest.approx(31.1, abs=0.1)
    with (tmp_path / "lsco.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [float(row["two_theta_degrees"]) for row in rows] == [one["two_theta"] for one in found["reflections"]]


def test_ordered_cells_have_more_reflections_and_repeat_with_their_seed(capsys):
    average = run(capsys, DATA / "spinel.cif", "--range", 10, 40)
    once, again = (run(capsys, DATA / "lsco.cif", "--cells", 2, "--repeats", 2, 2, 1, "--seed", 3) for _ in range(2))
    assert once == again
    assert (once["of"], once["repeats"], once["cells"]) == ("ordered cells", [2, 2, 1], 2)
    assert average["of"] == "average structure"
    assert len(once["reflections"]) > 2 * len(run(capsys, DATA / "lsco.cif")["reflections"])


def test_an_unknown_wavelength_ends_with_a_sentence(capsys):
    assert main(["diffraction", str(DATA / "lsco.cif"), "--wavelength", "CuKx"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "There is no wavelength 'CuKx'" in said.err
