"""Crystals that are reconstructed with everything right at once: a line that tables of single errors do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry, wyckoff

if TYPE_CHECKING:
    from disgen.representation import SiteArrays

OCCUPANCY_WITHIN = 0.02
COORDINATE_WITHIN = 0.01
CELL_WITHIN = 0.01
_SLACK = 1e-9  # so that a difference of exactly the limit is within it


def exact_crystals(truth: SiteArrays, found: SiteArrays) -> np.ndarray:
    """Which crystals are right in everything.

    That is: the space group; the Wyckoff letter of every site; the species on it; each occupancy within 0.02; the free
    coordinates within 0.01 of the cell (periodic, and whichever point of the orbit stands for it); and each of the six
    cell parameters within 1 %. Sites are compared in their order. Multiplicities and fixed coordinates follow.

    Decoding leaves out shares below 1 %, so a crystal with such a trace is never exact: the rate's ceiling is the share
    of crystals without (98 % of AMCSD and 3DSC).

    Args:
        truth: n canonical crystals.
        found: their reconstructions, `disgen.generation.reconstruction.exact_arrays`.

    Returns:
        (n,) bool.
    """
    right = (truth.space_group == found.space_group) & (truth.letter == found.letter).all(axis=1)
    right &= (np.abs(found.cell - truth.cell) <= CELL_WITHIN * truth.cell + _SLACK).all(axis=1)
    slots = max(truth.species.shape[2], found.species.shape[2])
    right &= (_widened(truth.species, slots) == _widened(found.species, slots)).all(axis=(1, 2))
    share = np.abs(_widened(truth.occupancy, slots) - _widened(found.occupancy, slots))
    right &= (share <= OCCUPANCY_WITHIN + _SLACK).all(axis=(1, 2))

    sites = truth.real & right[:, None]
    crystal = np.nonzero(sites)[0]
    rows = wyckoff.tables().first[truth.space_group[crystal]] + truth.letter[sites] - 1
    apart = symmetry.orbit_distance(rows, found.coordinates[sites], truth.coordinates[sites])
    right[crystal[apart > COORDINATE_WITHIN + _SLACK]] = False
    result: np.ndarray = right
    return result


def _widened(values: np.ndarray, slots: int) -> np.ndarray:
    """Species slots (n, 9, s) filled up with zeros."""
    return np.pad(values, ((0, 0), (0, 0), (0, slots - values.shape[2])))
