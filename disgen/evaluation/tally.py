"""Figures as ratios of sums over crystals, so that any set of crystals, and any resample of it, gives its own.

Every figure of the tables is a mean over crystals, sites or species. Each crystal brings its sum and its count; the
figure of a set is the sum of its sums over the sum of its counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

RESAMPLES = 1000
SEED = 0
LEVEL = 0.95
_CHUNK = 2_000_000  # weights held at once: 16 MB


@dataclass(frozen=True)
class Tally:
    """Sums and counts of k figures over n crystals.

    Attributes:
        names: (k,) of the figures; a dot separates the name of a group from that of its member.
        sums: (n, k) sum of each figure's terms over a crystal.
        counts: (n, k) number of its terms.
    """

    names: tuple[str, ...]
    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, terms: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Self:
        """The tally of (sums, counts), each (n,), by name."""
        sums, counts = (np.stack(columns, axis=1).astype(float) for columns in zip(*terms.values(), strict=True))
        return cls(tuple(terms), sums, counts)

    def __len__(self) -> int:
        return len(self.sums)

    def take(self, index: np.ndarray) -> Self:
        """The crystals at these positions (an index or a boolean mask)."""
        return type(self)(self.names, self.sums[index], self.counts[index])

    def figures(self) -> np.ndarray:
        """(k,) the figures; NaN where there is nothing to count."""
        return _ratio(self.sums.sum(axis=0), self.counts.sum(axis=0))

    def intervals(self, *, resamples: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
        """Bootstrap intervals: percentiles over resamples of the crystals with replacement.

        Crystals are drawn, not sites: the sites of one crystal are right or wrong together.

        Args:
            resamples: how many.
            seed: of the draws.

        Returns:
            (k, 2) lower and upper ends of the central 95 %; NaN where there is nothing to count.
        """
        rng = np.random.default_rng(seed)
        n = len(self)
        step = max(1, _CHUNK // max(n, 1))
        found = []
        for start in range(0, resamples, step):
            size = min(step, resamples - start)
            drawn = rng.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
            weights = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(float)
            found.append(_ratio(weights @ self.sums, weights @ self.counts))
        tail = (1.0 - LEVEL) / 2.0
        values = np.concatenate(found)
        # A resample may miss the few crystals that count; where none counts, the interval is NaN.
        ends = np.full((2, len(self.names)), np.nan)
        some = np.isfinite(values).any(axis=0)
        ends[:, some] = np.nanquantile(values[:, some], [tail, 1.0 - tail], axis=0)
        return ends.T

    def nested(self, values: np.ndarray) -> dict[str, Any]:
        """Values (k, …) as plain JSON by group and name; NaN becomes None."""
        result: dict[str, Any] = {}
        for name, value in zip(self.names, values, strict=True):
            group, _, member = name.rpartition(".")
            plain = value.tolist() if np.isfinite(value).all() else None
            (result.setdefault(group, {}) if group else result)[member] = plain
        return result


def _ratio(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sums over counts, NaN where the count is 0."""
    result: np.ndarray = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return result
