"""The density estimators of the paper's Table 3, and the registry that samplers, comparison and app choose from.

A kernel density estimate (KDE), a Gaussian mixture (GMM) and the standard normal that the autoencoder's KL term pulls
towards. Another estimator is one more subclass of `BaseEstimator` (or any class that follows `LatentEstimator`) and
one entry in `ESTIMATORS`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from disgen.latent.protocol import BaseEstimator, EstimatorError, LatentEstimator

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "ESTIMATORS",
    "BaseEstimator",
    "EstimatorError",
    "GaussianEstimator",
    "GaussianMixtureEstimator",
    "KernelDensityEstimator",
    "LatentEstimator",
    "estimator_class",
    "load_estimator",
    "make_estimator",
]

_LOG_TWO_PI = float(np.log(2.0 * np.pi))
_BLOCK = 512  # query points whose distances to all training points are held at once


@dataclass
class KernelDensityEstimator(BaseEstimator):
    """A Gaussian on every training latent, as scikit-learn's `KernelDensity` (paper, Section 4.2, code for bandwidth).

    A sample is a training latent, chosen with equal chance, plus normal noise. Densities are computed with matrix
    products in double precision; they agree with scikit-learn's to rounding and come an order of magnitude sooner in
    a hundred or more dimensions.

    Attributes:
        bandwidth: standard deviation of each Gaussian, in latent units.
    """

    name: ClassVar[str] = "kde"
    bandwidth: float = 0.25

    def __post_init__(self) -> None:
        """Refuse a bandwidth that is no length."""
        if not 0.0 < self.bandwidth < np.inf:
            msg = f"A kernel bandwidth of {self.bandwidth} makes no density: choose a number above zero."
            raise EstimatorError(msg)

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        return {"latents": z.astype(np.float32)}

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray]) -> np.ndarray:
        latents = state["latents"]
        centres = latents[rng.integers(len(latents), size=n)]
        return centres + self.bandwidth * rng.standard_normal((n, latents.shape[1]), dtype=np.float32)

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        # Distances from the common mean keep the squared norms small, and so the rounding of their differences.
        centres = state["latents"].astype(np.float64)
        mean = centres.mean(axis=0)
        centres -= mean
        points = z - mean
        half_inverse = 0.5 / self.bandwidth**2
        norms = np.einsum("nd,nd->n", centres, centres)
        result = np.empty(len(points))
        for start in range(0, len(points), _BLOCK):
            block = points[start : start + _BLOCK]
            squares = np.einsum("nd,nd->n", block, block)[:, None] + norms - 2.0 * (block @ centres.T)
            result[start : start + _BLOCK] = logsumexp(-half_inverse * np.maximum(squares, 0.0), axis=1)
        dimension = centres.shape[1]
        return result - np.log(len(centres)) - dimension * (np.log(self.bandwidth) + 0.5 * _LOG_TWO_PI)


@dataclass
class GaussianMixtureEstimator(BaseEstimator):
    """A mixture of Gaussians with full covariances, fitted by scikit-learn (paper, Section 4.2, code for their number).

    Attributes:
        components: number of Gaussians.
        seed: seed of the fit's starting point; the fit is the same for the same seed and data.
        max_iterations: most steps of expectation and maximisation.
        regularisation: added to the covariances' diagonals, in squared latent units; keeps latent dimensions that the
            autoencoder does not use from making a covariance singular.
    """

    name: ClassVar[str] = "gmm"
    components: int = 5
    seed: int = 0
    max_iterations: int = 100
    regularisation: float = 1e-6

    def __post_init__(self) -> None:
        """Refuse settings that give no mixture."""
        if self.components < 1 or self.max_iterations < 1 or self.regularisation < 0.0 or self.seed < 0:
            msg = (
                "A Gaussian mixture needs at least one component and one iteration, "
                "and neither its seed nor its regularisation may be negative."
            )
            raise EstimatorError(msg)

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        from sklearn.mixture import GaussianMixture  # noqa: PLC0415 (slow import, needed for fitting only)
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

        if len(z) < max(self.components, 2):
            msg = f"{len(z)} latents are too few for a mixture of {self.components} Gaussians: give more."
            raise EstimatorError(msg)
        mixture = GaussianMixture(
            n_components=self.components,
            covariance_type="full",
            max_iter=self.max_iterations,
            reg_covar=self.regularisation,
            random_state=self.seed,
        )
        with threadpool_limits(limits=1, user_api="openmp"):  # k-means adds up in the order in which threads finish
            mixture.fit(z)
        # Stored as Cholesky factors in single precision: still positive definite after rounding.
        return {
            "means": mixture.means_.astype(np.float32),
            "factors": np.linalg.cholesky(mixture.covariances_).astype(np.float32),
            "weights": mixture.weights_.astype(np.float32),
        }

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray]) -> np.ndarray:
        means, factors = state["means"], state["factors"]
        component = rng.choice(len(means), size=n, p=_weights(state))
        noise = rng.standard_normal((n, means.shape[1]), dtype=np.float32)
        result = np.empty_like(noise)
        for k, (mean, factor) in enumerate(zip(means, factors, strict=True)):
            chosen = component == k
            result[chosen] = mean + noise[chosen] @ factor.T
        return result

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        terms = np.empty((len(state["means"]), len(z)))
        for k, (mean, factor) in enumerate(zip(state["means"], state["factors"].astype(np.float64), strict=True)):
            white = solve_triangular(factor, (z - mean).T, lower=True)
            terms[k] = -0.5 * np.einsum("dn,dn->n", white, white) - np.log(np.diag(factor)).sum()
        return logsumexp(terms + np.log(_weights(state))[:, None], axis=0) - 0.5 * z.shape[1] * _LOG_TWO_PI


@dataclass
class GaussianEstimator(BaseEstimator):
    """The standard normal N(0, I), the prior of the autoencoder (paper, Section 4.2); fitting learns only d."""

    name: ClassVar[str] = "gaussian"

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        return {"mean": np.zeros(z.shape[1], dtype=np.float32)}

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray]) -> np.ndarray:
        return rng.standard_normal((n, len(state["mean"])), dtype=np.float32)

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        return -0.5 * (np.einsum("nd,nd->n", z, z) + len(state["mean"]) * _LOG_TWO_PI)


ESTIMATORS: dict[str, type[BaseEstimator]] = {
    estimator.name: estimator for estimator in (KernelDensityEstimator, GaussianMixtureEstimator, GaussianEstimator)
}


def estimator_class(name: str) -> type[BaseEstimator]:
    """The class registered under a name.

    Raises:
        EstimatorError: if there is none.
    """
    if name not in ESTIMATORS:
        msg = f"There is no estimator {name!r}: choose one of {', '.join(ESTIMATORS)}."
        raise EstimatorError(msg)
    return ESTIMATORS[name]


def make_estimator(name: str, **settings: float) -> BaseEstimator:
    """An estimator that is yet to be fitted.

    Args:
        name: key of `ESTIMATORS`.
        settings: fields of that class, where they differ from the paper's.

    Raises:
        EstimatorError: if the name or a setting is unknown, or a setting makes no sense.
    """
    chosen = estimator_class(name)
    known = {item.name for item in fields(chosen) if item.init}
    unknown = sorted(set(settings) - known)
    if unknown:
        msg = f"The {name} estimator has no setting {unknown[0]!r}: it has {', '.join(sorted(known)) or 'none'}."
        raise EstimatorError(msg)
    return chosen(**settings)


def load_estimator(folder: Path, name: str) -> BaseEstimator:
    """A fitted estimator from the folder that it was saved in.

    Raises:
        EstimatorError: if the name is unknown, or a file is missing or damaged.
    """
    return estimator_class(name).load(folder)


def _weights(state: dict[str, np.ndarray]) -> np.ndarray:
    weights = state["weights"].astype(np.float64)
    return weights / weights.sum()
