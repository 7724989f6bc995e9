"""Several processes that train one model, as `torchrun` starts them; without it one process, which is alone.

Every process has a copy of the network, makes its share of each batch and averages the gradients with the others
(DistributedDataParallel). The first one alone validates, writes and decides; what it decides is told to the rest.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from disgen.model.training.state import TrainError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from torch import Tensor, nn

_LONGEST_WAIT = timedelta(hours=2)  # of the others while the first process validates or writes


@dataclass(frozen=True)
class Processes:
    """What a process knows of itself and the others.

    Attributes:
        rank: its number, from 0.
        count: of all processes.
        device: what it trains on.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """True in the process that validates, writes and decides."""
        return self.rank == 0

    @property
    def accelerators(self) -> list[torch.device]:
        """The device if it is an accelerator, for what must be told which ones are used."""
        return [self.device] if self.device.type != "cpu" else []

    def share(self, batch: np.ndarray) -> np.ndarray:
        """This process's part of a batch (n, …): disjoint from the others', together the whole."""
        return batch[self.rank :: self.count]

    def wrap(self, model: nn.Module) -> nn.Module:
        """The network as it must be called in training, so that gradients are averaged over the processes.

        Parameters may go unused in a step. Batch normalisation works on each process's share of a batch, and its
        running statistics are those of the first process.
        """
        if self.count == 1:
            return model
        return DistributedDataParallel(model, find_unused_parameters=True)

    def agree(self, value: float) -> float:
        """The first process's value, in all of them; it is waited for."""
        if self.count == 1:
            return value
        # On the CPU whatever the device, so that an accelerator need not be waited for.
        told = torch.tensor(value, dtype=torch.float64)
        distributed.broadcast(told, src=0)
        return told.item()

    def mean(self, values: Tensor) -> Tensor:
        """Mean over all processes."""
        if self.count == 1:
            return values
        total = values.clone()
        distributed.all_reduce(total)
        return total / self.count


@contextmanager
def join_processes() -> Iterator[Processes]:
    """Meet the other processes that `torchrun` started, if it did; once in the life of a process.

    Raises:
        TrainError: if there are more processes than GPUs, on a machine with GPUs.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(0, 1, device)
        return
    if device.type == "cuda":
        number = int(os.environ["LOCAL_RANK"])
        if number >= torch.cuda.device_count():
            msg = f"This machine has {torch.cuda.device_count()} GPUs: start no more processes than that on it."
            raise TrainError(msg)
        device = torch.device("cuda", number)
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=_LONGEST_WAIT)
    try:
        yield Processes(distributed.get_rank(), count, device)
    finally:
        distributed.destroy_process_group()


def is_first_process() -> bool:
    """True unless `torchrun` started this process as another than the first."""
    return int(os.environ.get("RANK", "0")) == 0
