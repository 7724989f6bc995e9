"""Which species share a site in the crystals that a model was trained on, as a term of the search in its latent space.

A gradient finds latent points whose sites hold what nature does not mix, oxygen with phosphorus for example. The term

    l_mix = Σ_sites p_mix (Σ_{e ≠ f} x_e x_f w_ef + w_0 max(0, x_0 - v)),    w_ef = max(0, log(r0 / r_ef))

counts that. Rates of elements that seldom occur lean on those of their chemical families F, G:

    r_ef = (n_ef + k R_FG) / (√(n_e n_f) + k),    R_FG = Σ n_ef / Σ √(n_e n_f) over e in F, f in G, e ≠ f

| symbol | variable | |
|---|---|---|
| p_mix, x_e | `log_real` and `flag`, `log_share` | probability of a mixture, share of a species or the vacancy |
| n_ef, n_e | `pairs`, `single` | disordered sites of the training split that hold e and f, or e |
| x_0, v, w_0 | `_MOST_EMPTY`, `_EMPTY` | vacant share, from where on and how much it costs |
| r0 | `_COMMON` | rate from which on a pair costs nothing |
| k | `_LEAN` | weight of the families, in sites |
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import logsigmoid

from disgen.crystal import ATOMIC_NUMBER, KEY_OCCUPANCY_STEP
from disgen.model.training.augment import FAMILIES
from disgen.representation import Rows
from disgen.search.target_chemistry import VACANCY, SiteMix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run
    from disgen.search.soft import SoftCrystals
    from disgen.search.targets import Targets

_SPECIES = Rows.VACANCY + 1
_COMMON = 0.03
_LEAN = 5.0
_MOST_EMPTY, _EMPTY = 0.9, 10.0  # vacant share from which on a site costs this much, so that sites do not fade away
_LEAST = 1e-4  # of a rate; a pair costs at most log(r0 / least) = 5.7


@dataclass(frozen=True, eq=False)
class Mixing:
    """Cost of two species on one site.

    Attributes:
        costs: (101, 101) w_ef in nats, vacancy last; symmetric, 0 on the diagonal.
    """

    costs: Tensor = field(repr=False)

    @classmethod
    def of_run(cls, run: Run) -> Mixing:
        """Costs from the training split of a run, or from what a light run holds instead."""
        if "key" not in run.index:
            return cls.of_keys(())
        trained = run.index["split"] == "train"
        return cls.of_keys(run.index["key"][trained if trained.any() else slice(None)])

    @classmethod
    def of_keys(cls, keys: Iterable[str]) -> Mixing:
        """Costs from crystals' keys (`WyckoffCrystal.key`); 0 throughout if no site is disordered."""
        pairs, single = np.zeros((_SPECIES, _SPECIES)), np.zeros(_SPECIES)
        for site, count in Counter(site[1:] for key in keys for site in key.split("|")[1:]).items():
            species = _species(site)
            if len(species) > 1:
                pairs[np.ix_(species, species)] += count
                single[species] += count
        if not single.any():
            return cls(torch.zeros(_SPECIES, _SPECIES))
        np.fill_diagonal(pairs, 0.0)
        expected = np.sqrt(np.outer(single, single))
        np.fill_diagonal(expected, 0.0)
        members = _family_members()
        rate = (members @ pairs @ members.T) / np.maximum(members @ expected @ members.T, 1e-9)
        rate = (pairs + _LEAN * (members.T @ rate @ members)) / (expected + _LEAN)
        costs = np.log(_COMMON / np.maximum(rate, _LEAST)).clip(min=0.0)
        np.fill_diagonal(costs, 0.0)
        return cls(torch.from_numpy(costs.astype(np.float32)))

    def allowing(self, targets: Targets) -> Mixing:
        """The same costs, but what targets want on one site costs nothing."""
        costs = self.costs.clone()
        for target in targets:
            if isinstance(target, SiteMix):
                rows = [Rows.VACANCY if name == VACANCY else ATOMIC_NUMBER[name] - 1 for name, _ in target.shares]
                costs[np.ix_(rows, rows)] = 0.0
        return Mixing(costs)

    def to(self, device: torch.device) -> Mixing:
        """The same costs on another device."""
        return Mixing(self.costs.to(device))

    def loss(self, soft: SoftCrystals) -> Tensor:
        """The term l_mix of n decoded points, (n,)."""
        share = soft.log_share.exp()
        costs = ((share @ self.costs) * share).sum(-1) + _EMPTY * (share[:, :, Rows.VACANCY] - _MOST_EMPTY).relu()
        return (costs * (soft.log_real + logsigmoid(soft.flag)).exp()).sum(1)

    def of_crystal(self, crystal: WyckoffCrystal) -> float:
        """The same sum for a crystal, in nats; 0 if it is ordered."""
        total = 0.0
        for site in crystal.sites:
            rows = [*(ATOMIC_NUMBER[symbol] - 1 for symbol, _ in site.occupancies), Rows.VACANCY]
            share = np.array([*(share for _, share in site.occupancies), site.vacancy])
            total += float(share @ self.costs.numpy()[np.ix_(rows, rows)] @ share)
            total += _EMPTY * max(site.vacancy - _MOST_EMPTY, 0.0)
        return total


def _species(site: str) -> list[int]:
    """Rows of the species in a site's part of a key, for example ``Na0.70`` (and 0.30 empty)."""
    found = re.findall(r"([A-Z][a-z]?)(\d\.\d+)", site)
    rows = [ATOMIC_NUMBER[symbol] - 1 for symbol, _ in found]
    empty = 1.0 - math.fsum(float(share) for _, share in found)
    return [*rows, Rows.VACANCY] if empty > 0.5 * KEY_OCCUPANCY_STEP else rows


def _family_members() -> np.ndarray:
    """(families, 101) 1 where a species is of a family; the vacancy is one of its own."""
    members = np.zeros((len(FAMILIES) + 1, _SPECIES))
    for number, family in enumerate(FAMILIES):
        members[number, [ATOMIC_NUMBER[symbol] - 1 for symbol in family.split()]] = 1.0
    members[-1, Rows.VACANCY] = 1.0
    return members
