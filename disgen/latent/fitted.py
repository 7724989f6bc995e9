"""Density estimators of a run's latent space: the stored fit where there is one, else a fit to the training latents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.latent.estimators import load_estimator, make_estimator

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run

# A KDE is its training latents, which the run holds already, and N(0, I) has nothing to learn.
STORED = ("gmm",)


def estimators_path(run: Run) -> Path:
    """Folder of a run's stored estimators; it may not exist."""
    return run.path / "estimators"


def fitted_estimator(run: Run, name: str) -> LatentEstimator:
    """An estimator with its default settings, fitted to the means of the training split.

    Args:
        run: a loaded run.
        name: one of `disgen.latent.estimators.ESTIMATORS`.

    Raises:
        EstimatorError: if there is no such estimator, or the stored one is damaged.
    """
    folder = estimators_path(run)
    if (folder / f"{name}.json").is_file():
        return load_estimator(folder, name)
    return make_estimator(name).fit(run.latents["train"])


def store_estimators(run: Run) -> None:
    """Fit the estimators whose fit takes time, and store them with the run."""
    folder = estimators_path(run)
    folder.mkdir(parents=True, exist_ok=True)
    for name in STORED:
        make_estimator(name).fit(run.latents["train"]).save(folder)
