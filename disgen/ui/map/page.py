"""The latent map with its crystal beside it: choosing a set and a point, by click, by lasso or by number.

Everything that makes the view (set, map, colouring, search, point, tool below the map) is in the URL.
"""

from __future__ import annotations

import html
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen import wyckoff
from disgen.drawing.typography import formula_html, space_group_html
from disgen.errors import DisgenError
from disgen.ui.base import samplers, urlstate
from disgen.ui.base.mistakes import fragment
from disgen.ui.base.reproduce import show_recipe
from disgen.ui.charts.map_chart import show_map
from disgen.ui.crystal.decoded import show_decoded
from disgen.ui.crystal.provenance import source_of
from disgen.ui.data import loading
from disgen.ui.data.held import held_by_sessions
from disgen.ui.data.points import SPLIT_LABELS
from disgen.ui.data.sample_recipe import sample_recipe
from disgen.ui.latent import map_state, nearby, nearest
from disgen.ui.latent.colouring import COLOURINGS, offered
from disgen.ui.latent.map_parameters import AROUND, NEAREST, PARAMETERS, PATH
from disgen.ui.latent.map_state import CHART, map_point
from disgen.ui.latent.marks import Marks, Overlay, show_marks
from disgen.ui.latent.neighbourhood import show_around
from disgen.ui.map import controls, figure, focus, search
from disgen.ui.map.path import show_path
from disgen.ui.map.strip import show_strip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.latent.projection import Method
    from disgen.ui.data.loading import RunKey, SampleKey
    from disgen.ui.data.points import Points
    from disgen.ui.data.selection import PointId
    from disgen.ui.latent.map_state import AroundKey, MapPoint
    from disgen.ui.map.focus import Focus

_STYLE = files("disgen.ui.map").joinpath("page.css").read_text(encoding="utf-8")
_TOOLS = {AROUND: "Around this crystal", PATH: "From here to …", NEAREST: "Nearest crystals"}


@fragment
def show_explorer(key: RunKey) -> None:
    """Map and chosen crystal side by side, what was found below, then tools; a sentence where something is missing."""
    st.html(f"<style>{_STYLE}</style>")
    state = st.session_state
    urlstate.restore(PARAMETERS)
    held = nearby.splits(key)
    view = map_state.view_of(state)
    try:
        entries = loading.entries(key, map_state.splits_of(state, held), view)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        return
    above = st.container()
    samples, drawn = controls.wanted_samples(key)
    with above:  # once it is known what there is to be coloured
        controls.show_controls(held, offered_colours(key, samples, map_state.splits_of(state, held), view))
    splits = map_state.splits_of(state, held)
    shown = {split: len(loading.split_points(key, split, view)) for split in splits}
    sizes = {name: len(loading.load_run(key).latents[name]) for name in held}
    if drawn is not None:
        shown[drawn.name] = sizes[drawn.name] = len(drawn)
    found = focus.focus(key, samples, drawn)
    map_state.settle_search(state, search.query_of(state), found.points if found is not None else ())
    with st.container(key="map_side"):
        left, right = st.columns([2, 1], gap="small")
    with left, st.container(key="map_frame", gap=None):
        _show_map(key, samples, splits, entries, shown)
    with right, st.container(key="map_crystal"):
        chosen = map_point(samples, _choose_point(sizes))
        map_state.settle_unit(state, held)
        asked = map_state.asked_around(state, chosen)
        urlstate.publish(PARAMETERS)
        _show_point(key, chosen)
    if found is not None:
        _show_found(key, found, drawn, chosen.point)
    marks = _show_tool(key, chosen, asked, sizes)
    if found is not None and found.points:
        focus.show_focus(key, samples, found, drawn, chosen.point)
    st.caption(controls.what_is_drawn(entries, drawn))
    if samples is not None:
        show_recipe(sample_recipe(key.name, samples), key="map_samples_recipe")
    tool = state["tool"]
    show_marks(
        CHART,
        nearby.on_map(key, chosen, view),
        marks,
        _overlay(key, samples, splits, found, shown),
        picked=lambda number: (
            nearest.go_to_nearest(state, key, chosen, number) if tool == NEAREST else map_state.pick(state, number)
        ),
    )


def _show_map(
    key: RunKey, samples: SampleKey | None, splits: tuple[str, ...], entries: Points, shown: Mapping[str, int]
) -> None:
    state = st.session_state
    by = state["colour"]
    alt = f"Latent map: {len(entries):,} crystals ({entries.label.lower()}) coloured by {COLOURINGS[by].lower()}"
    show_map(
        _packed(key, samples, splits, by, map_state.view_of(state), map_state.map_name(state), alt),
        key=CHART,
        clicked=lambda rows: map_state.clicked(state, rows, shown),
    )


def _show_found(key: RunKey, found: Focus, drawn: Points | None, chosen: PointId) -> None:
    """What is in focus in a strip, or why nothing is."""
    if found.points:
        show_strip(found, focus.sets_of(key, found.points, drawn), chosen)
    else:
        st.warning(found.text, icon=":material/search_off:")


def _overlay(
    key: RunKey, samples: SampleKey | None, splits: tuple[str, ...], found: Focus | None, shown: Mapping[str, int]
) -> Overlay:
    """What lies over the points of the map."""
    state = st.session_state
    view = map_state.view_of(state)
    density = focus.density_of(key, samples, splits, view) if state["density"] else None
    names = focus.names_on(key, splits, view) if state["names"] else ()
    if found is None or not found.points:
        return Overlay(density=density, names=names)
    beyond = nearby.entry_places(key, [point for point in found.beyond(shown) if point.of in SPLIT_LABELS], view)
    return Overlay(found.rows(shown), beyond, density, names, selected=found.selected)


def _choose_point(sizes: Mapping[str, int]) -> PointId:
    """Which point is shown: also for those who do not click."""
    point = map_state.settle_point(st.session_state, sizes)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="map_point"):
        st.selectbox(
            "Point of",
            list(sizes),
            format_func=lambda name: SPLIT_LABELS.get(name) or samplers.label(name),
            key="of",
            persist_state="session",
            width=170,
            label_visibility="collapsed",
            help="The ring on the map shows where the point lies.",
        )
        st.number_input(
            "Point",
            0,
            sizes[point.of] - 1,
            key="point",
            persist_state="session",
            width=125,
            label_visibility="collapsed",
            help="Its number in the set, from 0.",
        )
        st.button("Random", on_click=_random_point, args=(sizes[point.of],))
    return point


def _show_point(key: RunKey, chosen: MapPoint) -> None:
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
    source = source_of(key, chosen.samples, point, decoded)
    show_decoded(decoded, source, key="download_point")


def _show_tool(key: RunKey, chosen: MapPoint, asked: AroundKey | None, sizes: Mapping[str, int]) -> Marks:
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
    return nearest.show_nearest(key, chosen)


def _random_point(size: int) -> None:
    st.session_state["point"] = int(np.random.default_rng().integers(size))


@held_by_sessions(8, "colourings")
def offered_colours(key: RunKey, samples: SampleKey | None, splits: tuple[str, ...], view: Method) -> tuple[str, ...]:
    """Colourings that tell the coloured points apart."""
    table = loading.drawn_points(key, samples).table if samples else loading.entries(key, splits, view).table
    return offered(table)


@held_by_sessions(4, "figures of the map")
def _packed(
    key: RunKey,
    samples: SampleKey | None,
    splits: tuple[str, ...],
    colouring: str,
    view: Method,
    name: str,
    alt: str,
) -> bytes:
    """The figure of the map."""
    drawn = loading.sampled_points(key, samples, view) if samples else None
    titles = figure.axis_titles(loading.load_map(key, view))
    return figure.map_figure(loading.entries(key, splits, view), drawn, colouring, titles).packed(name, alt)
