"""Single values of a CIF block: numbers as people write them, and names with several spellings."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import gemmi

if TYPE_CHECKING:
    from collections.abc import Iterable

_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*([1-9]\d*)")
_DECIMALS = re.compile(r"[+-]?\d*[.,](\d+)(?:\((\d+)\))?")
_FINEST = 1e-7  # of written coordinates
_EIGHTHS = 8  # coordinates that are a multiple of 1/8 are meant as such


def number(text: str) -> float:
    """A number without its standard uncertainty, also a fraction such as ``1/3``; NaN if it is none."""
    value = gemmi.cif.as_number(text)
    if math.isnan(value):  # quoted, a fraction, followed by stray punctuation, or with a decimal comma
        plain = gemmi.cif.as_string(text).strip().rstrip(",;")
        if (match := _FRACTION.fullmatch(plain)) is not None:
            return int(match[1]) / int(match[2])
        value = gemmi.cif.as_number(plain.replace(",", ".") if "." not in plain else plain)
    return value


def uncertainty(text: str) -> float:
    """How far a written coordinate may be off: its standard uncertainty, or half a unit of its last digit."""
    match = _DECIMALS.fullmatch(text.strip("'\""))
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
        if text is None:
            continue
        if gemmi.cif.is_null(text) or not gemmi.cif.as_string(text).strip():  # perhaps it is given twice
            pairs = (item.pair for item in block if item.pair is not None and item.pair[0].lower() == tag.lower())
            text = next((pair[1] for pair in pairs if gemmi.cif.as_string(pair[1]).strip()), "?")
        if not gemmi.cif.is_null(text) and (plain := gemmi.cif.as_string(text).strip()):
            return plain
    return ""
