"""What a lasso on the map holds: a table to pick from, and files to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.ui import loading, points
from disgen.ui.downloads import archive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disgen.ui.loading import RunKey
    from disgen.ui.points import Points
    from disgen.ui.selection import PointId

TABLE = "map_table"


def show_selection(
    key: RunKey,
    sets: dict[str, Points],
    chosen: Sequence[PointId],
    origin: Callable[[PointId], str],
    show: Callable[[PointId], None],
) -> None:
    """Table of the selected points, their CSV and an archive of the crystals that they decode to.

    Args:
        key: of the run.
        sets: points on the map by name.
        chosen: what is selected.
        origin: name of a point for files.
        show: called with the point whose row is clicked.
    """
    table = selection_table(sets, chosen)
    st.markdown(f"**{len(table):,} points selected.** Click a row to see its crystal.")
    st.dataframe(
        table,
        key=TABLE,
        height=260,
        hide_index=True,
        selection_mode="single-row",
        on_select=lambda: _picked(chosen, show),
        alt="Selected points",
    )
    with st.container(horizontal=True):
        st.download_button(
            "Table (CSV)",
            data=lambda: table.to_csv(index=False),
            file_name="selection.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/table:",
        )
        st.download_button(
            "Decoded crystals (zip)",
            data=lambda: selection_archive(key, sets, chosen, origin),
            file_name="selection.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="A CIF for every point that decodes to a crystal, and a table of them.",
        )


def selection_table(sets: dict[str, Points], chosen: Sequence[PointId]) -> pd.DataFrame:
    """A row a point, in the order of selection."""
    parts = {name: group.table for name, group in sets.items()}
    rows = [{"point": str(point), **parts[point.of].iloc[point.index].to_dict()} for point in chosen]
    table = pd.DataFrame(rows)
    table.insert(3, "symbol", [wyckoff.symbol(number) if number else "" for number in table["space_group"]])
    return table


def selection_archive(
    key: RunKey, sets: dict[str, Points], chosen: Sequence[PointId], origin: Callable[[PointId], str]
) -> bytes:
    """Zip of the crystals that the selected points decode to."""
    run = loading.load_run(key)
    crystals, origins = [], []
    for name, group in sets.items():
        inside = [point for point in chosen if point.of == name]
        if inside:
            decoded = points.decode(run, group.z[[point.index for point in inside]])
            found = [(one.crystal, origin(point)) for one, point in zip(decoded, inside, strict=True) if one.crystal]
            crystals += [crystal for crystal, _ in found]
            origins += [text for _, text in found]
    return archive(crystals, origins)


def _picked(chosen: Sequence[PointId], show: Callable[[PointId], None]) -> None:
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows and rows[0] < len(chosen):
        show(chosen[rows[0]])
