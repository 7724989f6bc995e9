"""An ensemble as JSON, text and files, with a toy potential; files are read by other libraries."""

import csv
import io
import json

import numpy as np
import pytest
from ensemble_crystals import AGSBTE2
from toy_potential import ToyPotential

from disgen.energies import runs
from disgen.energies.treatment import Treatment
from disgen.ensembles import properties as module
from disgen.ensembles.cells import Kind
from disgen.ensembles.files import extended_xyz, poscars, table_csv, workflow_files
from disgen.ensembles.lowest import lowest_energy
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.properties import compute
from disgen.ensembles.report import Result, about_cells, as_text, summary


@pytest.fixture
def result(monkeypatch, tmp_path):
    potential = ToyPotential([])
    for place in (runs, module):
        monkeypatch.setattr(place, "load_potential", lambda _: potential)
    drawn = draw(AGSBTE2, Plan((2, 1, 1), n=6, seed=3))
    properties = compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    return Result(drawn, properties, lowest_energy(drawn, properties))


def test_the_summary_is_json_with_what_was_promised(result):
    figures = json.loads(json.dumps(summary(result), allow_nan=False))
    promised = {
        "n",
        "supercell",
        "calculator",
        "occupancies",
        "energy_per_atom",
        "density",
        "boltzmann",
        "t_star",
        "hull",
    }
    assert promised <= figures.keys()
    assert (figures["n"], figures["supercell"], figures["calculator"]) == (6, [2, 1, 1], "toy")
    assert figures["occupancies"][0] == {
        "site": "Ag1", "species": "Ag", "wanted": 0.5, "realised": 0.5, "atoms": 4.0,
    }  # fmt: skip
    assert {"mean", "std", "skew", "stderr"} <= figures["energy_per_atom"].keys()
    assert figures["density"]["mean"] == pytest.approx(7.178, abs=1e-3)
    assert figures["decorations"] == {
        "all": 70, "log10_all": pytest.approx(np.log10(70)), "distinct": 8, "without_regard_to_exclusion": False,
    }  # fmt: skip
    assert [row["temperature"] for row in figures["boltzmann"]["averages"]] == [300.0, 600.0, 1000.0, 1500.0]
    assert figures["magnetic_moment_per_atom"] is None
    assert figures["hull"] is None
    text = as_text(figures)
    assert "6 random decorations of Ag0.5Sb0.5Te in 2x1x1 cells" in text
    assert "T* = " in text


def test_before_any_energy_only_cells_are_described(result):
    figures = about_cells(result.drawn)
    assert "energy_per_atom" not in figures
    assert "wanted 0.5000  realised 0.5000" in as_text(figures)


def test_a_large_cell_has_more_decorations_than_json_can_count():
    drawn = draw(AGSBTE2, Plan((3, 3, 3), n=1))
    found = about_cells(drawn)["decorations"]
    assert found["all"] is None
    assert found["log10_all"] == pytest.approx(31.395, abs=1e-3)


def test_the_table_has_a_row_a_decoration(result):
    rows = list(csv.DictReader(io.StringIO(table_csv(result))))
    assert [row["decoration"] for row in rows] == ["3", "4", "5", "6", "7", "8"]
    assert float(rows[2]["energy_per_atom_eV"]) == pytest.approx(result.properties.energy[2], rel=1e-6)
    assert rows[0]["magnetic_moment_per_atom_muB"] == ""
    assert rows[0]["calculator"] == "toy"


def test_ase_reads_cells_and_energies(result):
    ase_io = pytest.importorskip("ase.io")
    found = ase_io.read(io.StringIO(extended_xyz(result)), format="extxyz", index=":")
    assert len(found) == 6
    for atoms, cell, energy in zip(found, result.properties.cells, result.properties.energy, strict=True):
        np.testing.assert_allclose(atoms.get_positions(), cell.positions, atol=1e-6)
        assert atoms.get_atomic_numbers().tolist() == cell.numbers.tolist()
        assert atoms.get_potential_energy() == pytest.approx(energy * len(cell))
        assert atoms.info["calculator"] == "toy"


def test_pymatgen_reads_poscars_and_the_workflow_folder(result):
    from pymatgen.core import Structure
    from pymatgen.io.vasp import Poscar

    for text, cell in zip(poscars(result).values(), result.properties.cells, strict=True):
        structure = Poscar.from_str(text).structure
        assert structure.volume == pytest.approx(cell.volume)
        assert structure.composition.reduced_formula == "AgSbTe2"
    files = workflow_files(result)
    assert {"README.txt", "submit.py", "ensemble.json", "decorations.csv"} <= files.keys()
    structure = Structure.from_dict(json.loads(files["00005/structure.json"]))
    np.testing.assert_allclose(structure.cart_coords, result.properties.cells[2].positions, atol=1e-8)
    assert json.loads(files["00005/metadata.json"])["energy_per_atom_eV"] == pytest.approx(result.properties.energy[2])
    compile(files["submit.py"], "submit.py", "exec")


def test_a_whole_set_has_degeneracies_and_no_error(monkeypatch, tmp_path):
    potential = ToyPotential([])
    for place in (runs, module):
        monkeypatch.setattr(place, "load_potential", lambda _: potential)
    drawn = draw(AGSBTE2, Plan((2, 1, 1), Kind.DISTINCT))
    properties = compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    figures = summary(Result(drawn, properties, lowest_energy(drawn, properties)))
    assert (figures["n"], figures["energy_per_atom"]["stderr"]) == (8, 0.0)
    rows = csv.DictReader(io.StringIO(table_csv(Result(drawn, properties, None))))
    assert sum(int(row["degeneracy"]) for row in rows) == 70
