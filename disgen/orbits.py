"""Where the orbits of all Wyckoff positions lie, as flat arrays: what snapping points to positions needs.

The points of a position with f free coordinates form f-dimensional affine subspaces: points, lines, planes or all of
space. `orbit_tables` lists, for each of the 1,731 positions, those that come near the unit cell, and the other free
coordinates that describe the same orbit. `Ragged` walks such lists for many positions at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from disgen.wyckoff import frozen, orbit_maps, tables

_NOISE = 1e-12
_SAME = 1e-9  # distances below this are float noise
_REACH = 0.51  # subspaces farther from the cell are nearest to none of its points
_LATTICE = np.array(list(product(range(-2, 3), repeat=3)), dtype=float)  # translations that are looked at


@dataclass(frozen=True)
class Ragged:
    """Lists of different lengths that lie one after the other; list i has `count[i]` entries from `start[i]` on."""

    start: np.ndarray
    count: np.ndarray

    @classmethod
    def of_sorted(cls, owner: np.ndarray, n: int) -> Ragged:
        """The lists of n owners, from the owner (entries,) of each entry, in rising order."""
        count = np.bincount(owner, minlength=n)
        return cls(frozen(np.cumsum(count) - count), frozen(count))

    def entries(self, lists: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All entries of some lists, list by list: for each the place in `lists` that asked for it, and its index."""
        count = self.count[lists]
        asked = np.repeat(np.arange(len(lists)), count)
        return asked, np.arange(len(asked)) + np.repeat(self.start[lists] - (np.cumsum(count) - count), count)


@dataclass(frozen=True)
class OrbitTables:
    """Subspaces and equivalent descriptions of all positions; lists run over the rows of `disgen.wyckoff.tables`.

    A point X lies on subspace j if ``projector[j] @ X = target[j]``; its free coordinates there are
    ``inverse[j] @ (X - origin[j])``. Free coordinates p and ``turn[k] @ p + move[k]`` give the same orbit and the same
    subspace, the one of the position's first map ``x = base @ p + base_shift``.

    Attributes:
        subspaces: the 21,573 entries of the next four.
        projector: (s, 3, 3).
        target: (s, 3).
        inverse: (s, 3, 3).
        origin: (s, 3).
        equivalents: the 7,241 entries of the next two.
        turn: (e, 3, 3).
        move: (e, 3).
        base: (1731, 3, 3).
        base_shift: (1731, 3).
    """

    subspaces: Ragged
    projector: np.ndarray
    target: np.ndarray
    inverse: np.ndarray
    origin: np.ndarray
    equivalents: Ragged
    turn: np.ndarray
    move: np.ndarray
    base: np.ndarray
    base_shift: np.ndarray


@cache
def orbit_tables() -> OrbitTables:
    """The tables of all positions, computed in about a tenth of a second."""
    maps = orbit_maps()
    # The maps have 185 different linear parts, whose entries are -2 to 2.
    _, first, kind = np.unique(maps.linear.reshape(-1, 9) @ 5.0 ** np.arange(9), return_index=True, return_inverse=True)
    inverses = _without_noise(np.linalg.pinv(maps.linear[first]))
    projectors = _without_noise(np.eye(3) - maps.linear[first] @ inverses)
    subspaces = _subspaces(kind, projectors)
    equivalents = _equivalents(kind, projectors, inverses)
    base = maps.start[:-1]
    columns = (*subspaces[1:], *equivalents[1:], maps.linear[base], maps.shift[base])
    projector, target, which, origin, turn, move, base_linear, base_shift = map(frozen, columns)
    return OrbitTables(
        subspaces[0], projector, target, frozen(inverses[which]), origin, equivalents[0], turn, move, base_linear, base_shift
    )


def _subspaces(kind: np.ndarray, projectors: np.ndarray) -> tuple[Ragged, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Subspaces of all orbit points and of their lattice translations that come near the cell, each once.

    Args:
        kind: (14433,) which linear part each map has.
        projectors: (kinds, 3, 3) projections across the linear parts' directions.

    Returns:
        Lists by position, then for each subspace its projector, target, kind and origin.
    """
    table, maps = tables(), orbit_maps()
    row = np.repeat(np.arange(len(table.group)), table.multiplicity)
    across = projectors.transpose(0, 2, 1)
    reach = np.array(list(product((0.0, 1.0), repeat=3))) @ across  # (kinds, 8, 3)
    low, high = reach.min(axis=1) - _REACH, reach.max(axis=1) + _REACH
    # Every map of a fixed position, or of a general one, describes the same points: the first will do.
    lines_and_planes = np.flatnonzero((table.freedom[row] % 3) > 0)
    others = maps.start[:-1][table.freedom % 3 == 0]

    targets = (maps.shift[lines_and_planes, None] + _LATTICE) @ across[kind[lines_and_planes]]
    near = (targets > low[kind[lines_and_planes], None]) & (targets < high[kind[lines_and_planes], None])
    point, step = np.nonzero(near.all(axis=2))
    target = np.concatenate([targets[point, step], ((maps.shift[others] + _LATTICE[0])[:, None] @ across[kind[others]])[:, 0]])
    point = np.concatenate([lines_and_planes[point], others])
    step = np.concatenate([step, np.zeros_like(others)])

    direction = np.unique(np.round(projectors.reshape(-1, 9), 6), axis=0, return_inverse=True)[1].ravel()
    # Targets are multiples of 1/720 between -3 and 3; position, direction and target fit into 56 bits.
    digits = np.rint(target * 720.0).astype(np.int64) + 2048
    key = row[point] << 8 | direction[kind[point]]
    for axis in range(3):
        key = key << 12 | digits[:, axis]
    once = np.sort(np.unique(key, return_index=True)[1])
    once = once[np.argsort(row[point[once]], kind="stable")]
    point, step, target = point[once], step[once], target[once]
    lists = Ragged.of_sorted(row[point], len(table.group))
    return lists, projectors[kind[point]], target, kind[point], maps.shift[point] + _LATTICE[step]


def _equivalents(kind: np.ndarray, projectors: np.ndarray, inverses: np.ndarray) -> tuple[Ragged, np.ndarray, np.ndarray]:
    """Maps that run along the first map's subspace, as changes of its free coordinates; arguments as `_subspaces`.

    Returns:
        Lists by position, then turn (e, 3, 3) and move (e, 3).
    """
    table, maps = tables(), orbit_maps()
    row = np.repeat(np.arange(len(table.group)), table.multiplicity)
    base = maps.start[row]
    along = np.flatnonzero(~np.any(np.abs(projectors[kind[base]] @ maps.linear) > _SAME, axis=(1, 2)))
    row, base = row[along], base[along]
    offset = (maps.shift[along] - maps.shift[base])[:, None] - _LATTICE
    same = np.all(np.abs(offset @ projectors[kind[base]].transpose(0, 2, 1)) < _SAME, axis=2)
    step = same.argmax(axis=1)
    there = np.flatnonzero(same.any(axis=1))
    row, along, offset, back = row[there], along[there], offset[there, step[there]], inverses[kind[base[there]]]
    turn = _without_noise(back @ maps.linear[along])
    move = _without_noise((back @ offset[:, :, None])[:, :, 0])
    digits = np.concatenate([turn.reshape(-1, 9), move - np.floor(move + _SAME)], axis=1)
    keys = np.column_stack([row, np.rint(digits * 1e6).astype(np.int64)])
    once = np.sort(np.unique(keys, axis=0, return_index=True)[1])
    return Ragged.of_sorted(row[once], len(table.group)), turn[once], move[once]


def _without_noise(values: np.ndarray) -> np.ndarray:
    values[np.abs(values) < _NOISE] = 0.0
    return values
