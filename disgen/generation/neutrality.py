"""Charge neutrality of compositions with fractional amounts, from the oxidation states known to the ICSD.

The states are smact's ICSD24 set (states with more than five reports; Davies et al., J. Open Source Softw. 4, 1361
(2019)). smact itself cuts amounts to integers; here they are scaled to integers, so that nothing is lost.

Two readings, both of the composition of the full cell:

- *one state*: every element takes one of its states, the same for all its atoms (the paper's filter, Section 4.3).
- *mixed valence*: elements that are known for it (`MIXED_VALENCE_ELEMENTS`) may have any mean charge between the
  lowest and the highest of their states of one sign; all others take one state as before. So Li0.9CoO2 is neutral
  (Co 3.1+), but Na0.9Cl is not.

Charges may be off by `CHARGE_TOLERANCE` per atom: occupancies are often given to three decimals (0.333 for 1/3), which
leaves up to about 0.0008 elementary charges per atom, whereas 1 % of an aliovalent dopant on one atom in five leaves
0.002 and is noticed.

Compositions of nothing but metals, and single elements, have no ions whose charges could balance: alloys,
intermetallics and elements count as neutral in both readings, as smact does by default, and are marked as `alloy` so
that every table can count them apart. An element without any known state (He, Ne, Ar, Pm, …) makes a compound not
neutral.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CHARGE_TOLERANCE = 1e-3  # elementary charges per atom
_STEPS = 10_000  # amounts are multiples of 1e-4, as the occupancies of canonical crystals are

# smact's list (`smact.screening.MIXED_VALENCE_ELEMENTS`, first three lines) and, beyond it, metals with well-known
# mixed-valence compounds: Rh, Ir, Pt, Ta, Hg, In, Tl, Pb (Pb3O4), Pr (Pr6O11), Tb (Tb4O7), Sm and the actinides.
_MIXED_VALENCE = (
    "Fe Mn Co Cu Ni V Ti Cr Nb Mo W Re Ru Os Pd Ag Au "
    "Sn Sb Bi "
    "Ce Eu Yb U "
    "Rh Ir Pt Ta Tc Hg In Tl Pb Pr Tb Sm Pa Np Pu Am"
)
MIXED_VALENCE_ELEMENTS: frozenset[str] = frozenset(_MIXED_VALENCE.split())


@dataclass(frozen=True)
class Neutrality:
    """Verdict on one composition.

    Attributes:
        one_state: neutral with one oxidation state per element.
        mixed_valence: neutral if mixed valence is allowed; true whenever `one_state` is.
        alloy: only metals, or a single element; both readings are then true by rule.
    """

    one_state: bool
    mixed_valence: bool
    alloy: bool


def neutrality(composition: Mapping[str, float]) -> Neutrality:
    """Whether a composition can be charge neutral.

    Args:
        composition: amount of each element, by symbol, per cell or per formula unit; multiples of 1e-4.

    Raises:
        DisgenError: if there is nothing in it, an amount is not positive and finite, or a symbol is unknown.
    """
    if not composition or not all(0.0 < amount < np.inf for amount in composition.values()):
        msg = f"A composition needs at least one element and amounts above zero, got {dict(composition)}."
        raise DisgenError(msg)
    unknown = sorted(set(composition) - set(ELEMENTS))
    if unknown:
        msg = f"Unknown element {unknown[0]!r}: the elements are H to Fm."
        raise DisgenError(msg)
    amounts = {symbol: round(amount * _STEPS) for symbol, amount in composition.items()}
    divisor = gcd(*amounts.values()) or 1
    scaled = ((symbol, amount // divisor) for symbol, amount in amounts.items() if amount)
    return _verdict(tuple(sorted(scaled, key=lambda pair: ATOMIC_NUMBER[pair[0]])))


@lru_cache(maxsize=1 << 16)
def _verdict(amounts: tuple[tuple[str, int], ...]) -> Neutrality:
    if len(amounts) == 1 or all(symbol in metals() for symbol, _ in amounts):
        return Neutrality(one_state=True, mixed_valence=True, alloy=True)
    states = oxidation_states()
    if any(not states[symbol] for symbol, _ in amounts):
        return Neutrality(one_state=False, mixed_valence=False, alloy=False)
    slack = int(CHARGE_TOLERANCE * sum(amount for _, amount in amounts) + 1e-9)
    charges = _halves([(amount, states[symbol]) for symbol, amount in amounts])
    if _reaches(charges, -slack, slack):
        return Neutrality(one_state=True, mixed_valence=True, alloy=False)
    flexible = [(symbol, amount) for symbol, amount in amounts if symbol in MIXED_VALENCE_ELEMENTS]
    if not flexible:
        return Neutrality(one_state=False, mixed_valence=False, alloy=False)
    charges = _halves([(amount, states[symbol]) for symbol, amount in amounts if symbol not in MIXED_VALENCE_ELEMENTS])
    balanced = any(
        _reaches(charges, -sum(high for _, high in ranges) - slack, -sum(low for low, _ in ranges) + slack)
        for ranges in product(*(_charge_ranges(amount, states[symbol]) for symbol, amount in flexible))
    )
    return Neutrality(one_state=False, mixed_valence=balanced, alloy=False)


def _halves(terms: Sequence[tuple[int, Sequence[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Charges that two halves of the terms (amount, states) can have: two short lists instead of one long one."""
    ordered = sorted(terms, key=lambda term: len(term[1]))
    return _charges(ordered[::2]), _charges(ordered[1::2])


def _reaches(charges: tuple[np.ndarray, np.ndarray], low: int, high: int) -> bool:
    """Whether a charge of the first half and one of the second add up to one in [low, high]."""
    one, other = charges
    return bool(np.any(np.searchsorted(one, low - other, "left") < np.searchsorted(one, high - other, "right")))


def _charges(terms: Iterable[tuple[int, Sequence[int]]]) -> np.ndarray:
    """All charges that the terms can add up to, sorted."""
    charges = np.zeros(1, dtype=np.int64)
    for amount, states in terms:
        charges = np.unique((charges[:, None] + amount * np.asarray(states)).ravel())
    return charges


def _charge_ranges(amount: int, states: Sequence[int]) -> list[tuple[int, int]]:
    """Lowest and highest charge of an element that is positive throughout, or negative throughout."""
    signs = ([state for state in states if state > 0], [state for state in states if state < 0])
    return [(amount * min(same), amount * max(same)) for same in signs if same]


@cache
def oxidation_states() -> Mapping[str, tuple[int, ...]]:
    """Of each element its states with more than five reports in the ICSD, none for those that have none."""
    from smact.data_loader import lookup_element_oxidation_states_icsd24  # noqa: PLC0415 (slow import)

    return {symbol: tuple(lookup_element_oxidation_states_icsd24(symbol) or ()) for symbol in ELEMENTS}


@cache
def metals() -> frozenset[str]:
    """Symbols of the elements that smact counts as metals."""
    import smact  # noqa: PLC0415 (slow import)

    return frozenset(smact.metals)
