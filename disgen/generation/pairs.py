"""Pairs of positions of a periodic cell that are near each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.spatial import cKDTree

from disgen.errors import DisgenError

MOST_IMAGES = 400_000  # positions of the cell and its neighbours that are looked at: some 10 MB
_NOISE = 1e-9


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
    home = np.floor(positions)
    inside = positions - home
    low, high = -reach / heights - _NOISE, 1.0 + reach / heights + _NOISE
    cells = [np.arange(int(np.floor(start)), int(np.floor(end)) + 1) for start, end in zip(low, high, strict=True)]
    count = int(np.prod([float(len(axis)) for axis in cells])) * len(positions)
    if count > MOST_IMAGES:
        msg = f"The cell is too flat or too large to look for neighbours within {reach:.1f} Å: {count:,} images."
        raise PairsError(msg)
    steps = np.array(list(product(*cells)), dtype=np.int64)
    images = (inside[None] + steps[:, None]).reshape(-1, 3)
    kept = np.flatnonzero(((images >= low) & (images <= high)).all(axis=1))
    home_tree, image_tree = cKDTree(inside @ vectors), cKDTree(images[kept] @ vectors)
    found = home_tree.sparse_distance_matrix(image_tree, reach, output_type="ndarray")
    first, image = found["i"].astype(np.int64), kept[found["j"]]
    second, step = image % max(1, len(positions)), steps[image // max(1, len(positions))]
    # Each pair is found from both ends: it stays where the second index or, for an own image, the shift is larger.
    ahead = np.sign(step) @ np.array([4, 2, 1]) > 0
    once = (first < second) | ((first == second) & ahead)
    shift = step + (home[first] - home[second]).astype(np.int64)
    order = np.lexsort((found["v"], second, first))
    order = order[once[order]]
    return Pairs(first[order], second[order], shift[order], found["v"][order])
