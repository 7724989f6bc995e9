"""Small multiples of a map on a page: one set of points a panel, over the first set in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.base.own_component import own_component

if TYPE_CHECKING:
    from collections.abc import Callable

_CHART = own_component(
    "disgen_panels",
    "disgen.ui.charts",
    "element.js",
    "points.js",
    "view.js",
    "gestures.js",
    "panels_chart.js",
    css="panels_chart.css",
)


def show_panels(packed: bytes, *, key: str, clicked: Callable[[str, int], None]) -> None:
    """The panels.

    Args:
        packed: of `disgen.ui.charts.scatter.Scatter`, one of whose `sizes` is a panel each; it says more: ``panels``,
            the name, the label and the alternative text of each, and ``behind``, the colour's number of the first
            panel's points where they lie behind others.
        key: of the element.
        clicked: called with a panel's name and the number of a point in it.
    """

    def picked() -> None:
        name, _, index = str(st.session_state[key].picked or "").rpartition(":")
        if name and index.isdecimal():
            clicked(name, int(index))

    _CHART(key=key, data=packed, on_picked_change=picked)
