"""Pairs of positions of a periodic cell that are near each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

from disgen.errors import DisgenError

MOST_IMAGES = 400_000  # positions of the cell and its neighbours that are looked at: some 10 MB
_ALL_AXES = np.ones(3, dtype=np.int64)  # the cell is repeated along each


class PairsError(DisgenError):
    """A cell is too flat for its neighbours to be looked at; one sentence."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of positions, each once; a position and its own image in another cell count as a pair.

    Attributes:
        first: (p,) indices of positions.
        second: (p,) indices of positions, at least those of `first`.
        shift: (p, 3) whole cells by which the second position is moved.
        distance: (p,) Å.
    """

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray
    distance: np.ndarray

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.first)

    def where(self, chosen: np.ndarray) -> Pairs:
        """The pairs where a mask (p,) is True."""
        return Pairs(self.first[chosen], self.second[chosen], self.shift[chosen], self.distance[chosen])


def near_pairs(positions: np.ndarray, vectors: np.ndarray, reach: float) -> Pairs:
    """All pairs of positions, images included, that are at most `reach` apart.

    Args:
        positions: (m, 3) fractional coordinates.
        vectors: (3, 3) basis vectors as rows, Å.
        reach: Å.

    Raises:
        PairsError: if the cell is so flat that more than `MOST_IMAGES` images would have to be looked at.
    """
    heights = 1.0 / np.linalg.norm(np.linalg.inv(vectors), axis=0)
    count = len(positions) * float(np.prod(2.0 * np.ceil(reach / heights) + 1.0))
    if count > MOST_IMAGES:
        msg = f"The cell is too flat or too large to look for neighbours within {reach:.1f} Å: {count:,.0f} images."
        raise PairsError(msg)
    if not count:
        nothing = np.zeros(0, dtype=np.int64)
        return Pairs(nothing, nothing, np.zeros((0, 3), dtype=np.int64), np.zeros(0))
    home = np.floor(positions)
    inside = np.ascontiguousarray((positions - home) @ vectors)
    first, second, step, distance = find_points_in_spheres(
        inside, inside, float(reach), _ALL_AXES, np.ascontiguousarray(vectors, dtype=np.float64)
    )
    # Each pair is found from both ends: it stays where the second index or, for an own image, the shift is larger.
    ahead = np.sign(step) @ np.array([4, 2, 1]) > 0
    once = (first < second) | ((first == second) & ahead)
    shift = (step + home[first] - home[second]).astype(np.int64)
    order = np.lexsort((distance, second, first))
    order = order[once[order]]
    return Pairs(first[order], second[order], shift[order], distance[order])
