"""The latent map with its crystal beside it: choosing a set and a point, by click, by lasso or by number.

Everything that makes the view (set, number, seed, colouring, point) is in the URL.
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
from disgen.ui import actions, details, loading, urlstate
from disgen.ui.elements import formula_html, space_group_html
from disgen.ui.loading import SampleKey
from disgen.ui.plots import COLOURINGS
from disgen.ui.points import ESTIMATOR_LABELS, TEST, estimator_label
from disgen.ui.selected import show_selection
from disgen.ui.selection import PointId, clamp, point_of_row, selected_rows
from disgen.ui.tray import Source, latent_numbers
from disgen.ui.urlstate import Choice, Whole

if TYPE_CHECKING:
    from disgen.ui.loading import RunKey
    from disgen.ui.points import Decoded, Points

CHART = "map_chart"
NO_SAMPLES = "none"
MOST_SAMPLES = 5000
MOST_SEED = 2**31 - 1
SETS = Choice((NO_SAMPLES, *ESTIMATOR_LABELS))
COLOURS = Choice(tuple(COLOURINGS))
PARAMETERS: urlstate.Parameters = {
    "set": SETS,
    "n": Whole(300, 1, MOST_SAMPLES),
    "seed": Whole(0, 0, MOST_SEED),
    "colour": COLOURS,
    "of": Choice((TEST, *ESTIMATOR_LABELS)),
    "point": Whole(0, 0, MOST_SEED),
}


@st.fragment
def show_explorer(key: RunKey) -> None:
    """Map on the left, the chosen point's crystal on the right; a sentence where the map or the samples fail."""
    urlstate.restore(PARAMETERS)
    samples = _choose_set()
    try:
        test = loading.test_points(key)
        drawn = loading.sampled_points(key, samples) if samples else None
    except (EstimatorError, ProjectionError) as error:
        st.error(str(error), icon=":material/error:")
        return
    with st.container(key="wide_explorer"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        _show_map(key, samples, test, drawn)
    with right:
        point = _choose_point(test, drawn)
        urlstate.publish(PARAMETERS)
        _show_point(key, samples, test, drawn, point)


def _choose_set() -> SampleKey | None:
    """Controls above the map."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.segmented_control(
            "Samples on the map",
            SETS.options,
            required=True,
            format_func=lambda option: "None" if option == NO_SAMPLES else estimator_label(option),
            key="set",
            persist_state="session",
            on_change=_set_changed,
            help="Draw latents from a density fitted to the training latents, decode them and place them on the map.",
        )
        off = name == NO_SAMPLES
        n = st.number_input(
            "Number", 1, MOST_SAMPLES, step=50, key="n", persist_state="session", disabled=off, width=130
        )
        seed = st.number_input("Seed", 0, MOST_SEED, key="seed", persist_state="session", disabled=off, width=130)
        st.selectbox(
            "Colour by",
            COLOURS.options,
            format_func=COLOURINGS.__getitem__,
            key="colour",
            persist_state="session",
            width=190,
        )
    return None if off else SampleKey(str(name), int(n), int(seed))


def _show_map(key: RunKey, samples: SampleKey | None, test: Points, drawn: Points | None) -> None:
    colouring = st.session_state["colour"]
    figure = loading.map_figure(key, samples, colouring)
    st.plotly_chart(
        figure,
        key=CHART,
        on_select=lambda: _clicked(len(test), samples.estimator if samples else None),
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
    st.caption(f"{text} Click a point to decode it; use the lasso to select many; double-click to clear.")
    rows = selected_rows(st.session_state.get(CHART))
    if len(rows) > 1:
        name = samples.estimator if samples else None
        chosen = [point for row in rows if (point := point_of_row(row, len(test), name)) is not None]
        sets = {points.name: points for points in (test, drawn) if points is not None}
        show_selection(key, sets, chosen, lambda point: origin(samples, point), _go_to)


def _choose_point(test: Points, drawn: Points | None) -> PointId:
    """Which point is shown: also for those who do not click."""
    sets = {points.name: points for points in (test, drawn) if points is not None}
    if st.session_state["of"] not in sets:
        st.session_state["of"] = TEST
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if drawn is not None:
            st.segmented_control(
                "Point of",
                list(sets),
                required=True,
                format_func=lambda name: sets[name].label,
                key="of",
                persist_state="session",
            )
        of = st.session_state["of"]
        size = len(sets[of])
        st.session_state["point"] = clamp(int(st.session_state["point"] or 0), size)
        index = st.number_input(
            "Point", 0, size - 1, key="point", persist_state="session", width=140, help="Its number in the set, from 0."
        )
        st.button("Random", icon=":material/casino:", on_click=_random_point, args=(size,))
    return PointId(of, int(index))


def _show_point(key: RunKey, samples: SampleKey | None, test: Points, drawn: Points | None, point: PointId) -> None:
    source = None if point.of == TEST else samples
    decoded = loading.decoded_point(key, source, point.index)
    if point.of == TEST:
        row = test.table.iloc[point.index]
        st.caption(
            f"Point {point.index} of the test split is the code of {formula_html(row['formula'])}, "
            f"{space_group_html(wyckoff.symbol(row['space_group']))} ({row['space_group']}), from "
            f"{html.escape(row['source'])}. It decodes to:",
            unsafe_allow_html=True,
        )
    elif drawn is not None:
        st.caption(f"Point {point.index} of {len(drawn):,} {drawn.label} samples decodes to:")
    if decoded.crystal is None:
        details.show_checks(decoded)
        return
    details.show_heading(decoded.crystal)
    details.show_view([decoded.crystal])
    z = (test if drawn is None or point.of == TEST else drawn).z[point.index]
    actions.show_actions(decoded.crystal, source_of(key, samples, point, decoded, z), key="download_point")
    details.show_tables(decoded.crystal)
    details.show_checks(decoded)


def _set_changed() -> None:
    """Another set: its first sample is shown, or the test split's point."""
    name = st.session_state["set"]
    st.session_state["of"] = TEST if name == NO_SAMPLES else name
    st.session_state["point"] = 0


def _clicked(n_test: int, samples: str | None) -> None:
    rows = selected_rows(st.session_state.get(CHART))
    point = point_of_row(rows[0], n_test, samples) if len(rows) == 1 else None
    if point is not None:
        _go_to(point)


def _go_to(point: PointId) -> None:
    st.session_state["of"] = point.of
    st.session_state["point"] = point.index


def _random_point(size: int) -> None:
    st.session_state["point"] = int(np.random.default_rng().integers(size))


def source_of(key: RunKey, samples: SampleKey | None, point: PointId, decoded: Decoded, z: np.ndarray) -> Source:
    """Where a decoded point's crystal comes from, for the tray."""
    sampled = samples if point.of != TEST else None
    return Source(
        key.name,
        origin(samples, point),
        sampled.estimator if sampled else "",
        sampled.seed if sampled else None,
        latent_numbers(z),
        str(decoded.outcome),
        decoded.checks.novel,
    )


def origin(samples: SampleKey | None, point: PointId) -> str:
    """Where a crystal comes from, for file names: ``test-12`` or ``kde-n300-seed0-12``."""
    if samples is None or point.of == TEST:
        return str(point)
    return f"{point.of}-n{samples.n}-seed{samples.seed}-{point.index}"
