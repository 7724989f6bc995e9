"""How a composition that is not neutral could become so: the charges that come nearest, for a search to follow.

As in `disgen.generation.neutrality`, an element takes one of its known oxidation states, or, if it is known for mixed
valence, any mean charge between its lowest and its highest state of one sign.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.generation.neutrality import MIXED_VALENCE_ELEMENTS, neutrality, oxidation_states

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST = 20_000  # combinations of states; beyond that there is no advice


def nearest_charges(composition: Mapping[str, float]) -> np.ndarray:
    """Charge of an atom of each element, in the assignment of states whose sum is nearest to neutral.

    Args:
        composition: amount of each element, by symbol.

    Returns:
        (100,) elementary charges by atomic number; 0 throughout if the composition is neutral already, or if it has an
        element without known states or too many possibilities.
    """
    charges = np.zeros(len(ELEMENTS))
    symbols = list(composition)
    choices = [_ranges(symbol) for symbol in symbols]
    if not 1 <= prod(map(len, choices)) <= _MOST or neutrality(composition).mixed_valence:
        return charges
    amounts = np.array([composition[symbol] for symbol in symbols])
    grid = np.meshgrid(*(np.arange(len(ranges)) for ranges in choices), indexing="ij")
    picked = np.stack([np.asarray(r)[g.ravel()] for r, g in zip(choices, grid, strict=True)])  # (e, combinations, 2)
    low, high = np.einsum("e,ecr->rc", amounts, picked)
    gap = np.maximum(np.maximum(low, -high), 0.0)
    best = int(gap.argmin())
    # A positive sum at the lowest charges can only fall if amounts change: these are the charges to go by.
    charges[[ATOMIC_NUMBER[symbol] - 1 for symbol in symbols]] = picked[:, best, 0 if low[best] > 0.0 else 1]
    return charges


def _ranges(symbol: str) -> list[tuple[int, int]]:
    """Lowest and highest mean charge of each way in which an element can be charged."""
    states = oxidation_states()[symbol]
    if symbol not in MIXED_VALENCE_ELEMENTS:
        return [(state, state) for state in states]
    signs = ([state for state in states if state > 0], [state for state in states if state < 0])
    return [(min(same), max(same)) for same in signs if same]
