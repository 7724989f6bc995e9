"""From latent points to crystals, and from a seed to a set of samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import Reconstructions, reconstruct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run

CHUNK = 2048  # latent points decoded at once: some 15 MB of decoder output


@dataclass(frozen=True, eq=False)
class Samples:
    """A reproducible set of samples.

    Attributes:
        estimator: name of the density estimator.
        seed: of the generator that drew the latents.
        z: (n, d) float32 latents.
        reconstructions: what they decode to.
    """

    estimator: str
    seed: int
    z: np.ndarray = field(repr=False)
    reconstructions: Reconstructions = field(repr=False)


def crystals_of(run: Run, z: np.ndarray, decoding: Decoding = Decoding.EXACT) -> Reconstructions:
    """Decode latent points (n, d) to crystals; a point's crystal does not depend on its company."""
    return Reconstructions.concatenate(list(crystals_in_chunks(run, z, decoding)), decoding)


def crystals_in_chunks(run: Run, z: np.ndarray, decoding: Decoding = Decoding.EXACT) -> Iterator[Reconstructions]:
    """As `crystals_of`, a chunk at a time, for those who show progress."""
    for start in range(0, len(z), CHUNK):
        yield reconstruct(run.decode(z[start : start + CHUNK]), decoding)


def draw(run: Run, estimator: LatentEstimator, n: int, seed: int, decoding: Decoding = Decoding.EXACT) -> Samples:
    """Draw n latents and decode them; the same for the same seed.

    Args:
        run: a loaded run.
        estimator: fitted to the run's training latents (`disgen.latent.fitted`).
        n: number of samples, at least 1.
        seed: of the random numbers, not negative.
        decoding: free or exact.

    Raises:
        EstimatorError: if n is less than 1.
        ValueError: if the seed is negative.
    """
    z = estimator.sample(n, np.random.default_rng(seed))
    return Samples(estimator.name, seed, z, crystals_of(run, z, decoding))
