"""Finding entries of an index by formula, elements and space group."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ATOM_SHARE_WITHIN = 0.005  # a composition is the one that is looked for if every element's share of atoms is this close
_TOKEN = re.compile(r"\s*(?:([A-Z][a-z]?)(\d*\.?\d*)|(\()|\)(\d*\.?\d*))")
_MAX_LENGTH = 200
_MOST_ATOMS = 1e9  # of a formula
_SYMBOLS = {
    re.sub(r"[\s_]", "", wyckoff.symbol(number)).lower(): number for number in range(1, wyckoff.SPACE_GROUPS + 1)
}


class SearchError(DisgenError):
    """What is looked for makes no sense; the message says why, in one sentence."""


def parse_formula(text: str) -> dict[str, float]:
    """Amounts by element of a formula such as ``La1.85Sr0.15CuO4`` or ``Ca3(PO4)2``.

    Raises:
        SearchError: if the text is no formula.
    """
    msg = f"{text[:_MAX_LENGTH]!r} is no formula: write one such as La1.85Sr0.15CuO4, or use * for anything."
    groups: list[dict[str, float]] = [{}]
    place = 0
    text = text.strip()
    while place < len(text) <= _MAX_LENGTH:
        token = _TOKEN.match(text, place)
        if token is None:
            raise SearchError(msg)
        place = token.end()
        symbol, amount, opened, times = token.groups()
        if opened:
            groups.append({})
        elif symbol:
            if symbol not in ATOMIC_NUMBER:
                raise SearchError(msg)
            groups[-1][symbol] = groups[-1].get(symbol, 0.0) + _number(amount, msg)
        elif len(groups) > 1:
            inner, factor = groups.pop(), _number(times, msg)
            for name, value in inner.items():
                groups[-1][name] = groups[-1].get(name, 0.0) + factor * value
        else:
            raise SearchError(msg)
    if len(groups) != 1 or len(text) > _MAX_LENGTH or not 0.0 < sum(groups[0].values()) < _MOST_ATOMS:
        raise SearchError(msg)
    return groups[0]


def atom_shares(formulas: Iterable[str]) -> np.ndarray:
    """(n, 100) float32 share of atoms of each element, by atomic number from 1; zeros for what is no formula."""
    parsed = []
    for formula in formulas:
        try:
            parsed.append(parse_formula(formula))
        except SearchError:
            parsed.append({})
    shares = np.zeros((len(parsed), len(ELEMENTS)), dtype=np.float32)
    for row, amounts in zip(shares, parsed, strict=True):
        for symbol, amount in amounts.items():
            row[ATOMIC_NUMBER[symbol] - 1] = amount
    total = shares.sum(axis=1, keepdims=True)
    result: np.ndarray = np.divide(shares, total, out=shares, where=total > 0.0)
    return result


def search(
    formulas: Sequence[str],
    space_groups: np.ndarray,
    shares: np.ndarray,
    *,
    formula: str = "",
    elements: Sequence[str] = (),
    only: bool = False,
    space_group: str = "",
) -> np.ndarray:
    """Numbers of the entries that meet all conditions, in their order.

    Args:
        formulas: (n,) of the entries.
        space_groups: (n,) their numbers.
        shares: (n, 100) `atom_shares` of the formulas.
        formula: whose composition an entry must have, in any multiple and order; or a pattern in which ``*`` stands
            for anything, for the formula as it is written; empty for any.
        elements: symbols of elements that must all be there.
        only: no other elements may be there.
        space_group: number or symbol; empty for any.

    Raises:
        SearchError: if the formula, an element or the space group does not exist.
    """
    found = np.ones(len(formulas), dtype=bool)
    formula = formula.strip()
    if "*" in formula:
        parts = formula[:_MAX_LENGTH].split("*")
        found &= np.fromiter((_has_parts(text, parts) for text in formulas), bool, len(formulas))
    elif formula:
        wanted = atom_shares([formula])[0] if parse_formula(formula) else shares[0]
        found &= (np.abs(shares - wanted) <= ATOM_SHARE_WITHIN).all(axis=1) & ((shares > 0) == (wanted > 0)).all(axis=1)
    if elements:
        unknown = [symbol for symbol in elements if symbol not in ATOMIC_NUMBER]
        if unknown:
            msg = f"There is no element {unknown[0]!r} up to fermium."
            raise SearchError(msg)
        columns = [ATOMIC_NUMBER[symbol] - 1 for symbol in elements]
        found &= (shares[:, columns] > 0.0).all(axis=1)
        if only:
            found &= (shares > 0.0).sum(axis=1) == len(set(columns))
    if space_group.strip():
        found &= np.asarray(space_groups) == space_group_number(space_group)
    return np.flatnonzero(found)


def _has_parts(text: str, parts: Sequence[str]) -> bool:
    """True if a text is these parts, two or more, with anything in between; a regular expression could take forever."""
    first, *middle, last = parts
    place, end = len(first), len(text) - len(last)
    if place > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def space_group_number(text: str) -> int:
    """Number of a space group given by number or symbol (``62``, ``Pnma``, ``P6_3/mmc`` or ``P63/mmc``).

    Raises:
        SearchError: if there is no such group.
    """
    plain = re.sub(r"[\s_]", "", text).lower()
    if plain.isascii() and plain.isdigit() and 1 <= int(plain[:9]) <= wyckoff.SPACE_GROUPS:
        return int(plain[:9])
    if plain in _SYMBOLS:
        return _SYMBOLS[plain]
    msg = f"There is no space group {text[:20]!r}: give a number from 1 to 230, or a symbol such as Pnma."
    raise SearchError(msg)


def _number(text: str, message: str) -> float:
    """An amount, 1 if it is not written.

    Raises:
        SearchError: with this message, if it is no number.
    """
    if text == ".":
        raise SearchError(message)
    return float(text) if text else 1.0
