"""Whether two crystals can hold the same charges site by site, as isovalent substitution keeps them.

All assignments of states that make a crystal neutral and are about as usual as the most usual one count
(`disgen.ensembles.states`), since which of them is true cannot be told from amounts alone. Alloys have no charges:
there, elements of one column of the periodic table count as isovalent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER
from disgen.ensembles.states import assignments
from disgen.generation.neutrality import neutrality
from disgen.prior.elements import properties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.crystal import WyckoffCrystal

SAME_CHARGE = 0.25  # elementary charges, or columns
SAME_FILLING = 0.05
LIKELY = 1.0  # by which an assignment may cost more than the cheapest one
_ALLOY = 100.0  # added to columns, so that no alloy is like a salt


def isovalent(one: WyckoffCrystal, other: WyckoffCrystal) -> Iterator[np.ndarray]:
    """Which sites may correspond, as matrices (sites, sites) of bool, for each way in which all charges can agree.

    Sites of the same species agree, whatever the amounts and whether charges are known.

    Args:
        one: crystal of as many sites as the other.
        other: of as many.
    """
    species = [[{symbol for symbol, _ in site.occupancies} for site in crystal.sites] for crystal in (one, other)]
    yield np.array([[first == second for second in species[1]] for first in species[0]])
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
    """Mean charge of each site in each likely neutral assignment of states, (assignments, sites), the likeliest first.

    Vacancies count as 0. Of alloys one row, columns of the periodic table plus 100; no row where nothing is neutral.
    """
    composition = crystal.composition
    symbols = list(composition)
    shares = np.array([[dict(site.occupancies).get(symbol, 0.0) for symbol in symbols] for site in crystal.sites])
    if neutrality(composition).alloy:
        columns = [_ALLOY + 10.0 * float(properties()[ATOMIC_NUMBER[symbol], 4]) for symbol in symbols]
        return np.asarray(shares @ np.array(columns))[None]
    found = sorted(assignments(composition), key=lambda one: one[0])
    likely = [states for cost, states in found if cost <= found[0][0] + LIKELY]
    charges = np.array([[states[symbol] for symbol in symbols] for states in likely]).reshape(-1, len(symbols))
    result: np.ndarray = charges @ shares.T
    return result
