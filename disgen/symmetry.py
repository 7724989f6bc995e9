"""Crystals on their Wyckoff positions: snapping, expansion, lattice restrictions and the canonical description.

The same crystal can be written down in many ways: the origin may sit on another equivalent point, axes may be
exchanged, another point of an orbit may represent it. `canonicalise` picks one of them, so that a crystal has exactly
one encoding. It also puts the numbers on the grid that our CIFs are written on (cell 1e-4, free coordinates 1e-5,
occupancies 1e-4), which makes writing and reading, encoding and decoding exact inverses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite, cell_parameters, lattice_vectors
from disgen.wyckoff import LETTERS, crystal_system, normaliser, position_maps, row, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

CELL_DECIMALS = 4
COORDINATE_DECIMALS = 5
OCCUPANCY_DECIMALS = 4

_GRID = 10**COORDINATE_DECIMALS
_MAX_ROUNDS = 4
_ORTHORHOMBIC = range(16, 75)


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
        points = _wrap(np.einsum("ij,nej->nei", snapper.base, equivalent) + snapper.base_shift)
        best = np.argmin(_lexicographic(points), axis=1)
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
        points.append(_wrap(maps @ p + shifts))
        index.append(np.full(len(maps), number))
    if not points:
        return np.zeros((0, 3)), np.zeros(0, dtype=np.int64)
    return np.concatenate(points), np.concatenate(index)


def site_rows(crystal: WyckoffCrystal) -> np.ndarray:
    """Rows of `disgen.wyckoff.tables` of the crystal's sites, (sites,)."""
    return np.array([row(crystal.space_group, site.letter) for site in crystal.sites], dtype=np.int64)


def canonicalise(crystal: WyckoffCrystal) -> WyckoffCrystal:
    """The one description of a crystal among all that the normaliser of its space group allows.

    Of the descriptions x' = P x + q with (P, q) in the normaliser, the one is taken whose sorted letters are smallest;
    of equals the one with the smallest contents in that order, then the smallest a, b, c, then the smallest
    coordinates. Along polar directions the first site is put at zero. Sites are sorted by letter, content (atomic
    numbers with occupancies) and coordinates. Chirality is kept. The canonical form of a canonical crystal is itself.

    Raises:
        ValueError: if a letter is not of the space group.
    """
    if not crystal.sites:
        return replace(crystal, cell=_canonical_cell(crystal.space_group, crystal.cell))
    # Putting the numbers on the grid can tip a near tie between two descriptions; the second round settles it.
    for _ in range(_MAX_ROUNDS):
        previous, crystal = crystal, _canonical_description(crystal)
        if crystal == previous:
            break
    return crystal


def _canonical_description(crystal: WyckoffCrystal) -> WyckoffCrystal:
    group = crystal.space_group
    contents = [_quantised(site.occupancies) for site in crystal.sites]
    rank = _ranks(contents)
    letters = np.array([LETTERS.index(site.letter) + 1 for site in crystal.sites])
    coordinates = np.array([site.coordinates for site in crystal.sites])
    site_rows(crystal)  # refuses letters that the group does not have

    norm = normaliser(group)
    new_letters = norm.letters[:, letters]  # (k, sites)
    order = np.argsort(new_letters * 256 + rank, axis=1, kind="stable")
    sequence = np.concatenate(
        [np.take_along_axis(new_letters, order, axis=1), rank[order]], axis=1
    )  # letters first, then what sits on them
    chosen = _minimal_rows(sequence)
    cells = np.tile(np.asarray(crystal.cell, dtype=float), (len(chosen), 1))
    if group in _ORTHORHOMBIC:  # elsewhere the normaliser's operations keep the cell as it is
        cells[:, :3] = np.einsum("kij,j->ki", np.abs(norm.linear[chosen]), cells[0, :3])
        keep = _minimal_rows(np.rint(cells[:, :3] * 10**CELL_DECIMALS).astype(np.int64))
        chosen, cells = chosen[keep], cells[keep]

    moved = np.einsum("kij,sj->ksi", norm.linear[chosen], coordinates) + norm.shift[chosen][:, None]
    new_letters = new_letters[chosen]
    rows = tables().first[group] + new_letters - 1
    if norm.polar:
        moved, rows = _origins(moved, rows, new_letters * 256 + rank, norm.polar)
        new_letters = rows - tables().first[group] + 1
        cells = np.tile(cells[0], (len(rows), 1))
    snapped = snap(rows.ravel(), moved.reshape(-1, 3)).reshape(moved.shape)

    code = new_letters * 256 + rank
    order = np.lexsort((_lexicographic(snapped), code), axis=1)
    ordered = _lexicographic(np.take_along_axis(snapped, order[:, :, None], axis=1))
    best = int(_minimal_rows(ordered)[0])
    table = tables()
    sites = tuple(
        WyckoffSite(
            letter=LETTERS[new_letters[best, index] - 1],
            multiplicity=int(table.multiplicity[rows[best, index]]),
            coordinates=tuple(snapped[best, index].tolist()),
            occupancies=contents[index],
        )
        for index in order[best]
    )
    return WyckoffCrystal(group, _canonical_cell(group, cells[best]), sites)


def _canonical_cell(group: int, cell: Sequence[float] | np.ndarray) -> tuple[float, float, float, float, float, float]:
    constrained = constrain_cells(np.array([group]), np.array([cell], dtype=float))[0]
    return tuple(np.round(constrained, CELL_DECIMALS).tolist())


def _quantised(occupancies: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    return tuple(
        sorted(
            ((symbol, round(float(occupancy), OCCUPANCY_DECIMALS)) for symbol, occupancy in occupancies),
            key=lambda pair: ATOMIC_NUMBER[pair[0]],
        )
    )


def _ranks(contents: list[tuple[tuple[str, float], ...]]) -> np.ndarray:
    keys = [tuple((ATOMIC_NUMBER[symbol], occupancy) for symbol, occupancy in content) for content in contents]
    ordered = {key: index for index, key in enumerate(sorted(set(keys)))}
    return np.array([ordered[key] for key in keys], dtype=np.int64)


def _origins(
    moved: np.ndarray, rows: np.ndarray, code: np.ndarray, polar: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """All shifts along the polar axes that put a point of a first site (smallest code) at zero there."""
    axes = list(polar)
    shifted, shifted_rows = [], []
    for points, positions, codes in zip(moved, rows, code, strict=True):
        for anchor in np.flatnonzero(codes == codes.min()):
            parameters = free_coordinates(positions[anchor : anchor + 1], points[anchor : anchor + 1])[0]
            maps, shifts = position_maps(int(positions[anchor]))
            orbit = _wrap(maps @ parameters + shifts)[:, axes]
            _, first = np.unique(np.rint(orbit * _GRID).astype(np.int64) % _GRID, axis=0, return_index=True)
            for origin in orbit[np.sort(first)]:
                candidate = points.copy()
                candidate[:, axes] -= origin
                shifted.append(candidate)
                shifted_rows.append(positions)
    return np.array(shifted), np.array(shifted_rows)


def _minimal_rows(keys: np.ndarray) -> np.ndarray:
    """Indices of the rows of a (k, m) integer array that are lexicographically smallest."""
    alive = np.arange(len(keys))
    for column in keys.T:
        if len(alive) == 1:
            break
        values = column[alive]
        alive = alive[values == values.min()]
    return alive


def _lexicographic(points: np.ndarray) -> np.ndarray:
    """Integers that sort points (…, 3) in [0, 1) by x, then y, then z, on the grid of free coordinates."""
    cells = np.rint(points * _GRID).astype(np.int64)
    return (cells[..., 0] * _GRID + cells[..., 1]) * _GRID + cells[..., 2]


def _wrap(points: np.ndarray) -> np.ndarray:
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

    columns = [np.array(column) for column in zip(*found.values(), strict=True)]
    b, d = (np.array(column) for column in zip(*equivalent.values(), strict=True))
    return _Snapper(*columns, b, d, base, base_shift)


