"""Which oxidation states make a composition neutral, and which of them are odd.

`disgen.generation.neutrality` says whether there is an assignment; this module shows the least odd one. A state is odd
if it is not among the element's common ones (pymatgen), or, as a mean of mixed valence, lies outside their range.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from pymatgen.core import Element

from disgen.generation.neutrality import CHARGE_TOLERANCE, MIXED_VALENCE_ELEMENTS, neutrality, oxidation_states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_ASSIGNMENTS = 20_000  # that are tried; beyond that elements have their common states only
_WHOLE = 1e-6


@dataclass(frozen=True)
class Assignment:
    """Oxidation states of a composition's elements.

    Attributes:
        states: by symbol; the mean where an element is of mixed valence.
        odd: symbols of the elements whose state is odd.
    """

    states: tuple[tuple[str, float], ...]
    odd: tuple[str, ...]

    @property
    def text(self) -> str:
        """Such as ``Fe 2.5+, O 2−``; odd states are followed by a question mark."""
        return ", ".join(f"{symbol} {_signed(state)}{'?' * (symbol in self.odd)}" for symbol, state in self.states)


def assignment(composition: Mapping[str, float]) -> Assignment | None:
    """The least odd states that make a composition neutral; None if there are none, and for alloys.

    One state per element goes before mixed valence.

    Args:
        composition: amount of each element, by symbol.

    Raises:
        DisgenError: if there is nothing in it, or a symbol is unknown.
    """
    verdict = neutrality(composition)
    if verdict.alloy or not verdict.mixed_valence:
        return None
    return _least_odd(tuple(sorted(composition.items())), mixed=not verdict.one_state)


@lru_cache(maxsize=4096)
def _least_odd(amounts: tuple[tuple[str, float], ...], *, mixed: bool) -> Assignment | None:
    found = list(_mixed_valences(amounts) if mixed else _single_states(amounts))
    return min(found, key=lambda one: (len(one.odd), sum(abs(state) for _, state in one.states)), default=None)


def _single_states(amounts: tuple[tuple[str, float], ...]) -> Iterator[Assignment]:
    symbols, numbers = zip(*amounts, strict=True)
    slack = CHARGE_TOLERANCE * sum(numbers)
    for states in product(*_offered(symbols)):
        if abs(sum(number * state for number, state in zip(numbers, states, strict=True))) <= slack + _WHOLE:
            yield _assigned(symbols, states)


def _mixed_valences(amounts: tuple[tuple[str, float], ...]) -> Iterator[Assignment]:
    """One element takes the mean that balances the others."""
    for place, (symbol, number) in enumerate(amounts):
        states = oxidation_states()[symbol]
        if symbol not in MIXED_VALENCE_ELEMENTS or not states:
            continue
        others = amounts[:place] + amounts[place + 1 :]
        names = tuple(name for name, _ in others)
        for chosen in product(*_offered(names)):
            mean = -sum(amount * state for (_, amount), state in zip(others, chosen, strict=True)) / number
            if min(states) <= mean <= max(states):
                yield _assigned((*names[:place], symbol, *names[place:]), (*chosen[:place], mean, *chosen[place:]))


def _offered(symbols: tuple[str, ...]) -> list[tuple[int, ...]]:
    known = [oxidation_states()[symbol] or _common(symbol) for symbol in symbols]
    if prod(map(len, known)) <= MOST_ASSIGNMENTS:
        return known
    return [_common(symbol) or states for symbol, states in zip(symbols, known, strict=True)]


def _assigned(symbols: tuple[str, ...], states: tuple[float, ...]) -> Assignment:
    odd = tuple(symbol for symbol, state in zip(symbols, states, strict=True) if _is_odd(symbol, state))
    return Assignment(tuple(zip(symbols, states, strict=True)), odd)


def _is_odd(symbol: str, state: float) -> bool:
    common = _common(symbol)
    if abs(state - round(state)) < _WHOLE:
        return round(state) not in common
    return not common or not min(common) <= state <= max(common)


def _common(symbol: str) -> tuple[int, ...]:
    return tuple(Element(symbol).common_oxidation_states)


def _signed(state: float) -> str:
    sign = "+" if state > 0.0 else "−" if state < 0.0 else ""
    return f"{abs(state):.2f}".rstrip("0").rstrip(".") + sign
