"""Crystals on their Wyckoff positions: snapping, expansion and lattice restrictions, for many points at once.

Numbers live on the grid that our CIFs are written on (cell 1e-4, free coordinates 1e-5, occupancies 1e-4), which makes
writing and reading, encoding and decoding exact inverses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.orbits import equivalents, subspaces
from disgen.ragged import first_smallest
from disgen.wyckoff import position_maps, row

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

CELL_DECIMALS = 4
COORDINATE_DECIMALS = 5
OCCUPANCY_DECIMALS = 4

_GRID = 10**COORDINATE_DECIMALS
_CHUNK = 50_000  # candidates compared at once: some 10 MB


def free_coordinates(rows: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    """Free coordinates p of the points nearest to given ones on given positions.

    For each point the nearest of all orbit points' affine subspaces is taken (in fractional units, periodic).

    Args:
        rows: (n,) rows of `disgen.wyckoff.tables`.
        coordinates: (n, 3) fractional coordinates.

    Returns:
        (n, 3) p, with zeros where the position has no such free coordinate.
    """
    table = subspaces()
    wrapped = coordinates - np.floor(coordinates)
    nearest = table.of.start[rows]
    several = np.flatnonzero(table.of.count[rows] > 1)
    for part in table.of.chunks(rows[several], _CHUNK):
        points = several[part]
        asked, candidate = table.of.entries(rows[points])
        offset = np.einsum("cij,cj->ci", table.projector[candidate], wrapped[points][asked]) - table.target[candidate]
        squared = np.einsum("ci,ci->c", offset, offset).round(12)
        nearest[points] = candidate[first_smallest(squared, asked)]
    result: np.ndarray = np.einsum("nij,nj->ni", table.inverse[nearest], wrapped - table.origin[nearest])
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
    table = equivalents()
    result = np.empty((len(rows), 3))
    for part in table.of.chunks(rows, _CHUNK):
        asked, candidate = table.of.entries(rows[part])
        described = np.einsum("cij,cj->ci", table.turn[candidate], parameters[part][asked]) + table.move[candidate]
        described = np.round(described, COORDINATE_DECIMALS)
        row = rows[part][asked]
        points = wrap(np.einsum("cij,cj->ci", table.base[row], described) + table.base_shift[row])
        result[part] = points[first_smallest(lexicographic(points), asked)]
    return result


def orbit_distance(rows: np.ndarray, snapped: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    """How far apart two orbits on one position are, along its free coordinates.

    Args:
        rows: (n,) rows of `disgen.wyckoff.tables`.
        snapped: (n, 3) representatives of the first orbits, as `snap` gives them.
        coordinates: (n, 3) any points of the second orbits.

    Returns:
        (n,) largest difference of x, y and z (fractional, periodic) between each representative and the nearest
        equivalent point of the other orbit.
    """
    parameters = free_coordinates(rows, coordinates)
    table = equivalents()
    result = np.empty(len(rows))
    for part in table.of.chunks(rows, _CHUNK):
        asked, candidate = table.of.entries(rows[part])
        described = np.einsum("cij,cj->ci", table.turn[candidate], parameters[part][asked]) + table.move[candidate]
        row = rows[part][asked]
        points = np.einsum("cij,cj->ci", table.base[row], described) + table.base_shift[row]
        offset = points - snapped[part][asked]
        gap = np.abs(offset - np.rint(offset)).max(axis=1)
        result[part] = np.minimum.reduceat(gap, np.flatnonzero(np.diff(asked, prepend=-1)))
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
    result: np.ndarray = (cells[..., 0] * _GRID + cells[..., 1]) * _GRID + cells[..., 2]
    return result


def wrap(points: np.ndarray) -> np.ndarray:
    """Into [0, 1), where values within half a grid step of 1 count as 0."""
    wrapped = points - np.floor(points)
    wrapped[wrapped > 1.0 - 0.5 / _GRID] = 0.0
    wrapped[wrapped < 1e-12] = 0.0  # noqa: PLR2004 (float noise, so that zero is written as zero)
    result: np.ndarray = np.round(wrapped, 12)
    return result
