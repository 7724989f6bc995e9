"""The state of an interrupted training: one safetensors file, written atomically, from which it continues.

Random numbers need no state: every epoch has its own generators, seeded by the run's seed and the epoch's number.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import safetensors
from safetensors.torch import save as tensors_to_bytes

from disgen.errors import DisgenError
from disgen.files import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from disgen.model.config import Config
    from disgen.model.training.dataset import Dataset
    from disgen.model.training.learner import Learner

STATE_FILE = "training.safetensors"
_INESSENTIAL = ("threads", "checkpoint_minutes", "tensorboard")


class TrainError(DisgenError):
    """The training cannot start or go on; the message says why and what to do, in one sentence."""


@dataclass
class Progress:
    """Where a training stands, between two epochs.

    Attributes:
        epoch: epochs done.
        steps: steps of the optimiser done.
        seconds: time spent, over all sessions.
        best_epoch: epoch with the lowest validation loss, from 1; 0 before there is one.
        best_loss: that loss.
    """

    epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_loss: float = float("inf")


def save_state(
    path: Path, progress: Progress, learner: Learner, best: dict[str, Tensor], identity: dict[str, Any]
) -> None:
    """Write the state.

    Args:
        path: the file.
        progress: where the training stands.
        learner: network, optimiser and averaged weights.
        best: weights of the best epoch.
        identity: of the training (`identity_of`).
    """
    tensors = {f"model.{name}": value for name, value in learner.model.state_dict().items()}
    if learner.average:
        tensors |= {f"average.{name}": value for name, value in learner.average.model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for index, values in learner.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": value for name, value in values.items()}
    metadata = {"progress": json.dumps(asdict(progress)), "identity": json.dumps(identity)}
    copies = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    write_file(path, tensors_to_bytes(copies, metadata=metadata))


def load_state(path: Path, learner: Learner, identity: dict[str, Any]) -> tuple[Progress, dict[str, Tensor]]:
    """Put a saved state into the network, the optimiser and the averaged weights.

    Returns:
        Where the training stands, and the weights of its best epoch.

    Raises:
        TrainError: if the file is damaged, or belongs to another configuration, corpus or version of the network.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
        stored = json.loads(metadata["identity"])
        progress = Progress(**json.loads(metadata["progress"]))
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        msg = f"The saved training {path} is damaged: delete it to start again."
        raise TrainError(msg) from error
    if not same_training(stored, identity):
        msg = f"The saved training {path} has another configuration or corpus: delete it or choose another folder."
        raise TrainError(msg)
    try:
        learner.model.load_state_dict(_with_prefix(tensors, "model."))
        if learner.average:
            learner.average.model.load_state_dict(_with_prefix(tensors, "average."))
    except RuntimeError as error:
        msg = f"The saved training {path} is of another version of the network: delete it or choose another folder."
        raise TrainError(msg) from error
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in _with_prefix(tensors, "optimiser.").items():
        index, _, key = name.partition(".")
        moments.setdefault(int(index), {})[key] = value
    groups = learner.optimiser.state_dict()["param_groups"]
    learner.optimiser.load_state_dict({"state": moments, "param_groups": groups})
    return progress, _with_prefix(tensors, "best.")


def identity_of(config: Config, data: Dataset) -> dict[str, Any]:
    """What must be the same when a training is resumed: the configuration and the corpus."""
    return {"config": config.to_dict(), "corpus": data.fingerprint, "entries": len(data.index)}


def same_training(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """True if two identities differ at most in what has no part in the result: threads, times of saving, logs."""
    return _essence(one) == _essence(other)


def _essence(identity: dict[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in identity["config"]["training"].items() if key not in _INESSENTIAL}
    return identity | {"config": identity["config"] | {"training": settings}}


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
