"""Names of the places of a map where crystals of one kind crowd: structure types as crystallographers call them.

The map's density on a grid is climbed from every cell (mean shift with a Gaussian kernel, by cells): cells that lead to
the same peak are a group, of which only the points near the peak's height count. Nothing is drawn at random.

A group is called by the structure type that most of its crystals share (`disgen.corpus.structure_types`); where no type
is shared by three in five, by family of chemistry and space group, if three in five share both; else it has no name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from disgen import wyckoff
from disgen.corpus.families import CHALCOGENIDE, HALIDE, METALLIC, OXIDE, OXO_SALT, PNICTIDE, SILICATE
from disgen.corpus.structure_types import structure_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CELLS = 400  # of the grid, along its longer side
SMOOTHING = 2.0  # cells, standard deviation of the kernel
RIM = 0.1  # of a peak's density, below which a point does not count as the peak's
FEWEST = 25  # points of a group with a name
SHARE = 0.6  # of a group's points, at least, that have what it is called by
MOST = 120  # names
_PLURALS: Mapping[str, str] = {
    OXIDE: "oxides",
    SILICATE: "silicates",
    OXO_SALT: "oxo salts",
    HALIDE: "halides",
    CHALCOGENIDE: "chalcogenides",
    PNICTIDE: "pnictides or carbides",
    METALLIC: "metals",
}


@dataclass(frozen=True)
class ClusterName:
    """The name of a group of points on a map.

    Attributes:
        text: the name.
        place: (x, y) of the point in the group's middle.
        size: number of points in the group.
        share: of these, those that have what it is called by.
    """

    text: str
    place: tuple[float, float]
    size: int
    share: float


def cluster_names(
    xy: np.ndarray, keys: Sequence[str], families: Sequence[str], space_groups: Sequence[int]
) -> tuple[ClusterName, ...]:
    """Names on a map, the most important first (`_by_importance`); at most `MOST`.

    Args:
        xy: (n, 2) places of crystals.
        keys: (n,) `disgen.crystal.WyckoffCrystal.key` of each.
        families: (n,) names of `disgen.corpus.families.FAMILIES`.
        space_groups: (n,) numbers.
    """
    if len(xy) < FEWEST:
        return ()
    labels = groups_of(np.asarray(xy, dtype=np.float64))
    types = np.array([structure_type(key) for key in keys], dtype=object)
    pairs = zip(families, space_groups, strict=True)
    kinds = np.array([f"{_PLURALS[family]}, {wyckoff.symbol(int(group))}" for family, group in pairs], dtype=object)
    found: list[ClusterName] = []
    for label in range(int(labels.max()) + 1):
        inside = np.flatnonzero(labels == label)
        for names in (types, kinds):
            text, count = Counter(names[inside].tolist()).most_common(1)[0]
            if len(inside) >= FEWEST and text and count >= SHARE * len(inside):
                found.append(ClusterName(text, _middle(xy[inside]), len(inside), count / len(inside)))
                break
    return _by_importance(found)[:MOST]


def _by_importance(found: Sequence[ClusterName]) -> tuple[ClusterName, ...]:
    """The largest group of each name stands for all its namesakes, and comes before smaller ones of any name."""
    totals = Counter[str]()
    for name in found:
        totals[name.text] += name.size
    ordered = sorted(found, key=lambda name: (-name.size, name.place))
    first = {name.text: name for name in reversed(ordered)}
    return tuple(sorted(ordered, key=lambda name: -(totals[name.text] if first[name.text] is name else name.size)))


def groups_of(xy: np.ndarray) -> np.ndarray:
    """(n,) group of each point (n, 2), numbered from 0; -1 for points far below their peak's density."""
    low, extent = xy.min(axis=0), float(np.ptp(xy, axis=0).max())
    if not extent > 0.0:
        return np.zeros(len(xy), dtype=np.int64)
    margin = int(3 * SMOOTHING)
    cells = np.minimum(((xy - low) / extent * CELLS).astype(np.int64), CELLS - 1) + margin
    counts = np.zeros((CELLS + 2 * margin, CELLS + 2 * margin))
    np.add.at(counts, tuple(cells.T), 1.0)
    density = gaussian_filter(counts, SMOOTHING, mode="constant")
    peak = _peaks(density)
    at = np.ravel_multi_index(tuple(cells.T), density.shape)
    flat = density.ravel()
    kept = flat[at] >= RIM * flat[peak[at]]
    labels = np.full(len(xy), -1, dtype=np.int64)
    labels[kept] = np.unique(peak[at[kept]], return_inverse=True)[1]
    return labels


def _peaks(density: np.ndarray) -> np.ndarray:
    """For every cell of a grid, flattened, the cell at the top of the steepest way up; of equals the first one."""
    rows, columns = density.shape
    steps = [(0, 0), *((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)]
    padded = np.pad(density, 1, constant_values=-1.0)
    around = np.stack([padded[1 + i : 1 + i + rows, 1 + j : 1 + j + columns] for i, j in steps])
    best = around.argmax(axis=0)
    di, dj = (np.array([step[axis] for step in steps])[best] for axis in (0, 1))
    up = ((np.arange(rows)[:, None] + di) * columns + np.arange(columns) + dj).ravel()
    while not np.array_equal(up, up[up]):
        up = up[up]
    result: np.ndarray = up
    return result


def _middle(xy: np.ndarray) -> tuple[float, float]:
    """The point that is nearest to the points' median."""
    x, y = xy[np.square(xy - np.median(xy, axis=0)).sum(axis=1).argmin()]
    return round(float(x), 3), round(float(y), 3)
