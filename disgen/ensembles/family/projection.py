r"""The average of a crystal over the symmetry that it gains when kinds of atoms are no longer told apart.

An ordered crystal that decorates a disordered one has a subgroup of its symmetry. Where the species that share sites
there are called the same, the search finds the larger group, and the mean over its orbits gives back the shared sites
with their amounts. An order distorts: the search therefore looks with several tolerances. Atoms of kinds that may be
mobile, those on partly filled sites, say nothing about the group; they are put on its orbits afterwards, whose
positions they fill in part.

| symbol | variable | meaning |
|---|---|---|
| G | `operations` of `Projection.crystal.space_group` | the group of the atoms without kinds |
| H | the crystal's own group | a subgroup of it |
| \|G : H\| | `index` | operations of G in the volume of one of H |
| t, k | `point_index`, `index // point_index` | of point groups; of translations |
| n_i, m | atoms of H's cell on an orbit of G, its multiplicity | occupancy: Σ_i V_G / (V_H m) |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import moyopy
import numpy as np

from disgen import wyckoff
from disgen.cif.errors import CifError
from disgen.cif.standard.standardise import find_symmetry
from disgen.crystal import ATOMIC_NUMBER, OCCUPANCY_TOLERANCE, lattice_vectors
from disgen.symmetry import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.crystal import WyckoffCrystal

TOLERANCES = (0.05, 0.25, 0.5)  # Å
MOST_OF_DISTANCE = 0.35  # of the shortest distance in the framework that a tolerance may be
MOBILE_REACH = 0.6  # Å, within which mobile atoms belong to one position
_MOST_POSITIONS = 400  # in a cell that is projected
_SETTING = moyopy.Setting.standard()


@dataclass(frozen=True)
class Projection:
    """A crystal as the average over a larger group.

    Attributes:
        crystal: the average, canonical; its sites hold what the orbits hold.
        index: of the crystal's group in that of the average, 1 if they are the same.
        point_index: of the point groups, its translationengleiche part.
        shift: the largest way of an atom of the framework to its place in the average, Å.
        strain: the largest stretch of the lattice to that of the average, at one volume.
    """

    crystal: WyckoffCrystal
    index: int
    point_index: int
    shift: float
    strain: float


def projections(
    crystal: WyckoffCrystal, kinds: Mapping[str, int], mobile: frozenset[int] = frozenset()
) -> list[Projection]:
    """Averages of a crystal, the least distorted first; empty where no group is found, or the crystal is too large.

    Args:
        crystal: canonical.
        kinds: number of its kind by element, for each of its elements; elements of one kind are not told apart.
        mobile: kinds that say nothing about the group; not all of them.
    """
    positions, owners = expand(crystal)
    site_kinds = [{kinds[symbol] for symbol, _ in site.occupancies} for site in crystal.sites]
    if len(positions) > _MOST_POSITIONS or any(len(some) > 1 for some in site_kinds):
        return []
    of_site = np.array([next(iter(some)) for some in site_kinds])
    kind = of_site[owners]
    framework = ~np.isin(kind, list(mobile))
    if not framework.any():
        return []
    cell = moyopy.Cell(
        lattice_vectors(crystal.cell).tolist(), positions[framework].tolist(), (kind[framework] + 1).tolist()
    )
    reach = MOST_OF_DISTANCE * _shortest(positions[framework], lattice_vectors(crystal.cell))
    found: list[Projection] = []
    for tolerance in TOLERANCES:
        if tolerance > reach:
            break  # searches that take neighbours for one atom may never end
        try:
            data = moyopy.MoyoDataset(cell, symprec=tolerance, setting=_SETTING)
            projection = _projection(crystal, data, positions, owners, kind, framework, tolerance)
        except (ValueError, RuntimeError, CifError):
            continue  # at this tolerance there is no consistent group, at another one there may be
        if projection is not None and all(one.crystal.space_group != projection.crystal.space_group for one in found):
            found.append(projection)
    return found


def subgroup_index(group: WyckoffCrystal, subgroup: WyckoffCrystal) -> tuple[int, int]:
    """Index of the second crystal's group in the first's, and its translationengleiche part, from cells and groups."""
    (large, _), (small, _) = (wyckoff.operations(one.space_group) for one in (group, subgroup))
    index = len(large) / len(small) * subgroup.volume / group.volume
    points = len(np.unique(large, axis=0)) / len(np.unique(small, axis=0))
    return max(1, round(index)), max(1, round(points))


def _projection(
    crystal: WyckoffCrystal,
    data: moyopy.MoyoDataset,
    positions: np.ndarray,
    owners: np.ndarray,
    kind: np.ndarray,
    framework: np.ndarray,
    tolerance: float,
) -> Projection | None:
    """The average over the group that was found; None if two atoms would share a position."""
    basis = np.array(data.std_cell.basis)
    points = (positions - np.array(data.std_origin_shift)) @ np.linalg.inv(np.array(data.std_linear)).T
    # Conventional cells of the average in one cell of the crystal: its inverse times an atom is its amount.
    cells = len(positions[framework]) / data.std_cell.num_atoms
    rotations, translations = wyckoff.operations(data.number)
    images = np.einsum("oij,nj->noi", rotations, points) + translations  # (atoms, operations, 3)
    left = np.ones(len(points), dtype=bool)
    orbits, contents, largest = [], [], 0.0
    while left.any():
        first = int(np.flatnonzero(left)[0])
        reach = 2.0 * tolerance if framework[first] else MOBILE_REACH
        alike = np.flatnonzero(left & (kind == kind[first]))
        gaps = images[alike] - points[first]
        gaps -= np.rint(gaps)
        near = np.linalg.norm(gaps @ basis, axis=2) < reach
        members = alike[near.any(axis=1)]
        place = points[first] + gaps[near].mean(axis=0)
        orbit = _distinct(np.einsum("oij,j->oi", rotations, place) + translations, basis, reach)
        if framework[first]:
            largest = max(
                largest, float(np.linalg.norm(gaps[near] @ basis - gaps[near].mean(axis=0) @ basis, axis=1).max())
            )
        content = _content(crystal, owners[members], cells * len(orbit))
        if content is None:
            return None
        orbits.append(orbit)
        contents.append(content)
        left[members] = False
    average = find_symmetry(basis, orbits, contents)
    strain = _strain(np.array(data.std_linear).T @ lattice_vectors(crystal.cell), basis)
    return Projection(average, *subgroup_index(average, crystal), largest, strain)


def _shortest(points: np.ndarray, vectors: np.ndarray) -> float:
    """Shortest distance (Å) between points (n, 3), fractional, of one cell; infinite for a single one."""
    apart = np.linalg.norm(_periodic(points[:, None] - points[None]) @ vectors, axis=2)
    return float(apart[~np.eye(len(points), dtype=bool)].min(initial=np.inf))


def _strain(vectors: np.ndarray, average: np.ndarray) -> float:
    """Largest relative stretch between two sets of basis vectors (rows), whatever their volumes and directions."""
    stretches = np.linalg.svd(np.linalg.solve(vectors, average), compute_uv=False)
    return float(np.abs(stretches / np.prod(stretches) ** (1.0 / 3.0) - 1.0).max())


def _distinct(points: np.ndarray, basis: np.ndarray, reach: float) -> np.ndarray:
    """One of each group of points (n, 3) that lie within reach (Å) of each other, fractional."""
    gaps = points[:, None] - points[None]
    near = np.linalg.norm((gaps - np.rint(gaps)) @ basis, axis=2) < reach
    first = near.argmax(axis=1)
    # The mean of the points of a group lies exactly on the special position that they are near.
    chosen = np.unique(first)
    means = [(points[one] + _periodic(points[near[one]] - points[one]).mean(axis=0)) for one in chosen.tolist()]
    return np.array(means) % 1.0


def _periodic(gaps: np.ndarray) -> np.ndarray:
    result: np.ndarray = gaps - np.rint(gaps)
    return result


def _content(crystal: WyckoffCrystal, owners: np.ndarray, places: float) -> tuple[tuple[str, float], ...] | None:
    """Occupancies of an orbit with so many positions in the crystal's cell; None if it is over-full."""
    amounts: dict[str, float] = {}
    for owner in owners.tolist():
        for symbol, occupancy in crystal.sites[owner].occupancies:
            amounts[symbol] = amounts.get(symbol, 0.0) + occupancy / places
    if sum(amounts.values()) > 1.0 + OCCUPANCY_TOLERANCE:
        return None
    rounded = ((symbol, round(amount, 4)) for symbol, amount in amounts.items())
    return tuple(sorted(rounded, key=lambda pair: ATOMIC_NUMBER[pair[0]]))
