"""Run folders: a trained model with everything that the app and the commands need, and no pickles.

| file | content |
|---|---|
| `config.json` | configuration, corpus fingerprint and sizes, seed, wall time, software versions |
| `weights.safetensors` | parameters and buffers of the network, half precision unless configured otherwise |
| `scaler.json` | standardisation of the cell parameters |
| `latents.safetensors` | means of q(z given X) by split, (n, d) half precision; of a light run the test split's only |
| `index.parquet` | a row per entry of these splits; the rows of a split stand in the order of its latents |
| `metrics.json`, `history.csv` | accuracies of the released weights; all loss terms of every epoch |
| `figures.safetensors`, `corpus.json` | what the app's pages show, written by `disgen.evaluation.run` |
| `estimators/` | fitted density estimators, written by `disgen.latent.fitted` and `disgen prior` |
| `reference.json`, `comparison.json` | what samplers are measured against, and their figures (`disgen.evaluation`) |
| `conditioning.json` | how often searches reach targets, written by `disgen.judge.conditioning_benchmark` |
| `heights.parquet` | heights of ordered entries above a hull, written by `disgen.energies.heights`; it may not exist |
| `maps/` | precomputed embeddings, written by `disgen.latent.projection` |
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
import torch
from safetensors.numpy import save as arrays_to_bytes
from safetensors.torch import save as tensors_to_bytes

from disgen.files import write_file, write_files
from disgen.model import inference
from disgen.model.networks import build_vae
from disgen.model.output import DecoderOutput
from disgen.model.run_files import CHECKED, SPLITS, RunError, checksum, problem_of, read_files
from disgen.places import program_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from disgen.model.scaler import LatticeScaler
    from disgen.model.vae import VAE

__all__ = [
    "SPLITS",
    "DecoderOutput",
    "Run",
    "RunError",
    "available_runs",
    "default_run",
    "load_run",
    "problem_of",
    "run_folder",
    "save_run",
    "update_metrics",
    "user_models",
]

DEFAULT_NAME = "open"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,59}")


@dataclass(frozen=True, eq=False)
class Run:
    """A trained model, loaded. The network is in evaluation mode and its parameters take no gradients.

    Attributes:
        name: of the run.
        path: its folder.
        config: content of config.json.
        model: the network; ``model.decode`` is differentiable in z.
        scaler: standardisation of the cell parameters.
        index: a row per entry of the corpus, with the column "split".
        latents: (n, d) float32 by split; a light run has those of the test split alone (see `split_latents`).
        metrics: content of metrics.json.
        history: a row per epoch.
    """

    name: str
    path: Path
    config: dict[str, Any]
    model: VAE
    scaler: LatticeScaler
    index: pd.DataFrame
    latents: dict[str, np.ndarray]
    metrics: dict[str, Any]
    history: pd.DataFrame

    @property
    def maps_path(self) -> Path:
        """Folder of the precomputed embeddings; it may not exist."""
        return self.path / "maps"

    def split_index(self, split: str) -> pd.DataFrame:
        """The index of one split, row by row as its latents.

        Raises:
            RunError: if there is no such split, or the run is a light one without it.
        """
        self._require(split)
        return self.index[self.index["split"] == split].reset_index(drop=True)

    def split_latents(self, split: str) -> np.ndarray:
        """The latents (n, d) float32 of one split.

        Raises:
            RunError: if there is no such split, or the run is a light one without it.
        """
        self._require(split)
        return self.latents[split]

    def encode(self, a: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance (n, d) of A (n, 9, 183) and c (n, 236), cell in Å and degrees.

        Raises:
            ValueError: if the shapes are wrong.
        """
        return inference.encode(self.model, self.scaler, a, c)

    def decode(self, z: np.ndarray) -> DecoderOutput:
        """Decoder outputs of latent points (n, d); a point's output does not depend on its company.

        Raises:
            ValueError: if the shape is wrong or a number is not finite.
        """
        return inference.decode(self.model, self.scaler, z)

    def _require(self, split: str) -> None:
        if split not in SPLITS:
            msg = f"There is no split {split!r}: the splits are {', '.join(SPLITS)}."
            raise RunError(msg)
        if split not in self.latents:
            msg = (
                f"The run {self.name!r} is a light one, for comparison, without its {split} split: "
                f"`python -m disgen complete --run {self.name} --corpus FOLDER` makes a full one."
            )
            raise RunError(msg)


def save_run(
    path: Path,
    *,
    config: dict[str, Any],
    model: VAE,
    scaler: LatticeScaler,
    index: pd.DataFrame,
    latents: Mapping[str, np.ndarray],
    metrics: dict[str, Any],
    history: pd.DataFrame,
) -> None:
    """Write a run folder, all of it or nothing; config.json, with the checksums of the others, comes last.

    Args:
        path: the folder, made if it is missing.
        config: what config.json states; its "config" is a `Config` as plain values.
        model: the network; its weights are stored as they are (see `half_precision`).
        scaler: standardisation of the cell parameters.
        index: a row per entry, with the column "split".
        latents: (n, d) by split, stored in half precision.
        metrics: accuracies.
        history: a row per epoch.
    """
    path.mkdir(parents=True, exist_ok=True)
    stored = config["config"]["training"]["weights_dtype"]
    state = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    if stored == "float16":
        state = {name: value.half() if _halved(value) else value for name, value in state.items()}
    halves = {split: np.ascontiguousarray(values, dtype=np.float16) for split, values in latents.items()}
    files = {
        "weights.safetensors": tensors_to_bytes(state),
        "scaler.json": _json(scaler.to_dict()),
        "latents.safetensors": arrays_to_bytes(halves),
        "index.parquet": index.to_parquet(index=False, compression="zstd", compression_level=19),
        "metrics.json": _json(metrics),
        "history.csv": history.to_csv(index=False).encode(),
    }
    files["config.json"] = _json(config | {"files": {name: checksum(files[name]) for name in CHECKED}})
    write_files({path / name: content for name, content in files.items()})


def update_metrics(run: Run, metrics: Mapping[str, Any]) -> None:
    """Put accuracies into the run's metrics.json, in place of those of the same name; the loaded run stays as it is."""
    write_file(run.path / "metrics.json", _json(run.metrics | dict(metrics)))


def half_precision(model: VAE) -> None:
    """Round the weights in place to what `save_run` stores in half precision."""
    with torch.no_grad():
        for value in model.state_dict().values():
            if _halved(value):
                value.copy_(value.half())


def run_folder(path: str | Path | None = None) -> Path:
    """Folder of a run.

    Args:
        path: itself, or the name of one of `available_runs`; the default run's if none is given.

    Raises:
        RunError: if there is none.
    """
    if path is None:
        path = default_run()
    folder = Path(path)
    if not folder.is_dir():
        folder = available_runs().get(str(path), folder)
    if not folder.is_dir():
        msg = f"There is no run folder {folder}."
        raise RunError(msg)
    return folder


def load_run(path: str | Path | None = None) -> Run:
    """Load a run.

    Args:
        path: see `run_folder`.

    Raises:
        RunError: if there is none, or a file is missing or damaged.
    """
    folder = run_folder(path)
    files = read_files(folder)
    model = build_vae(files.network)
    model.load_state_dict(files.weights)
    return Run(
        name=_name(files.config, folder),
        path=folder,
        config=files.config,
        model=model.requires_grad_(requires_grad=False).eval(),
        scaler=files.scaler,
        index=files.index,
        latents=files.latents,
        metrics=files.metrics,
        history=files.history,
    )


def user_models() -> Path:
    """Folder for the user's own runs: ``$DISGEN_HOME/models``, by default in the platform's user data folder."""
    home = os.environ.get("DISGEN_HOME")
    return (Path(home) if home else Path(platformdirs.user_data_dir("disgen", appauthor=False))) / "models"


def available_runs() -> dict[str, Path]:
    """Folders of all runs by name, those that come with the program first."""
    released = program_folder() / "assets" / "models"
    runs: dict[str, Path] = {}
    for folder in (released, user_models()):
        for config in sorted(folder.glob("*/config.json")):
            runs.setdefault(config.parent.name, config.parent)
    return runs


def default_run() -> Path:
    """Folder of the run that is used when none is named: the released one, else the first there is.

    Raises:
        RunError: if there is no run at all.
    """
    runs = available_runs()
    if not runs:
        msg = f"There is no trained model: train one into {user_models()}, or name a run folder."
        raise RunError(msg)
    return runs.get(DEFAULT_NAME) or next(iter(runs.values()))


def _halved(value: torch.Tensor) -> bool:
    """Matrices and kernels are stored in half precision; biases and running statistics, which are few, are not."""
    return value.is_floating_point() and value.ndim > 1


def _name(config: Mapping[str, Any], folder: Path) -> str:
    """The name that a run gives itself, if it is one to show and to put into the names of files."""
    name = str(config.get("name", ""))
    return name if _NAME.fullmatch(name) else folder.name


def _json(values: Any) -> bytes:  # noqa: ANN401 (anything that JSON holds)
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()
