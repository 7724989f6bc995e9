"""Gaussians over the latent space: the autoencoder's prior, and one fitted to the training latents.

| symbol | variable |
|---|---|
| μ | `mean` |
| L, with covariance Σ = L Lᵀ | `factor` |
| t | `temperature` |
| ε ~ N(0, I) | `noise` |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import solve_triangular

from disgen.latent.base import BaseEstimator
from disgen.latent.protocol import EstimatorError, Stored

LOG_TWO_PI = float(np.log(2.0 * np.pi))
FEWEST = 2  # latents that have a spread


@dataclass
class StandardNormal(BaseEstimator):
    """N(0, I), the prior of the autoencoder (paper, Section 4.2); a sample is t ε. Fitting learns only d."""

    name: ClassVar[str] = "gaussian"
    stored: ClassVar[Stored] = Stored.NOTHING
    learns: ClassVar[bool] = False

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        return {"mean": np.zeros(z.shape[1], dtype=np.float32)}

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray], temperature: float) -> np.ndarray:
        return temperature * rng.standard_normal((n, len(state["mean"])), dtype=np.float32)

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        result: np.ndarray = -0.5 * (np.einsum("nd,nd->n", z, z) + len(state["mean"]) * LOG_TWO_PI)
        return result


@dataclass
class FittedGaussian(BaseEstimator):
    """N(μ, Σ) with the mean and the covariance of the training latents; a sample is μ + t L ε.

    Attributes:
        regularisation: added to the covariance's diagonal, in squared latent units; keeps latent dimensions that the
            autoencoder does not use from making it singular.
    """

    name: ClassVar[str] = "gaussian-fit"
    stored: ClassVar[Stored] = Stored.NOTHING
    regularisation: float = 1e-6

    def __post_init__(self) -> None:
        """Refuse a regularisation that leaves a singular covariance singular."""
        if not 0.0 < self.regularisation < np.inf:
            msg = f"A regularisation of {self.regularisation} keeps no covariance positive: choose a number above zero."
            raise EstimatorError(msg)

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        if len(z) < FEWEST:
            msg = "One latent has no covariance: give more to fit a Gaussian."
            raise EstimatorError(msg)
        mean = z.mean(axis=0)
        covariance = (z - mean).T @ (z - mean) / len(z) + self.regularisation * np.eye(z.shape[1])
        factor = np.linalg.cholesky(covariance)
        return {"mean": mean.astype(np.float32), "factor": factor.astype(np.float32)}

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray], temperature: float) -> np.ndarray:
        noise = temperature * rng.standard_normal((n, len(state["mean"])), dtype=np.float32)
        result: np.ndarray = state["mean"] + noise @ state["factor"].T
        return result

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        return log_normal(z, state["mean"], state["factor"])


def log_normal(z: np.ndarray, mean: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Log-density of N(μ, Σ), (n,) in nats.

    log p(z) = -½ |L⁻¹ (z - μ)|² - log det L - ½ d log 2π

    Args:
        z: (n, d) float64.
        mean: μ (d,).
        factor: L (d, d), lower triangular; or its diagonal (d,) if Σ is diagonal.
    """
    if factor.ndim == 1:
        scale = factor.astype(np.float64)
        white = (z - mean) / scale
    else:
        scale = np.diag(factor).astype(np.float64)
        white = solve_triangular(factor.astype(np.float64), (z - mean).T, lower=True).T
    result: np.ndarray = (
        -0.5 * np.einsum("nd,nd->n", white, white) - np.log(scale).sum() - 0.5 * z.shape[1] * LOG_TWO_PI
    )
    return result
