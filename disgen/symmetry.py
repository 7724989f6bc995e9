"""Crystals on their Wyckoff positions: snapping, expansion and lattice restrictions, for many points at once.

Numbers live on the grid that our CIFs are written on (cell 1e-4, free coordinates 1e-5, occupancies 1e-4), which makes
writing and reading, encoding and decoding exact inverses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen.wyckoff import position_maps, row

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

CELL_DECIMALS = 4
COORDINATE_DECIMALS = 5
OCCUPANCY_DECIMALS = 4

_GRID = 10**COORDINATE_DECIMALS


@dataclass(frozen=True)
class _Snapper:
    """What snapping to one Wyckoff position needs; s subspaces of the position and e equivalent descriptions.

    A point X lies on subspace j if ``projector[j] @ X = target[j]``; its free coordinates there are
    ``inverse[j] @ (X - origin[j])``. Free coordinates p and ``linear[k] @ p + shift[k]`` give the same orbit and the
    same subspace, the one of the first map ``x = base @ p + base_shift``.
    """

    projector: np.ndarray  # (s, 3, 3)
    target: np.ndarray  # (s, 3)
    inverse: np.ndarray  # (s, 3, 3)
    origin: np.ndarray  # (s, 3)
    linear: np.ndarray  # (e, 3, 3)
    shift: np.ndarray  # (e, 3)
    base: np.ndarray  # (3, 3)
    base_shift: np.ndarray  # (3,)


def free_coordinates(rows: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    """Free coordinates p of the points nearest to given ones on given positions.

    For each point the nearest of all orbit points' affine subspaces is taken (in fractional units, periodic).

    Args:
        rows: (n,) rows of `disgen.wyckoff.tables`.
        coordinates: (n, 3) fractional coordinates.

    Returns:
        (n, 3) p, with zeros where the position has no such free coordinate.
    """
    result = np.zeros((len(rows), 3))
    wrapped = coordinates - np.floor(coordinates)
    for position in np.unique(rows):
        snapper = _snapper(int(position))
        chosen = np.flatnonzero(rows == position)
        points = wrapped[chosen]
        if len(snapper.target) == 1:
            nearest = np.zeros(len(points), dtype=np.int64)
        else:
            offset = np.einsum("sij,nj->nsi", snapper.projector, points) - snapper.target
            nearest = np.argmin(np.einsum("nsi,nsi->ns", offset, offset).round(12), axis=1)
        result[chosen] = np.einsum("nij,nj->ni", snapper.inverse[nearest], points - snapper.origin[nearest])
    return result


def snap(rows: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    """Move points onto their Wyckoff positions and describe each orbit by its canonical representative.

    The representative lies on the position's first map, has the smallest coordinates (x, then y, then z) of all such
    points of the orbit, and its free coordinates are multiples of 1e-5.

    Args:
        rows: (n,) rows of `disgen.wyckoff.tables`.
        coordinates: (n, 3) fractional coordinates.

    Returns:
        (n, 3) fractional coordinates in [0, 1).
    """
    parameters = free_coordinates(rows, coordinates)
    result = np.empty((len(rows), 3))
    for position in np.unique(rows):
        snapper = _snapper(int(position))
        chosen = np.flatnonzero(rows == position)
        equivalent = np.einsum("eij,nj->nei", snapper.linear, parameters[chosen]) + snapper.shift
        equivalent = np.round(equivalent, COORDINATE_DECIMALS)
        points = wrap(np.einsum("ij,nej->nei", snapper.base, equivalent) + snapper.base_shift)
        best = np.argmin(lexicographic(points), axis=1)
        result[chosen] = points[np.arange(len(chosen)), best]
    return result


def constrain_cells(space_groups: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Project cells onto the metric that the crystal system demands.

    Lengths that must be equal become their mean; angles that are fixed are set (unique axis b, hexagonal axes).

    Args:
        space_groups: (n,) numbers from 1 to 230.
        cells: (n, 6) a, b, c in Å and α, β, γ in degrees.

    Returns:
        (n, 6) cells.
    """
    groups = np.asarray(space_groups)
    result = np.array(cells, dtype=float)
    tetragonal_up = groups > 74  # noqa: PLR2004 (last orthorhombic group)
    cubic = groups > 194  # noqa: PLR2004 (last hexagonal group)
    hexagonal = (groups > 142) & ~cubic  # noqa: PLR2004 (last tetragonal group)
    result[tetragonal_up, :2] = result[tetragonal_up, :2].mean(axis=1, keepdims=True)
    result[cubic, :3] = np.asarray(cells, dtype=float)[cubic, :3].mean(axis=1, keepdims=True)
    monoclinic_up = groups > 2  # noqa: PLR2004 (last triclinic group)
    result[monoclinic_up, 3] = 90.0
    result[monoclinic_up, 5] = 90.0
    result[groups > 15, 4] = 90.0  # noqa: PLR2004 (last monoclinic group)
    result[hexagonal, 5] = 120.0
    return result


def expand(crystal: WyckoffCrystal) -> tuple[np.ndarray, np.ndarray]:
    """All positions of the conventional cell.

    Returns:
        Fractional coordinates (m, 3) in [0, 1), and for each the index of its site, (m,).
    """
    rows = site_rows(crystal)
    parameters = free_coordinates(rows, np.array([site.coordinates for site in crystal.sites]).reshape(-1, 3))
    points, index = [], []
    for number, (position, p) in enumerate(zip(rows, parameters, strict=True)):
        maps, shifts = position_maps(int(position))
        points.append(wrap(maps @ p + shifts))
        index.append(np.full(len(maps), number))
    if not points:
        return np.zeros((0, 3)), np.zeros(0, dtype=np.int64)
    return np.concatenate(points), np.concatenate(index)


def site_rows(crystal: WyckoffCrystal) -> np.ndarray:
    """Rows of `disgen.wyckoff.tables` of the crystal's sites, (sites,)."""
    return np.array([row(crystal.space_group, site.letter) for site in crystal.sites], dtype=np.int64)


def lexicographic(points: np.ndarray) -> np.ndarray:
    """Integers that sort points (…, 3) in [0, 1) by x, then y, then z, on the grid of free coordinates."""
    cells = np.rint(points * _GRID).astype(np.int64)
    return (cells[..., 0] * _GRID + cells[..., 1]) * _GRID + cells[..., 2]


def wrap(points: np.ndarray) -> np.ndarray:
    """Into [0, 1), where values within half a grid step of 1 count as 0."""
    wrapped = points - np.floor(points)
    wrapped[wrapped > 1.0 - 0.5 / _GRID] = 0.0
    wrapped[wrapped < 1e-12] = 0.0  # noqa: PLR2004 (float noise, so that zero is written as zero)
    return np.round(wrapped, 12)


@cache
def _snapper(position: int) -> _Snapper:
    maps, shifts = position_maps(position)
    inverses = np.linalg.pinv(maps)
    inverses[np.abs(inverses) < 1e-12] = 0.0  # noqa: PLR2004 (float noise)
    projectors = np.eye(3) - maps @ inverses
    projectors[np.abs(projectors) < 1e-12] = 0.0  # noqa: PLR2004 (float noise)
    base, base_shift = maps[0], shifts[0]
    lattice = np.array(list(product(range(-2, 3), repeat=3)), dtype=float)

    # Subspaces of all orbit points and of their lattice translates that come near the cell, each once.
    corners = np.array(list(product((0.0, 1.0), repeat=3)))
    found: dict[tuple[float, ...], tuple[np.ndarray, ...]] = {}
    for linear, shift, inverse, projector in zip(maps, shifts, inverses, projectors, strict=True):
        reach = corners @ projector.T
        targets = (shift + lattice) @ projector.T
        near = np.all((targets > reach.min(axis=0) - 0.51) & (targets < reach.max(axis=0) + 0.51), axis=1)
        for n, target in zip(lattice[near], targets[near], strict=True):
            key = (*np.round(projector, 6).ravel(), *(np.round(target, 6) + 0.0))
            if key not in found:
                found[key] = (projector, target, inverse, shift + n)
        if not np.any(linear):  # a fixed position: every map describes the same orbit
            found = {(): (projector, targets[0], inverse, shift)}
            break

    # Maps that run along the first map's subspace: other free coordinates of the same orbit.
    equivalent: dict[tuple[float, ...], tuple[np.ndarray, np.ndarray]] = {}
    for linear, shift in zip(maps, shifts, strict=True):
        if np.any(np.abs(projectors[0] @ linear) > 1e-9):  # noqa: PLR2004 (float noise)
            continue
        gap = (shift - base_shift - lattice) @ projectors[0].T
        match = np.flatnonzero(np.all(np.abs(gap) < 1e-9, axis=1))  # noqa: PLR2004 (float noise)
        if len(match):
            b = inverses[0] @ linear
            d = inverses[0] @ (shift - base_shift - lattice[match[0]])
            b[np.abs(b) < 1e-12], d[np.abs(d) < 1e-12] = 0.0, 0.0  # noqa: PLR2004 (float noise)
            equivalent.setdefault((*np.round(b, 6).ravel(), *np.round(d - np.floor(d + 1e-9), 6)), (b, d))

    projector, target, inverse, origin = (np.array(column) for column in zip(*found.values(), strict=True))
    turned, moved = (np.array(column) for column in zip(*equivalent.values(), strict=True))
    return _Snapper(projector, target, inverse, origin, turned, moved, base, base_shift)
