"""Random legal crystals: every symmetry, no chemistry. For tests, where no corpus is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.canonical import canonicalise
from disgen.model.config import AugmentConfig
from disgen.model.training.augment import Augmenter
from disgen.representation import MAX_SITES, SiteArrays

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

_SPECIES = 4


def random_crystals(n: int, seed: int = 0) -> list[WyckoffCrystal]:
    """Canonical crystals with random cells, groups, legal positions and up to four species on each of 1 to 9 sites.

    Args:
        n: how many.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    real = np.arange(MAX_SITES) < rng.integers(1, MAX_SITES + 1, n)[:, None]
    count = rng.integers(1, _SPECIES + 1, real.shape) * real
    used = np.arange(_SPECIES) < count[:, :, None]
    elements = 1 + np.argsort(rng.random((*real.shape, 100)), axis=2)[:, :, :_SPECIES]
    shares = np.round(0.002 + (1.0 - 0.002 * _SPECIES) * rng.dirichlet(np.ones(_SPECIES), real.shape), 4)
    shares[count == 1, 0] = 1.0
    plain = SiteArrays(
        space_group=np.ones(n, dtype=np.int16),
        cell=rng.uniform((3, 3, 3, 70, 70, 70), (20, 20, 20, 110, 110, 110), (n, 6)),
        letter=real.astype(np.int8),
        multiplicity=real.astype(np.int8),
        coordinates=np.zeros((*real.shape, 3)),
        species=np.where(used, elements, 0).astype(np.int8),
        occupancy=np.where(used, shares, 0.0),
    )
    built = Augmenter.for_split(plain, AugmentConfig()).rebuild(plain, rng).sorted()
    return [canonicalise(crystal) for crystal in built.crystals()]
