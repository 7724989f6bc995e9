"""Where the orbits of all Wyckoff positions lie, as flat arrays: what snapping points to positions needs.

The points of a position with f free coordinates form f-dimensional affine subspaces: points, lines, planes or all of
space. `subspaces` lists, for each of the 1,731 positions, those that come near the unit cell; `equivalents` lists the
other free coordinates that describe the same orbit. All lists lie end to end in arrays (`disgen.ragged`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from disgen.ragged import Ragged
from disgen.wyckoff import frozen, orbit_maps, tables

_NOISE = 1e-12
_SAME = 1e-9  # distances below this are float noise
_REACH = 0.51  # subspaces farther from the cell are nearest to none of its points
_LATTICE = np.array(list(product(range(-2, 3), repeat=3)), dtype=float)  # translations that are looked at
_CORNERS = np.array(list(product((0.0, 1.0), repeat=3)))


@dataclass(frozen=True)
class Subspaces:
    """The subspaces of all positions; `of` lists them by row of `disgen.wyckoff.tables`.

    A point X lies on subspace j if ``projector[j] @ X = target[j]``; its free coordinates there are
    ``inverse[j] @ (X - origin[j])``. Arrays are (21573, 3, 3) or (21573, 3).
    """

    of: Ragged
    projector: np.ndarray
    target: np.ndarray
    inverse: np.ndarray
    origin: np.ndarray


@dataclass(frozen=True)
class Equivalents:
    """Other free coordinates of the same orbits; `of` lists them by row of `disgen.wyckoff.tables`.

    Free coordinates p and ``turn[k] @ p + move[k]`` give points of one orbit on the subspace of the position's first
    map, ``x = base[row] @ p + base_shift[row]``. `turn` is (7241, 3, 3), `move` (7241, 3).
    """

    of: Ragged
    turn: np.ndarray
    move: np.ndarray
    base: np.ndarray
    base_shift: np.ndarray


@dataclass(frozen=True)
class _Directions:
    """The 185 different linear parts of the orbit maps; `kind` (14433,) is the one that each map has."""

    kind: np.ndarray
    inverse: np.ndarray  # (185, 3, 3)
    projector: np.ndarray  # (185, 3, 3), projects across the directions in which points are free


@cache
def subspaces() -> Subspaces:
    """Subspaces of all orbit points and of their lattice translations that come near the cell, each once."""
    table, maps, directions = tables(), orbit_maps(), _directions()
    row, kind = _row_of_map(), directions.kind
    across = directions.projector.transpose(0, 2, 1)
    reach = _CORNERS @ across  # (185, 8, 3)
    low, high = reach.min(axis=1) - _REACH, reach.max(axis=1) + _REACH

    # A fixed or a general position has one subspace, which any of its maps describes.
    several = np.isin(table.freedom, (1, 2))
    searched, single = np.flatnonzero(several[row]), maps.start[:-1][~several]
    targets = (maps.shift[searched, None] + _LATTICE) @ across[kind[searched]]  # (maps, 125, 3)
    near = (targets > low[kind[searched], None]) & (targets < high[kind[searched], None])
    found, step = np.nonzero(near.all(axis=2))
    single_target = (maps.shift[single] + _LATTICE[0])[:, None] @ across[kind[single]]
    target = np.concatenate([targets[found, step], single_target[:, 0]])
    point = np.concatenate([searched[found], single])
    step = np.concatenate([step, np.zeros_like(single)])

    # Targets are multiples of 1/720 between -3 and 3: position, direction and target make a number of 55 bits.
    across_kind = np.unique(np.round(directions.projector.reshape(-1, 9), 6), axis=0, return_inverse=True)[1].ravel()
    key = row[point] << 8 | across_kind[kind[point]]
    for digits in np.rint(target.T * 720.0).astype(np.int64) + 2048:
        key = key << 12 | digits
    once = np.sort(np.unique(key, return_index=True)[1])
    once = once[np.argsort(row[point[once]], kind="stable")]
    point, step, target = point[once], step[once], target[once]
    origin = maps.shift[point] + _LATTICE[step]
    columns = (directions.projector[kind[point]], target, directions.inverse[kind[point]], origin)
    return Subspaces(Ragged.of_counts(np.bincount(row[point])), *map(frozen, columns))


@cache
def equivalents() -> Equivalents:
    """Maps that run along the subspace of their position's first map, as changes of its free coordinates."""
    maps, directions = orbit_maps(), _directions()
    row, kind = _row_of_map(), directions.kind
    base = maps.start[row]
    along = np.flatnonzero(np.all(np.abs(directions.projector[kind[base]] @ maps.linear) <= _SAME, axis=(1, 2)))
    row, base = row[along], base[along]
    across = directions.projector.transpose(0, 2, 1)
    gap = (maps.shift[along] - maps.shift[base])[:, None] @ across[kind[base]] - (_LATTICE @ across)[kind[base]]
    same = np.all(np.abs(gap) < _SAME, axis=2)
    there = np.flatnonzero(same.any(axis=1))
    step = same[there].argmax(axis=1)
    row, along, base = row[there], along[there], base[there]
    turn = _without_noise(directions.inverse[kind[base]] @ maps.linear[along])
    offset = maps.shift[along] - maps.shift[base] - _LATTICE[step]
    move = _without_noise((directions.inverse[kind[base]] @ offset[:, :, None])[:, :, 0])

    digits = np.rint(np.concatenate([turn.reshape(-1, 9), move - np.floor(move + _SAME)], axis=1) * 1e6)
    once = np.sort(np.unique(np.column_stack([row, digits]), axis=0, return_index=True)[1])
    first = maps.start[:-1]
    columns = (turn[once], move[once], maps.linear[first], maps.shift[first])
    return Equivalents(Ragged.of_counts(np.bincount(row[once])), *map(frozen, columns))


@cache
def _directions() -> _Directions:
    linear = orbit_maps().linear
    code = linear.reshape(-1, 9) @ 5.0 ** np.arange(9)  # entries are -2 to 2
    _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    inverse = _without_noise(np.linalg.pinv(linear[first]))
    return _Directions(kind, inverse, _without_noise(np.eye(3) - linear[first] @ inverse))


def _row_of_map() -> np.ndarray:
    table = tables()
    return np.repeat(np.arange(len(table.group)), table.multiplicity)


def _without_noise(values: np.ndarray) -> np.ndarray:
    values[np.abs(values) < _NOISE] = 0.0
    return values
