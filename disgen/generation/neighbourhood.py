"""Around a latent and between two of them: samples near a point, and paths from one point to another, all decoded.

Samples around a centre c are c + r s ∘ ε with normal noise ε. A path goes from z₀ to z₁ in equal steps of t,

    linear:     z(t) = (1 − t) z₀ + t z₁
    spherical:  z(t) = ((1 − t)|z₀| + t|z₁|) [sin((1 − t)Ω) u₀ + sin(tΩ) u₁] / sin Ω

Under N(0, I), which the autoencoder's KL term pulls towards, latents of many dimensions lie close to a sphere. The
linear path cuts through it, where there are few crystals; the spherical one (K. Shoemake, SIGGRAPH 1985; T. White,
arXiv:1609.04468) turns at a constant rate from one direction to the other while its length changes evenly.

| symbol | variable | unit, shape |
|---|---|---|
| c | `centre` | (d,) |
| r | `radius` | standard deviation of the noise, in latent units, or in those of `spread` |
| s | `spread` | (d,), the training latents' standard deviations, or all 1 |
| ε | `noise` | (n, d), standard normal |
| z₀, z₁ | `start`, `end` | (d,) |
| t | `t` | (steps, 1), 0 to 1 |
| u₀, u₁ | `first`, `last` | (d,), unit vectors along z₀ and z₁ |
| Ω | `angle` | rad, between u₀ and u₁ |
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from disgen.errors import DisgenError
from disgen.generation.decoded import DecodedLatents

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from disgen.model.checkpoint import Run

_PARALLEL = 1e-6  # rad; below, both kinds of path are the same in single precision
_FEWEST_STEPS = 2  # a path has two ends


class NeighbourhoodError(DisgenError):
    """Samples around a latent or a path between two cannot be made; the message is one sentence."""


class PathKind(StrEnum):
    """How a path leads from one latent to another."""

    LINEAR = "linear"
    SPHERICAL = "spherical"


def sample_around(
    run: Run,
    centre: np.ndarray,
    n: int,
    seed: int,
    *,
    radius: float,
    relative: bool = False,
    known: AbstractSet[str] = frozenset(),
) -> DecodedLatents:
    """Draw latents around a centre and decode them; the same for the same seed.

    Args:
        run: the model.
        centre: (d,) a latent.
        n: number of samples, at least 1.
        seed: of the random numbers, not negative.
        radius: standard deviation of the noise in each dimension, 0 or more.
        relative: the radius is in units of the training latents' spread, dimension by dimension, so that noise is
            small where the encoder puts all crystals close together.
        known: keys of the crystals that are not new (`disgen.generation.sampling.known_keys`).

    Returns:
        The samples. The first to give a crystal again, the centre's own included, makes the others duplicates.

    Raises:
        NeighbourhoodError: if the centre, n or the radius makes no sense.
        RunError: if the radius is relative, and the run is a light one without its training latents.
        ValueError: if the seed is negative.
    """
    spread = latent_spread(run.split_latents("train")) if relative else None
    z = latents_around(centre, n, np.random.default_rng(seed), radius=radius, spread=spread)
    return DecodedLatents.of(run, np.concatenate([_vector(centre)[None].astype(np.float32), z]), known)[1:]


def interpolate(
    run: Run,
    start: np.ndarray,
    end: np.ndarray,
    steps: int,
    *,
    kind: PathKind = PathKind.LINEAR,
    known: AbstractSet[str] = frozenset(),
) -> DecodedLatents:
    """Decode every step of a path from one latent to another, ends included.

    Args:
        run: the model.
        start: (d,) a latent.
        end: (d,) another.
        steps: number of latents on the path, at least 2.
        kind: of the path.
        known: keys of the crystals that are not new.

    Returns:
        The steps in order. Neighbours that give the same crystal are no duplicates: each step is judged by itself.

    Raises:
        NeighbourhoodError: if an end or the number of steps makes no sense, or the ends leave the path open.
    """
    return DecodedLatents.of(run, latents_between(start, end, steps, kind), known).alone()


def latent_spread(z: np.ndarray) -> np.ndarray:
    """Standard deviation of latents (n, d) in each dimension, (d,) float64."""
    result: np.ndarray = np.asarray(z).std(axis=0, dtype=np.float64)
    return result


def latents_around(
    centre: np.ndarray, n: int, rng: np.random.Generator, *, radius: float, spread: np.ndarray | None = None
) -> np.ndarray:
    """Latents (n, d) float32 at a centre (d,) plus normal noise.

    Args:
        centre: (d,) finite numbers.
        n: how many, at least 1.
        rng: source of the noise; equal generators give equal samples.
        radius: standard deviation of the noise, 0 or more.
        spread: (d,) factors on the radius, 0 or more; none for 1 in all dimensions.

    Raises:
        NeighbourhoodError: if one of them makes no sense.
    """
    middle = _vector(centre)
    if n < 1:
        msg = f"Cannot draw {n} samples around a point: ask for at least one."
        raise NeighbourhoodError(msg)
    if not 0.0 <= radius < np.inf:
        msg = f"Cannot sample at a radius of {radius}: choose a number that is not negative."
        raise NeighbourhoodError(msg)
    scale = np.ones_like(middle) if spread is None else _vector(spread)
    if scale.shape != middle.shape or (scale < 0.0).any():
        msg = f"The spread must hold {len(middle)} numbers that are not negative, one a latent dimension."
        raise NeighbourhoodError(msg)
    noise = rng.standard_normal((n, len(middle)))
    return (middle + radius * scale * noise).astype(np.float32)


def latents_between(start: np.ndarray, end: np.ndarray, steps: int, kind: PathKind = PathKind.LINEAR) -> np.ndarray:
    """Latents (steps, d) float32 on the way from one latent to another; the first and the last are these themselves.

    Where both point the same way, or one is the origin, the spherical path is the linear one.

    Raises:
        NeighbourhoodError: if the ends are no latents of the same dimension, there are fewer than two steps, or the
            spherical path is wanted between opposite directions, which infinitely many great circles join.
    """
    z0, z1 = _vector(start), _vector(end)
    if z0.shape != z1.shape:
        msg = f"A path needs ends of the same dimension, got {len(z0)} and {len(z1)}."
        raise NeighbourhoodError(msg)
    if steps < _FEWEST_STEPS:
        msg = f"A path has at least its two ends, got {steps} steps."
        raise NeighbourhoodError(msg)
    t = np.linspace(0.0, 1.0, steps)[:, None]
    path = _spherical(z0, z1, t) if kind is PathKind.SPHERICAL else (1.0 - t) * z0 + t * z1
    path[0], path[-1] = z0, z1
    return path.astype(np.float32)


def _spherical(start: np.ndarray, end: np.ndarray, t: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    linear: np.ndarray = (1.0 - t) * start + t * end
    if min(lengths) == 0.0:
        return linear
    first, last = start / lengths[0], end / lengths[1]
    # Unlike the arc cosine of the dot product, this is accurate for small and for large angles.
    angle = 2.0 * np.arctan2(np.linalg.norm(last - first), np.linalg.norm(last + first))
    if angle < _PARALLEL:
        return linear
    if np.pi - angle < _PARALLEL:
        msg = "The two points lie in opposite directions, so no spherical path is the shortest: choose the linear one."
        raise NeighbourhoodError(msg)
    direction = (np.sin((1.0 - t) * angle) * first + np.sin(t * angle) * last) / np.sin(angle)
    result: np.ndarray = ((1.0 - t) * lengths[0] + t * lengths[1]) * direction
    return result


def _vector(values: np.ndarray) -> np.ndarray:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or not vector.size or not np.isfinite(vector).all():
        msg = f"A latent must be a row of finite numbers, got an array of shape {vector.shape}."
        raise NeighbourhoodError(msg)
    return vector
