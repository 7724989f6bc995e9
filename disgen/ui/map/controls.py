"""Controls above the latent map: which samples it shows, which view, which colours, and what is looked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from disgen.crystal import ELEMENTS
from disgen.errors import DisgenError
from disgen.generation.outcome import Outcome
from disgen.latent.registry import ESTIMATORS
from disgen.ui.base import samplers
from disgen.ui.base.mistakes import fragment
from disgen.ui.data import loading
from disgen.ui.data.points import SPLIT_LABELS
from disgen.ui.latent import map_state
from disgen.ui.latent.colouring import COLOURINGS
from disgen.ui.latent.map_parameters import (
    COLDEST,
    HOTTEST,
    MOST_SAMPLES,
    MOST_SEED,
    NO_SAMPLES,
    PARAMETERS,
    SEARCH,
    VIEWS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disgen.ui.data.loading import RunKey, SampleKey
    from disgen.ui.data.points import Points

LARGE = 512  # samples; a larger set is drawn piece by piece
PATIENCE = 1.0  # s of work on a large set before the page answers
_PAUSE = 0.2  # s between two pieces of work


class _NotYetError(Exception):
    """A large set of samples is on its way: the share that is done, and what is being done."""


def show_controls(held: Sequence[str], colours: Sequence[str]) -> None:
    """Everything that decides what is drawn, in one line.

    Args:
        held: the splits whose latents the run holds.
        colours: keys of `COLOURINGS` to choose from.
    """
    state = st.session_state
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="map_controls"):
        _choose_search()
        if state["colour"] not in colours:
            state["colour"] = colours[0]
        st.selectbox(
            "Colour by",
            list(colours),
            format_func=lambda name: f"Colour: {COLOURINGS[name].partition(' / ')[0].lower()}",
            key="colour",
            persist_state="session",
            width=200,
            label_visibility="collapsed",
        )
        chosen = state["set"]
        with st.popover("Samples" if chosen == NO_SAMPLES else samplers.label(chosen), icon=":material/scatter_plot:"):
            _choose_samples()
        with st.popover("Map", icon=":material/layers:"):
            _choose_map(held)


def _choose_map(held: Sequence[str]) -> None:
    st.segmented_control(
        "Map",
        list(VIEWS),
        required=True,
        format_func=VIEWS.__getitem__,
        key="view",
        persist_state="session",
        help="Both compare what the codes decode to. t-SNE keeps neighbours together, and distances between groups "
        "mean nothing; PCA shows the two directions in which crystals differ most.",
    )
    if len(held) > 1:
        st.pills(
            "Entries on the map",
            list(held),
            selection_mode="multi",
            format_func=SPLIT_LABELS.__getitem__,
            key="splits",
            persist_state="session",
            on_change=map_state.splits_changed,
            args=(st.session_state,),
            help="The model was trained on the training split only.",
        )
    st.toggle(
        "Density",
        key="density",
        persist_state="session",
        help="Contours of how densely the coloured points lie: within them are 90, 70, 50, 30 and 10 % of the points.",
    )
    st.toggle(
        "Names",
        key="names",
        persist_state="session",
        help="What entries that crowd together share: a structure type, or family of chemistry and space group, of at "
        "least three in five of them. Closer views have room for more names.",
    )


def wanted_samples(key: RunKey) -> tuple[SampleKey | None, Points | None]:
    """The samples that are wanted on the map; none while a large set is on its way, or if it fails."""
    samples = map_state.samples_of(st.session_state)
    if samples is None:
        return None, None
    view = map_state.view_of(st.session_state)
    try:
        drawn = loading.sampled_points(key, samples, view, _until(time.monotonic() + PATIENCE, samples.n))
    except _NotYetError:
        map_state.wait_for_samples(st.session_state)
        fragment(_go_on, run_every=_PAUSE)(key, samples)
        return None, None
    except DisgenError as error:
        st.info(f"There are no {samplers.label(samples.estimator)} samples. {error}", icon=":material/info:")
        return None, None
    map_state.samples_came(st.session_state)
    return samples, drawn


def _until(deadline: float, n: int) -> Callable[[float, str], None]:
    """Ends the work on a large set of samples after a time (s, monotonic), so that the page can answer in between."""

    def progress(share: float, what: str) -> None:
        if n > LARGE and time.monotonic() > deadline:
            raise _NotYetError(share, f"{what}: {share:.0%} of {n:,} samples. The map shows them when all are there.")

    return progress


def _go_on(key: RunKey, samples: SampleKey) -> None:
    """Works on a large set for a moment, again and again, with a bar and a button to stop; then draws the page anew."""
    state = st.session_state
    if map_state.samples_of(state) != samples:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bar = st.empty()
        st.button("Stop", icon=":material/stop:", on_click=map_state.no_samples, args=(state,))
    try:
        loading.sampled_points(key, samples, map_state.view_of(state), _until(time.monotonic() + PATIENCE, samples.n))
    except _NotYetError as left:
        bar.progress(*left.args)
    else:
        st.rerun()


def what_is_drawn(entries: Points, drawn: Points | None) -> str:
    """The map in a few sentences."""
    text = f"{VIEWS[map_state.view_of(st.session_state)]} of {len(entries):,} crystals ({entries.label.lower()})."
    if drawn is not None:
        crystals = int((drawn.table["space_group"] > 0).sum())
        good = int((drawn.table["outcome"] == str(Outcome.OK)).sum())
        text += (
            f" {len(drawn):,} {drawn.label} samples (in colour): {crystals:,} of them ({crystals / len(drawn):.1%}) "
            f"decode to a crystal, {good:,} ({good / len(drawn):.1%}) to a valid, neutral, new one, each counted once."
        )
    return (
        f"{text} Click a point to decode it (the ring marks it); use box or lasso to select many; double-click to "
        "clear."
    )


def _choose_samples() -> None:
    st.selectbox(
        "Samples on the map",
        (NO_SAMPLES, *ESTIMATORS),
        format_func=lambda name: "None" if name == NO_SAMPLES else samplers.label(name),
        key="set",
        persist_state="session",
        on_change=map_state.set_changed,
        args=(st.session_state,),
        width=185,
        help="Draw latents from a density fitted to the training latents, decode them and place them on the map.",
    )
    if st.session_state["set"] == NO_SAMPLES:
        return
    st.number_input(
        "Number",
        1,
        MOST_SAMPLES,
        step=50,
        key="n",
        persist_state="session",
        width=120,
        help=f"Up to {MOST_SAMPLES:,}, as many as the paper draws; 5,000 take some seconds.",
    )
    st.number_input("Seed", 0, MOST_SEED, key="seed", persist_state="session", width=90)
    st.slider(
        "Temperature",
        COLDEST,
        HOTTEST,
        step=0.05,
        key="temperature",
        persist_state="session",
        width=130,
        help="Factor on the noise around the sampler's centres: below 1 samples are more usual, above 1 stranger.",
    )


def _choose_search() -> None:
    state = st.session_state
    st.text_input(
        "Find a formula",
        key="find_formula",
        max_chars=100,
        persist_state="session",
        width=190,
        placeholder="Find LiFePO4, or Li*O4",
        label_visibility="collapsed",
        help="A composition, in any multiple and order of elements; or a pattern, in which * stands for anything.",
    )
    st.multiselect(
        "with the elements",
        ELEMENTS,
        key="find_elements",
        persist_state="session",
        placeholder="with elements",
        width=190,
        label_visibility="collapsed",
        help="All of them must be there.",
    )
    if state["find_elements"]:
        st.checkbox("no others", key="find_only", persist_state="session")
    st.text_input(
        "in the space group",
        key="find_group",
        max_chars=20,
        persist_state="session",
        width=125,
        placeholder="in 62 or Pnma",
        label_visibility="collapsed",
    )
    if any(state[name] != PARAMETERS[name].default for name in SEARCH):
        st.button("Clear", help="Look for nothing", on_click=map_state.clear_search, args=(state,))
