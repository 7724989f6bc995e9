"""The entries nearest to the chosen point of the map: by what their latents decode to, and by composition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.ui.data.points import SPLIT_LABELS
from disgen.ui.latent import map_state, nearby
from disgen.ui.latent.marks import Marks

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from disgen.ui.data.loading import RunKey
    from disgen.ui.latent.map_state import MapPoint
    from disgen.ui.latent.nearby import Neighbour

K = 10


def show_nearest(key: RunKey, centre: MapPoint) -> Marks:
    """Two short tables, of which a row leads to its crystal; returns what is to be drawn on the map."""
    held = nearby.splits(key)
    where = "all splits" if "train" in held else "its test split, as this light run holds no other"
    st.caption(
        f"Entries of {where}, nearest first; those nearest in latent space are marked on the map. Choose a row or a "
        "mark to go to its crystal."
    )
    st.markdown(
        "**In latent space**",
        help="By likeness, as on the t-SNE map: how much the crystals that the latents decode to share of crystal "
        "system, space group, Wyckoff letters and elements. 0 is the same in all of these.",
    )
    near = nearby.nearest_latents(key, centre, K)
    _show_table(near, f"near_latent_{centre.point}", "Distance")
    st.markdown(
        "**By composition**",
        help="Element mover's distance: how many steps an atom moves on average along the modified Pettifor scale of "
        "the elements to turn the one composition into the other.",
    )
    found = nearby.nearest_compositions(key, centre, K)
    if found:
        _show_table(found, f"near_composition_{centre.point}", "Steps")
    else:
        st.caption("The point decodes to no crystal, so there is no composition to compare.")
    places = nearby.nearest_on_map(key, centre, K, map_state.view_of(st.session_state))
    return Marks(places, [f"{n}: {neighbour_text(one)}" for n, one in enumerate(near, start=1)], [False] * len(near))


def go_to_nearest(state: MutableMapping[Any, Any], key: RunKey, centre: MapPoint, number: int) -> None:
    """Go to one of the entries that are nearest in latent space."""
    map_state.go_to(state, nearby.nearest_latents(key, centre, K)[number].point)


def neighbour_text(neighbour: Neighbour) -> str:
    """A neighbour in a list of choices."""
    return f"{neighbour.formula}, {wyckoff.symbol(neighbour.space_group)} · {neighbour.point}"


def _show_table(found: Sequence[Neighbour], key: str, unit: str) -> None:
    st.dataframe(
        nearest_table(found, unit),
        key=key,
        height="content",
        hide_index=True,
        selection_mode="single-row",
        on_select=lambda: go_to_row(st.session_state, key, found),
        alt="Nearest entries",
    )


def nearest_table(found: Sequence[Neighbour], unit: str) -> pd.DataFrame:
    """A row an entry."""
    return pd.DataFrame(
        {
            unit: [round(one.distance, 3) for one in found],
            "Formula": [one.formula for one in found],
            "Space group": [f"{wyckoff.symbol(one.space_group)} ({one.space_group})" for one in found],
            "Split": [SPLIT_LABELS[one.point.of] for one in found],
            "Number": [one.point.index for one in found],
        }
    )


def go_to_row(state: MutableMapping[Any, Any], key: str, found: Sequence[Neighbour]) -> None:
    """Go to the entry whose row is chosen in the table of this key."""
    rows = state[key]["selection"]["rows"]
    if rows and rows[0] < len(found):
        map_state.go_to(state, found[rows[0]].point)
