"""The networks that a configuration can name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.model.site_vae import SiteVAE
from disgen.model.vae import VAE, ConvolutionalVAE

if TYPE_CHECKING:
    from disgen.model.config import ModelConfig


def build_vae(config: ModelConfig) -> VAE:
    """The network of a configuration, with fresh weights from PyTorch's random state."""
    return SiteVAE(config) if config.architecture == "sites" else ConvolutionalVAE(config.filters, config.latent)
