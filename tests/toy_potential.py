"""A Lennard-Jones potential for tests: milliseconds, and derivatives that can be checked by hand."""

from dataclasses import dataclass

import numpy as np

from disgen.energies.potential import ISOLATED, UNCORRECTED, Evaluation
from disgen.generation.geometry.pairs import near_pairs

REACH = 6.0  # Å
DEPTH, WIDTH = 0.1, 2.5  # eV, Å


@dataclass(frozen=True)
class ToyPotential:
    """As `disgen.energies.potential.Potential`; counts the cells that it was asked about in `asked`."""

    asked: list
    name: str = "toy"
    version: str = "1"
    correction: str = UNCORRECTED
    elements: frozenset = frozenset(range(1, 90))

    def evaluate(self, cells, *, gradients=True):
        self.asked.extend(cells)
        return [_evaluate(cell) for cell in cells]


def _evaluate(cell):
    pairs = near_pairs(cell.fractional, cell.vectors, REACH)
    if len(np.unique([*pairs.first, *pairs.second])) < len(cell):
        return ISOLATED
    apart = cell.positions[pairs.second] + pairs.shift @ cell.vectors - cell.positions[pairs.first]
    sixth = (WIDTH / pairs.distance) ** 6
    slope = 4.0 * DEPTH * (6.0 * sixth - 12.0 * sixth**2) / pairs.distance
    pull = (slope / pairs.distance)[:, None] * apart
    forces = np.zeros((len(cell), 3))
    np.add.at(forces, pairs.first, pull)
    np.add.at(forces, pairs.second, -pull)
    return Evaluation(float((4.0 * DEPTH * (sixth**2 - sixth)).sum()), forces, apart.T @ pull)
