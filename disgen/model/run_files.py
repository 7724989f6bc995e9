"""The files of a run folder, each checked before it is believed: a folder may come from anywhere, or be half copied.

Nothing in it is executed: weights and latents are safetensors, tables parquet and CSV, the rest JSON. Sizes are
compared before memory is taken, and the files have the checksums that config.json states, if it states any.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file as load_tensors

from disgen.errors import DisgenError
from disgen.files import read_json
from disgen.model.config import Config
from disgen.model.networks import WeightsError, build_vae, check_weights, sketch
from disgen.model.scaler import LatticeScaler
from disgen.wyckoff import SPACE_GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from disgen.model.config import ModelConfig

SPLITS = ("train", "validation", "test")
CHECKED = ("weights.safetensors", "scaler.json", "latents.safetensors", "index.parquet")  # the rest may change later
LARGEST_FILE = 4_000_000_000  # bytes
LARGEST_INDEX = 4_000_000  # rows
_COLUMNS = ("split", "source", "id", "formula", "space_group", "n_sites", "disordered_sites")

_FORMULA = re.compile(r"(?:[A-Z][a-z]?(?:[0-9.][0-9.e-]*)?)+")  # each in one way only, or some would take forever

T = TypeVar("T")


class RunError(DisgenError):
    """A run folder is missing or damaged; the message names the file, in one sentence."""


@dataclass(frozen=True, eq=False)
class RunFiles:
    """What the files of a run folder hold; `disgen.model.checkpoint.Run` says what each is.

    Attributes:
        config: content of config.json.
        network: that it describes.
        weights: by name, of that network, all finite.
        scaler: standardisation of the cell parameters.
        index: a row per entry.
        latents: (n, d) float32 by split, as many as the index has rows.
        metrics: content of metrics.json.
        history: a row per epoch.
    """

    config: dict[str, Any] = field(repr=False)
    network: ModelConfig
    weights: dict[str, Tensor] = field(repr=False)
    scaler: LatticeScaler
    index: pd.DataFrame = field(repr=False)
    latents: dict[str, np.ndarray] = field(repr=False)
    metrics: dict[str, Any] = field(repr=False)
    history: pd.DataFrame = field(repr=False)


def read_files(folder: Path) -> RunFiles:
    """Read and check the files of a run folder.

    Raises:
        RunError: if one is missing, damaged, or does not fit the others.
    """
    config = _read(folder / "config.json", read_json)
    network = _read(folder / "config.json", lambda _: Config.from_dict(config["config"]).model)
    _read(folder / "config.json", lambda _: _check_sums(folder, config.get("files", {})))
    outline = _read(folder / "config.json", lambda _: sketch(partial(build_vae, network)))
    weights = _read(folder / "weights.safetensors", load_tensors)
    try:
        check_weights(outline, weights)
    except WeightsError as error:
        path = folder / "weights.safetensors"
        msg = f"The weights in {path} do not fit the network that config.json describes ({error})."
        raise RunError(msg) from error
    found = RunFiles(
        config=config,
        network=network,
        weights=weights,
        scaler=_read(folder / "scaler.json", lambda file: LatticeScaler.from_dict(read_json(file))),
        index=_read(folder / "index.parquet", _index),
        latents=_read(folder / "latents.safetensors", _latents),
        metrics=_read(folder / "metrics.json", read_json),
        history=_read(folder / "history.csv", pd.read_csv),
    )
    sizes = found.index["split"].value_counts()
    for split, values in found.latents.items():
        if values.shape != (int(sizes.get(split, 0)), outline.latent):
            msg = f"The latents in {folder / 'latents.safetensors'} do not fit index.parquet: split {split} differs."
            raise RunError(msg)
    return found


def problem_of(folder: Path) -> str:
    """Why a run folder cannot be used, one sentence; empty if it can."""
    try:
        read_files(folder)
    except RunError as error:
        return str(error)
    return ""


def checksum(content: bytes) -> str:
    """SHA-256 of a file's content, as config.json holds it by the file's name under "files"."""
    return hashlib.sha256(content).hexdigest()


def _check_sums(folder: Path, stated: dict[str, str]) -> None:
    for name in CHECKED:
        path = folder / name
        if name in stated and path.is_file() and path.stat().st_size <= LARGEST_FILE:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != stated[name]:
                msg = f"{name} is not the file that was written with it, so one of the two is half copied or changed"
                raise ValueError(msg)


def _index(path: Path) -> pd.DataFrame:
    about = pq.read_metadata(path)
    unpacked = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    if about.num_rows > LARGEST_INDEX or unpacked > LARGEST_FILE:
        msg = f"it has {about.num_rows} rows, of {unpacked} bytes"
        raise ValueError(msg)
    index = pd.read_parquet(path)
    missing = [name for name in _COLUMNS if name not in index]
    if missing:
        msg = f"the column {missing[0]} is missing"
        raise ValueError(msg)
    if not index["space_group"].between(1, SPACE_GROUPS).all() or not index["formula"].map(_is_formula).all():
        msg = "a formula or a space group is none"
        raise ValueError(msg)
    return index


def _is_formula(text: object) -> bool:
    return isinstance(text, str) and _FORMULA.fullmatch(text) is not None


def _latents(path: Path) -> dict[str, np.ndarray]:
    stored = load_arrays(path)
    latents = {split: stored[split].astype(np.float32) for split in SPLITS if split in stored}
    if "test" not in latents or not all(np.isfinite(values).all() for values in latents.values()):
        msg = "the test split is missing, or a number is not finite"
        raise ValueError(msg)
    return latents


def _read(path: Path, read: Callable[[Path], T]) -> T:
    if not path.is_file():
        msg = f"The run is incomplete: {path} is missing."
        raise RunError(msg)
    if path.stat().st_size > LARGEST_FILE:
        msg = f"The run is damaged: {path} is larger than {LARGEST_FILE // 1_000_000_000} GB."
        raise RunError(msg)
    try:
        return read(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError, pa.ArrowException) as error:
        reason = str(error).strip().rstrip(".").splitlines() or [type(error).__name__]
        msg = f"The run is damaged: {path} cannot be read ({reason[0][:200]})."
        raise RunError(msg) from error
