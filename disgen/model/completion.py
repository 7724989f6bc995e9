"""What a light run has left out, made again from its corpus."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from disgen.model import inference
from disgen.model.checkpoint import Run, RunError, save_run
from disgen.model.config import Config
from disgen.model.training.dataset import Dataset

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.model.training.dataset import CorpusLike


def run_dataset(run: Run, corpus: CorpusLike) -> Dataset:
    """The crystals that a run was trained on, split.

    Raises:
        RunError: if the corpus is another one.
    """
    if corpus.fingerprint != run.config["corpus"]["fingerprint"]:
        msg = f"The corpus is not the one of run {run.name!r}: build it from the run's sources and library versions."
        raise RunError(msg)
    return Dataset.from_corpus(corpus, Config.from_dict(run.config["config"]).training)


def complete_run(run: Run, corpus: CorpusLike) -> Run:
    """The run with index and latents of all splits, rounded as a full run stores them; itself if it has them.

    Raises:
        RunError: if the corpus is another one.
    """
    if "train" in run.latents:
        return run
    data = run_dataset(run, corpus)
    means = {split: inference.encode_means(run.model, run.scaler, arrays) for split, arrays in data.splits.items()}
    latents = {split: values.astype(np.float16).astype(np.float32) for split, values in means.items()}
    return replace(run, index=data.index, latents=latents | run.latents)


def store_completed(run: Run, corpus: CorpusLike, folder: Path) -> None:
    """Write the full run of a light one into a folder of its own, under the folder's name; its figures come along.

    Maps and fitted estimators are left to be made (`disgen map`): those of the light run are of its test split alone.

    Raises:
        RunError: if the corpus is another one, or the folder is the light run's own.
    """
    if folder.resolve() == run.path.resolve():
        msg = f"The run {run.name!r} stays as it is: name another folder by --out."
        raise RunError(msg)
    whole = complete_run(run, corpus)  # before anything is written
    shutil.copytree(run.path, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("maps", "config.json"))
    save_run(
        folder,
        config={**run.config, "name": folder.name},
        model=run.model,
        scaler=run.scaler,
        index=whole.index,
        latents=whole.latents,
        metrics=run.metrics,
        history=run.history,
    )
