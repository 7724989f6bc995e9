"""The maps of a run: of all its entries whose latents it holds, those of the test split first.

A run in full holds the latents of all splits, a light one those of its test split only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.latent.likeness import describer
from disgen.latent.projection import METHODS, LatentMap, Method, fit_map, load_map, save_map

if TYPE_CHECKING:
    from disgen.model.checkpoint import Run

SPLITS = ("test", "train", "validation")  # in the order of a map's rows


def mapped_splits(run: Run) -> tuple[str, ...]:
    """The splits that a run's maps show."""
    return tuple(split for split in SPLITS if split in run.latents)


def mapped_latents(run: Run) -> np.ndarray:
    """Latents (n, d) of these splits, one after the other: a row each of a map."""
    return np.concatenate([run.latents[split] for split in mapped_splits(run)])


def rows_of(run: Run, split: str) -> slice:
    """The rows of a map that are a split's."""
    sizes = {name: len(run.latents[name]) for name in mapped_splits(run)}
    names = list(sizes)
    start = sum(sizes[name] for name in names[: names.index(split)])
    return slice(start, start + sizes[split])


def fit_run_map(run: Run, method: Method, seed: int) -> LatentMap:
    """Map a run's entries by what their latents decode to.

    Raises:
        ProjectionError: if there are too few.
    """
    return fit_map(mapped_latents(run), method, seed=seed, describe=describer(run))


def store_run_maps(run: Run, seed: int) -> tuple[Method, ...]:
    """Fit every kind of map and store it with the run; returns the kinds.

    Raises:
        ProjectionError: if there are too few entries.
    """
    for method in METHODS:
        save_map(fit_run_map(run, method, seed), run.maps_path)
    return METHODS


def load_run_map(run: Run, method: Method) -> LatentMap:
    """A stored map of a run.

    Raises:
        ProjectionError: if it is missing or damaged, or of other latents.
    """
    return load_map(run.maps_path, method, mapped_latents(run), describer(run))
