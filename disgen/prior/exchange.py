"""Isovalent relatives of crystals: elements exchanged for others of the same column, charge and about the same size.

What a chemist tries first. Relatives teach what may stand for what; a share of the training only, since they thin out
what is particular about the data (the issue of every augmentation).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Self

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS, WyckoffSite
from disgen.generation.geometry.radii import IONIC_RADII

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal

# Elements of the same usual charge that take each other's place; all others stay.
ISOVALENT: tuple[str, ...] = (
    "Li Na K Rb Cs",
    "Be Mg Ca Sr Ba",
    "Sc Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu",
    "Th U",
    "Ti Zr Hf",
    "V Nb Ta",
    "Cr Mo W",
    "Mn Fe Co Ni",
    "Cu Zn Cd",
    "Ru Rh Pd Os Ir Pt Au Ag",
    "B Al Ga In",
    "Si Ge Sn",
    "P As Sb",
    "S Se Te",
    "F Cl Br I",
)
SIMILAR = 0.15  # Å: an element whose radius differs by so much comes 1/e times as often
_CHANCE = 0.5  # of each element of a chosen crystal to be exchanged


@dataclass(frozen=True)
class Exchange:
    """What may stand for each element, and how often.

    Attributes:
        options: by symbol, the symbols that may stand for it.
        weights: by symbol, how often they should, each as (options,).
    """

    options: dict[str, tuple[str, ...]]
    weights: dict[str, np.ndarray]

    @classmethod
    def like(cls, crystals: Sequence[WyckoffCrystal]) -> Self:
        """Exchange that prefers elements of similar radius, and those that are frequent in these crystals.

        w(a → b) = exp(-((r_b - r_a) / `SIMILAR`)²) n_b, with ionic radii r and numbers n of crystals that hold b.
        """
        held = np.zeros(len(ELEMENTS) + 1)
        for crystal in crystals:
            held[[ATOMIC_NUMBER[symbol] for symbol in crystal.composition]] += 1
        options, weights = {}, {}
        for symbol, others in _families().items():
            gap = np.array([IONIC_RADII[other] - IONIC_RADII[symbol] for other in others]) / SIMILAR
            weight = np.exp(-(gap**2)) * held[[ATOMIC_NUMBER[other] for other in others]]
            if weight.sum() > 0.0:
                options[symbol], weights[symbol] = others, weight
        return cls(options, weights)

    def __call__(self, crystal: WyckoffCrystal, rng: np.random.Generator) -> WyckoffCrystal:
        """A relative, its sites not in canonical order and its cell unchanged; the crystal itself if there is none."""
        becomes: dict[str, str] = {}
        taken = set(crystal.composition)
        for symbol in crystal.composition:
            if symbol not in self.options or rng.random() > _CHANCE:
                continue
            free = np.array([other not in taken for other in self.options[symbol]])
            weight = self.weights[symbol] * free
            if weight.sum() <= 0.0:
                continue
            becomes[symbol] = self.options[symbol][rng.choice(len(weight), p=weight / weight.sum())]
            taken.add(becomes[symbol])
        if not becomes:
            return crystal
        sites = tuple(replace(site, occupancies=_exchanged(site, becomes)) for site in crystal.sites)
        return replace(crystal, sites=sites)


def _exchanged(site: WyckoffSite, becomes: dict[str, str]) -> tuple[tuple[str, float], ...]:
    pairs = [(becomes.get(symbol, symbol), occupancy) for symbol, occupancy in site.occupancies]
    return tuple(sorted(pairs, key=lambda pair: ATOMIC_NUMBER[pair[0]]))


@cache
def _families() -> dict[str, tuple[str, ...]]:
    """The other members of each element's family, by symbol."""
    families = [members.split() for members in ISOVALENT]
    return {symbol: tuple(other for other in members if other != symbol) for members in families for symbol in members}
