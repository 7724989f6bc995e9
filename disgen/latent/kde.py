"""Kernel density estimates (KDE): a Gaussian on every training latent (paper, Section 4.2).

| symbol | variable |
|---|---|
| training latent z_j, there are n of d dimensions | `latents` |
| bandwidth h | `bandwidth` |
| squared distance of two latents | `squares` |
| t | `temperature` |
| ε ~ N(0, I) | the normal numbers in `_sample` |
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from disgen.latent.base import BaseEstimator
from disgen.latent.gaussian import FEWEST, LOG_TWO_PI
from disgen.latent.protocol import EstimatorError, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

BANDWIDTHS = (0.01, 10.0)  # searched, in latent units; the KL term keeps latents at a scale of about one
_COARSE = 31  # bandwidths tried to find where the likelihood peaks, before that is refined
_TOLERANCE = 1e-3  # of the logarithm of the bandwidth
_BLOCK = 512  # query points whose distances to all training points are held at once


@dataclass
class _KernelDensity(BaseEstimator):
    """What both estimates share; a sample is z_j + t h ε, every z_j with equal chance."""

    _latent_array: ClassVar[str] = "latents"

    @abstractmethod
    def _width(self, state: dict[str, np.ndarray]) -> float:
        """The bandwidth h."""

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray], temperature: float) -> np.ndarray:
        latents, bandwidth = state["latents"], self._width(state)
        centres = latents[rng.integers(len(latents), size=n)]
        result: np.ndarray = centres + temperature * bandwidth * rng.standard_normal(
            (n, latents.shape[1]), dtype=np.float32
        )
        return result

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        # Not scikit-learn's `KernelDensity`: with 13,144 latents of 204 dimensions its trees take 9 times as long and
        # are up to 2,586 nats off.
        latents, bandwidth = state["latents"].astype(np.float64), self._width(state)
        sums = [_log_sum(squares, bandwidth) for _, squares in _squared_distances(z, latents)]
        return np.concatenate(sums) - _log_normaliser(len(latents), z.shape[1], bandwidth)


@dataclass
class KernelDensityEstimator(_KernelDensity):
    """The estimate with a given bandwidth, as scikit-learn's `KernelDensity` (the paper's code: 0.25).

    Attributes:
        bandwidth: standard deviation of each Gaussian, in latent units.
    """

    name: ClassVar[str] = "kde"
    stored: ClassVar[Stored] = Stored.NOTHING
    bandwidth: float = 0.25

    def __post_init__(self) -> None:
        """Refuse a bandwidth that is no length."""
        _check_bandwidth(self.bandwidth)

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        return {"latents": z.astype(np.float32)}

    def _width(self, state: dict[str, np.ndarray]) -> float:  # noqa: ARG002 (it is a setting)
        return self.bandwidth


@dataclass
class CrossValidatedKernelDensity(_KernelDensity):
    """The estimate whose bandwidth gives each training latent the highest likelihood under all others.

    Attributes:
        bandwidth: standard deviation of each Gaussian, in latent units; None to let the fit choose it.
        held_out: training latents, drawn at random, whose likelihood under all the others is looked at.
        seed: of that draw.
    """

    name: ClassVar[str] = "kde-cv"
    stored: ClassVar[Stored] = Stored.CHOICES
    bandwidth: float | None = None
    held_out: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that allow no choice."""
        if self.bandwidth is not None:
            _check_bandwidth(self.bandwidth)
        if self.held_out < 1 or self.seed < 0:
            msg = "Cross-validation needs at least one latent to hold out, and a seed that is not negative."
            raise EstimatorError(msg)

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        latents = z.astype(np.float32)
        bandwidth = self.bandwidth
        if bandwidth is None:
            if len(z) < FEWEST:
                msg = "One latent says nothing about the bandwidth: give more, or a bandwidth."
                raise EstimatorError(msg)
            drawn = np.random.default_rng(self.seed).permutation(len(z))[: self.held_out]
            bandwidth = likeliest_bandwidth(latents.astype(np.float64), np.sort(drawn))
        return {"latents": latents, "bandwidth": np.array([bandwidth])}

    def _choices(self, state: dict[str, np.ndarray]) -> dict[str, object]:
        return {"bandwidth": self._width(state)}

    def _width(self, state: dict[str, np.ndarray]) -> float:
        return float(state["bandwidth"][0])


def likeliest_bandwidth(z: np.ndarray, held_out: np.ndarray) -> float:
    """The bandwidth of highest leave-one-out likelihood, to four digits.

    Mean over the held-out i of log p(z_i) = log Σ_{j ≠ i} exp(-|z_i - z_j|² / 2 h²) - log(n - 1) - d log(h √2π).

    Args:
        z: (n, d) float64 training latents, n ≥ 2.
        held_out: rows i, in rising order.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 (slow import, needed for fitting only)

    n, d = z.shape
    blocks = []
    for start, squares in _squared_distances(z[held_out], z):
        own = held_out[start : start + len(squares)]
        squares[np.arange(len(own)), own] = np.inf
        blocks.append(squares.astype(np.float32))  # 2,000 rows of 13,000: 104 MB

    def loss(log_bandwidth: float) -> float:
        bandwidth = float(np.exp(log_bandwidth))
        total = sum(float(_log_sum(squares, bandwidth).sum()) for squares in blocks)
        return _log_normaliser(n - 1, d, bandwidth) - total / len(held_out)

    low, high = np.log(BANDWIDTHS)
    coarse = np.linspace(low, high, _COARSE)
    best = int(np.argmin([loss(value) for value in coarse]))
    bracket = (coarse[max(best - 1, 0)], coarse[min(best + 1, _COARSE - 1)])
    found = minimize_scalar(loss, bounds=bracket, method="bounded", options={"xatol": _TOLERANCE})
    return float(f"{np.exp(found.x):.4g}")


def _squared_distances(points: np.ndarray, centres: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Squared distances (block, n) of points to all n centres, with the place of the block's first point."""
    # Distances from the common mean keep the squared norms small, and so the rounding of their differences.
    mean = centres.mean(axis=0)
    centres = centres - mean
    norms = np.einsum("nd,nd->n", centres, centres)
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK] - mean
        squares = np.einsum("nd,nd->n", block, block)[:, None] + norms - 2.0 * (block @ centres.T)
        yield start, np.maximum(squares, 0.0)


def _log_sum(squares: np.ndarray, bandwidth: float) -> np.ndarray:
    """Logarithm of Σ_j exp(-squares / 2 h²) in each row, (block,) float64; the terms are as precise as `squares`."""
    exponents = squares * squares.dtype.type(-0.5 / bandwidth**2)
    highest = exponents.max(axis=1)
    exponents -= highest[:, None]
    result: np.ndarray = highest + np.log(np.exp(exponents, out=exponents).sum(axis=1, dtype=np.float64))
    return result


def _log_normaliser(n: int, d: int, bandwidth: float) -> float:
    return float(np.log(n) + d * (np.log(bandwidth) + 0.5 * LOG_TWO_PI))


def _check_bandwidth(bandwidth: float) -> None:
    if not 0.0 < bandwidth < np.inf:
        msg = f"A kernel bandwidth of {bandwidth} makes no density: choose a number above zero."
        raise EstimatorError(msg)
