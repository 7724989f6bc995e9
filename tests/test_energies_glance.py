"""A crystal's energy at a glance, by a toy potential: decorations, their relaxation, and heights above its own hull."""

import numpy as np
import pytest
from ensemble_crystals import CUAU

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.energies.cell_files import poscar, structure_of
from disgen.energies.glance import RELAXED, Glance, drawn, glance
from disgen.energies.potential import EnergyError
from disgen.energies.references import write_table
from disgen.energies.relax import Relaxation, Relaxed
from disgen.energies.treatment import Treatment
from disgen.ensembles.properties import estimated_seconds

TOY = "ase.calculators.lj:LennardJones(sigma=2.5, epsilon=0.1, rc=7.0)"
SALT = WyckoffCrystal(
    225,
    (5.64, 5.64, 5.64, 90.0, 90.0, 90.0),
    (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)), WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),))),
)


def test_an_ordered_crystal_has_one_cell_and_a_disordered_one_as_many_as_are_asked_for():
    assert [len(cell) for cell in drawn(SALT, 5)] == [2]
    cells = drawn(CUAU, 3, seed=4)
    assert len(cells) == 3
    assert [cell.digest for cell in cells] == [cell.digest for cell in (*drawn(CUAU, 1, 4), *drawn(CUAU, 2, 5))]


def test_what_has_no_small_cell_is_one_sentence():
    sites = tuple(WyckoffSite("i", 192, (0.1 * k, 0.3, 0.45), (("Fe", 1.0),)) for k in range(1, 4))
    with pytest.raises(EnergyError, match="more than 128 atoms: use the command ensemble"):
        drawn(WyckoffCrystal(225, (20.0, 20.0, 20.0, 90.0, 90.0, 90.0), sites), 1)


def test_relaxation_takes_out_what_the_best_decoration_loses(tmp_path):
    cells, counted = drawn(CUAU, 3), []
    found = glance(cells, TOY, cache=tmp_path, references=(), progress=counted.append)
    assert counted[-1] == len({cell.digest for cell in cells})
    assert (found.drops > -1e-9).all()
    assert found.best == np.argmin(found.energies)
    assert np.isnan(found.heights).all(), "there is no hull"
    assert all(relaxation.cell is not None for relaxation in found.relaxations)
    again = glance(cells, TOY, cache=tmp_path, references=())  # of the cache
    assert again.energies == pytest.approx(found.energies)
    assert all(relaxation.cell is not None for relaxation in again.relaxations)


def test_the_hull_is_that_of_the_reference_crystals(tmp_path):
    energies = glance(drawn(SALT, 1), TOY, Treatment(), cache=tmp_path, references=())
    rows = {"Na": ("Na", 1.0), "Cl2": ("Cl2", 3.0)}
    name, correction = energies.potential, energies.correction
    write_table(tmp_path / "t.parquet", rows, {"potential": name, "correction": correction, "version": "1"})
    found = glance(drawn(SALT, 1), TOY, Treatment(), cache=tmp_path, references=[tmp_path / "t.parquet"])
    assert found.heights == pytest.approx(energies.energies - 2.0)


def test_without_an_energy_there_is_no_best():
    cells = tuple(drawn(SALT, 1))
    none = Glance("toy", "none", cells, (Relaxation(Relaxed.TOO_DENSE),), np.full(1, np.nan))
    assert none.best is None
    assert RELAXED.steps == 40


def test_other_programs_read_the_cell():
    from pymatgen.io.vasp import Poscar

    (cell,) = drawn(SALT, 1)
    structure = Poscar.from_str(poscar(cell, "salt")).structure
    assert structure.composition.reduced_formula == "NaCl"
    assert structure.volume == pytest.approx(SALT.volume / 4)
    assert structure_of(cell).get_distance(0, 1) == pytest.approx(5.64 / 2)


def test_a_cell_that_is_refused_takes_no_time(tmp_path):
    sites = (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Am", 1.0),)),)
    (cell,) = drawn(WyckoffCrystal(225, (5.0, 5.0, 5.0, 90.0, 90.0, 90.0), sites), 1)
    assert estimated_seconds(cell, "chgnet", RELAXED) == 0.0  # CHGNet ends at plutonium
    with pytest.raises(EnergyError, match="up to element 94 only"):
        glance([cell], "chgnet", cache=tmp_path)
