"""What samplers, comparison and app ask of a density estimator of the latent space, and what they may ask it for.

Every sample is a centre plus noise. A temperature t scales the noise's standard deviation, so that samples gather
around the centres below 1 and stray above; each estimator says what its centres are. At t = 1 samples follow
`log_prob`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal


class EstimatorError(DisgenError):
    """A latent estimator cannot do what was asked; the message is one sentence."""


class Stored(StrEnum):
    """How much of a fitted estimator `disgen.latent.fitted.store_estimators` keeps with a run.

    The run holds the training latents anyway. Whatever is there is used, also where something else has stored it.
    """

    NOTHING = "nothing"
    CHOICES = "choices"  # what the fit chose; with it, fitting again takes no time
    ALL = "all"
    APART = "apart"  # all, but by a command of its own, because its fit takes long and more than the latents


@runtime_checkable
class LatentEstimator(Protocol):
    """What the samplers, the comparison and the app ask of a density estimator."""

    name: ClassVar[str]

    @property
    def settings(self) -> dict[str, object]:
        """What it was asked to do and, once fitted, what it chose; JSON-able."""
        ...

    def fit(self, z: np.ndarray) -> Self:
        """Learn from training latents (n, d) and return itself; `EstimatorError` if they cannot be used."""
        ...

    def sample(self, n: int, rng: np.random.Generator, temperature: float = 1.0) -> np.ndarray:
        """Draw n latents, (n, d) float32; equal generators give equal samples."""
        ...

    def draw(
        self, n: int, rng: np.random.Generator, temperature: float = 1.0
    ) -> tuple[np.ndarray, list[WyckoffCrystal] | None]:
        """The same latents, and the crystals themselves if the estimator draws crystals."""
        ...

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        """Log-density in nats of each latent (n, d), (n,) float64."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted estimator into a folder."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...


def check_request(n: int, temperature: float) -> None:
    """Refuse to draw what cannot be drawn.

    Raises:
        EstimatorError: if n is below 1, or the temperature is no number above 0.
    """
    if n < 1:
        msg = f"Cannot draw {n} samples: ask for at least one."
        raise EstimatorError(msg)
    if not 0.0 < temperature < np.inf:
        msg = f"Cannot sample at a temperature of {temperature}: choose a number above zero."
        raise EstimatorError(msg)


def checked_latents(z: np.ndarray, dimension: int | None = None) -> np.ndarray:
    """A float64 copy of latents (n, d).

    Raises:
        EstimatorError: if they are not a table of finite numbers with d columns.
    """
    values = np.array(z, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape:  # noqa: PLR2004 (rows and columns)
        msg = f"Latents must be a table with one row per crystal, got an array of shape {values.shape}."
        raise EstimatorError(msg)
    if dimension is not None and values.shape[1] != dimension:
        msg = f"The estimator was fitted to {dimension} latent dimensions, got {values.shape[1]}."
        raise EstimatorError(msg)
    bad = int((~np.isfinite(values)).any(axis=1).sum())
    if bad:
        msg = f"{bad} of {len(values)} latents hold a number that is not finite: leave them out."
        raise EstimatorError(msg)
    return values
