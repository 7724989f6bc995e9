"""The density estimators that samplers, comparison and app choose from by name (paper, Section 4.2 and Table 3).

| name | density | centre of a sample's noise |
|---|---|---|
| `kde` | a Gaussian of bandwidth 0.25 on every training latent, as the paper has it | a training latent |
| `kde-cv` | the same with the bandwidth of highest cross-validated likelihood | a training latent |
| `gmm` | a mixture of five Gaussians with full covariances, as the paper has it | a component's mean |
| `gmm-bic` | a mixture whose size and form the Bayesian information criterion chooses | a component's mean |
| `gaussian` | N(0, I), which the autoencoder's KL term pulls towards, as the paper has it | the origin |
| `gaussian-fit` | a Gaussian with the training latents' mean and covariance | the mean |
| `prior` | latents of crystals drawn from a language model and a network for the geometry (`disgen.prior`) | – |
"""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from disgen.latent.base import BaseEstimator
from disgen.latent.protocol import EstimatorError, LatentEstimator
from disgen.latent.registry import ESTIMATORS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "ESTIMATORS",
    "BaseEstimator",
    "EstimatorError",
    "LatentEstimator",
    "estimator_class",
    "load_estimator",
    "make_estimator",
]


def estimator_class(name: str) -> type[BaseEstimator]:
    """The class registered under a name.

    Raises:
        EstimatorError: if there is none.
    """
    if name not in ESTIMATORS:
        msg = f"There is no estimator {name!r}: choose one of {', '.join(ESTIMATORS)}."
        raise EstimatorError(msg)
    module, _, chosen = ESTIMATORS[name].rpartition(".")
    found: type[BaseEstimator] = getattr(import_module(module), chosen)
    return found


def make_estimator(name: str, **settings: Any) -> BaseEstimator:  # noqa: ANN401 (each estimator checks its own)
    """An estimator that is yet to be fitted.

    Args:
        name: key of `ESTIMATORS`.
        settings: fields of that class, where they differ from its defaults.

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
