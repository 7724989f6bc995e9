"""`disgen ensemble`: JSON as promised, files, wrong use, and the same again for the same seed."""

import json
from pathlib import Path

import pytest
from ensemble_crystals import AGSBTE2, YBCO

from disgen.cif import write_cif
from disgen.cli import main
from disgen.crystal import WyckoffCrystal

TOY = "ase.calculators.lj:LennardJones(sigma=2.5, epsilon=0.1, rc=7.0)"
pytest.importorskip("ase")


@pytest.fixture
def cif(tmp_path, monkeypatch):
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path / "home"))
    path = tmp_path / "agsbte2.cif"
    path.write_text(write_cif(AGSBTE2), encoding="utf-8")
    return str(path)


def run(capsys, *arguments):
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_energies_statistics_and_files(cif, capsys, tmp_path):
    wanted = ("ensemble", cif, "--supercell", "2x1x1", "--n", "4", "--seed", "2", "--calculator", TOY)
    status, found = run(capsys, *wanted, "--out", str(tmp_path / "out"))
    assert status == 0
    assert (found["n"], found["supercell"], found["calculator"]) == (4, [2, 1, 1], TOY)
    assert found["energy_per_atom"]["n"] == 4
    assert found["t_star"]["lowest_found_in"]
    names = {str(path.relative_to(tmp_path / "out")) for path in Path(tmp_path / "out").rglob("*") if path.is_file()}
    assert {"decorations.csv", "decorations.xyz", "poscars/POSCAR_00002", "workflow/00005/structure.json"} <= names
    again = run(capsys, *wanted)[1]
    assert again["energy_per_atom"] == found["energy_per_atom"]


def test_a_relaxation_is_named_and_goes_down(cif, capsys):
    single, relaxed = (
        run(capsys, "ensemble", cif, "--supercell", "1", "--n", "2", "--calculator", TOY, *more)[1]
        for more in ((), ("--relax", "--steps", "30"))
    )
    assert (single["treatment"], relaxed["treatment"]) == ("single point", "positions, then cell")
    assert relaxed["energy_per_atom"]["mean"] < single["energy_per_atom"]["mean"]


def test_a_second_calculator_gives_the_ordering_temperature_its_error_bar(cif, capsys):
    stiffer = TOY.replace("epsilon=0.1", "epsilon=0.2")  # twice every energy
    wanted = ("ensemble", cif, "--supercell", "2x1x1", "--n", "4", "--calculator", TOY, "--second", stiffer)
    _, found = run(capsys, *wanted)
    first, second, both = found["t_star"]["kelvin"], found["second"]["t_star"]["kelvin"], found["t_star_range"]
    assert second == pytest.approx(2 * first)
    assert both["by_calculator"] == {TOY: first, stiffer: second}
    assert (both["middle"], both["half_difference"]) == pytest.approx(((first + second) / 2, abs(second - first) / 2))
    assert main(list(wanted)) == 0
    assert f"± {both['half_difference']:.0f} K between calculators" in capsys.readouterr().out


def test_what_cells_will_hold_before_any_energy(tmp_path, capsys):
    path = tmp_path / "ybco.cif"
    path.write_text(write_cif(YBCO), encoding="utf-8")
    status, found = run(capsys, "ensemble", str(path), "--no-energies", "--n", "3")
    assert status == 0
    assert found["occupancies"][0] == {
        "site": "O1", "species": "O", "wanted": 0.9, "realised": 0.9, "atoms": 9.0,
    }  # fmt: skip
    assert "energy_per_atom" not in found
    cells = run(capsys, "ensemble", str(path), "--no-energies", "--all", "--supercell", "2x1x5")[1]
    assert (cells["kind"], cells["n"]) == ("all distinct", 1)  # one vacancy on ten equal places
    assert cells["decorations"]["all"] == 10


@pytest.mark.parametrize("size", ["0", "2x2", "axb", "-1"])
def test_a_wrong_size_is_wrong_use(cif, size):
    with pytest.raises(SystemExit) as refused:
        main(["ensemble", cif, "--supercell", size])
    assert refused.value.code == 2


def test_a_missing_calculator_is_one_sentence(cif, capsys):
    assert main(["ensemble", cif, "--supercell", "1", "--n", "1", "--calculator", "nothing.here:Thing"]) == 1
    assert "install the package that holds it" in capsys.readouterr().err


def test_several_crystals_and_one_that_cannot_be_drawn(cif, tmp_path, capsys):
    ordered = tmp_path / "ordered.cif"
    ordered.write_text(write_cif(WyckoffCrystal(225, AGSBTE2.cell, (AGSBTE2.sites[1],))), encoding="utf-8")
    wanted = ("--supercell", "1", "--n", "2", "--calculator", TOY, "--out", str(tmp_path / "out"))
    status, found = run(capsys, "ensemble", cif, str(ordered), *wanted)
    assert status == 0
    first, second = found["ensembles"]
    assert (first["file"], first["n"]) == (cif, 2)
    assert "one decoration only" in second["problem"]
    assert (tmp_path / "out" / "agsbte2" / "decorations.csv").is_file()
