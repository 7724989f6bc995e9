"""Relaxation of many cells at once: positions and cell together, by FIRE.

Bitzek, Koskinen, Gähler, Moseler & Gumbsch, Phys. Rev. Lett. 97, 170201 (2006), with the settings and the bound of a
step that ASE's `FIRE` has, on the unknowns of its `UnitCellFilter`: so "40 steps" means what it means there.

| symbol | variable |
|---|---|
| D, deformation of the first cell: vectors = first vectors Dᵀ | `deformation` |
| r, positions with D taken back; N D | rows of `unknowns`, (m + 3, 3) |
| F D; -(∂E/∂ε) D⁻ᵀ / N | rows of `forces` |
| v, Δt, α, N_P>0 | `velocity`, `dt`, `mixing`, `downhill` |
| P = F · v | `power` |
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from disgen.energies.cell import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.energies.potential import Evaluation, Potential

FMAX = 0.1  # eV/Å, of every row of the forces, at which a cell counts as relaxed
DENSEST = 3.0  # Å³ an atom, hydrogen apart the least that any crystal has; below it potentials know nothing
_HYDROGEN_VOLUME = 1.5  # Å³ that an atom of hydrogen needs at least
_VOLUME_RATIO = (0.25, 4.0)  # of a cell to its first one; beyond it nothing of the crystal is left
_THINNEST = 1.0  # Å between opposite faces of a cell
_HIGHEST_FORCE = 1e4  # eV/Å: two atoms in one place

_DT, _DT_MAX, _STEP_MAX = 0.1, 1.0, 0.2
_PATIENCE, _FASTER, _SLOWER, _MIXING, _LESS_MIXING = 5, 1.1, 0.5, 0.1, 0.99


class Relaxed(StrEnum):
    """What became of a relaxation."""

    RELAXED = "relaxed"
    STEP_LIMIT = "step limit"
    SINGLE_POINT = "single point"
    EXPLODED = "exploded"
    TOO_DENSE = "too dense"
    ISOLATED = "isolated atoms"
    UNKNOWN_ELEMENT = "unknown element"


@dataclass(frozen=True, eq=False)
class Relaxation:
    """A cell before and after its relaxation.

    Attributes:
        outcome: what became of it.
        steps: that were taken.
        largest_force: on an atom before the first step, eV/Å.
        first_energy: before it, eV an atom.
        energy: after the last step, eV an atom.
        volume_change: relative.
        magnetic_moment: after the last step, mean magnitude of the atoms' moments, μB; NaN if the potential tells none.
        cell: after the last step.

    Numbers that there are none of are NaN: all of a cell that was not begun, those of the end where it exploded.
    """

    outcome: Relaxed
    steps: int = 0
    largest_force: float = float("nan")
    first_energy: float = float("nan")
    energy: float = float("nan")
    volume_change: float = float("nan")
    magnetic_moment: float = float("nan")
    cell: Cell | None = field(default=None, repr=False)


def relax(
    potential: Potential, cells: Sequence[Cell], *, steps: int, fmax: float = FMAX, fixed_cell: bool = False
) -> list[Relaxation]:
    """Relax cells, each by itself, together in the potential's batches; no result depends on the others.

    Args:
        potential: whose energies are lowered.
        cells: what to relax.
        steps: at most, of each; 0 for the energies as they are.
        fmax: eV/Å, force on an atom, and on the cell divided by the number of atoms, that ends a relaxation.
        fixed_cell: move the atoms alone.
    """
    result: list[Relaxation | None] = [refused(potential, cell) for cell in cells]
    walkers = {place: _Walker(cell, fixed_cell=fixed_cell) for place, cell in enumerate(cells) if result[place] is None}
    for step in range(steps + 1):
        places = list(walkers)
        if not places:
            break
        evaluations = potential.evaluate([walkers[place].cell for place in places])
        for place, evaluation in zip(places, evaluations, strict=True):
            ended = walkers[place].advance(evaluation, fmax, last=step == steps)
            if ended is not None:
                result[place] = walkers.pop(place).relaxation(ended, step)
    return [relaxation for relaxation in result if relaxation is not None]


def single_points(potential: Potential, cells: Sequence[Cell]) -> list[Relaxation]:
    """Energies of cells as they are, in the same form: no step, no force, and the volume that they have."""
    result: list[Relaxation | None] = [refused(potential, cell) for cell in cells]
    places = [place for place, refused in enumerate(result) if refused is None]
    evaluations = potential.evaluate([cells[place] for place in places], gradients=False) if places else []
    for place, evaluation in zip(places, evaluations, strict=True):
        n = len(cells[place])
        energy, moment = evaluation.energy / n, evaluation.magnetic_moment / n
        if evaluation.isolated or not np.isfinite(energy):
            result[place] = Relaxation(Relaxed.ISOLATED if evaluation.isolated else Relaxed.EXPLODED)
        else:
            result[place] = Relaxation(
                Relaxed.SINGLE_POINT,
                first_energy=energy,
                energy=energy,
                volume_change=0.0,
                magnetic_moment=moment,
                cell=cells[place],
            )
    return [relaxation for relaxation in result if relaxation is not None]


def relax_in_turn(potential: Potential, cells: Sequence[Cell], *, steps: int, fmax: float = FMAX) -> list[Relaxation]:
    """Relax the atoms in the given cell first, then atoms and cell together, each in at most so many steps.

    Args:
        potential: whose energies are lowered.
        cells: what to relax.
        steps: at most, of each of the two.
        fmax: eV/Å, as in `relax`.
    """
    inner = relax(potential, cells, steps=steps, fmax=fmax, fixed_cell=True)
    places = [place for place, relaxation in enumerate(inner) if relaxation.cell is not None]
    starts = [relaxation.cell for relaxation in inner if relaxation.cell is not None]
    result = list(inner)
    for place, outer in zip(places, relax(potential, starts, steps=steps, fmax=fmax), strict=True):
        first = inner[place]
        result[place] = replace(
            outer,
            steps=first.steps + outer.steps,
            largest_force=first.largest_force,
            first_energy=first.first_energy,
        )
    return result


def refused(potential: Potential, cell: Cell) -> Relaxation | None:
    """What is said of a cell that the potential cannot be asked about; None of one that it can."""
    if not set(cell.composition) <= potential.elements:
        return Relaxation(Relaxed.UNKNOWN_ELEMENT)
    light = int((cell.numbers == 1).sum())
    least = DENSEST * (len(cell) - light) + _HYDROGEN_VOLUME * light
    return Relaxation(Relaxed.TOO_DENSE) if cell.volume < least else None


class _Walker:
    """One cell on its way down."""

    def __init__(self, cell: Cell, *, fixed_cell: bool = False) -> None:
        self.cell = self.first = cell
        self.fixed_cell = fixed_cell
        self.evaluation: Evaluation | None = None
        self.first_energy = self.largest_force = float("nan")
        self.velocity = np.zeros((len(cell) + 3, 3))
        self.dt, self.mixing, self.downhill = _DT, _MIXING, 0
        self.deformation = np.eye(3)

    def advance(self, evaluation: Evaluation, fmax: float, *, last: bool) -> Relaxed | None:
        """Take the evaluation of the present cell and a step; what became of the cell, if this was its end."""
        begun = self.evaluation is not None
        if evaluation.isolated:
            return Relaxed.EXPLODED if begun else Relaxed.ISOLATED
        values = (evaluation.energy, *evaluation.forces.ravel(), *evaluation.strain_gradient.ravel())
        if not np.isfinite(values).all():
            return Relaxed.EXPLODED
        if not begun:
            self.first_energy = evaluation.energy / len(self.cell)
            self.largest_force = float(np.linalg.norm(evaluation.forces, axis=1).max())
            if self.largest_force > _HIGHEST_FORCE:
                return Relaxed.EXPLODED
        self.evaluation = evaluation

        pull = -np.linalg.solve(self.deformation, evaluation.strain_gradient.T).T / len(self.cell)
        if self.fixed_cell:
            pull = np.zeros((3, 3))
        forces = np.concatenate([evaluation.forces @ self.deformation, pull])
        if np.linalg.norm(forces, axis=1).max() <= fmax:
            return Relaxed.RELAXED
        if last:
            return Relaxed.STEP_LIMIT
        self._step(forces)
        return Relaxed.EXPLODED if self._collapsed() else None

    def relaxation(self, outcome: Relaxed, steps: int) -> Relaxation:
        """The result."""
        if outcome in {Relaxed.EXPLODED, Relaxed.ISOLATED}:
            return Relaxation(outcome, steps, self.largest_force, self.first_energy)
        energy = self.evaluation.energy / len(self.cell) if self.evaluation else float("nan")
        moment = self.evaluation.magnetic_moment / len(self.cell) if self.evaluation else float("nan")
        change = self.cell.volume / self.first.volume - 1.0
        return Relaxation(outcome, steps, self.largest_force, self.first_energy, energy, change, moment, self.cell)

    def _step(self, forces: np.ndarray) -> None:
        power, speed = float(np.vdot(forces, self.velocity)), float(np.linalg.norm(self.velocity))
        if power > 0.0:
            self.velocity = (1.0 - self.mixing) * self.velocity + self.mixing * speed * forces / np.linalg.norm(forces)
            if self.downhill > _PATIENCE:
                self.dt = min(self.dt * _FASTER, _DT_MAX)
                self.mixing *= _LESS_MIXING
            self.downhill += 1
        elif speed > 0.0:
            self.velocity = np.zeros_like(self.velocity)
            self.mixing, self.dt, self.downhill = _MIXING, self.dt * _SLOWER, 0
        self.velocity = self.velocity + self.dt * forces
        step = self.dt * self.velocity
        step *= min(1.0, _STEP_MAX / float(np.linalg.norm(step)))

        unstrained = np.linalg.solve(self.deformation, self.cell.positions.T).T + step[:-3]
        self.deformation = self.deformation + step[-3:] / len(self.cell)
        self.cell = Cell(self.cell.numbers, unstrained @ self.deformation.T, self.first.vectors @ self.deformation.T)

    def _collapsed(self) -> bool:
        """Whether nothing of the cell is left that a potential can be asked about."""
        volume = float(np.linalg.det(self.cell.vectors)) * np.sign(float(np.linalg.det(self.first.vectors)))
        low, high = _VOLUME_RATIO
        if not low * self.first.volume < volume < high * self.first.volume:
            return True
        second, third = np.roll(self.cell.vectors, -1, axis=0), np.roll(self.cell.vectors, -2, axis=0)
        faces = np.linalg.norm(np.cross(second, third), axis=1)
        return bool((volume / faces).min() < _THINNEST)
