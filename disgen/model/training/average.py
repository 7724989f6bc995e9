"""The running average of a network's weights, which judges and releases better than the last step's weights."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

if TYPE_CHECKING:
    from torch import nn

_WARM_UP = 10.0

Network = TypeVar("Network", bound="nn.Module")


class WeightAverage(Generic[Network]):
    """Exponential moving average of the parameters of a network in training.

    | symbol | here | meaning |
    |---|---|---|
    | w_t | parameters of the network | after step t = 0, 1, … |
    | v_t | parameters of `model` | v_t = d_t v_(t-1) + (1 - d_t) w_t |
    | d_t | `decay_at` | min(decay, t / (t + 10)), so that v_0 = w_0 |

    The warm-up of d_t keeps the window at about a tenth of the steps made, so that the average is of use from the
    first epoch on and no trace of the initial weights is left in it. Buffers (the running statistics of batch
    normalisation) are copied, because they are averages already.

    Attributes:
        model: a network with the averaged weights, in evaluation mode, without gradients.
        decay: largest decay, from 0 to 1.
    """

    def __init__(self, model: Network, decay: float) -> None:
        self.model = copy.deepcopy(model).requires_grad_(requires_grad=False).eval()
        self.decay = decay

    def update(self, model: nn.Module, step: int) -> None:
        """Take in the parameters after a step, counted from 0 over the whole training."""
        average = get_ema_multi_avg_fn(decay_at(step, self.decay))
        with torch.no_grad():
            average(list(self.model.parameters()), list(model.parameters()), step)
            for ours, theirs in zip(self.model.buffers(), model.buffers(), strict=True):
                ours.copy_(theirs)


def decay_at(step: int, decay: float) -> float:
    """Weight of the average so far at a step, counted from 0."""
    return min(decay, step / (step + _WARM_UP))
