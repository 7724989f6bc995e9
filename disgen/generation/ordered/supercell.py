"""Positions of a supercell before anything is put on them, and which supercell holds a composition well."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors
from disgen.errors import DisgenError
from disgen.generation.checks import PLAUSIBLE_CONTACT
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.pairs import near_pairs
from disgen.generation.geometry.radii import mean_radius

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.cif.standard.alternatives import Alternative
    from disgen.crystal import WyckoffCrystal

MOST_POSITIONS = 5000  # of an ordered cell
MOST_REPEATS = 4  # of the conventional cell along an axis, in a suggestion
SUGGESTED_POSITIONS = 240  # up to which a larger cell is suggested
SUGGESTED_MISS = 0.05  # of an element's amount, with which a suggested cell is content

Repeats = tuple[int, int, int]


class OrderedCellError(DisgenError):
    """No ordered cell can be drawn; one sentence why."""


@dataclass(frozen=True, eq=False)
class Supercell:
    """Positions of a crystal in several conventional cells.

    Attributes:
        crystal: ordered or disordered.
        repeats: conventional cells along a, b and c.
        vectors: (3, 3) basis vectors as rows, Å.
        positions: (m, 3) fractional coordinates in this cell.
        owners: (m,) the crystal's site of each.
        excluded: (p, 2) pairs of positions that are never filled together.
    """

    crystal: WyckoffCrystal
    repeats: Repeats
    vectors: np.ndarray = field(repr=False)
    positions: np.ndarray = field(repr=False)
    owners: np.ndarray = field(repr=False)
    excluded: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        """Number of positions."""
        return len(self.owners)

    @property
    def sizes(self) -> np.ndarray:
        """(sites,) positions of each site."""
        return np.bincount(self.owners, minlength=len(self.crystal.sites))


def supercell_of(crystal: WyckoffCrystal, repeats: Repeats, stated: Sequence[Alternative] = ()) -> Supercell:
    """The positions of a supercell.

    Args:
        crystal: ordered or disordered.
        repeats: conventional cells along a, b and c, at least 1 each.
        stated: alternatives that a file states, beside those that are too close to each other.

    Raises:
        OrderedCellError: if the crystal has no sites, a repeat is below 1 or the cell has more than `MOST_POSITIONS`.
        PairsError: if the cell is too flat to tell which positions are too close.
    """
    cells = int(np.prod(repeats))
    if min(repeats) < 1 or crystal.n_positions * cells > MOST_POSITIONS:
        msg = f"An ordered cell takes 1 to {MOST_POSITIONS:,} positions, not {crystal.n_positions * cells:,}."
        raise OrderedCellError(msg)
    if not crystal.sites:
        msg = "The crystal has no sites, so there is nothing to draw."
        raise OrderedCellError(msg)
    unit, unit_owners = symmetry.expand(crystal)
    steps = np.array(list(product(*map(range, repeats))))
    positions = ((unit[None] + steps[:, None]) / np.array(repeats)).reshape(-1, 3)
    owners = np.tile(unit_owners, cells)
    vectors = lattice_vectors(crystal.cell) * np.array(repeats)[:, None]
    return Supercell(
        crystal, repeats, vectors, positions, owners, exclusions(crystal, positions, owners, vectors, stated)
    )


def suggest_repeats(crystal: WyckoffCrystal, positions: int = SUGGESTED_POSITIONS) -> Repeats:
    """The smallest cell that holds every element within `SUGGESTED_MISS` of its amount, as nearly isometric as can be.

    Of at most `MOST_REPEATS` cells along an axis; where none is that good, the best one. The conventional cell itself
    where it is beyond the limit already.

    Args:
        crystal: disordered.
        positions: at most, of a repeated cell.
    """
    amounts = np.array(list(crystal.composition.values()))
    lengths = np.array(crystal.cell[:3])

    def cost(repeats: Repeats) -> tuple[float, int, float]:
        ideal = amounts * np.prod(repeats)
        miss = float((np.abs(ideal - np.rint(ideal)) / ideal).max(initial=0.0))
        edges = lengths * repeats
        return (
            0.0 if miss <= SUGGESTED_MISS else round(miss, 3),
            int(np.prod(repeats)),
            float(edges.max() / edges.min()),
        )

    choices = [
        (a, b, c)
        for a, b, c in product(range(1, MOST_REPEATS + 1), repeat=3)
        if (a, b, c) == (1, 1, 1) or a * b * c * crystal.n_positions <= positions
    ]
    return min(choices, key=cost)


def exclusions(
    crystal: WyckoffCrystal,
    positions: np.ndarray,
    owners: np.ndarray,
    vectors: np.ndarray,
    stated: Sequence[Alternative] = (),
) -> np.ndarray:
    """Pairs of partly filled positions that are too close to be filled together, (p, 2) indices.

    Too close is what screening calls implausible: less than 0.7 of the sum of the sites' covalent radii, each weighted
    by occupancy. A position's own image does not count: it could never be filled.

    Args:
        crystal: the crystal.
        positions: (m, 3) fractional coordinates in the cell.
        owners: (m,) the site of each.
        vectors: (3, 3) basis vectors of the cell as rows, Å.
        stated: alternatives that a file states; they exclude each other too.

    Raises:
        PairsError: if the cell is too flat to be looked at.
    """
    partly = np.array([site.vacancy > 0.0 for site in crystal.sites])
    chosen = np.flatnonzero(partly[owners])
    if not len(chosen):
        return np.zeros((0, 2), dtype=np.int64)
    reach = _reaches(crystal, stated)
    pairs = near_pairs(positions[chosen], vectors, float(reach[partly][:, partly].max()))
    first, second = chosen[pairs.first], chosen[pairs.second]
    close = (pairs.distance < reach[owners[first], owners[second]]) & (first != second)
    return np.unique(np.stack([first, second], axis=1)[close], axis=0)


def _reaches(crystal: WyckoffCrystal, stated: Sequence[Alternative]) -> np.ndarray:
    """(sites, sites) distance (Å) below which positions of two sites exclude each other."""
    radii = np.array([mean_radius(site, COVALENT_RADII) for site in crystal.sites])
    reach = PLAUSIBLE_CONTACT * (radii[:, None] + radii[None])
    for one in stated:
        farther = max(float(reach[one.first, one.second]), one.reach)
        reach[one.first, one.second] = reach[one.second, one.first] = farther
    result: np.ndarray = reach
    return result
