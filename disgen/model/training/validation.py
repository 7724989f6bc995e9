"""A batch through network and losses, and the look at the validation split after every epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from disgen.model import inference
from disgen.model.loss import Losses, losses, total
from disgen.model.output import DecoderOutput
from disgen.model.training.metrics import reconstruction_metrics
from disgen.model.vae import VAE, Heads, to_output

if TYPE_CHECKING:
    from torch import Tensor, nn

    from disgen.model.config import LossConfig
    from disgen.model.scaler import LatticeScaler
    from disgen.representation import SiteArrays

LOSS_NAMES = ("total", *Losses._fields)
_BATCH = 1024


def forward(
    network: nn.Module,
    batch: SiteArrays,
    scaler: LatticeScaler,
    config: LossConfig,
    device: torch.device,
    *,
    precision: str = "float32",
) -> tuple[Heads, Tensor]:
    """Outputs and losses of a batch.

    Args:
        network: a VAE, or what wraps one.
        batch: n crystals.
        scaler: standardisation of the cell parameters.
        config: which losses.
        device: of the network.
        precision: "bfloat16" for mixed precision inside the network; losses are float32 in any case.

    Returns:
        Outputs of the decoder, and the losses in the order of `LOSS_NAMES`, (9,).
    """
    a, c = (torch.from_numpy(values).to(device) for values in batch.dense())
    c = inference.standardise(c, scaler)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        heads, mean, log_var = network(a, c)
    heads = Heads(*(value.float() for value in heads))
    terms = losses(heads, mean.float(), log_var.float(), a, c, config)
    return heads, torch.stack([total(terms, config), *terms])


def validate(
    model: VAE, split: SiteArrays, scaler: LatticeScaler, config: LossConfig, device: torch.device
) -> dict[str, float]:
    """Losses and accuracies of the validation split from the latent means, in single precision.

    Returns:
        Losses as "validation_" and their name, NaN if the split is empty; accuracies by the names of `METRICS`, not
        there if it is empty.
    """
    sums, parts = torch.zeros(len(LOSS_NAMES)), []
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(split), _BATCH):
            part = split.take(slice(start, start + _BATCH))
            heads, values = forward(model, part, scaler, config, device)
            sums += len(part) * values.cpu()
            parts.append(to_output(heads, scaler))
    if not parts:
        return named("validation", [math.nan] * len(sums))
    output = DecoderOutput.concatenate(parts)
    return named("validation", (sums / len(split)).tolist()) | reconstruction_metrics(output, split)


def named(split: str, values: list[float]) -> dict[str, float]:
    """Losses (9,) by the names that they have in the history."""
    return {f"{split}_{name}": value for name, value in zip(LOSS_NAMES, values, strict=True)}
