"""Weights in a quarter of their size: eight bits a number, with a scale for each row of a matrix.

| symbol | in the code | meaning |
|---|---|---|
| w_ij | `weight` | weight |
| s_i | `scale` | largest absolute value of row i over 127 |
| q_ij | stored, int8 | round(w_ij / s_i); w_ij is read as s_i q_ij |

Vectors are kept in half precision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from disgen.model.networks import with_weights
from disgen.prior.learning import halves_are_fast

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from disgen.model.networks import Network

_SCALE = ".scale"
_LARGEST = 127


def compacted(weights: dict[str, Tensor], prefix: str) -> dict[str, np.ndarray]:
    """Weights by name, compact, with a prefix to their names."""
    stored: dict[str, np.ndarray] = {}
    for name, weight in weights.items():
        values = weight.detach().float().numpy()
        if values.ndim < 2:  # noqa: PLR2004 (no matrix)
            stored[prefix + name] = values.astype(np.float16)
            continue
        scale = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-8) / _LARGEST
        stored[prefix + name] = np.rint(values / scale).astype(np.int8)
        stored[prefix + name + _SCALE] = scale.astype(np.float32)
    return stored


def restored(build: Callable[[], Network], stored: dict[str, np.ndarray], prefix: str) -> Network:
    """A network with compact weights, that only infers from now on, always within `half_precision`.

    Args:
        build: makes the network.
        stored: compact weights by name.
        prefix: of the names of this network's.

    Raises:
        KeyError: if the scale of a weight is missing.
        WeightsError: if they are another network's, or not finite.
    """
    weights = {}
    for name, values in stored.items():
        if not name.startswith(prefix) or name.endswith(_SCALE):
            continue
        weight = values.astype(np.float32)
        if values.dtype == np.int8:
            weight = weight * stored[name + _SCALE]
        weights[name.removeprefix(prefix)] = torch.from_numpy(weight)
    model = with_weights(build, weights)
    model.eval().requires_grad_(requires_grad=False)
    if halves_are_fast():
        for module in model.modules():
            if isinstance(module, nn.Linear):  # else `half_precision` would convert it again at every token
                module.to(torch.bfloat16)
    return model
