"""The record of a training: `history.csv`, a row an epoch, and the same for TensorBoard if it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from disgen.files import write_file
from disgen.model.training.state import TrainError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch.utils.tensorboard import SummaryWriter

HISTORY_FILE = "history.csv"
TENSORBOARD_FOLDER = "tensorboard"


def read_history(folder: Path, epochs: int) -> list[dict[str, float]]:
    """Rows of the epochs done; a later one may have been written just before the training was killed.

    Raises:
        TrainError: if the file is damaged.
    """
    path = folder / HISTORY_FILE
    if not path.is_file():
        return []
    try:
        table = pd.read_csv(path, float_precision="round_trip")
        result: list[dict[str, float]] = table[table["epoch"] <= epochs].to_dict("records")
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is damaged, so the training cannot go on: give another folder, or remove this one."
        raise TrainError(msg) from error
    return result


def write_history(folder: Path, rows: list[dict[str, float]]) -> None:
    """Write all rows."""
    write_file(folder / HISTORY_FILE, pd.DataFrame(rows).to_csv(index=False).encode())


def tensorboard_writer(folder: Path, epochs: int) -> SummaryWriter:
    """Writer of TensorBoard's logs, in which epochs later than those done count no more.

    Raises:
        TrainError: if TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (most trainings do without)
    except ImportError as error:
        msg = "TensorBoard is not installed: `pip install tensorboard`, or leave training.tensorboard out."
        raise TrainError(msg) from error
    return SummaryWriter(str(folder / TENSORBOARD_FOLDER), purge_step=epochs + 1)


def log_row(writer: SummaryWriter, row: Mapping[str, float]) -> None:
    """Log a row of the history: losses by split, accuracies, and the course of the training."""
    for name, value in row.items():
        split, _, term = name.partition("_")
        if split not in {"train", "validation"}:
            split, term = ("accuracy", name) if name.endswith(("_accuracy", "_mae")) else ("course", name)
        if name != "epoch":
            writer.add_scalar(f"{split}/{term}", value, int(row["epoch"]))
    writer.flush()
