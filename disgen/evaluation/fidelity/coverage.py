"""How much of the real crystals' range samples cover, and how densely they lie within it.

Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models" (ICML 2020), equations 7 and 8:

    density = 1/(k M) Σ_j Σ_i [y_j ∈ B(x_i, d_k(x_i))],    coverage = 1/N Σ_i [some y_j ∈ B(x_i, d_k(x_i))]

| symbol | variable |
|---|---|
| x_i, N real crystals; y_j, M samples; here N = M | `real`, `samples` |
| d_k(x_i), distance to the k-th nearest other real crystal | `radius` |
| k | `K` |

The space is the descriptor, each feature standardised by all real crystals and cut at five standard deviations. Both
figures tend to be near 1, and coverage near 1 - 2^-k = 0.97, for two sets of one distribution. Corpora hold many
determinations of one crystal, whose balls are tiny; so read both beside those of real crystals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.evaluation.rates import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.evaluation.fidelity.traits import Traits

K = 5
SEED = 0
_FAR = 5.0  # standard deviations
_ROWS = 512  # of the matrix of distances at once
_Z = 1.959963984540054


def coverage_and_density(samples: Traits, real: Traits) -> dict[str, Any] | None:
    """Coverage and density of samples among real crystals; the same for the same crystals in the same order.

    Returns:
        "coverage" and "density", each with "value" and "interval" (95 %: Wilson; normal approximation over samples),
        and "n", the crystals of either set that were used; None if one has no more than `K`.
    """
    n = min(len(samples), len(real))
    if n <= K:
        return None
    rng = np.random.default_rng(SEED)
    x, y = _standardised(samples.descriptor, real.descriptor)
    y, x = (values if len(values) == n else values[rng.choice(len(values), n, replace=False)] for values in (y, x))
    radius = np.concatenate([np.partition(distances, K, axis=1)[:, K] for distances in _distances(x, x)])
    hits, covered = np.zeros(n), 0
    for start, distances in zip(range(0, n, _ROWS), _distances(x, y), strict=True):
        inside = distances <= radius[start : start + _ROWS, None]
        hits += inside.sum(axis=0)
        covered += int(inside.any(axis=1).sum())
    density, half = hits.mean() / K, _Z * hits.std() / K / np.sqrt(n)
    return {
        "n": n,
        "coverage": {"value": covered / n, "interval": list(wilson(covered, n) or ())},
        "density": {"value": float(density), "interval": [float(max(density - half, 0.0)), float(density + half)]},
    }


def _standardised(samples: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real crystals and samples (n, features) in units of the former's standard deviations; unknown is average."""
    mean, spread = np.nanmean(real, axis=0, dtype=float), np.nanstd(real, axis=0, dtype=float)
    spread[spread == 0.0] = 1.0
    x, y = (np.nan_to_num(np.clip((values - mean) / spread, -_FAR, _FAR)) for values in (real, samples))
    return x, y


def _distances(one: np.ndarray, other: np.ndarray) -> Iterator[np.ndarray]:
    """Squared distances (rows, m) of every point of the one to all of the other, some rows at a time."""
    squares = (other**2).sum(axis=1)
    for start in range(0, len(one), _ROWS):
        part = one[start : start + _ROWS]
        yield np.maximum((part**2).sum(axis=1)[:, None] + squares - 2.0 * part @ other.T, 0.0)
