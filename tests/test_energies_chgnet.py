"""CHGNet: the energies, derivatives and magnetic moments that the package itself gives."""

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.energies import runs
from disgen.energies.cell import Cell
from disgen.energies.potential import CORRECTED
from disgen.energies.potentials import load_potential
from disgen.energies.relax import Relaxed, relax, single_points
from disgen.judge.energies import judge


def _salt(edge, noise=0.0):
    """Rock salt in its primitive cell, 2 atoms, the chlorine displaced by `noise` along a."""
    vectors = np.array([[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]) * edge
    return Cell(np.array([11, 17]), np.array([[0.0, 0.0, 0.0], [edge / 2 + noise, 0.0, 0.0]]), vectors)


LONELY = Cell(np.array([29]), np.zeros((1, 3)), np.eye(3) * 9.0)


@pytest.fixture(scope="module")
def chgnet():
    pytest.importorskip("chgnet")
    return load_potential("chgnet")


def test_energies_and_derivatives_are_those_of_the_package(chgnet):
    from pymatgen.core import Lattice, Structure

    cells = [_salt(5.5, 0.1), LONELY, _salt(5.8)]
    found = chgnet.evaluate(cells)
    assert found[1].isolated
    assert np.isnan(found[1].energy)
    for cell, evaluation in zip(cells[::2], found[::2], strict=True):
        structure = Structure(Lattice(cell.vectors), cell.numbers, cell.positions, coords_are_cartesian=True)
        wanted = chgnet.network.predict_structure(structure, task="efs")
        assert evaluation.energy == pytest.approx(float(wanted["e"]) * len(cell), abs=1e-5)
        np.testing.assert_allclose(evaluation.forces, wanted["f"], atol=1e-4)
        np.testing.assert_allclose(evaluation.strain_gradient, wanted["s"] * cell.volume / 160.21766208, atol=1e-3)
    plain = chgnet.evaluate(cells, gradients=False)
    assert plain[0].energy == pytest.approx(found[0].energy, abs=1e-5)
    assert chgnet.correction == CORRECTED


def test_strained_salt_falls_back(chgnet):
    strained, displaced = relax(chgnet, [_salt(6.3), _salt(5.6, 0.3)], steps=40)
    assert strained.first_energy - strained.energy > 0.01
    assert strained.volume_change < 0.0
    assert displaced.largest_force > 0.3
    again = relax(chgnet, [displaced.cell], steps=40)[0]
    assert displaced.outcome is again.outcome is Relaxed.RELAXED
    assert again.first_energy - again.energy < 0.005


def test_magnetic_moments_are_those_of_the_package(chgnet):
    from pymatgen.core import Lattice, Structure

    oxide = Cell(np.array([26, 8]), np.array([[0.0, 0.0, 0.0], [2.15, 0.0, 0.0]]), _salt(4.3).vectors)
    structure = Structure(Lattice(oxide.vectors), oxide.numbers, oxide.positions, coords_are_cartesian=True)
    wanted = float(chgnet.network.predict_structure(structure, task="em")["m"].sum())
    assert wanted > 3.0
    for gradients in (True, False):
        found = chgnet.evaluate([oxide, LONELY], gradients=gradients)
        assert found[0].magnetic_moment == pytest.approx(wanted, abs=1e-3)
        assert np.isnan(found[1].magnetic_moment)
    assert single_points(chgnet, [oxide])[0].magnetic_moment == pytest.approx(wanted / 2, abs=1e-3)


def test_elements_that_it_never_saw_are_refused(chgnet):
    astatine = Cell(np.array([11, 85]), _salt(6.5).positions, _salt(6.5).vectors)
    assert relax(chgnet, [astatine], steps=1)[0].outcome is Relaxed.UNKNOWN_ELEMENT


@pytest.mark.slow
def test_processes_give_the_same_as_one(chgnet, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "ATOMS_TOGETHER", 2)
    crystals = [_rock_salt(edge) for edge in (5.5, 5.7, 6.0)]
    one, two = (
        judge.judge_energies(crystals, steps=3, cache=tmp_path / str(workers), references={}, workers=workers)["chgnet"]
        for workers in (1, 2)
    )
    np.testing.assert_array_equal(one.energy, two.energy)
    np.testing.assert_array_equal(one.drop, two.drop)
    assert np.isfinite(one.energy).all()


def _rock_salt(edge):
    sites = [
        WyckoffSite(letter, 4, (place,) * 3, ((symbol, 1.0),))
        for letter, place, symbol in (("a", 0.0, "Na"), ("b", 0.5, "Cl"))
    ]
    return WyckoffCrystal(225, (edge,) * 3 + (90.0,) * 3, tuple(sites))
