"""The variational autoencoder: one interface, and the paper's network behind it (Fig. 7).

Fig. 7 gives no sizes; those here are of the authors' published code. In comments n is the batch, f the width
(`ModelConfig.filters`), d the latent dimension.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from disgen.model.output import DecoderOutput
from disgen.representation import MAX_SITES, Rows

if TYPE_CHECKING:
    from disgen.model.scaler import LatticeScaler

# exp(log_var / 2) stays between 5e-5 and 150, so that a stray batch early in training cannot overflow.
LOG_VAR_LIMITS = (-20.0, 10.0)


class Heads(NamedTuple):
    """What a decoder returns, before any softmax: the seven outputs of Fig. 7."""

    occupancy: Tensor  # (n, 9, 101) logits
    multiplicity: Tensor  # (n, 9, 51) logits
    disordered: Tensor  # (n, 9) logits
    coordinates: Tensor  # (n, 9, 3) fractional
    letter: Tensor  # (n, 9, 27) logits
    lattice: Tensor  # (n, 6) standardised
    space_group: Tensor  # (n, 230) logits


class VAE(nn.Module, ABC):
    """What every architecture offers to training, evaluation and search in the latent space.

    c comes with standardised cell parameters (`LatticeScaler`), A as `disgen.representation` makes it.
    """

    latent: int
    layout: tuple[int, ...]  # sizes of the parts of a latent, adding up to d

    @abstractmethod
    def encode(self, a: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (n, d) of q(z | A, c), from A (n, 9, 183) and c (n, 236)."""

    @abstractmethod
    def decode(self, z: Tensor) -> Heads:
        """Outputs for latent points z (n, d); differentiable."""

    def forward(self, a: Tensor, c: Tensor) -> tuple[Heads, Tensor, Tensor]:
        """Encode, draw z = mean + σ ε, decode. The latent is the mean itself in evaluation mode.

        Returns:
            Outputs, mean and log-variance.
        """
        mean, log_var = self.encode(a, c)
        z = mean + torch.randn_like(mean) * (0.5 * log_var).exp() if self.training else mean
        return self.decode(z), mean, log_var


class ConvolutionalVAE(VAE):
    """The paper's network: 1D convolutions along the 183 rows of A with the nine sites as channels, an MLP for c.

    11.4 million parameters for f = 64 and d = 256, 3.3 million for f = 16.
    """

    def __init__(self, filters: int = 64, latent: int = 256) -> None:
        super().__init__()
        f = filters
        self.latent, self.layout = latent, (latent,)

        self.atomic_encoder = nn.Sequential(  # (n, 9, 183)
            *_down(MAX_SITES, 2 * f, kernel=5, stride=2),  # (n, 2f, 90)
            *_down(2 * f, 4 * f, kernel=3, stride=3),  # (n, 4f, 30)
            *_down(4 * f, 8 * f, kernel=2, stride=2),  # (n, 8f, 15)
            nn.Flatten(),  # (n, 120f)
            nn.Linear(120 * f, 1024),  # (n, 1024)
            nn.ReLU(),
        )
        self.crystal_encoder = nn.Sequential(  # (n, 236)
            nn.Linear(Rows.CRYSTAL, 256),  # (n, 256)
            nn.ReLU(),
            nn.Linear(256, 128),  # (n, 128)
            nn.ReLU(),
        )
        self.z_mean = nn.Linear(1024 + 128, latent)  # (n, d)
        self.z_log_var = nn.Linear(1024 + 128, latent)  # (n, d)

        self.crystal_decoder = nn.Sequential(nn.Linear(latent, Rows.CRYSTAL), nn.ReLU())  # (n, 236)
        self.atomic_decoder = nn.Sequential(  # (n, d)
            nn.Linear(latent, 120 * f),  # (n, 120f)
            nn.ReLU(),
            nn.Unflatten(1, (8 * f, 15)),  # (n, 8f, 15)
            *_up(8 * f, 4 * f, kernel=2, stride=2),  # (n, 4f, 30)
            *_up(4 * f, 2 * f, kernel=3, stride=3),  # (n, 2f, 90)
            *_up(2 * f, MAX_SITES, kernel=5, stride=2),  # (n, 9, 183)
        )
        # One linear head per output, side by side in one matrix: each output has its rows, in the order of `Rows`.
        self.crystal_heads = nn.Linear(Rows.CRYSTAL, Rows.CRYSTAL)  # (n, 236)
        self.site_heads = nn.Linear(Rows.SITE, Rows.SITE)  # (n, 9, 183)

    def encode(self, a: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (n, d) of q(z | A, c), from A (n, 9, 183) and c (n, 236)."""
        joint = torch.cat([self.atomic_encoder(a), self.crystal_encoder(c)], dim=1)  # (n, 1152)
        return self.z_mean(joint), self.z_log_var(joint).clamp(*LOG_VAR_LIMITS)

    def decode(self, z: Tensor) -> Heads:
        """Outputs for latent points z (n, d); differentiable."""
        crystal = self.crystal_heads(self.crystal_decoder(z))  # (n, 236)
        sites = self.site_heads(self.atomic_decoder(z))  # (n, 9, 183)
        return Heads(
            occupancy=sites[:, :, Rows.OCCUPANCY],
            multiplicity=sites[:, :, Rows.MULTIPLICITY],
            disordered=sites[:, :, Rows.DISORDERED.start],
            coordinates=sites[:, :, Rows.COORDINATES],
            letter=sites[:, :, Rows.LETTER],
            lattice=crystal[:, Rows.LATTICE],
            space_group=crystal[:, Rows.SPACE_GROUP],
        )


def to_output(heads: Heads, scaler: LatticeScaler) -> DecoderOutput:
    """Outputs in physical units, as NumPy arrays."""
    return DecoderOutput(
        *(
            value.detach().float().cpu().numpy()
            for value in (
                heads.occupancy.softmax(-1),
                heads.multiplicity.log_softmax(-1),
                heads.disordered.sigmoid(),
                heads.coordinates,
                heads.letter.log_softmax(-1),
                scaler.inverse(heads.lattice),
                heads.space_group.log_softmax(-1),
            )
        )
    )


def _down(channels: int, filters: int, *, kernel: int, stride: int) -> tuple[nn.Module, ...]:
    return nn.Conv1d(channels, filters, kernel, stride), nn.BatchNorm1d(filters), nn.ReLU()


def _up(channels: int, filters: int, *, kernel: int, stride: int) -> tuple[nn.Module, ...]:
    return nn.ConvTranspose1d(channels, filters, kernel, stride), nn.BatchNorm1d(filters), nn.ReLU()
