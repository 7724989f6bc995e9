"""Distributions of a property over virtual cells: moments, normality, histograms, convergence with their number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST = 20  # values of which the test of normality can say something
NORMAL = 0.05  # p-value from which a distribution counts as normal
_SPREAD = 1e-9  # relative: what varies less is one value with rounding noise


@dataclass(frozen=True)
class Distribution:
    """Moments of a property; each decoration counts as often as its degeneracy says.

    Attributes:
        n: values that are there.
        mean: in the property's unit.
        std: standard deviation (of the sample: divided by n - 1 for random decorations), the same unit.
        skew: third standardised moment; 0 where nothing varies.
        stderr: standard error of the mean; 0 where all decorations were looked at.
        normality: p-value of D'Agostino and Pearson's test (Biometrika 60, 613, 1973); None for fewer than 20 values,
            where nothing varies, and where the decorations are no random sample.
        lowest: smallest value.
        highest: largest value.
    """

    n: int
    mean: float
    std: float
    skew: float
    stderr: float
    normality: float | None
    lowest: float
    highest: float

    @property
    def is_normal(self) -> bool:
        """True if a normal distribution is not ruled out at 5 %."""
        return self.normality is not None and self.normality >= NORMAL


def distribution(values: np.ndarray, degeneracy: np.ndarray, *, is_sample: bool = True) -> Distribution | None:
    """Moments of a property; None if no value is there.

    Args:
        values: (n,) NaN where there is none.
        degeneracy: (n,) decorations that each stands for.
        is_sample: they were drawn at random, rather than being all that there are.
    """
    there = np.isfinite(values)
    if not there.any():
        return None
    kept, times = values[there], degeneracy[there].astype(float)
    n = len(kept)
    mean = float(np.average(kept, weights=times))
    apart = kept - mean
    variance = float(np.average(apart**2, weights=times))
    if n < 2 or np.sqrt(variance) <= _SPREAD * max(abs(mean), 1.0):  # noqa: PLR2004 (one value has no spread)
        return Distribution(n, mean, 0.0, 0.0, 0.0, None, float(kept.min()), float(kept.max()))
    skew = float(np.average(apart**3, weights=times)) / variance**1.5
    if not is_sample:
        return Distribution(n, mean, float(np.sqrt(variance)), skew, 0.0, None, float(kept.min()), float(kept.max()))
    std = float(np.sqrt(variance * n / (n - 1)))
    stderr = std / float(np.sqrt(n))
    return Distribution(n, mean, std, skew, stderr, _normality(kept), float(kept.min()), float(kept.max()))


@dataclass(frozen=True, eq=False)
class Convergence:
    """The mean of the first n values, for growing n.

    Attributes:
        n: (k,) values taken, from 2 on.
        mean: (k,) of these.
        stderr: (k,) standard error of each mean.
    """

    n: np.ndarray = field(repr=False)
    mean: np.ndarray = field(repr=False)
    stderr: np.ndarray = field(repr=False)


def convergence(values: np.ndarray) -> Convergence:
    """How the mean settles; values that are not there are passed over.

    Args:
        values: (n,) in the order in which they were drawn.
    """
    kept = values[np.isfinite(values)]
    n = np.arange(1, len(kept) + 1)
    centred = kept - kept[:1].sum()  # so that squares keep their digits
    mean = np.cumsum(centred) / n
    variance = np.maximum(np.cumsum(centred**2) / n - mean**2, 0.0)[1:] * n[1:] / (n[1:] - 1)
    return Convergence(n[1:], mean[1:] + kept[:1].sum(), np.sqrt(variance / n[1:]))


def shared_bins(sets: Sequence[np.ndarray], most: int = 30) -> np.ndarray:
    """Edges of bins for histograms of several sets over each other, by Freedman and Diaconis' rule.

    Args:
        sets: (n,) each; values that are not there are passed over.
        most: bins.

    Returns:
        (bins + 1,) ascending edges.
    """
    kept = [values[np.isfinite(values)] for values in sets]
    every = np.concatenate(kept)
    low, high = float(every.min(initial=np.inf)), float(every.max(initial=-np.inf))
    if not high > low:
        centre = low if np.isfinite(low) else 0.0
        width = max(abs(centre), 1.0) * 1e-3
        return np.array([centre - width, centre + width])
    widths = [
        2.0 * float(np.subtract(*np.percentile(values, [75, 25]))) / len(values) ** (1 / 3)
        for values in kept
        if len(values) > 1
    ]
    finest = min((width for width in widths if width > 0.0), default=high - low)
    return np.linspace(low, high, 1 + int(np.clip(np.ceil((high - low) / finest), 1, most)))


def _normality(values: np.ndarray) -> float | None:
    from scipy.stats import normaltest  # noqa: PLC0415 (heavy, and needed here only)

    return float(normaltest(values).pvalue) if len(values) >= _FEWEST else None
