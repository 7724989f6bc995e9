"""Shortest distances, atomic volumes and their plausibility for whole batches of crystals.

Every pair of sites is measured once: from one point of the orbit with more positions to all points of the other, with
all periodic images. That is exact, because symmetry carries any pair of points into such a one. Skewed cells are first
Minkowski-reduced, where the 27 nearest images are enough.

Two alternatives of one split position may lie as close as they like, since they are never occupied together. Pairs
whose occupancies add up to at most one (within `OCCUPANCY_TOLERANCE`) are therefore left out of the split-aware
distance; an atom and its own copy in the next cell never are.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import moyopy
import numpy as np

from disgen import symmetry, wyckoff
from disgen.crystal import ELEMENTS, OCCUPANCY_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal, WyckoffSite

# Covalent radii in Å of H to Cm: Cordero et al., Dalton Trans. 2008, 2832, Table 2 (sp3 carbon; low-spin Mn, Fe, Co).
# Bk to Fm have no value there and take that of Cm.
_RADII = (
    ".31 .28 1.28 .96 .84 .76 .71 .66 .57 .58 1.66 1.41 1.21 1.11 1.07 1.05 1.02 1.06 2.03 1.76 "
    "1.70 1.60 1.53 1.39 1.39 1.32 1.26 1.24 1.32 1.22 1.22 1.20 1.19 1.20 1.20 1.16 2.20 1.95 1.90 1.75 "
    "1.64 1.54 1.47 1.46 1.42 1.39 1.45 1.44 1.42 1.39 1.39 1.38 1.39 1.40 2.44 2.15 2.07 2.04 2.03 2.01 "
    "1.99 1.98 1.98 1.96 1.94 1.92 1.92 1.89 1.90 1.87 1.87 1.75 1.70 1.62 1.51 1.44 1.41 1.36 1.36 1.32 "
    "1.45 1.46 1.48 1.40 1.50 1.50 2.60 2.21 2.15 2.06 2.00 1.96 1.90 1.87 1.80 1.69 1.69 1.69 1.69 1.69"
)
COVALENT_RADII: dict[str, float] = dict(zip(ELEMENTS, map(float, _RADII.split()), strict=True))

_IMAGES = np.array(list(product((-1, 0, 1), repeat=3)), dtype=float)
_CHUNK = 512  # crystals measured at once, which keeps the pairs of a chunk within some tens of MB


@dataclass(frozen=True)
class Geometry:
    """Measurements of n crystals; a crystal without sites or with an impossible cell has NaN throughout.

    Attributes:
        min_distance: (n,) shortest distance between two positions in Å, whatever their occupancies.
        min_distance_split_aware: (n,) the same without pairs that are never occupied together, Å.
        min_contact: (n,) shortest split-aware distance as a share of the sum of the two sites' covalent radii, each
            weighted by the occupancies of its species (dimensionless).
        volume_per_atom: (n,) volume of the cell by its atoms, which partial occupancies make fractional, Å³.
    """

    min_distance: np.ndarray
    min_distance_split_aware: np.ndarray
    min_contact: np.ndarray
    volume_per_atom: np.ndarray

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.min_distance)


def measure(crystals: Sequence[WyckoffCrystal]) -> Geometry:
    """Shortest distances and atomic volumes of crystals.

    Args:
        crystals: any number; their sites need not be in canonical order, and coordinates are first snapped to their
            Wyckoff positions.

    Raises:
        DisgenError: if a space group has no such Wyckoff letter.
    """
    parts = [_measure_chunk(crystals[start : start + _CHUNK]) for start in range(0, len(crystals), _CHUNK)]
    return Geometry(*np.concatenate([np.zeros((4, 0)), *parts], axis=1))


def bases(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Basis vectors of many cells, as `disgen.crystal.lattice_vectors`.

    Args:
        cells: (n, 6) a, b, c in Å and α, β, γ in degrees.

    Returns:
        (n, 3, 3) vectors as rows in Å, and (n,) True where the numbers form a cell; the others get the unit matrix.
    """
    a, b, c = cells[:, :3].T
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = np.cos(np.radians(cells[:, 3:]))
        cosines[np.abs(cosines) < 1e-15] = 0.0  # noqa: PLR2004 (float noise of right angles)
        cos_alpha, cos_beta, cos_gamma = cosines.T
        sin_gamma = np.sqrt(1.0 - cos_gamma**2)
        c_y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
        c_z_squared = 1.0 - cos_beta**2 - c_y**2
        good = (c_z_squared > 0.0) & (cells[:, :3] > 0.0).all(axis=1) & np.isfinite(cells).all(axis=1)
        good &= ((cells[:, 3:] > 0.0) & (cells[:, 3:] < 180.0)).all(axis=1)  # noqa: PLR2004 (degrees)
        zero = np.zeros_like(a)
        rows = [a, zero, zero, b * cos_gamma, b * sin_gamma, zero, c * cos_beta, c * c_y, c * np.sqrt(c_z_squared)]
    vectors = np.stack(rows, axis=1).reshape(-1, 3, 3)
    vectors[~good] = np.eye(3)
    return vectors, good


def _measure_chunk(crystals: Sequence[WyckoffCrystal]) -> np.ndarray:
    """The four rows of `Geometry` for a few crystals, (4, n)."""
    n = len(crystals)
    cells = np.array([crystal.cell for crystal in crystals], dtype=float).reshape(n, 6)
    counts = np.array([len(crystal.sites) for crystal in crystals], dtype=np.intp)
    sites = [site for crystal in crystals for site in crystal.sites]
    owner = np.repeat(np.arange(n), counts)
    filling, radius = contents_of([site.occupancies for site in sites])
    rows = rows_of(np.array([crystal.space_group for crystal in crystals], dtype=np.intp)[owner], sites)
    multiplicity = wyckoff.tables().multiplicity[rows]

    vectors, good = bases(cells)
    reduced, inverse, reducible = reduce_bases(vectors)
    good &= reducible
    shortest = np.sqrt(np.einsum("nij,nij->ni", reduced, reduced).min(axis=1))
    points, start = orbit_points(rows, np.array([site.coordinates for site in sites]).reshape(-1, 3))
    points = np.einsum("pi,pij->pj", points, inverse[np.repeat(owner, multiplicity)])

    more, fewer = pairs_of_sites(counts, multiplicity)
    gap = shortest_gaps(points, start, multiplicity, more, fewer, owner, reduced)
    together = filling[more] + filling[fewer] > 1.0 + OCCUPANCY_TOLERANCE + 1e-9

    with np.errstate(divide="ignore", invalid="ignore"):
        contact = np.where(together, gap / (radius[more] + radius[fewer]), np.inf)
        nearest = group_minima(gap, owner[more], n)
        nearest_together = group_minima(np.where(together, gap, np.inf), owner[more], n)
        contact = group_minima(contact, owner[more], n)
        contact = np.minimum(contact, shortest / (2.0 * -group_minima(-radius, owner, n)))
        atoms = np.bincount(owner, weights=multiplicity * filling, minlength=n)
        volume = np.abs(np.linalg.det(vectors)) / atoms
    result = np.stack([np.minimum(nearest, shortest), np.minimum(nearest_together, shortest), contact, volume])
    result[:, ~good | (counts == 0)] = np.nan
    return result


def rows_of(space_group: np.ndarray, sites: Sequence[WyckoffSite]) -> np.ndarray:
    """Rows of the Wyckoff tables of sites with their space groups, (sites,)."""
    table = wyckoff.tables()
    letter = np.array([wyckoff.LETTERS.find(site.letter) for site in sites], dtype=np.intp)
    illegal = np.flatnonzero((letter < 0) | (table.multiplicity_of[space_group, letter + 1] == 0))
    for site in illegal.tolist():
        wyckoff.row(int(space_group[site]), sites[site].letter)  # raises its sentence
    result: np.ndarray = table.first[space_group] + letter
    return result


def contents_of(occupancies: Sequence[tuple[tuple[str, float], ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the occupancies of each site, and its occupancy-weighted covalent radius in Å."""
    filling = np.array([sum(share for _, share in content) for content in occupancies])
    weighted = np.array([sum(share * COVALENT_RADII[symbol] for symbol, share in content) for content in occupancies])
    return filling, weighted / np.maximum(filling, 1e-12)


def orbit_points(rows: np.ndarray, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All points of the sites' orbits, (points, 3) fractional, and the index of each site's first point."""
    multiplicity = wyckoff.tables().multiplicity[rows]
    start = np.cumsum(multiplicity) - multiplicity
    parameters = symmetry.free_coordinates(rows, coordinates)
    points = np.empty((int(multiplicity.sum()), 3))
    for position in np.unique(rows):
        maps, shifts = wyckoff.position_maps(int(position))
        chosen = np.flatnonzero(rows == position)
        where = start[chosen][:, None] + np.arange(len(maps))
        points[where] = np.einsum("mij,sj->smi", maps, parameters[chosen]) + shifts
    return points, start


def pairs_of_sites(counts: np.ndarray, multiplicity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of sites of one crystal, a site with itself included; first the site with more positions."""
    offset = np.cumsum(counts) - counts
    first, second = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
    for count in np.unique(counts):
        i, j = np.triu_indices(count)
        at = offset[counts == count][:, None]
        first.append((at + i).ravel())
        second.append((at + j).ravel())
    one, other = np.concatenate(first), np.concatenate(second)
    swap = multiplicity[one] < multiplicity[other]
    return np.where(swap, other, one), np.where(swap, one, other)


def shortest_gaps(
    points: np.ndarray,
    start: np.ndarray,
    multiplicity: np.ndarray,
    more: np.ndarray,
    fewer: np.ndarray,
    owner: np.ndarray,
    reduced: np.ndarray,
) -> np.ndarray:
    """Shortest distance in Å of each pair of sites, (pairs,); lattice translations of one point are not counted.

    `points` are in units of the reduced bases (n, 3, 3).
    """
    itself = more == fewer
    length = multiplicity[fewer] - itself  # a point is not measured against itself
    pair = np.repeat(np.arange(len(more)), length)
    rank = np.arange(len(pair)) - np.repeat(np.cumsum(length) - length, length)
    step = points[start[fewer][pair] + itself[pair] + rank] - points[start[more][pair]]
    step -= np.rint(step)
    crystal = owner[more][pair]
    direct = np.einsum("pi,pij->jp", step, reduced[crystal])
    images = np.einsum("ki,nij->kjn", _IMAGES, reduced)
    squared = np.full(len(pair), np.inf)
    for image in images:
        moved = direct + image[:, crystal]
        np.minimum(squared, np.einsum("jp,jp->p", moved, moved), out=squared)
    result: np.ndarray = np.sqrt(group_minima(squared, pair, len(more)))
    return result


def reduce_bases(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minkowski-reduced bases of the same lattices.

    Args:
        vectors: (n, 3, 3) rows in Å.

    Returns:
        (n, 3, 3) reduced rows in Å; (n, 3, 3) matrices that take fractional coordinates (as rows, from the left) to
        the reduced basis; and (n,) True where the reduction succeeded.
    """
    gram = np.einsum("nik,njk->nij", vectors, vectors)
    square = np.einsum("nii->ni", gram)
    slack = 1.0 + 1e-12
    fine = np.ones(len(vectors), dtype=bool)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        fine &= 2.0 * np.abs(gram[:, i, j]) <= slack * np.minimum(square[:, i], square[:, j])
    for s, t in product((-1.0, 1.0), repeat=2):
        diagonal = square.sum(axis=1) + 2.0 * (s * gram[:, 0, 1] + t * gram[:, 0, 2] + s * t * gram[:, 1, 2])
        fine &= slack * diagonal >= square.max(axis=1)
    reduced, inverse = vectors.copy(), np.tile(np.eye(3), (len(vectors), 1, 1))
    good = np.ones(len(vectors), dtype=bool)
    for index in np.flatnonzero(~fine):
        try:
            _, transformation = moyopy.minkowski_reduce(vectors[index].tolist())
        except ValueError:
            good[index] = False
            continue
        change = np.array(transformation, dtype=float).T
        reduced[index] = change @ vectors[index]
        inverse[index] = np.rint(np.linalg.inv(change))
    return reduced, inverse, good


def group_minima(values: np.ndarray, group: np.ndarray, n: int) -> np.ndarray:
    """Smallest value of each of n groups, infinity for groups without one, (n,)."""
    result = np.full(n, np.inf)
    np.minimum.at(result, group, values)
    return result
