"""Formulas, symbols and what sits on a site as HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from disgen.drawing.contents import number_text

if TYPE_CHECKING:
    from collections.abc import Iterable


def species_html(pairs: Iterable[tuple[str, float]]) -> str:
    """What sits on a site, as HTML with subscripts: ``Fe<sub>0.5</sub>Ni<sub>0.5</sub>``; a full site has no number."""
    return "".join(_subscripted(symbol, number_text(amount)) for symbol, amount in pairs)


def formula_html(formula: str) -> str:
    """A formula such as ``La1.85Sr0.15CuO4`` as HTML with its amounts as subscripts; other text is only escaped."""
    pieces, digits = [], ""
    for character in formula:
        if character.isdigit() or (character == "." and digits):
            digits += character
            continue
        pieces.append(f"<sub>{digits}</sub>{html.escape(character)}" if digits else html.escape(character))
        digits = ""
    return "".join(pieces) + (f"<sub>{digits}</sub>" if digits else "")


def space_group_html(symbol: str) -> str:
    """A Hermann-Mauguin symbol such as ``P6_3/mmc`` or ``R-3m`` as HTML: screw axes as subscripts, bars as bars."""
    pieces, mode = [], ""
    for character in symbol:
        if character in "_-":
            mode = character
        elif mode == "_":
            pieces.append(f"<sub>{html.escape(character)}</sub>")
            mode = ""
        elif mode == "-":
            pieces.append(f'<span style="text-decoration:overline">{html.escape(character)}</span>')
            mode = ""
        else:
            escaped = html.escape(character)
            pieces.append(f"<i>{escaped}</i>" if character.isalpha() else escaped)
    return "".join(pieces)


def _subscripted(symbol: str, amount: str) -> str:
    return html.escape(symbol) + ("" if amount == "1" else f"<sub>{amount}</sub>")
