"""From here to another point of the map: every step of the way decoded."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.base.samplers import label
from disgen.ui.crystal import verdict
from disgen.ui.crystal.provenance import origin
from disgen.ui.data.points import SPLIT_LABELS
from disgen.ui.latent import map_state, nearby, tool_table
from disgen.ui.latent.map_parameters import END, MOST_STEPS, START
from disgen.ui.latent.map_state import map_point, samples_of
from disgen.ui.latent.marks import Marks
from disgen.ui.latent.nearby import PathKey
from disgen.ui.latent.nearest import neighbour_text
from disgen.ui.latent.recipes import path_recipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.verdict import Verdict
    from disgen.ui.data.loading import RunKey
    from disgen.ui.data.selection import PointId
    from disgen.ui.latent.map_state import MapPoint
    from disgen.ui.latent.nearby import Neighbour

NEIGHBOURS = 10  # that are offered as an end
_WAYS = {"spherical": "Spherical", "linear": "Linear"}
_CLICKS = {START: "the start", END: "the end"}


def show_path(key: RunKey, start: MapPoint, sizes: Mapping[str, int]) -> Marks:
    """Controls, then the steps to the end that was chosen; returns what is to be drawn on the map.

    Args:
        key: of the run.
        start: the chosen point.
        sizes: number of points in each set that can be chosen from.
    """
    end = _choose_end(key, start, sizes)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Path",
            list(_WAYS),
            required=True,
            format_func=_WAYS.__getitem__,
            key="way",
            persist_state="session",
            help="Spherical: turns evenly from one direction to the other, so that it stays among the crystals; "
            "linear: straight on.",
        )
        st.slider("Steps, ends included", 2, MOST_STEPS, key="steps", persist_state="session", width=240)
    if end is None:
        st.caption(
            "Choose where the path leads to: let clicks choose the end and click a point, take a neighbour, or give "
            "a number."
        )
        return Marks()
    to = map_point(samples_of(st.session_state), end)
    view = map_state.view_of(st.session_state)
    asked = PathKey(start, to, str(st.session_state["way"]), int(st.session_state["steps"]))
    try:
        found = nearby.path(key, asked)
    except DisgenError as error:
        st.warning(str(error))
        return Marks(end=nearby.on_map(key, asked.end, view))
    distance = float(np.linalg.norm(found.z[-1] - found.z[0]))
    st.caption(
        f"From {start.point} (ring) to {end} (square), {distance:.2f} latent units apart. Steps that are "
        "credible and new are yellow on the map; those that fall on one place are fanned out. Choose one by its row or "
        "its mark."
    )
    verdicts = tool_table.verdicts_of(found, key)
    row = map_state.settle_pick(st.session_state, len(found))
    rows = tool_table.show_table(
        path_table(found, verdicts),
        found,
        verdicts,
        key="path_table",
        alt="Steps of the path",
        chosen=row,
        pick=partial(map_state.pick, st.session_state),
    )
    stem = path_stem(asked)
    sources = tool_table.sources_of(key, found, stem)
    tool_table.show_takeaway(found, sources, verdicts, rows, path_recipe(key.name, asked), name=stem, key="path")
    tool_table.show_picked(found, sources, row, key="download_path")
    return Marks(
        nearby.path_on_map(key, asked, view),
        tool_table.mark_titles(found, "Step"),
        tool_table.are_good(found, verdicts),
        path=True,
        picked=row,
        end=nearby.on_map(key, asked.end, view),
    )


def _choose_end(key: RunKey, start: MapPoint, sizes: Mapping[str, int]) -> PointId | None:
    """Where to: by a click, among the neighbours, or by number."""
    state = st.session_state
    end = map_state.settle_end(state, sizes)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "A click on the map chooses",
            list(_CLICKS),
            required=True,
            default=START,
            format_func=_CLICKS.__getitem__,
            key=map_state.CLICKS,
            persist_state="session",
        )
        near = {str(found.point): found for found in nearby.nearest_latents(key, start, NEIGHBOURS)}
        st.selectbox(
            "To a neighbour",
            list(near),
            index=None,
            placeholder="the nearest entries",
            format_func=lambda name: neighbour_text(near[name]),
            key="to_neighbour",
            width=250,
            on_change=lambda: _to_neighbour(near),
        )
        st.selectbox(
            "or to",
            list(sizes),
            format_func=lambda name: SPLIT_LABELS.get(name) or label(name),
            key="to_of",
            persist_state="session",
            width=180,
        )
        st.number_input(
            "number", 0, sizes[state["to_of"]] - 1, value=None, key="to", persist_state="session", width=120
        )
    return end


def _to_neighbour(near: Mapping[str, Neighbour]) -> None:
    chosen = near.get(str(st.session_state["to_neighbour"]))
    if chosen is not None:
        map_state.choose_end(st.session_state, chosen.point)
        st.session_state["to_neighbour"] = None


def path_table(decoded: Sequence[DecodedLatent], verdicts: Sequence[Verdict | None]) -> pd.DataFrame:
    """A row a step: the verdict, what became of it, formula, space group, what changed since the step before."""
    crystals = [point.crystal for point in decoded]
    changes = [tool_table.what_changed(before, after) for before, after in pairwise(crystals)]
    return pd.DataFrame(
        {
            "Step": range(len(decoded)),
            "Credible": [verdict.in_words(one) for one in verdicts],
            "Outcome": [str(point.outcome) for point in decoded],
            "Formula": [tool_table.formula_text(crystal) for crystal in crystals],
            "Space group": [tool_table.group_text(crystal) for crystal in crystals],
            "Changed": ["", *changes],
        }
    )


def path_stem(asked: PathKey) -> str:
    """Name of the steps in files: ``spherical-test-5-to-train-12-9steps``."""
    ends = (origin(place.samples, place.point) for place in (asked.start, asked.end))
    return f"{asked.way}-{'-to-'.join(ends)}-{asked.steps}steps"
