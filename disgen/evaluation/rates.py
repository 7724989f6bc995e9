"""Rates with their counts, denominators and 95 % intervals."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_Z = 1.959963984540054


def wilson(hits: int, n: int) -> tuple[float, float] | None:
    """Wilson's score interval of a share at 95 %; None if n is 0.

    | symbol | variable |
    |---|---|
    | p = k / n | `share`, of `hits` among `n` |
    | z, quantile of the normal distribution at 97.5 % | `_Z` |

    (p + z²/2n ± z √(p (1 - p)/n + z²/4n²)) / (1 + z²/n); Wilson, J. Am. Stat. Assoc. 22, 209 (1927).

    The same as SciPy's ``binomtest(hits, n).proportion_ci(method="wilson")``, in 1 µs instead of 3.4 ms: that
    makes the test too, and a report has hundreds of intervals.

    Args:
        hits: from 0 to n.
        n: independent trials.
    """
    if n == 0:
        return None
    share, square = hits / n, _Z**2 / n
    centre, half = share + square / 2.0, _Z * sqrt((share * (1.0 - share) + square / 4.0) / n)
    low, high = ((centre + end) / (1.0 + square) for end in (-half, half))
    return low if hits else 0.0, high if hits < n else 1.0  # exactly, whatever the rounding


def rates(hits: Mapping[str, int], denominators: Mapping[str, int]) -> dict[str, Any]:
    """Each rate by its name, and under "counts", "denominators" and "intervals" what belongs to it; plain JSON.

    A rate and its interval are None where there is nothing to divide by.
    """
    return {
        **{name: count / denominators[name] if denominators[name] else None for name, count in hits.items()},
        "counts": dict(hits),
        "denominators": {name: denominators[name] for name in hits},
        "intervals": {
            name: list(interval) if (interval := wilson(count, denominators[name])) else None
            for name, count in hits.items()
        },
    }
