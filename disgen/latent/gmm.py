"""Mixtures of Gaussians (GMM), fitted by scikit-learn (paper, Section 4.2).

| symbol | variable |
|---|---|
| component k's weight, mean μ_k and Cholesky factor L_k of its covariance | `weights`, `means`, `factors` (packed) |
| t | `temperature` |
| ε ~ N(0, I) | `noise` |
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import logsumexp

from disgen.latent.base import BaseEstimator
from disgen.latent.gaussian import log_normal
from disgen.latent.protocol import EstimatorError

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

# Numbers of components that the information criterion chooses from, by the form of the covariances.
CANDIDATES: dict[str, tuple[int, ...]] = {"full": (1, 2, 5, 10, 20), "diag": (50, 200)}
_FEWEST = 2  # latents that scikit-learn fits


@dataclass
class _Mixture(BaseEstimator):
    """What both mixtures share; a sample is μ_k + t L_k ε, component k with the chance that its weight gives it."""

    _latent_array: ClassVar[str] = "means"

    @abstractmethod
    def _mixture(self, z: np.ndarray) -> GaussianMixture:
        """The fitted mixture."""

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

        with threadpool_limits(limits=1, user_api="openmp"):  # k-means adds up in the order in which threads finish
            mixture = self._mixture(z)
        diagonal = mixture.covariance_type == "diag"
        # Stored as Cholesky factors in single precision: still positive definite after rounding.
        factors = np.sqrt(mixture.covariances_) if diagonal else np.linalg.cholesky(mixture.covariances_)
        return {
            "means": mixture.means_.astype(np.float32),
            "factors": _packed(factors.astype(np.float32)),
            "weights": mixture.weights_.astype(np.float32),
        }

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray], temperature: float) -> np.ndarray:
        means, factors = state["means"], _unpacked(state)
        component = rng.choice(len(means), size=n, p=_weights(state))
        noise = temperature * rng.standard_normal((n, means.shape[1]), dtype=np.float32)
        result = np.empty_like(noise)
        for k, (mean, factor) in enumerate(zip(means, factors, strict=True)):
            chosen = component == k
            result[chosen] = mean + (noise[chosen] * factor if factor.ndim == 1 else noise[chosen] @ factor.T)
        return result

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        parts = zip(state["means"], _unpacked(state), np.log(_weights(state)), strict=True)
        result: np.ndarray = logsumexp([log_normal(z, mean, factor) + weight for mean, factor, weight in parts], axis=0)
        return result


@dataclass
class GaussianMixtureEstimator(_Mixture):
    """A mixture of a given number of Gaussians with full covariances (the paper's code: five).

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

    def _mixture(self, z: np.ndarray) -> GaussianMixture:
        if len(z) < max(self.components, _FEWEST):
            msg = f"{len(z)} latents are too few for a mixture of {self.components} Gaussians: give more."
            raise EstimatorError(msg)
        blank = _blank(self.components, "full", self.max_iterations, self.regularisation, self.seed)
        return _fitted(blank, z)


@dataclass
class SelectedGaussianMixture(_Mixture):
    """A mixture whose number of components and form of covariances have the lowest Bayesian information criterion.

    For each form, full and diagonal, the numbers of `CANDIDATES` are tried upwards for as long as the criterion falls,
    with a few steps each; the best one is then fitted to the end.

    Attributes:
        seed: seed of the fits' starting points; the choice is the same for the same seed and data.
        search_iterations: steps of expectation and maximisation before candidates are compared.
        max_iterations: most steps of the final fit.
        regularisation: as in `GaussianMixtureEstimator`.
    """

    name: ClassVar[str] = "gmm-bic"
    seed: int = 0
    search_iterations: int = 5
    max_iterations: int = 100
    regularisation: float = 1e-6

    def __post_init__(self) -> None:
        """Refuse settings that give no mixture."""
        if min(self.search_iterations, self.max_iterations) < 1 or self.regularisation < 0.0 or self.seed < 0:
            msg = (
                "A choice of Gaussian mixtures needs at least one iteration, "
                "and neither its seed nor its regularisation may be negative."
            )
            raise EstimatorError(msg)

    def _mixture(self, z: np.ndarray) -> GaussianMixture:
        if len(z) < _FEWEST:
            msg = f"{len(z)} latents are too few for a mixture of Gaussians: give more."
            raise EstimatorError(msg)
        best: tuple[float, GaussianMixture] | None = None
        for form, numbers in CANDIDATES.items():
            before = np.inf
            for components in numbers:
                if components > len(z):
                    break
                blank = _blank(components, form, self.search_iterations, self.regularisation, self.seed)
                mixture = _fitted(blank, z)
                criterion = mixture.bic(z)
                if best is None or criterion < best[0]:
                    best = criterion, mixture
                if criterion >= before:
                    break
                before = criterion
        assert best is not None  # noqa: S101 (one component is always tried)
        return _fitted(best[1].set_params(warm_start=True, max_iter=self.max_iterations), z)

    def _choices(self, state: dict[str, np.ndarray]) -> dict[str, object]:
        matrix = state["factors"].shape != state["means"].shape
        return {"components": len(state["means"]), "covariance": "full" if matrix else "diagonal"}


def _blank(components: int, form: str, iterations: int, regularisation: float, seed: int) -> GaussianMixture:
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415 (slow import, needed for fitting only)

    return GaussianMixture(
        n_components=components,
        covariance_type=form,
        max_iter=iterations,
        reg_covar=regularisation,
        random_state=seed,
    )


def _fitted(mixture: GaussianMixture, z: np.ndarray) -> GaussianMixture:
    """Fit a mixture; that it stops at its last iteration is what was asked for, so there is no warning.

    Raises:
        EstimatorError: if a covariance is singular.
    """
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 (slow import, needed for fitting only)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            return mixture.fit(z)
        except ValueError as error:
            msg = "The latents leave a covariance of the mixture singular: choose a larger regularisation."
            raise EstimatorError(msg) from error


def _packed(factors: np.ndarray) -> np.ndarray:
    """Lower triangles (k, d (d + 1) / 2) of matrices (k, d, d), row by row; diagonals (k, d) as they are."""
    return factors if factors.ndim == 2 else factors[:, *np.tril_indices(factors.shape[1])]  # noqa: PLR2004 (a diagonal each)


def _unpacked(state: dict[str, np.ndarray]) -> np.ndarray:
    """Cholesky factors (k, d, d), or (k, d) if they are diagonal."""
    packed, (k, d) = state["factors"], state["means"].shape
    if packed.shape == (k, d):
        return packed
    factors = np.zeros((k, d, d), dtype=packed.dtype)
    factors[:, *np.tril_indices(d)] = packed
    return factors


def _weights(state: dict[str, np.ndarray]) -> np.ndarray:
    weights = state["weights"].astype(np.float64)
    result: np.ndarray = weights / weights.sum()
    return result
