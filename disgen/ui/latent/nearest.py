"""The entries nearest to the chosen point of the map: by what their latents decode to, and by composition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.ui.crystal.filtered_table import narrowed, show_rows
from disgen.ui.crystal.narrowing import Facts
from disgen.ui.data import loading, run_files
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
    _show_table(key, near, "near_latent", centre, "Distance")
    st.markdown(
        "**By composition**",
        help="Element mover's distance: how many steps an atom moves on average along the modified Pettifor scale of "
        "the elements to turn the one composition into the other.",
    )
    found = nearby.nearest_compositions(key, centre, K)
    if found:
        _show_table(key, found, "near_composition", centre, "Steps")
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


def _show_table(key: RunKey, found: Sequence[Neighbour], table: str, centre: MapPoint, unit: str) -> None:
    """Neighbours by one measure, which can be narrowed; another point's are another table, under the same filter."""
    show_rows(
        nearest_table(found, unit),
        narrowed(facts_of(key, found), key=table, unit="entries"),
        key=f"{table}_{centre.point}",
        chosen=None,
        pick=lambda number: None if number is None else map_state.go_to(st.session_state, found[number].point),
        column_config={},
        alt="Nearest entries",
    )


def facts_of(key: RunKey, found: Sequence[Neighbour]) -> Facts:
    """What neighbours can be told apart by."""
    run = loading.load_run(key)
    rows = [np.flatnonzero(run.index["split"] == one.point.of)[one.point.index] for one in found]
    kinds = {"Split": np.array([SPLIT_LABELS[one.point.of] for one in found])}
    return Facts.of_table(run.index.iloc[rows], run_files.atom_shares(key)[rows] > 0.0, kinds)


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
