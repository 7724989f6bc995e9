"""From latent points to crystals, and from a seed to a set of samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import Reconstructions, reconstruct
from disgen.model.checkpoint import RunError
from disgen.model.same_corpus import entries_beside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run

KEYS_BESIDE = "prior.keys.parquet"  # in a run's folder of estimators
CHUNK = 2048  # latent points decoded at once: some 15 MB of decoder output


@dataclass(frozen=True, eq=False)
class Samples:
    """A reproducible set of samples.

    Attributes:
        estimator: name of the density estimator.
        seed: of the generator that drew the latents.
        temperature: of the noise in them (`disgen.latent.protocol`).
        z: (n, d) float32 latents.
        reconstructions: what they decode to, or the crystals themselves that the estimator has drawn.
    """

    estimator: str
    seed: int
    temperature: float
    z: np.ndarray = field(repr=False)
    reconstructions: Reconstructions = field(repr=False)


def known_keys(run: Run) -> frozenset[str]:
    """Keys of the crystals that a run has learnt from, which do not count as new; none if the run does not hold them.

    They are those of the training split, and of what the learned prior has learnt from beside it. Of a light run, those
    of the training and the validation split, if another installed run has them (`disgen.model.same_corpus`).

    Raises:
        RunError: if the table of the latter is damaged.
    """
    if "key" not in run.index:
        return frozenset()
    if "train" not in run.latents:
        rest = entries_beside(run)
        return frozenset() if rest is None else frozenset(rest["key"])
    beside = run.path / "estimators" / KEYS_BESIDE
    return frozenset(run.split_index("train")["key"]).union(_keys_in(beside) if beside.is_file() else ())


def _keys_in(path: Path) -> list[str]:
    try:
        return list(pq.read_table(path)["key"].to_pylist())
    except (OSError, KeyError, pa.ArrowException) as error:
        msg = f"The run is damaged: {path} cannot be read; train its prior again."
        raise RunError(msg) from error


def crystals_of(run: Run, z: np.ndarray, decoding: Decoding = Decoding.EXACT) -> Reconstructions:
    """Decode latent points (n, d) to crystals; a point's crystal does not depend on its company."""
    return Reconstructions.concatenate(list(crystals_in_chunks(run, z, decoding)), decoding)


def crystals_in_chunks(run: Run, z: np.ndarray, decoding: Decoding = Decoding.EXACT) -> Iterator[Reconstructions]:
    """As `crystals_of`, a chunk at a time, for those who show progress."""
    for start in range(0, len(z), CHUNK):
        yield reconstruct(run.decode(z[start : start + CHUNK]), decoding)


def draw(
    run: Run,
    estimator: LatentEstimator,
    n: int,
    seed: int,
    decoding: Decoding = Decoding.EXACT,
    *,
    temperature: float = 1.0,
) -> Samples:
    """Draw n latents and decode them; the same for the same seed.

    An estimator that draws crystals gives these, not what their latents decode to, unless decoding is free.

    Args:
        run: a loaded run.
        estimator: fitted to the run's training latents (`disgen.latent.fitted`).
        n: number of samples, at least 1.
        seed: of the random numbers, not negative.
        decoding: free or exact.
        temperature: of the latents' noise, above 0.

    Raises:
        EstimatorError: if n is less than 1, or the temperature is no number above 0.
        ValueError: if the seed is negative.
    """
    z, crystals = estimator.draw(n, np.random.default_rng(seed), temperature)
    if crystals is not None and decoding is Decoding.EXACT:
        made = Reconstructions.of_crystals(crystals)
    else:
        made = crystals_of(run, z, decoding)
    return Samples(estimator.name, seed, temperature, z, made)
