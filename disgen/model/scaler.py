"""Standardised cell parameters: what the network sees instead of Å and degrees."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

# A parameter that hardly varies in the training split (α in a corpus with few triclinic crystals) is not blown up.
_SMALLEST_DEVIATION = (0.05, 0.05, 0.05, 1.0, 1.0, 1.0)  # (Å or log Å, degrees)


@dataclass(frozen=True)
class LatticeScaler:
    """Mean and standard deviation of each cell parameter over the training split.

    Attributes:
        mean: of a, b, c (Å, or logarithms of Å), α, β, γ (degrees).
        deviation: standard deviations, in the same units.
        log_lengths: the lengths are scaled as logarithms.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    log_lengths: bool = False

    @classmethod
    def fit(cls, cells: np.ndarray, *, log_lengths: bool = False) -> Self:
        """Scaler of cells (n, 6) in Å and degrees."""
        values = np.array(cells, dtype=np.float64)
        if log_lengths:
            values[:, :3] = np.log(values[:, :3])
        deviation = np.maximum(values.std(axis=0), _SMALLEST_DEVIATION)
        return cls(tuple(values.mean(axis=0).tolist()), tuple(deviation.tolist()), log_lengths)

    def transform(self, cells: Tensor) -> Tensor:
        """Standardised parameters (n, 6) of cells in Å and degrees."""
        if self.log_lengths:
            cells = torch.cat([cells[:, :3].log(), cells[:, 3:]], dim=1)
        return (cells - cells.new_tensor(self.mean)) / cells.new_tensor(self.deviation)

    def inverse(self, scaled: Tensor) -> Tensor:
        """Cells (n, 6) in Å and degrees of standardised parameters; differentiable."""
        values = scaled * scaled.new_tensor(self.deviation) + scaled.new_tensor(self.mean)
        if self.log_lengths:
            # A decoded length beyond e^9 = 8,000 Å is nonsense; the limit keeps it finite.
            values = torch.cat([values[:, :3].clamp(max=9.0).exp(), values[:, 3:]], dim=1)
        return values

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a JSON file, the inverse of `from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Scaler from plain values.

        Raises:
            ValueError: if a value is missing or not as `to_dict` writes it.
        """
        try:
            mean, deviation = (tuple(float(x) for x in values[key]) for key in ("mean", "deviation"))
            scaler = cls(mean, deviation, bool(values["log_lengths"]))
        except (KeyError, TypeError, ValueError) as error:
            msg = f"The scaler is incomplete ({error})."
            raise ValueError(msg) from error
        if len(mean) != 6 or len(deviation) != 6 or not np.isfinite(mean + deviation).all() or min(deviation) <= 0.0:  # noqa: PLR2004 (six cell parameters)
            msg = "The scaler needs six finite means and six positive deviations."
            raise ValueError(msg)
        return scaler
