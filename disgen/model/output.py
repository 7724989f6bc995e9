"""What a decoder says about a latent point, in physical units: the input of reconstruction. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class DecoderOutput:
    """Decoded latents as float32 arrays; the order of entries is that of `disgen.representation.Rows`.

    Attributes:
        occupancy: (n, 9, 101) probabilities of the species on each site, vacancy or padding last.
        multiplicity: (n, 9, 51) log-probabilities, 0 = padding.
        disordered: (n, 9) probability that the site is disordered.
        coordinates: (n, 9, 3) fractional, not yet on a Wyckoff position and not wrapped into the cell.
        letter: (n, 9, 27) log-probabilities, 0 = padding, 1 = a, ….
        lattice: (n, 6) a, b, c in Å, α, β, γ in degrees, not yet restricted to the crystal system.
        space_group: (n, 230) log-probabilities.
    """

    occupancy: np.ndarray
    multiplicity: np.ndarray
    disordered: np.ndarray
    coordinates: np.ndarray
    letter: np.ndarray
    lattice: np.ndarray
    space_group: np.ndarray

    def __len__(self) -> int:
        return len(self.space_group)

    def take(self, index: np.ndarray | slice) -> Self:
        """The outputs at these positions (an index, a boolean mask or a slice)."""
        return type(self)(*(getattr(self, field.name)[index] for field in fields(self)))

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """The parts one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))
