"""Calculators of ASE by import path: numbers, arguments, and what can be wrong with a path."""

import numpy as np
import pytest

from disgen.energies.ase_calculator import load_ase
from disgen.energies.cell import Cell
from disgen.energies.potential import UNCORRECTED, EnergyError
from disgen.energies.potentials import load_potential
from disgen.energies.relax import Relaxed, relax

ase = pytest.importorskip("ase")
PATH = "ase.calculators.lj:LennardJones(sigma=2.5, epsilon=0.1, rc=7.0)"
FCC = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])


def _cell(edge=3.9, noise=0.1):
    positions = FCC * edge + noise * np.random.default_rng(1).normal(size=(4, 3))
    return Cell(np.full(4, 29), positions, np.eye(3) * edge)


def test_energies_are_the_calculators_with_its_arguments():
    from ase.calculators.lj import LennardJones

    potential, cell = load_potential(PATH), _cell()
    found = potential.evaluate([cell])[0]
    atoms = ase.Atoms(cell.numbers, positions=cell.positions, cell=cell.vectors, pbc=True)
    atoms.calc = LennardJones(sigma=2.5, epsilon=0.1, rc=7.0)
    assert found.energy == pytest.approx(atoms.get_potential_energy())
    np.testing.assert_allclose(found.forces, atoms.get_forces())
    assert (potential.name, potential.correction, potential.version) == (PATH, UNCORRECTED, ase.__version__)
    assert len(potential.evaluate([cell], gradients=False)[0].forces) == 0


def test_a_strain_gradient_is_a_derivative():
    potential, cell, small = load_ase(PATH), _cell(), 1e-5
    strain = small * np.array([[0.3, 0.1, 0.0], [0.1, -0.2, 0.2], [0.0, 0.2, 0.5]])
    ends = [
        potential.evaluate([Cell(cell.numbers, cell.positions @ stretch, cell.vectors @ stretch)])[0].energy
        for stretch in (np.eye(3) + strain, np.eye(3) - strain)
    ]
    slope = np.vdot(potential.evaluate([cell])[0].strain_gradient, strain)
    assert (ends[0] - ends[1]) / 2 == pytest.approx(slope, rel=1e-3)
    assert relax(potential, [cell], steps=100)[0].outcome is Relaxed.RELAXED


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nothing.here:Thing", r"no module nothing\.here: install"),
        ("ase.calculators.lj:Nothing", "has no Nothing"),
        ("ase.calculators.lj:LennardJones(", "is no calculator"),
        ("ase.calculators.lj:LennardJones(sigma=open('x'))", "is no calculator"),
        (":LennardJones", "is no calculator"),
        ("ase.io:read", "cannot be made"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(path, said):
    with pytest.raises(EnergyError, match=rf"{said}.*\.$"):
        load_potential(path)


def test_a_name_without_a_colon_is_not_taken_for_a_path():
    with pytest.raises(EnergyError, match=r"take one of chgnet, 7net-0, .*import path"):
        load_potential("mace")
