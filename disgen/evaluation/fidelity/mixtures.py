"""Whether species that share a site could do so: because they do in real crystals, or because they are alike.

Two elements are *chemically close* if there are common oxidation states q of the one and q' of the other, of one sign,
with |q - q'| ≤ 1, whose Shannon radii r, r' in one coordination (IV, VI or VIII) differ by at most 15 % of the larger
(Goldschmidt's rules; radii and states as pymatgen lists them). A pair is *plausible* if it is close, or stands together
on a site of the training split at least once. A mixed site, one with more than one species, is plausible if each of
its pairs is; the vacancy does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.wyckoff import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disgen.crystal import WyckoffCrystal

RADII_WITHIN, CHARGES_WITHIN = 0.15, 1
_COORDINATIONS = ("IV", "VI", "VIII")
_SYMBOL = re.compile("[A-Z][a-z]?")


@dataclass(frozen=True, eq=False)
class Mixtures:
    """The mixed sites of n crystals.

    Attributes:
        sites: (n,) sites of each crystal.
        species: (n,) species on all of them together.
        most: (n,) species on the site that has most.
        mixed: (n,) sites with more than one species.
        plausible: (n,) how many of these are plausible.
        vacant: (n,) sites that are partly empty.
        disordered: (n,) sites that are mixed, partly empty or both.
    """

    sites: np.ndarray
    species: np.ndarray
    most: np.ndarray
    mixed: np.ndarray
    plausible: np.ndarray
    vacant: np.ndarray
    disordered: np.ndarray

    @property
    def all_plausible(self) -> np.ndarray:
        """(n,) True where all mixed sites are plausible, also if there is none."""
        all_plausible: np.ndarray = self.mixed == self.plausible
        return all_plausible


def pairs_on_sites(keys: Iterable[str]) -> np.ndarray:
    """(100, 100) True where two elements, by atomic number, stand on one site of a crystal with one of these keys.

    Args:
        keys: `WyckoffCrystal.key` of real crystals: the training split's.
    """
    together = np.zeros((len(ELEMENTS), len(ELEMENTS)), dtype=bool)
    for site in {site[1:] for key in keys for site in key.split("|")[1:]}:
        numbers = [ATOMIC_NUMBER[symbol] - 1 for symbol in _SYMBOL.findall(site)]
        together[np.ix_(numbers, numbers)] = True
    return together


@cache
def chemically_close() -> np.ndarray:
    """(100, 100) True where two elements, by atomic number, are close; each is to itself."""
    from pymatgen.core import Element  # noqa: PLC0415 (slow import)

    elements = [Element(symbol) for symbol in ELEMENTS]
    states = sorted({state for element in elements for state in element.common_oxidation_states})
    radii = np.full((len(elements), len(states), len(_COORDINATIONS)), np.nan)
    for number, element in enumerate(elements):
        for state in element.common_oxidation_states:
            listed = (element.data.get("Shannon radii") or {}).get(str(state), {})
            for place, coordination in enumerate(_COORDINATIONS):
                # High spin where there are two, which is the rule in oxides.
                spins = [spin["ionic_radius"] for spin in listed.get(coordination, {}).values()]
                radii[number, states.index(state), place] = max(spins, default=np.nan)
    close = np.eye(len(elements), dtype=bool)
    for one, charge in enumerate(states):
        for other, second in enumerate(states):
            if charge * second > 0 and abs(charge - second) <= CHARGES_WITHIN:
                mine, yours = radii[:, None, one], radii[None, :, other]
                close |= (np.abs(mine - yours) <= RADII_WITHIN * np.maximum(mine, yours)).any(axis=2)
    return frozen(close | close.T)


def mixtures(crystals: Sequence[WyckoffCrystal], together: np.ndarray) -> Mixtures:
    """Judge the mixed sites of crystals with at least one site each.

    Args:
        crystals: n crystals.
        together: (100, 100) as `pairs_on_sites` gives it.
    """
    sites = [site for crystal in crystals for site in crystal.sites]
    counts = np.array([len(crystal.sites) for crystal in crystals], dtype=np.intp)
    species = np.array([len(site.occupancies) for site in sites], dtype=np.intp)
    owner = np.repeat(np.arange(len(crystals)), counts)
    numbers = np.array([ATOMIC_NUMBER[symbol] - 1 for site in sites for symbol, _ in site.occupancies], dtype=np.intp)
    # (sites, 100) what is on each; a site is plausible if none of its pairs is not.
    holds = np.zeros((len(sites), len(ELEMENTS)), dtype=np.float32)
    holds[np.repeat(np.arange(len(sites)), species), numbers] = 1.0
    doubtful = ~(together | chemically_close())
    np.fill_diagonal(doubtful, val=False)
    plausible = ((holds @ doubtful.astype(np.float32)) * holds).sum(axis=1) == 0.0
    mixed, n = species > 1, len(crystals)
    vacant = np.array([site.vacancy > 0.0 for site in sites], dtype=bool)
    starts = np.cumsum(counts) - counts

    def counted(values: np.ndarray) -> np.ndarray:
        return np.bincount(owner, weights=values, minlength=n).astype(np.intp)

    return Mixtures(
        counts,
        counted(species),
        np.maximum.reduceat(species, starts) if n else np.zeros(0, np.intp),
        counted(mixed),
        counted(mixed & plausible),
        counted(vacant),
        counted(mixed | vacant),
    )
