"""The network while it learns: its optimiser, a step of it, and the running average of its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from disgen.model.networks import build_vae
from disgen.model.training.average import WeightAverage
from disgen.model.training.schedule import make_optimiser
from disgen.model.training.validation import forward

if TYPE_CHECKING:
    from torch import Tensor, nn

    from disgen.model.config import Config
    from disgen.model.scaler import LatticeScaler
    from disgen.model.training.distributed import Processes
    from disgen.model.vae import VAE
    from disgen.representation import SiteArrays


class Learner:
    """Network and optimiser of one process.

    Args:
        config: of the training.
        scaler: standardisation of the cell parameters.
        processes: this process and the others.

    Attributes:
        model: the network.
        optimiser: of all its parameters.
        average: the average of its weights, in the first process and if it is wanted.
        judged: the network that is validated and released, the averaged one if there is one.
    """

    def __init__(self, config: Config, scaler: LatticeScaler, processes: Processes) -> None:
        self._config, self._scaler, self._device = config, scaler, processes.device
        torch.manual_seed(config.training.seed)
        self.model: VAE = build_vae(config.model).to(processes.device)
        self._network: nn.Module = processes.wrap(self.model)
        self.optimiser = make_optimiser(self.model, config.training)
        averaging = config.training.ema > 0.0 and processes.first
        self.average = WeightAverage(self.model, config.training.ema) if averaging else None
        self.judged: VAE = self.average.model if self.average else self.model

    def step(self, batch: SiteArrays, rate: float, number: int) -> Tensor:
        """One step of the optimiser.

        Args:
            batch: this process's share of the batch.
            rate: learning rate.
            number: of the step, from 0 over the whole training.

        Returns:
            The losses before the step, (9,) in the order of `LOSS_NAMES`.
        """
        settings = self._config.training
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self._network.train()
        _, values = forward(
            self._network, batch, self._scaler, self._config.loss, self._device, precision=settings.precision
        )
        self.optimiser.zero_grad(set_to_none=True)
        values[0].backward()
        if settings.clip:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        self.optimiser.step()
        if self.average:
            self.average.update(self.model, number)
        return values.detach()

    def weights(self) -> dict[str, Tensor]:
        """A copy of the weights that are validated and released."""
        return {name: value.detach().clone() for name, value in self.judged.state_dict().items()}
