"""Whether two crystals are of one structure type: the same space group and Wyckoff positions, and alike in geometry.

Crystals of the same group whose atoms stand on the same positions are isopointal; they are isoconfigurational, or
isotypic, if free coordinates and axial ratios are alike as well (Lima-de-Faria, Hellner, Liebau, Makovicky & Parthé,
Acta Cryst. A46, 1, 1990). The second crystal is tried in every description that the normaliser of the group allows.

| symbol | variable | limit |
|---|---|---|
| isopointal | `skeleton` | equal |
| a_i / V^(1/3), relative difference | `strain` | `MOST_STRAIN` |
| angles | | `MOST_ANGLE` |
| distance of corresponding coordinates, fractions of an axis | `shift` | `MOST_SHIFT` |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from disgen.crystal import cell_parameters, lattice_vectors
from disgen.normaliser import normaliser
from disgen.symmetry import free_coordinates, orbit_distance, site_rows
from disgen.wyckoff import LETTERS, position_maps, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.crystal import WyckoffCrystal

MOST_STRAIN = 0.15
MOST_ANGLE = 8.0  # degrees
MOST_SHIFT = 0.08
_NEVER = 1e6  # cost of what must not be matched


@dataclass(frozen=True, eq=False)
class Match:
    """How a second crystal lies on a first one.

    Attributes:
        order: for each site of the first, the site of the second.
        shift: largest distance of corresponding coordinates, fractions of an axis.
        strain: largest relative difference of the axes, cells scaled to one volume.
        linear: (3, 3) with `origin`: coordinates x of the second are linear x + origin in the first's description.
        origin: (3,).
    """

    order: tuple[int, ...]
    shift: float
    strain: float
    linear: np.ndarray = field(repr=False)
    origin: np.ndarray = field(repr=False)


def skeleton(crystal: WyckoffCrystal) -> tuple[int, str]:
    """Space group and sorted letters of a canonical crystal: equal for isopointal ones, whatever sits on the sites."""
    return crystal.space_group, "".join(sorted(site.letter for site in crystal.sites))


def match(one: WyckoffCrystal, other: WyckoffCrystal, allowed: np.ndarray | None = None) -> Match | None:
    """How the second crystal lies on the first, with the smallest shift; None if they are not isotypic.

    Args:
        one: canonical, at least one site.
        other: canonical.
        allowed: (sites, sites) True where a site of the first may correspond to one of the second; all by default.
    """
    if one.space_group != other.space_group or len(one.sites) != len(other.sites):
        return None
    rows = site_rows(one)
    places = np.array([site.coordinates for site in one.sites])
    may = np.ones((len(rows), len(rows)), dtype=bool) if allowed is None else allowed
    best: Match | None = None
    for linear, origin, letters, strain in _descriptions(one, other):
        same = (rows[:, None] == letters[None]) & may
        if not (same.any(axis=0).all() and same.any(axis=1).all()):
            continue
        points = np.array([site.coordinates for site in other.sites]) @ linear.T + origin
        first, second = np.nonzero(same)
        cost = np.full(same.shape, _NEVER)
        cost[first, second] = orbit_distance(rows[first], places[first], points[second])
        order = linear_sum_assignment(cost)[1]
        shift = float(cost[np.arange(len(rows)), order].max())
        if shift <= MOST_SHIFT and (best is None or shift < best.shift - 1e-9):
            best = Match(tuple(order.tolist()), shift, strain, linear, origin)
    return best


def _descriptions(
    one: WyckoffCrystal, other: WyckoffCrystal
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    """Changes of axes and origin of the second crystal after which its cell is like the first's.

    Yields linear and origin as in `Match`, the rows of the sites' positions in the new description, and the strain.
    """
    known = normaliser(one.space_group)
    vectors = lattice_vectors(other.cell)
    wanted = np.array(one.cell)
    wanted[:3] /= one.volume ** (1.0 / 3.0)
    first_row = int(tables().first[one.space_group])
    indices = np.array([LETTERS.index(site.letter) + 1 for site in other.sites])
    for linear, shift, letters in zip(known.linear, known.shift, known.letters, strict=True):
        cell = np.array(cell_parameters(np.linalg.inv(linear).T @ vectors))
        cell[:3] /= other.volume ** (1.0 / 3.0)
        strain = float(np.abs(cell[:3] / wanted[:3] - 1.0).max())
        if strain > MOST_STRAIN or np.abs(cell[3:] - wanted[3:]).max() > MOST_ANGLE:
            continue
        rows = first_row + letters[indices] - 1
        for origin in _origins(one, other, linear, shift, rows, known.polar):
            yield linear, origin, rows, strain


def _origins(
    one: WyckoffCrystal,
    other: WyckoffCrystal,
    linear: np.ndarray,
    shift: np.ndarray,
    rows: np.ndarray,
    polar: tuple[int, ...],
) -> Iterator[np.ndarray]:
    """The shift itself; where the origin is free along axes, those that put an atom of the second on one of the first.

    The first's site is one of the rarest letter, so that few need to be tried.
    """
    if not polar:
        yield shift
        return
    own = site_rows(one)
    counts = [(own == row).sum() for row in own]
    anchor = int(np.argmin(counts))
    maps, moves = position_maps(int(own[anchor]))
    for site in np.flatnonzero(rows == own[anchor]).tolist():
        point = linear @ np.array(other.sites[site].coordinates) + shift
        orbit = _orbit(point, int(rows[site]), maps, moves)
        gaps = np.array(one.sites[anchor].coordinates) - orbit
        along = np.zeros_like(gaps)
        along[:, list(polar)] = gaps[:, list(polar)]
        for move in np.unique(np.round(along % 1.0, 6), axis=0):
            yield shift + move


def _orbit(point: np.ndarray, row: int, maps: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Points (m, 3) of the orbit of a point on a position."""
    parameters = free_coordinates(np.array([row]), point[None])[0]
    result: np.ndarray = maps @ parameters + moves
    return result
