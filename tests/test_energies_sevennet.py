"""SevenNet against its own calculator for ASE, with each of its weights; without the package, one sentence."""

import sys

import numpy as np
import pytest

from disgen.energies.cell import Cell
from disgen.energies.potential import UNCORRECTED, EnergyError
from disgen.energies.potentials import load_potential
from disgen.energies.sevennet import load_sevennet

ROCK_SALT = np.array(
    [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], dtype=float
)
LONELY = Cell(np.array([11]), np.zeros((1, 3)), np.eye(3) * 20.0)


def _salt(edge, noise):
    positions = ROCK_SALT * edge / 2 + noise * np.random.default_rng(0).normal(size=(8, 3))
    return Cell(np.repeat([11, 17], 4), positions, np.eye(3) * edge)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "weights", "functional"),
    [
        ("7net-0", "7net-0", None),
        ("7net-l3i5", "7net-l3i5", None),
        ("7net-mf-0-pbe", "7net-mf-0", "PBE"),
        ("7net-mf-0-r2scan", "7net-mf-0", "R2SCAN"),
    ],
)
def test_it_gives_what_its_calculator_gives(name, weights, functional):
    pytest.importorskip("sevenn")
    from ase import Atoms
    from sevenn.calculator import SevenNetCalculator

    potential = load_potential(name)
    cells = [_salt(5.5, 0.1), LONELY, _salt(5.7, 0.0)]
    found, alone, _ = potential.evaluate(cells)
    assert alone.isolated
    atoms = Atoms(cells[0].numbers, positions=cells[0].positions, cell=cells[0].vectors, pbc=True)
    atoms.calc = SevenNetCalculator(weights, device="cpu", modal=functional)
    assert found.energy == pytest.approx(atoms.get_potential_energy(), abs=1e-4)
    np.testing.assert_allclose(found.forces, atoms.get_forces(), atol=1e-4)
    np.testing.assert_allclose(found.strain_gradient, atoms.get_stress(voigt=False) * cells[0].volume, atol=1e-3)
    assert potential.evaluate(cells, gradients=False)[0].energy == pytest.approx(found.energy, abs=1e-4)
    assert (potential.name, potential.correction) == (name, UNCORRECTED)


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "sevenn.util", None)
    with pytest.raises(EnergyError, match="pip install sevenn"):
        load_sevennet("7net-0", "7net-0")
