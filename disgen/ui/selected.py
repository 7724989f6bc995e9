"""What a lasso on the map holds: a table to pick from, and files to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.ui import actions, loading, points, tray
from disgen.ui.downloads import archive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from disgen.ui.loading import RunKey
    from disgen.ui.points import Decoded, Points
    from disgen.ui.selection import PointId
    from disgen.ui.tray import Item, Source

TABLE = "map_table"


def show_selection(
    key: RunKey,
    sets: dict[str, Points],
    chosen: Sequence[PointId],
    source: Callable[[PointId, Decoded, np.ndarray], Source],
    show: Callable[[PointId], None],
) -> None:
    """Table of the selected points, their CSV, and the crystals that they decode to: as an archive, or into the tray.

    Args:
        key: of the run.
        sets: points on the map by name.
        chosen: what is selected.
        source: of a point's crystal, given what the point decodes to, and its latent.
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
            data=lambda: selection_archive(selected_items(key, sets, chosen, source)),
            file_name="selection.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="A CIF for every point that decodes to a crystal, and a table of them.",
        )
        hint = f"The crystals that these points decode to; the tray holds {tray.MOST}."
        if st.button("All to tray", icon=":material/add:", help=hint, disabled=len(table) > tray.MOST):
            actions.add_to_tray(selected_items(key, sets, chosen, source))


def selection_table(sets: dict[str, Points], chosen: Sequence[PointId]) -> pd.DataFrame:
    """A row a point, in the order of selection."""
    parts = {name: group.table for name, group in sets.items()}
    rows = [{"point": str(point), **parts[point.of].iloc[point.index].to_dict()} for point in chosen]
    table = pd.DataFrame(rows)
    table.insert(3, "symbol", [wyckoff.symbol(number) if number else "" for number in table["space_group"]])
    return table


def selected_items(
    key: RunKey,
    sets: dict[str, Points],
    chosen: Sequence[PointId],
    source: Callable[[PointId, Decoded, np.ndarray], Source],
) -> list[Item]:
    """The crystals that the selected points decode to, a set after the other."""
    run, known = loading.load_run(key), loading.known_keys(key)
    found = []
    for name, group in sets.items():
        inside = [point for point in chosen if point.of == name]
        if inside:
            latents = group.z[[point.index for point in inside]]
            for point, z, decoded in zip(inside, latents, points.decode(run, latents, known), strict=True):
                if decoded.crystal is not None:
                    found.append(tray.Item(decoded.crystal, source(point, decoded, z)))
    return found


def selection_archive(items: Sequence[Item]) -> bytes:
    """Zip of the crystals."""
    return archive([item.crystal for item in items], [item.source.origin for item in items])


def _picked(chosen: Sequence[PointId], show: Callable[[PointId], None]) -> None:
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows and rows[0] < len(chosen):
        show(chosen[rows[0]])
