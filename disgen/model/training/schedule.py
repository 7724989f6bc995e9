"""The optimiser and its learning rate over the course of a training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn

    from disgen.model.config import TrainingConfig


def learning_rate(share: float, config: TrainingConfig) -> float:
    """Learning rate when this share (0 to 1) of the schedule is over: linear warm-up, then a cosine to its end."""
    if share < config.warmup:
        # Never quite zero, so that the first step does something.
        return config.learning_rate * max(share / config.warmup, 1e-3)
    if config.schedule == "constant":
        return config.learning_rate
    through = min((share - config.warmup) / max(1.0 - config.warmup, 1e-9), 1.0)
    cosine = 0.5 + 0.5 * math.cos(math.pi * through)
    return config.learning_rate * (config.final_learning_rate + (1.0 - config.final_learning_rate) * cosine)


def make_optimiser(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """Adam or AdamW over all parameters."""
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.optimiser]
    result: torch.optim.Optimizer = kind(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return result
