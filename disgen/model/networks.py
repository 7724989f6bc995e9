"""The networks that a configuration can name, and putting stored weights into a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from disgen.errors import DisgenError
from disgen.model.site_vae import SiteVAE
from disgen.model.vae import VAE, ConvolutionalVAE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from disgen.model.config import ModelConfig

Network = TypeVar("Network", bound=nn.Module)


class WeightsError(DisgenError):
    """Weights are not those of the network that they are for; the message says in what."""


def build_vae(config: ModelConfig) -> VAE:
    """The network of a configuration, with fresh weights from PyTorch's random state."""
    return SiteVAE(config) if config.architecture == "sites" else ConvolutionalVAE(config.filters, config.latent)


def with_weights(build: Callable[[], Network], weights: Mapping[str, Tensor]) -> Network:
    """A network with given weights, which are checked before any memory is taken for it.

    Args:
        build: makes the network.
        weights: by name, as a state dictionary has them.

    Raises:
        WeightsError: if they are another network's, or a number is not finite.
    """
    check_weights(sketch(build), weights)
    network = build()
    network.load_state_dict(weights)
    return network


def sketch(build: Callable[[], Network]) -> Network:
    """A network that has names and shapes, but no numbers and so no memory.

    Raises:
        WeightsError: if it has more numbers than can be counted.
    """
    try:
        with torch.device("meta"):
            return build()
    except RuntimeError as error:
        msg = "no network has such sizes"
        raise WeightsError(msg) from error


def check_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Refuse weights that are not a network's.

    Args:
        network: the network, or a sketch of it.
        weights: by name.

    Raises:
        WeightsError: if a name or a shape is another one, or a number is not finite.
    """
    wanted = {name: value.shape for name, value in network.state_dict().items()}
    given = {name: value.shape for name, value in weights.items()}
    if wanted != given:
        names = sorted(name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name))
        msg = f"{len(names)} tensors have another shape or are missing, the first of them {names[0][:60]!r}"
        raise WeightsError(msg)
    if not all(torch.isfinite(value).all() for value in weights.values()):
        msg = "some numbers are not finite"
        raise WeightsError(msg)
