"""What is in focus as one line under the map: how many, and the first of them to be opened by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.ui.base.elements import plain_markdown
from disgen.ui.latent import map_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.ui.data.points import Points
    from disgen.ui.data.selection import PointId
    from disgen.ui.map.focus import Focus

KEY = "map_strip"
MOST = 12  # points in the strip; the table below has all


def show_strip(found: Focus, sets: Mapping[str, Points], chosen: PointId) -> None:
    """How many points are in focus, and a button for each of the first.

    Args:
        found: the points.
        sets: those that they belong to, by name.
        chosen: the point whose crystal is shown.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{found.text}**")
        if found.selected:
            st.button(
                "Clear selection",
                icon=":material/close:",
                on_click=map_state.clear_selection,
                args=(st.session_state,),
            )
    with st.container(horizontal=True, key=KEY, gap="small"):
        for point in found.points[:MOST]:
            row = sets[point.of].table.iloc[point.index]
            st.button(
                point_label(row["formula"], int(row["space_group"])),
                key=f"strip_{point}",
                type="primary" if point == chosen else "secondary",
                on_click=map_state.go_to,
                args=(st.session_state, point),
            )


def point_label(formula: str, space_group: int) -> str:
    """A point in two short lines of Markdown."""
    if not space_group:
        return formula
    return f"**{plain_markdown(formula)}**  \n{wyckoff.symbol(space_group)} ({space_group})"
