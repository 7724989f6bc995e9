"""Whether two crystals can hold the same charges site by site, as isovalent substitution keeps them.

Each element takes one of the oxidation states that the ICSD knows (`disgen.generation.neutrality`), of the sign that it
usually has in such company. All neutral combinations count, since which of them is true cannot be told from amounts
alone; where there is none, elements of mixed valence take up the rest of the combination nearest to the usual charges.
Alloys have no charges: there, elements of one column of the periodic table count as isovalent.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.generation.neutrality import CHARGE_TOLERANCE, MIXED_VALENCE_ELEMENTS, neutrality, oxidation_states
from disgen.prior.elements import properties, usual_charges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.crystal import WyckoffCrystal

SAME_CHARGE = 0.25  # elementary charges, or columns
SAME_FILLING = 0.05
_MOST_COMBINATIONS = 50_000
_ALLOY = 100.0  # added to columns, so that no alloy is like a salt


def isovalent(one: WyckoffCrystal, other: WyckoffCrystal) -> Iterator[np.ndarray]:
    """Which sites may correspond, as matrices (sites, sites) of bool, for each way in which all charges can agree.

    Args:
        one: crystal of as many sites as the other.
        other: of as many.
    """
    filling = [np.array([site.filling for site in crystal.sites]) for crystal in (one, other)]
    alike = np.abs(filling[0][:, None] - filling[1][None]) <= SAME_FILLING
    first, second = site_charges(one), site_charges(other)
    gaps = np.abs(np.sort(first, axis=1)[:, None] - np.sort(second, axis=1)[None]).max(axis=2, initial=0.0)
    tried: set[bytes] = set()
    for row, column in np.argwhere(gaps <= SAME_CHARGE).tolist():
        matrix = alike & (np.abs(first[row][:, None] - second[column][None]) <= SAME_CHARGE)
        if matrix.tobytes() not in tried:
            tried.add(matrix.tobytes())
            yield matrix


@lru_cache(maxsize=4096)
def site_charges(crystal: WyckoffCrystal) -> np.ndarray:
    """Mean charge of each site in each neutral combination, (combinations, sites), the most usual first.

    Vacancies count as 0. Of alloys one row, columns of the periodic table plus 100; no row where nothing is neutral.
    """
    symbols = list(crystal.composition)
    shares = np.array([[dict(site.occupancies).get(symbol, 0.0) for symbol in symbols] for site in crystal.sites])
    verdict = neutrality(crystal.composition)
    if verdict.alloy:
        columns = [_ALLOY + 10.0 * float(properties()[ATOMIC_NUMBER[symbol], 4]) for symbol in symbols]
        return (shares @ np.array(columns))[None]
    charges = _charges(symbols, np.array(list(crystal.composition.values()))) if verdict.mixed_valence else None
    return np.zeros((0, len(shares))) if charges is None else charges @ shares.T


def _charges(symbols: list[str], amounts: np.ndarray) -> np.ndarray | None:
    """Neutral combinations (combinations, elements), the most usual first; None where there are none."""
    usual = _usual(symbols)
    states = [
        [state for state in oxidation_states()[symbol] if state * charge > 0.0]
        for symbol, charge in zip(symbols, usual, strict=True)
    ]
    if not 1 <= prod(map(len, states)) <= _MOST_COMBINATIONS:
        return None
    found = np.array(list(product(*states)), dtype=float)
    found = found[(np.abs(found - usual) @ amounts).argsort(kind="stable")]
    rest = found @ amounts
    neutral = np.abs(rest) <= CHARGE_TOLERANCE * amounts.sum()
    if neutral.any():
        return found[neutral]
    # What is left over goes to the elements of mixed valence, which are charged by parts of a unit then.
    flexible = np.array([symbol in MIXED_VALENCE_ELEMENTS for symbol in symbols])
    if not flexible.any():
        return None
    least = found[[np.abs(rest).argmin()]]
    least[:, flexible] -= rest[np.abs(rest).argmin()] / amounts[flexible].sum()
    return least


def _usual(symbols: list[str]) -> np.ndarray:
    """Usual charges of elements in each other's company, (elements,)."""
    numbers = [ATOMIC_NUMBER[symbol] for symbol in symbols]
    present = np.zeros((1, len(ELEMENTS) + 1), dtype=bool)
    present[0, numbers] = True
    return usual_charges(present)[0, numbers]
