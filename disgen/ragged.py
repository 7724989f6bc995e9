"""Lists of different lengths that lie end to end in one array, so that many of them are worked on at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from disgen.wyckoff import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")


@dataclass(frozen=True)
class Ragged:
    """Where the lists are: list i has `count[i]` entries from `start[i]` on."""

    start: np.ndarray
    count: np.ndarray

    @classmethod
    def of_counts(cls, count: np.ndarray) -> Ragged:
        """Lists of these lengths, one after the other."""
        return cls(frozen(np.cumsum(count) - count), frozen(count))

    def entries(self, lists: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All entries of some lists, one list after the other.

        Args:
            lists: (n,) numbers of lists; one may occur several times.

        Returns:
            For each entry the place in `lists` that asked for it, and its index.
        """
        count = self.count[lists]
        before = np.cumsum(count) - count
        asked = np.repeat(np.arange(len(lists)), count)
        return asked, np.arange(len(asked)) + (self.start[lists] - before)[asked]

    def chunks(self, lists: np.ndarray, size: int) -> Iterator[slice]:
        """Slices of `lists` whose lists have together about `size` entries."""
        total = np.cumsum(self.count[lists])
        inner = np.searchsorted(total, np.arange(size, total[-1], size)).tolist() if len(lists) else []
        start = 0
        for stop in (*inner, len(lists)):
            if stop > start:
                yield slice(start, stop)
            start = stop


def places(counts: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every entry of lists of these lengths the number of its list and its place in it."""
    lists = Ragged.of_counts(np.asarray(counts, dtype=np.intp))
    owner, index = lists.entries(np.arange(len(lists.count)))
    return owner, index - lists.start[owner]


def split(items: Sequence[T], counts: np.ndarray) -> Iterator[tuple[T, ...]]:
    """Items that lie end to end, in tuples of these lengths."""
    stops = np.cumsum(counts).tolist()
    return (tuple(items[start:stop]) for start, stop in pairwise([0, *stops]))


def smallest(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(entries,) the smallest of the values that have the same owner; owners are in rising order."""
    begins = _begins(owner)
    result: np.ndarray = np.minimum.reduceat(values, begins.nonzero()[0])[begins.cumsum() - 1]
    return result


def first_of_each(owner: np.ndarray) -> np.ndarray:
    """Index of each owner's first entry; owners (entries,) are in rising order."""
    return _begins(owner).nonzero()[0]


def first_smallest(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Index of the first of each owner's smallest values; owners (entries,) are in rising order."""
    hits = (~(values > smallest(values, owner))).nonzero()[0]
    result: np.ndarray = hits[first_of_each(owner[hits])]
    return result


def lexicographic_minima(keys: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Indices of the entries whose keys are the smallest of their owner, the first column counting most.

    Args:
        keys: (entries, columns) integers.
        owner: (entries,) in rising order.
    """
    alive = np.arange(len(owner))
    owners = np.count_nonzero(_begins(owner))
    for column in keys.T:
        if len(alive) == owners:
            break
        values = column[alive]
        alive = alive[values == smallest(values, owner[alive])]
    return alive


def _begins(owner: np.ndarray) -> np.ndarray:
    """(entries,) True where another owner's entries begin."""
    begins = np.ones(len(owner), dtype=bool)
    np.not_equal(owner[1:], owner[:-1], out=begins[1:])
    return begins
