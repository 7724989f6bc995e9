"""Likeness: what a latent decodes to as a vector, in which the distance says how alike two crystals are.

A latent point answers many questions of very different weight: in the plain latent space the exact length of an axis
counts as much as the space group, and the same ion on another site counts as another ion. Here the decoder's own
answers are put together instead, so that every crystal, real or sampled, has its vector from its latent alone. Nothing
is fitted: four blocks stand side by side, and the squared distance of two latents is the sum of theirs,

    D² = w_s² |s − s′|² + w_g² |g − g′|² + 2 w_l² [1 − exp(−|m − m′|² / 2σ²)] + w_e² |e − e′|².

Crystals with the same group, letters and elements are at distance 0. Another set of letters costs much the same however
different it is, so that what has no equal is near to what has the same elements. The exponential is the Gaussian
kernel, written as a scalar product of fixed random cosines (A. Rahimi & B. Recht, NIPS 2007), hence approximate.
Probabilities are taken as they are, not rounded, so that a path between crystals has steps between.

| symbol | variable | shape | |
|---|---|---|---|
| s | `systems` | (n, 7) | probabilities of the crystal systems |
| g | `groups` | (n, 230) | probabilities of the space groups |
| m | `letters` | (n, 26) | expected number of sites with each Wyckoff letter |
| e | `elements` | (n, 100) | which elements are there, of length 1: scalar products count the shared ones |
| w_s, w_g, w_l, w_e | `Weights` | | |
| σ | `_LETTER_WIDTH` | | sites |

The weights were chosen on crystals of the training and validation splits (docs/latent_map.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.representation import MAX_LETTER, SPACE_GROUPS, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.model.checkpoint import Run
    from disgen.model.output import DecoderOutput

_BLOCK = 2048  # latents described at once: the decoder's outputs of so many take some 30 MB
_LETTER_WIDTH = 0.5
_COSINES = 256
_LEAST = 0.003  # occupancy: less is what a decoder gives to elements that are not there
_HALF_THERE = 0.03  # occupancy above the least at which an element counts as half there


@dataclass(frozen=True)
class Weights:
    """How much each block of the vector counts."""

    system: float = 0.7
    group: float = 0.7
    letters: float = 1.0
    elements: float = 1.0


WEIGHTS = Weights()


def describer(run: Run) -> Callable[[np.ndarray], np.ndarray]:
    """The function from latents (n, d) of a run to their likeness vectors (n, 593)."""
    return partial(describe, run)


def describe(run: Run, z: np.ndarray) -> np.ndarray:
    """Likeness vectors (n, 593) float32 of latents (n, d).

    Raises:
        ValueError: if the shape is wrong or a number is not finite.
    """
    blocks = [likeness(run.decode(z[start : start + _BLOCK])) for start in range(0, max(len(z), 1), _BLOCK)]
    return np.concatenate(blocks)


def likeness(output: DecoderOutput, weights: Weights = WEIGHTS) -> np.ndarray:
    """Likeness vectors (n, 593) float32 of decoder outputs."""
    groups = np.exp(output.space_group)
    by_letter = np.exp(output.letter)  # (n, 9, 27), padding first
    real = 1.0 - by_letter[:, :, :1]
    letters = by_letter[:, :, 1:].sum(axis=1)
    # An element is there if it is on one site; how much of it there is says little about what kind of crystal it is.
    most = (output.occupancy[:, :, : Rows.VACANCY] * real).max(axis=1)  # (n, 100)
    above = np.maximum(most - _LEAST, 0.0)
    there = above / (above + _HALF_THERE)
    length = np.linalg.norm(there, axis=1, keepdims=True)
    elements = np.divide(there, length, out=np.zeros_like(there), where=length > 0.0)
    blocks = (
        weights.system * (groups @ _systems()),
        weights.group * groups,
        weights.letters * _saturating(letters),
        weights.elements * elements,
    )
    return np.concatenate(blocks, axis=1).astype(np.float32)


def _saturating(letters: np.ndarray) -> np.ndarray:
    """Vectors (n, 256) whose scalar products are those of the Gaussian kernel of numbers of letters (n, 26)."""
    directions, phases = _cosines()
    result: np.ndarray = np.cos(letters @ directions + phases) * np.float32(np.sqrt(2.0 / _COSINES))
    return result


@cache
def _cosines() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)  # part of the definition, as a table would be
    directions = rng.normal(scale=1.0 / _LETTER_WIDTH, size=(MAX_LETTER, _COSINES))
    phases = rng.uniform(0.0, 2.0 * np.pi, size=_COSINES)
    return directions.astype(np.float32), phases.astype(np.float32)


@cache
def _systems() -> np.ndarray:
    """(230, 7) 1 where a group is of a crystal system."""
    names = np.array([wyckoff.crystal_system(number) for number in range(1, SPACE_GROUPS + 1)])
    result: np.ndarray = (names[:, None] == np.unique(names)[None]).astype(np.float32)
    return result
