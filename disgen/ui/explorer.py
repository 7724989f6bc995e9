"""The latent map with its crystal beside it: choosing a set and a point, by click, by lasso or by number.

Everything that makes the view (set, colouring, point, tool below the map) is in the URL.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen import wyckoff
from disgen.generation.outcome import Outcome
from disgen.latent.estimators import EstimatorError
from disgen.latent.projection import ProjectionError
from disgen.latent.registry import ESTIMATORS
from disgen.ui import loading, map_state, nearby, samplers, urlstate
from disgen.ui.decoded import show_decoded
from disgen.ui.elements import formula_html, space_group_html
from disgen.ui.map_marks import Marks, show_marks
from disgen.ui.map_nearest import show_nearest
from disgen.ui.map_path import TABLE as PATH_TABLE
from disgen.ui.map_path import show_path
from disgen.ui.map_state import (
    AROUND,
    CHART,
    COLDEST,
    HOTTEST,
    MOST_SAMPLES,
    MOST_SEED,
    NEAREST,
    NO_SAMPLES,
    PARAMETERS,
    PATH,
    place_of,
    samples_of,
)
from disgen.ui.neighbourhood import TABLE as AROUND_TABLE
from disgen.ui.neighbourhood import show_around
from disgen.ui.plots import COLOURINGS
from disgen.ui.points import SPLIT_LABELS
from disgen.ui.provenance import source_of
from disgen.ui.selected import show_selection
from disgen.ui.selection import point_of_row, selected_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.ui.loading import RunKey, SampleKey
    from disgen.ui.map_state import AroundKey, Place
    from disgen.ui.points import Points
    from disgen.ui.selection import PointId

_TOOLS = {AROUND: "Around this crystal", PATH: "From here to …", NEAREST: "Nearest crystals"}
_TABLES = {AROUND: AROUND_TABLE, PATH: PATH_TABLE}


@st.fragment
def show_explorer(key: RunKey) -> None:
    """Map and tools on the left, the chosen point's crystal on the right; a sentence where something is missing."""
    urlstate.restore(PARAMETERS)
    _choose_set()
    try:
        test = loading.test_points(key)
    except ProjectionError as error:
        st.error(str(error), icon=":material/error:")
        return
    samples, drawn = _samples(key)
    sizes = {name: len(loading.load_run(key).latents[name]) for name in nearby.splits(key)}
    if drawn is not None:
        sizes[drawn.name] = len(drawn)
    with st.container(key="wide_explorer"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        _show_map(key, samples, test, drawn)
    with right:
        chosen = place_of(samples, _choose_point(sizes))
        map_state.settle_unit(st.session_state, nearby.splits(key))
        asked = map_state.asked_around(st.session_state, chosen)
        urlstate.publish(PARAMETERS)
        _show_point(key, chosen)
    with left:
        marks = _show_tool(key, chosen, asked, sizes)
        tool = st.session_state["tool"]
        show_marks(
            CHART,
            nearby.on_map(key, chosen),
            marks,
            lambda number: map_state.pick(st.session_state, _TABLES[tool], number),
        )


def _choose_set() -> None:
    """Controls above the map."""
    off = st.session_state["set"] == NO_SAMPLES
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Samples on the map",
            (NO_SAMPLES, *ESTIMATORS),
            format_func=lambda name: "None" if name == NO_SAMPLES else samplers.label(name),
            key="set",
            persist_state="session",
            on_change=map_state.set_changed,
            args=(st.session_state,),
            width=220,
            help="Draw latents from a density fitted to the training latents, decode them and place them on the map.",
        )
        st.number_input("Number", 1, MOST_SAMPLES, step=50, key="n", persist_state="session", disabled=off, width=130)
        st.number_input("Seed", 0, MOST_SEED, key="seed", persist_state="session", disabled=off, width=110)
        st.slider(
            "Temperature",
            COLDEST,
            HOTTEST,
            step=0.05,
            key="temperature",
            persist_state="session",
            disabled=off,
            width=170,
            help="Factor on the noise around the sampler's centres: below 1 samples are more usual, above 1 stranger.",
        )
        st.selectbox(
            "Colour by",
            list(COLOURINGS),
            format_func=COLOURINGS.__getitem__,
            key="colour",
            persist_state="session",
            width=190,
        )


def _samples(key: RunKey) -> tuple[SampleKey | None, Points | None]:
    """The set of samples that is wanted on the map; none, and a sentence, if it cannot be had."""
    from disgen.model.checkpoint import RunError  # noqa: PLC0415 (torch: not before the first paint)

    samples = samples_of(st.session_state)
    if samples is None:
        return None, None
    try:
        return samples, loading.sampled_points(key, samples)
    except (EstimatorError, RunError, ProjectionError) as error:
        st.info(f"There are no {samplers.label(samples.estimator)} samples. {error}", icon=":material/info:")
        return None, None


def _show_map(key: RunKey, samples: SampleKey | None, test: Points, drawn: Points | None) -> None:
    colouring = st.session_state["colour"]
    figure = loading.map_figure(key, samples, colouring)
    st.plotly_chart(
        figure,
        key=CHART,
        on_select=lambda: map_state.clicked(st.session_state, len(test)),
        selection_mode=("points", "box", "lasso"),
        config={"scrollZoom": True, "displaylogo": False},
        alt=f"Latent map: {len(test)} crystals of the test split coloured by {COLOURINGS[colouring].lower()}",
    )
    text = f"t-SNE of {len(test):,} crystals of the test split."
    if drawn is not None:
        crystals = sum(point.crystal is not None for point in drawn.decoded)
        good = sum(point.outcome is Outcome.OK for point in drawn.decoded)
        text += (
            f" {len(drawn):,} {drawn.label} samples (in colour): {crystals:,} of them ({crystals / len(drawn):.1%}) "
            f"decode to a crystal, {good:,} ({good / len(drawn):.1%}) to a valid, neutral, new one, each counted once."
        )
    st.caption(
        f"{text} Click a point to decode it (the ring marks it); use the lasso to select many; double-click to clear."
    )
    rows = selected_rows(st.session_state.get(CHART))
    if len(rows) > 1:
        name = samples.estimator if samples else None
        chosen = [point for row in rows if (point := point_of_row(row, len(test), name)) is not None]
        sets = {points.name: points for points in (test, drawn) if points is not None}
        show_selection(
            key,
            sets,
            chosen,
            lambda point, decoded, z: source_of(key, samples, point, decoded, z),
            lambda point: map_state.go_to(st.session_state, point),
        )


def _choose_point(sizes: Mapping[str, int]) -> PointId:
    """Which point is shown: also for those who do not click."""
    point = map_state.settle_point(st.session_state, sizes)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Point of",
            list(sizes),
            format_func=lambda name: SPLIT_LABELS.get(name) or samplers.label(name),
            key="of",
            persist_state="session",
            width=170,
            help="Only the test split and the samples are drawn on the map; the ring shows where any other point lies.",
        )
        st.number_input(
            "Point",
            0,
            sizes[point.of] - 1,
            key="point",
            persist_state="session",
            width=125,
            help="Its number in the set, from 0.",
        )
        st.button("Random", icon=":material/casino:", on_click=_random_point, args=(sizes[point.of],))
    return point


def _show_point(key: RunKey, chosen: Place) -> None:
    points, point = nearby.set_of(key, chosen), chosen.point
    if chosen.samples is None:
        row = points.table.iloc[point.index]
        st.caption(
            f"Point {point.index} of the {points.label.lower()} is the code of {formula_html(row['formula'])}, "
            f"{space_group_html(wyckoff.symbol(row['space_group']))} ({row['space_group']}), from "
            f"{html.escape(row['source'])}. It decodes to:",
            unsafe_allow_html=True,
        )
    else:
        st.caption(f"Point {point.index} of {len(points):,} {points.label} samples decodes to:")
    decoded = nearby.decoded(key, chosen)
    source = source_of(key, chosen.samples, point, decoded, points.z[point.index])
    show_decoded(decoded, source, key="download_point")


def _show_tool(key: RunKey, chosen: Place, asked: AroundKey | None, sizes: Mapping[str, int]) -> Marks:
    """What is done with the chosen point: samples around it, a path from it, its neighbours."""
    tool = st.segmented_control(
        "With this crystal",
        list(_TOOLS),
        required=True,
        format_func=_TOOLS.__getitem__,
        key="tool",
        persist_state="session",
        on_change=map_state.tool_changed,
        args=(st.session_state,),
        label_visibility="collapsed",
    )
    if tool == AROUND:
        return show_around(key, chosen, asked)
    if tool == PATH:
        return show_path(key, chosen, sizes)
    show_nearest(key, chosen)
    return Marks()


def _random_point(size: int) -> None:
    st.session_state["point"] = int(np.random.default_rng().integers(size))
