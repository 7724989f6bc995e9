"""Single values of a CIF block: numbers as people write them, and names with several spellings."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import gemmi

if TYPE_CHECKING:
    from collections.abc import Iterable

_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*([1-9]\d*)")
_DECIMALS = re.compile(r"[+-]?\d*[.,](\d+)(?:\((\d+)\))?")
_LONGEST = 60  # characters of a number
_FINEST = 1e-7  # of written coordinates
_EIGHTHS = 8  # coordinates that are a multiple of 1/8 are meant as such


def number(text: str) -> float:
    """A number without its standard uncertainty, also a fraction such as ``1/3``; NaN if it is none or too long."""
    if len(text) > _LONGEST:
        return math.nan
    value = gemmi.cif.as_number(text)
    if math.isnan(value):  # quoted, a fraction, followed by stray punctuation, or with a decimal comma
        plain = gemmi.cif.as_string(text).strip().rstrip(",;")
        if (match := _FRACTION.fullmatch(plain)) is not None:
            return int(match[1]) / int(match[2])
        value = gemmi.cif.as_number(plain.replace(",", ".") if "." not in plain else plain)
    return value


def uncertainty(text: str) -> float:
    """How far a written coordinate may be off: its standard uncertainty, or half a unit of its last digit."""
    match = _DECIMALS.fullmatch(text.strip("'\"")) if len(text) <= _LONGEST else None
    if match is None:  # a whole number or a fraction
        return 0.0
    unit = 10.0 ** -len(match[1])
    if match[2]:
        return int(match[2]) * unit
    eighths = float(match[0].replace(",", ".")) * _EIGHTHS
    return 0.0 if abs(eighths - round(eighths)) < _FINEST else 0.5 * unit


def first_value(block: gemmi.cif.Block, tags: Iterable[str]) -> str:
    """The first of some names that has a value, as plain text; empty if none has."""
    for tag in tags:
        text = block.find_value(tag)
        if not text:
            continue
        given = [text, *_given_again(block, tag)] if _is_empty(text) else [text]
        for value in given:
            if not _is_empty(value):
                return gemmi.cif.as_string(value).strip()
    return ""


def _is_empty(text: str) -> bool:
    return gemmi.cif.is_null(text) or not gemmi.cif.as_string(text).strip()


def _given_again(block: gemmi.cif.Block, tag: str) -> list[str]:
    """All values of a name that a file gives more than once."""
    pairs: list[Any] = [item.pair for item in block]
    return [pair[1] for pair in pairs if pair and pair[0].lower() == tag.lower()]
