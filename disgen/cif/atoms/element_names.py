"""Element symbols in the texts of a CIF: at the start of a name, with a charge behind, and in a formula."""

from __future__ import annotations

import re
from collections import Counter

from disgen.crystal import ATOMIC_NUMBER

# Names that are no element symbol but mean one: deuterium, tritium, water, hydroxyl and AMCSD's "Fl" for fluorine.
ALIASES = {"D": "H", "T": "H", "Dw": "H", "Wat": "O", "Oh": "O", "Fl": "F"}
HEAVY = ("Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og")
_CHARGE = re.compile(r"^(\d*)([+-])(\d*)(?![A-Za-z])|^(\d+)\+")
_LONGEST_CHARGE = 20  # characters
_CAPITAL_WORD = re.compile(r"[A-Z]{1,2}[\d.]*")


def element_of(name: str) -> str | None:
    """Element symbol that a label starts with by the mixed convention, or None.

    A second letter counts only if it is lower case and the pair is an element (so ``CO1`` is carbon, ``NH4`` nitrogen).
    Water and hydroxyl labels count as their oxygen.
    """
    head = letters(name)
    if head.startswith("Wat"):
        return "O"
    if head in ALIASES:
        return ALIASES[head]
    pair = head[:2]
    if len(pair) == 2 and pair[1].islower() and (pair in ATOMIC_NUMBER or (pair in HEAVY and pair == head)):  # noqa: PLR2004
        return pair
    first = "H" if head[:1] == "D" else head[:1]
    return first if first in ATOMIC_NUMBER else None


def charge_of(name: str) -> int | None:
    """Charge written behind the element in a type symbol or label, such as 3 in ``Fe3+``, or None."""
    rest = re.sub(r"^[A-Za-z]*", "", name)[:_LONGEST_CHARGE]
    match = _CHARGE.match(rest)
    if not match:
        return None
    if match[4]:
        return int(match[4])
    if match[1] and match[3] and match[2] == "-":  # O1-2 is a label, not a charge
        return None
    size = int(match[1] or match[3] or 1)
    return size if match[2] == "+" else -size


def in_formula(text: str) -> dict[str, float] | None:
    """Amounts by element of a sum formula such as ``Fe2.5 Ni0.5 O4``, None if it names something else."""
    words = text.split()
    if len(words) > 1 and text.isupper() and all(_CAPITAL_WORD.fullmatch(word) for word in words):
        text = " ".join(word.capitalize() for word in words)
    amounts: Counter[str] = Counter()
    for symbol, amount in re.findall(r"([A-Z][a-z]?)\s*(\d*\.?\d*)", text):
        element = ALIASES.get(symbol, symbol)
        if element not in ATOMIC_NUMBER:
            return None
        amounts[element] += float(amount) if amount not in {"", "."} else 1.0  # type: ignore[assignment]
    return dict(amounts) or None


def letters(text: str) -> str:
    """The letters that a text begins with."""
    match = re.match(r"[A-Za-z]*", text)
    return match[0] if match else ""
