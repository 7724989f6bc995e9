"""How probable the learned prior finds crystals: symmetry and contents by one network, geometry by the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.prior.geometry.inputs import as_numbers, hints_of, skeletons_of
from disgen.prior.geometry.parameters import parameters
from disgen.prior.language.network import as_tensors
from disgen.prior.language.tokens import sentences
from disgen.prior.learning import half_precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.prior.geometry.network import GeometryModel
    from disgen.prior.geometry.templates import Templates
    from disgen.prior.language.network import LanguageModel

_CHUNK = 512


@torch.inference_mode()
def log_densities(
    crystals: Sequence[WyckoffCrystal],
    language: LanguageModel,
    geometry: GeometryModel,
    templates: Templates,
    volumes: np.ndarray,
) -> np.ndarray:
    """Log-probabilities of symmetry and contents, and log-densities of the geometry given these, (2, n) in nats.

    Both are minus infinity for crystals that are too long for a sentence.

    Args:
        crystals: n canonical crystals.
        language: the trained network of symmetry and contents.
        geometry: the trained network of the geometry.
        templates: known crystals, of which the nearest is shown to the latter.
        volumes: (101,) expected volumes of atoms in Å³.
    """
    found = np.full((2, len(crystals)), -np.inf)
    for start in range(0, len(crystals), _CHUNK):
        part = crystals[start : start + _CHUNK]
        spelt, fits = sentences(part)
        numbers = as_numbers(parameters(part, volumes))
        placed = [some[0] if some else None for some in templates.placed(part, 1)]
        hints = hints_of(placed, numbers.value.shape[1], volumes)
        with half_precision():
            nats, _ = language.losses(as_tensors(spelt))
            density = geometry.log_prob(skeletons_of(part, volumes), numbers, hints).sum(dim=1)
        which = start + np.flatnonzero(fits)
        found[:, which] = -nats.numpy(), density.numpy()[fits]
    return found
