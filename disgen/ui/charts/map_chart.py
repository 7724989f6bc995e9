"""The chart of the latent map on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.base.own_component import own_component

if TYPE_CHECKING:
    from collections.abc import Callable

_CHART = own_component(
    "disgen_map",
    "disgen.ui.charts",
    "element.js",
    "points.js",
    "view.js",
    "gestures.js",
    "map_chart.js",
    css="map_chart.css",
    isolated=False,  # what is drawn over the map finds its place in it
)


def show_map(packed: bytes, *, key: str, clicked: Callable[[tuple[int, ...]], None] | None = None) -> None:
    """The map, as high as `--map-height` of the page's style says, or some 27 lines.

    Args:
        packed: of `disgen.ui.charts.scatter.Scatter`; with ``choosing=False``, nothing can be clicked or selected.
        key: of the element.
        clicked: called with the row of a point that is clicked, with the rows in a box or a lasso, and with none when
            a selection is given up.
    """

    def heard() -> None:
        if clicked is not None:
            clicked(whole_numbers(st.session_state[key].clicked))

    _CHART(key=key, data=packed, on_clicked_change=heard)


def whole_numbers(rows: object) -> tuple[int, ...]:
    """Rows that the map names, each once, in its order; what is no number of a row is left out."""
    if not isinstance(rows, (list, tuple)):
        return ()
    return tuple(dict.fromkeys(row for row in rows if type(row) is int and row >= 0))
