"""Oxidation states that are assumed for a crystal, so that the charge of its cells can be told.

Of all assignments that make the composition neutral the most usual is taken: one state an element, or, where none of
these will do, one element of mixed valence (`disgen.generation.neutrality`) whose mean charge takes up the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from disgen.generation.neutrality import CHARGE_TOLERANCE, MIXED_VALENCE_ELEMENTS, metals, oxidation_states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST = 50_000  # assignments that are looked at; beyond that elements keep to their most usual states
_UNUSUAL = 1.0  # cost of a state that an element seldom has
_REVERSED = 1.0  # cost of a cation that is more electronegative than an anion
_MIXED = 0.25  # cost of mixed valence

Assignment = tuple[float, dict[str, float]]  # its cost, and the states by element


@dataclass(frozen=True)
class States:
    """What is assumed of the charges.

    Attributes:
        charges: of an atom by element, elementary charges; empty for alloys, and where nothing is neutral.
        sentence: what is assumed, for people.
    """

    charges: Mapping[str, float] = field(default_factory=dict)
    sentence: str = ""

    def charge(self, atoms: Mapping[str, float]) -> float | None:
        """Of a cell with so many atoms of each element, elementary charges; None if no states are assumed."""
        if not self.charges:
            return None
        return sum(self.charges[symbol] * amount for symbol, amount in atoms.items())


def assumed_states(composition: Mapping[str, float]) -> States:
    """The most usual oxidation states that make a composition neutral.

    Args:
        composition: amount of each element, by symbol.
    """
    if len(composition) == 1 or set(composition) <= metals():
        return States(sentence="Only metals, or one element: no charges are assumed.")
    best = min(assignments(composition), key=lambda found: found[0], default=None)
    if best is None:
        return States(sentence="No known oxidation states make the composition neutral, so no charges are assumed.")
    listed = ", ".join(f"{symbol} {charge:+.3g}" for symbol, charge in best[1].items())
    mixed = next((symbol for symbol, charge in best[1].items() if not charge.is_integer()), "")
    shift = f"; {mixed} is of mixed valence, so that its mean state can take up what is left over" if mixed else ""
    return States(best[1], f"Assumed oxidation states: {listed}{shift}.")


def assignments(composition: Mapping[str, float]) -> Iterator[Assignment]:
    """All neutral assignments: of one state an element, and of one element of mixed valence.

    Args:
        composition: amount of each element, by symbol.
    """
    symbols = list(composition)
    choices: dict[str, tuple[int, ...]] = {symbol: oxidation_states()[symbol] for symbol in symbols}
    if prod(map(len, choices.values())) > _MOST:
        choices = {symbol: _usual(symbol) or states for symbol, states in choices.items()}
    slack = CHARGE_TOLERANCE * sum(composition.values())
    for picked in product(*choices.values()):
        if abs(sum(state * composition[symbol] for symbol, state in zip(symbols, picked, strict=True))) <= slack:
            states = {symbol: float(state) for symbol, state in zip(symbols, picked, strict=True)}
            yield _cost(states), states
    for flexible in (symbol for symbol in symbols if symbol in MIXED_VALENCE_ELEMENTS and len(symbols) > 1):
        others = [symbol for symbol in symbols if symbol != flexible]
        for picked in product(*(choices[symbol] for symbol in others)):
            rest = sum(state * composition[symbol] for symbol, state in zip(others, picked, strict=True))
            mean = -rest / composition[flexible]
            same = [state for state in oxidation_states()[flexible] if state * mean > 0.0]
            if same and min(same) <= mean <= max(same):
                states = {flexible: mean} | dict(zip(others, map(float, picked), strict=True))
                yield _MIXED + _cost(states), {symbol: states[symbol] for symbol in symbols}


def _cost(states: Mapping[str, float]) -> float:
    """How unusual an assignment is."""
    from pymatgen.core import Element  # noqa: PLC0415 (half a second that help need not wait for)

    unusual = sum(
        min((abs(state - usual) for usual in _usual(symbol)), default=_UNUSUAL) for symbol, state in states.items()
    )
    drawn = {symbol: Element(symbol).X for symbol in states}
    reversed_pairs = any(
        drawn[one] > drawn[other] for one in states for other in states if states[one] > 0.0 > states[other]
    )
    return _UNUSUAL * unusual + _REVERSED * reversed_pairs


def _usual(symbol: str) -> tuple[int, ...]:
    """The states that an element has most often."""
    from pymatgen.core import Element  # noqa: PLC0415

    return tuple(Element(symbol).common_oxidation_states)
