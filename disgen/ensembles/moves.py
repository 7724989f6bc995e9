"""What the symmetry of a supercell does with its positions, and which decorations it makes the same.

The operations of the space group that map the supercell's lattice onto itself, and its inner translations, act as
permutations of the positions. A decoration is told by a sum of random 64-bit numbers, one for each position and
species.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from disgen import wyckoff
from disgen.ensembles.errors import EnsembleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.generation.ordered.cell import OrderedCell
    from disgen.generation.ordered.supercell import Supercell

_SAME = 1e-3  # fractional, below which two points are one
_MOST_OPERATIONS = 20_000


def permutations(supercell: Supercell) -> np.ndarray:
    """Where each operation takes each position, (g, m) indices, each permutation once.

    Raises:
        EnsembleError: if there are more than `_MOST_OPERATIONS`.
    """
    turns, shifts = wyckoff.operations(supercell.crystal.space_group)
    size = np.array(supercell.repeats)
    scaled = turns * size[None, None, :] / size[None, :, None]  # in the supercell's own fractional coordinates
    whole = np.abs(scaled - np.rint(scaled)).max(axis=(1, 2)) < _SAME
    steps = np.array(list(product(*map(range, supercell.repeats))))
    if whole.sum() * len(steps) > _MOST_OPERATIONS:
        msg = "The supercell has too many symmetry operations to compare its decorations: take a smaller one."
        raise EnsembleError(msg)
    tree = cKDTree(_wrapped(supercell.positions), boxsize=1.0)
    found = []
    for turn, shift in zip(scaled[whole], shifts[whole], strict=True):
        moved = supercell.positions @ turn.T
        for step in steps:
            distance, image = tree.query(_wrapped(moved + (shift + step) / size))
            if distance.max() > _SAME:
                msg = "The crystal's positions are not as symmetric as its space group: read it from a CIF again."
                raise EnsembleError(msg)
            found.append(image)
    return np.unique(np.array(found), axis=0)


def labels(positions: int, species: int) -> np.ndarray:
    """The random numbers, (positions, species), always the same."""
    return np.random.default_rng(0).integers(2**63, size=(positions, species), dtype=np.uint64)


def first_alike(supercell: Supercell, cells: Sequence[OrderedCell]) -> np.ndarray:
    """Of each decoration the number of the first one that symmetry makes the same, (n,).

    Where the supercell has too many operations to compare its decorations, each stands for itself.
    """
    try:
        moves = permutations(supercell)
    except EnsembleError:
        return np.arange(len(cells))
    species = supercell.crystal.elements
    numbers = labels(len(supercell), len(species))
    seen: dict[int, int] = {}
    found = []
    for number, cell in enumerate(cells):
        colours = np.array([species.index(symbol) for symbol in cell.symbols])
        # What stands on p goes to moves[g, p]; the smallest sum is the same for all that symmetry makes the same.
        least = int(numbers[moves[:, cell.places], colours].sum(axis=1, dtype=np.uint64).min())
        found.append(seen.setdefault(least, number))
    return np.array(found)


def _wrapped(points: np.ndarray) -> np.ndarray:
    wrapped = points - np.floor(points)
    wrapped[wrapped >= 1.0] = 0.0
    result: np.ndarray = wrapped
    return result
