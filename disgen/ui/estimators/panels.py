"""Samples of all samplers to look at: their maps side by side, their first crystals in columns, any one in the viewer.

Everything that makes the view (number, seed, opened sample) is in the URL.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from disgen.errors import DisgenError
from disgen.latent.registry import ESTIMATORS
from disgen.ui.base import urlstate
from disgen.ui.base.mistakes import dialog, fragment
from disgen.ui.base.reproduce import show_recipes
from disgen.ui.base.samplers import label
from disgen.ui.base.urlstate import Choice, Whole
from disgen.ui.charts.panels_chart import show_panels
from disgen.ui.crystal import buttons, tables, verdict
from disgen.ui.crystal.filtered_table import narrowed
from disgen.ui.crystal.narrowing import Facts
from disgen.ui.crystal.provenance import source_of
from disgen.ui.data import loading
from disgen.ui.data.loading import SampleKey
from disgen.ui.data.points import TEST
from disgen.ui.data.sample_recipe import sample_recipe
from disgen.ui.data.selection import PointId, clamp
from disgen.ui.estimators.plots import packed_maps
from disgen.ui.estimators.sample_grid import show_grid
from disgen.ui.estimators.samples import archive, sample_sets
from disgen.ui.latent import nearby
from disgen.ui.latent.map_state import MapPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.latent.projection import LatentMap
    from disgen.model.checkpoint import Run
    from disgen.ui.data.loading import RunKey
    from disgen.ui.data.points import Points
    from disgen.ui.estimators.samples import DrawnSets, SampleSets

MOST = 2000  # samples of each sampler
MOST_SEED = 2**31 - 1
CHART, GRID = "maps_chart", "sample_grid"
N, SEED, OF, SAMPLE = "shown_n", "shown_seed", "sampler", "sample"
CLOSED = "none"  # no sample is open
PARAMETERS: urlstate.Parameters = {
    N: Whole(300, 1, MOST),
    SEED: Whole(0, 0, MOST_SEED),
    OF: Choice((CLOSED, TEST, *ESTIMATORS)),
    SAMPLE: Whole(0, 0, MOST_SEED),
}
_POLL = 1.5  # s between looks at sets that are being drawn


def show_samples(key: RunKey, run: Run) -> None:
    """Maps and tiles of the samples; a sentence where the run has no map."""
    from disgen.latent.fitted import available_estimators  # noqa: PLC0415 (torch: not before the first paint)

    names = available_estimators(run)
    if not names:
        return
    urlstate.restore(PARAMETERS)
    st.divider()
    st.header("Where the samples lie, and what they look like")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = st.number_input("Samples shown of each", 1, MOST, step=100, key=N, persist_state="session", width=190)
        seed = st.number_input("Their seed", 0, MOST_SEED, key=SEED, persist_state="session", width=130)
    try:
        latent_map, test = loading.load_map(key, "tsne"), loading.split_points(key)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        return
    sets = sample_sets(key, int(n), int(seed))
    seen = sets.look()
    waiting = seen.ready(names) < len(names)
    fragment(_watch, run_every=_POLL if waiting else None)(run, latent_map, sets, names, seen.ready(names))
    _show_panels(key, sets, seen, test, names)


def _watch(run: Run, latent_map: LatentMap, sets: SampleSets, names: Sequence[str], seen: int) -> None:
    """How many sets are there; the page is drawn anew whenever there are more than have been seen."""
    if sets.ask(run, latent_map, names).ready(names) != seen:
        st.rerun()
    if seen < len(names):
        st.progress(seen / len(names), f"Sampling, decoding and placing: {seen} of {len(names)} samplers are ready.")


@fragment
def _show_panels(key: RunKey, sets: SampleSets, drawn: DrawnSets, test: Points, names: Sequence[str]) -> None:
    there = [drawn.found[name] for name in names if name in drawn.found]
    for name, problem in drawn.problems.items():
        st.warning(f"{label(name)}: {problem}", icon=":material/block:")
    shown = tuple(name for name in names if name not in drawn.problems)
    show_panels(
        _maps(key, sets.n, sets.seed, shown, tuple(points.name for points in there), _test=test, _sets=there),
        key=CHART,
        clicked=_open,
    )
    st.caption(
        f"All panels show one t-SNE map, that of the test split ({len(test):,} crystals), in grey behind the samples. "
        "Click a point to open its crystal; dragging moves all panels at once, and the wheel zooms them."
    )
    if there:
        _show_tiles(key, sets, there)
    _open_chosen(key, sets, drawn, test)
    urlstate.publish(PARAMETERS)


def _show_tiles(key: RunKey, sets: SampleSets, there: Sequence[Points]) -> None:
    only_good = st.toggle(
        "Only credible and new ones", key="only_good", persist_state="session", help="Each once; else the first eight."
    )
    starts = np.cumsum([0, *map(len, there)])
    rows = narrowed(facts_of(there), key="samples", unit="samples")
    fitting = [rows[(rows >= start) & (rows < end)] - start for start, end in pairwise(starts)]
    judge = partial(verdict.verdict_of, key=key)
    show_grid(there, fitting, judge=judge, only_good=bool(only_good), key=GRID, picked=_open)
    st.markdown(f"**Each set of {sets.n:,} samples as a zip**: CIFs, and a table of all samples with their checks")
    with st.container(horizontal=True):
        for points in there:
            samples = SampleKey(points.name, sets.n, sets.seed)
            st.download_button(
                points.label,
                data=partial(archive, samples, points.decoded, judge),
                file_name=f"disgen-{key.name}-{points.name}-n{sets.n}-seed{sets.seed}.zip",
                mime="application/zip",
                key=f"zip_{points.name}",
                on_click="ignore",
                icon=":material/folder_zip:",
            )
        recipes = {points.label: SampleKey(points.name, sets.n, sets.seed) for points in there}
        show_recipes({name: sample_recipe(key.name, one) for name, one in recipes.items()}, key="samples_recipe")


def facts_of(sets: Sequence[Points]) -> Facts:
    """What the samples of several sets can be told apart by, a set after the other."""
    table = pd.concat([points.table for points in sets], ignore_index=True)
    kinds = {"Sampler": np.repeat([points.label for points in sets], list(map(len, sets)))}
    kinds |= {"Outcome": table["outcome"].to_numpy(dtype=str), "Disorder": table["disorder"].to_numpy(dtype=str)}
    return Facts.of_table(table, np.concatenate([points.elements for points in sets]), kinds)


def _open_chosen(key: RunKey, sets: SampleSets, drawn: DrawnSets, test: Points) -> None:
    """Open the chosen sample, if there is one and its set is there."""
    name = st.session_state[OF]
    points = test if name == TEST else drawn.found.get(name)
    if points is not None:
        dialog(points.label, width="large", on_dismiss=_close)(_show_sample)(key, sets, points)


def _show_sample(key: RunKey, sets: SampleSets, points: Points) -> None:
    """The crystal of one sample, and ways to its neighbours in the set."""
    st.session_state[SAMPLE] = clamp(int(st.session_state[SAMPLE] or 0), len(points))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = int(
            st.number_input(
                f"Number, of {len(points):,}", 0, len(points) - 1, key=SAMPLE, persist_state="session", width=170
            )
        )
        st.button("Previous", on_click=_go, args=(-1,), disabled=index == 0, icon=":material/chevron_left:")
        st.button("Next", on_click=_go, args=(1,), disabled=index == len(points) - 1, icon=":material/chevron_right:")
    urlstate.publish(PARAMETERS)
    samples = None if points.name == TEST else SampleKey(points.name, sets.n, sets.seed)
    point = PointId(points.name, index)
    decoded = points.decoded[index] if samples else nearby.decoded(key, MapPoint(None, point))
    if decoded.crystal is None:
        verdict.show_checks(decoded, key)
        return
    source = source_of(key, samples, point, decoded)
    with st.container(key="wide_sample"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        tables.show_heading(decoded.crystal)
        tables.show_live_view(decoded.crystal, channel="sample")
        buttons.show_actions(decoded.crystal, source, key="download_sample", in_dialog=True)
    with right:
        tables.show_tables(decoded.crystal)
        verdict.show_checks(decoded, key)


@st.cache_resource(max_entries=16, show_spinner=False)
def _maps(
    key: RunKey,  # noqa: ARG001 (with the next, names the content in the cache)
    n: int,  # noqa: ARG001
    seed: int,  # noqa: ARG001
    names: tuple[str, ...],
    there: tuple[str, ...],  # noqa: ARG001
    *,
    _test: Points,
    _sets: Sequence[Points],
) -> bytes:
    """The maps, packed; once for the same content."""
    return packed_maps(_test, _sets, names)


def _open(name: str, index: int) -> None:
    st.session_state[OF], st.session_state[SAMPLE] = name, index


def _close() -> None:
    st.session_state[OF] = CLOSED


def _go(step: int) -> None:
    st.session_state[SAMPLE] = int(st.session_state[SAMPLE]) + step
