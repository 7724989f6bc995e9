"""Density estimators of a run's latent space: the stored fit where there is one, else a fit to the training latents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.latent.estimators import ESTIMATORS, estimator_class, make_estimator
from disgen.latent.protocol import EstimatorError, Stored
from disgen.latent.registry import DEFAULT

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run


def estimators_path(run: Run) -> Path:
    """Folder of a run's stored estimators; it may not exist."""
    return run.path / "estimators"


def available_estimators(run: Run) -> tuple[str, ...]:
    """The names of `disgen.latent.registry.ESTIMATORS` that a run can sample from, in their order.

    Without its training split a run has those only that are stored or learn nothing from latents; the learned prior has
    to be stored in any case.
    """
    folder, learnt = estimators_path(run), "train" in run.latents

    def is_there(name: str) -> bool:
        chosen = estimator_class(name)
        if chosen.stored in {Stored.APART, Stored.ALL} and (folder / f"{name}.json").is_file():
            return True
        return (learnt or not chosen.learns) and chosen.stored is not Stored.APART

    return tuple(name for name in ESTIMATORS if is_there(name))


def best_estimator(run: Run) -> str:
    """Name of the estimator to take where nobody says which: the learned prior, else the first that the run has."""
    there = available_estimators(run)
    return DEFAULT if DEFAULT in there else there[0]


def fitted_estimator(run: Run, name: str) -> LatentEstimator:
    """An estimator with its default settings, fitted to the means of the training split.

    Args:
        run: a loaded run.
        name: one of `disgen.latent.registry.ESTIMATORS`.

    Raises:
        EstimatorError: if there is no such estimator, the stored one is damaged, or the learned prior is not stored.
        RunError: if it is not stored, and the run is a light one without its training split.
    """
    folder, chosen = estimators_path(run), estimator_class(name)
    estimator = make_estimator(name)
    if (folder / f"{name}.json").is_file():
        if chosen.stored is not Stored.CHOICES:
            return chosen.load(folder).of_run(run)
        estimator = chosen.with_choices(folder)
    if chosen.stored is Stored.APART:
        msg = f"Run {run.name!r} has no learned prior: train it by `python -m disgen prior --run {run.path}`."
        raise EstimatorError(msg)
    return estimator.fit(run.split_latents("train" if chosen.learns or "train" in run.latents else "test"))


def store_estimators(run: Run) -> None:
    """Fit the estimators whose fit takes time, and store with the run what cannot be had again at once."""
    folder = estimators_path(run)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ESTIMATORS:
        stored = estimator_class(name).stored
        if stored in {Stored.NOTHING, Stored.APART}:
            continue
        estimator = make_estimator(name).fit(run.split_latents("train"))
        if stored is Stored.ALL:
            estimator.save(folder)
        else:
            estimator.save_choices(folder)
