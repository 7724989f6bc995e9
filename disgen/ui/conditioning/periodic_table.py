"""A periodic table to click: each element is in one of two lists, or in neither.

The browser shows a click at once and sends both lists with a number that counts the clicks; what comes back with a
lower number is older than what the browser shows, and is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from disgen.crystal import ATOMIC_NUMBER
from disgen.ui.base.own_component import own_component

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ROWS = """
H  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  He
Li Be .  .  .  .  .  .  .  .  .  .  B  C  N  O  F  Ne
Na Mg .  .  .  .  .  .  .  .  .  .  Al Si P  S  Cl Ar
K  Ca Sc Ti V  Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y  Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I  Xe
Cs Ba .  Hf Ta W  Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn
Fr Ra .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
.  .  La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu .
.  .  Ac Th Pa U  Np Pu Am Cm Bk Cf Es Fm .  .  .  .
"""
_SERIES = 8  # row of the lanthanides, set apart from those above it
PLACES: Mapping[str, tuple[int, int]] = {
    symbol: (row, column)
    for row, line in enumerate(_ROWS.split("\n")[1:-1], start=1)
    for column, symbol in enumerate(line.split(), start=1)
    if symbol != "."
}
_EDITS = "_periodic_table_edits"


def table_html() -> str:
    """All elements as buttons in their places, and a legend."""
    buttons = "".join(
        f'<button type="button" data-symbol="{symbol}" title="{symbol}, {ATOMIC_NUMBER[symbol]}" tabindex="-1" '
        f'data-number="{ATOMIC_NUMBER[symbol]}" style="grid-area:{row + (row >= _SERIES)}/{column}">{symbol}</button>'
        for symbol, (row, column) in PLACES.items()
    )
    legend = '<p class="legend"><span class="first"></span> <span class="second"></span> <span class="hint"></span></p>'
    return f'<div class="frame"><div class="table" role="group">{buttons}{legend}</div></div>'


_TABLE = own_component(
    "disgen_periodic_table", "disgen.ui.conditioning", "periodic_table.js", css="periodic_table.css", html=table_html()
)


def show_table(
    lists: Mapping[str, Sequence[str]],
    words: tuple[str, str],
    kind: str,
    *,
    key: str,
    marked: Callable[[dict[str, Any]], None],
) -> None:
    """Draw the table.

    Args:
        lists: symbols under "first" and "second".
        words: what it means for an element to be in each of them.
        kind: "no" if the second list is of what is unwanted, else "yes".
        key: of the component.
        marked: called with both lists after a click.
    """

    def clicked() -> None:
        chosen = st.session_state[key].marked
        if isinstance(chosen, dict) and isinstance(chosen.get("edit"), (int, float)):
            st.session_state[_EDITS] = int(chosen["edit"])
            marked(chosen)

    data = {
        "edit": st.session_state.get(_EDITS, 0),
        "first": list(lists["first"]),
        "second": list(lists["second"]),
        "words": list(words),
        "kind": kind,
    }
    _TABLE(key=key, data=data, on_marked_change=clicked)
