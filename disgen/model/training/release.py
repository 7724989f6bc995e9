"""The run folder that a training leaves: weights of its best epoch, their latents and accuracies."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

import disgen
from disgen.model import inference
from disgen.model.checkpoint import SPLITS, half_precision, save_run
from disgen.model.training.metrics import reconstruction_metrics
from disgen.model.training.state import identity_of

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.model.config import Config
    from disgen.model.scaler import LatticeScaler
    from disgen.model.training.dataset import Dataset
    from disgen.model.training.state import Progress
    from disgen.model.vae import VAE

LIGHT_SPLITS = ("test",)


def release(
    out: Path,
    *,
    config: Config,
    data: Dataset,
    model: VAE,
    scaler: LatticeScaler,
    progress: Progress,
    history: list[dict[str, float]],
    about: dict[str, Any],
) -> None:
    """Write the run folder.

    Args:
        out: the folder.
        config: of the training.
        data: its corpus.
        model: the network with the weights to be released; they are rounded in place if stored in half precision.
        scaler: standardisation of the cell parameters.
        progress: where the training stands.
        history: a row per epoch.
        about: what config.json states of the training beside that.
    """
    settings = config.training
    model.eval()
    if settings.weights_dtype == "float16":
        half_precision(model)
    means = {split: inference.encode_means(model, scaler, arrays) for split, arrays in data.splits.items()}
    metrics: dict[str, Any] = {"best_epoch": progress.best_epoch, "best_loss": progress.best_loss}
    for split in SPLITS[1:]:
        metrics[split] = reconstruction_metrics(inference.decode(model, scaler, means[split]), data.splits[split])
    kept = LIGHT_SPLITS if settings.release == "light" else SPLITS
    stated = {
        "format": 1,
        "name": config.name,
        "identity": identity_of(config, data),
        "config": config.to_dict(),
        "corpus": {
            "fingerprint": data.fingerprint,
            "split_kind": settings.split,
            "sizes": {split: len(arrays) for split, arrays in data.splits.items()},
            "excluded": data.excluded,
        },
        "training": {
            "seed": settings.seed,
            "epochs": progress.epoch,
            "best_epoch": progress.best_epoch,
            "wall_time_s": round(progress.seconds, 1),
            "parameters": sum(value.numel() for value in model.parameters()),
            "threads": torch.get_num_threads(),
        }
        | about,
        "versions": {
            "disgen": disgen.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }
    save_run(
        out,
        config=stated,
        model=model,
        scaler=scaler,
        index=data.index[data.index["split"].isin(kept)].reset_index(drop=True),
        latents={split: means[split] for split in kept},
        metrics=metrics,
        history=pd.DataFrame(history),
    )
