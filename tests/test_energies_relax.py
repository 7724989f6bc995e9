"""Relaxation: against ASE, by derivatives, and where there is nothing to relax."""

from dataclasses import replace

import numpy as np
import pytest
from toy_potential import REACH, ToyPotential

from disgen.energies.cell import Cell
from disgen.energies.potential import FAILED
from disgen.energies.relax import Relaxed, relax

RNG = np.random.default_rng(0)
FCC = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])


def _cell(edge, noise=0.0):
    positions = FCC * edge + noise * np.random.default_rng(1).normal(size=(4, 3))
    return Cell(np.full(4, 29), positions, np.eye(3) * edge)


def test_toy_gradients_are_derivatives():
    toy, cell, small = ToyPotential([]), _cell(4.2, 0.1), 1e-5
    found = toy.evaluate([cell])[0]
    step = RNG.normal(size=(4, 3)) * small
    ends = [toy.evaluate([replace(cell, positions=cell.positions + sign * step)])[0].energy for sign in (1, -1)]
    assert (ends[0] - ends[1]) / 2 == pytest.approx(-np.vdot(found.forces, step), rel=1e-3)
    strain = RNG.normal(size=(3, 3)) * small
    ends = []
    for sign in (1, -1):
        stretch = np.eye(3) + sign * strain
        ends.append(toy.evaluate([Cell(cell.numbers, cell.positions @ stretch, cell.vectors @ stretch)])[0].energy)
    assert (ends[0] - ends[1]) / 2 == pytest.approx(np.vdot(found.strain_gradient, strain), rel=1e-3)


def test_fire_is_that_of_ase():
    ase = pytest.importorskip("ase")
    from ase.calculators.calculator import Calculator, all_changes
    from ase.filters import UnitCellFilter
    from ase.optimize import FIRE

    class ToyCalculator(Calculator):
        implemented_properties = ("energy", "forces", "stress")

        def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
            super().calculate(atoms, properties, system_changes)
            cell = Cell(atoms.numbers, atoms.positions, np.asarray(atoms.cell))
            found = ToyPotential([]).evaluate([cell])[0]
            stress = (found.strain_gradient / cell.volume).ravel()[[0, 4, 8, 5, 2, 1]]
            self.results = {"energy": found.energy, "forces": found.forces, "stress": stress}

    cell = _cell(3.9, 0.15)
    for steps in (1, 3, 12):
        mine = relax(ToyPotential([]), [cell], steps=steps, fmax=1e-3)[0]
        atoms = ase.Atoms(
            cell.numbers, positions=cell.positions, cell=cell.vectors, pbc=True, calculator=ToyCalculator()
        )
        FIRE(UnitCellFilter(atoms), logfile=None).run(fmax=1e-3, steps=steps)
        assert mine.steps == steps
        assert mine.energy == pytest.approx(atoms.get_potential_energy() / 4, abs=1e-9)
        np.testing.assert_allclose(mine.cell.positions, atoms.positions, atol=1e-9)
        np.testing.assert_allclose(mine.cell.vectors, np.asarray(atoms.cell), atol=1e-9)


def test_a_strained_cell_falls_and_a_relaxed_one_does_not():
    strained, noisy = relax(ToyPotential([]), [_cell(4.2), _cell(3.9, 0.2)], steps=400, fmax=0.01)
    assert strained.outcome is noisy.outcome is Relaxed.RELAXED
    assert strained.first_energy - strained.energy > 0.01
    assert strained.volume_change < 0.0
    assert strained.largest_force == pytest.approx(0.0, abs=1e-9)
    assert noisy.largest_force > 0.5
    again = relax(ToyPotential([]), [strained.cell], steps=40, fmax=0.01)[0]
    assert again.steps == 0
    assert again.first_energy == again.energy == pytest.approx(noisy.energy, abs=0.01)


def test_a_cell_does_not_depend_on_its_company():
    alone = relax(ToyPotential([]), [_cell(4.2, 0.1)], steps=20)[0]
    among = relax(ToyPotential([]), [_cell(3.8), _cell(4.2, 0.1), _cell(4.0, 0.3)], steps=20)[1]
    assert (alone.energy, alone.steps, alone.volume_change) == (among.energy, among.steps, among.volume_change)


def test_no_steps_give_energies_as_they_are():
    toy = ToyPotential([])
    found = relax(toy, [_cell(4.2, 0.1)], steps=0)[0]
    assert found.outcome is Relaxed.STEP_LIMIT
    assert found.energy == found.first_energy
    assert len(toy.asked) == 1


def test_what_cannot_be_relaxed_has_a_word_and_no_exception():
    lonely = Cell(np.array([29]), np.zeros((1, 3)), np.eye(3) * (REACH + 1.0))
    heavy = replace(_cell(4.0), numbers=np.array([29, 29, 29, 92]))
    dense = _cell(2.0)
    found = relax(ToyPotential([]), [lonely, heavy, dense, _cell(4.0)], steps=5)
    assert [one.outcome for one in found[:3]] == [Relaxed.ISOLATED, Relaxed.UNKNOWN_ELEMENT, Relaxed.TOO_DENSE]
    assert all(np.isnan([one.energy, one.first_energy, one.largest_force]).all() for one in found[:3])
    assert np.isfinite(found[3].energy)


def test_explosions_are_outcomes():
    on_each_other = replace(_cell(4.0), positions=np.zeros((4, 3)) + np.arange(4)[:, None] * 1e-3)
    found = relax(ToyPotential([]), [on_each_other], steps=200)[0]
    assert found.outcome is Relaxed.EXPLODED
    assert found.steps == 0

    class Failing(ToyPotential):
        def evaluate(self, cells, *, gradients=True):
            evaluations = super().evaluate(cells)
            return evaluations if len(self.asked) < 3 else [FAILED] * len(cells)

    failed = relax(Failing([]), [_cell(4.2, 0.1)], steps=20)[0]
    assert failed.outcome is Relaxed.EXPLODED
    assert np.isfinite(failed.largest_force)
    assert np.isnan(failed.energy)


def test_a_collapsing_cell_explodes():
    class Crushing(ToyPotential):
        def evaluate(self, cells, *, gradients=True):
            return [
                replace(found, strain_gradient=np.eye(3) * 500.0, forces=np.zeros((4, 3)))
                for found in super().evaluate(cells)
            ]

    assert relax(Crushing([]), [_cell(4.0)], steps=400)[0].outcome is Relaxed.EXPLODED
