"""Which points of the map are in focus: those that a box or a lasso holds, or else those that were found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.crystal.provenance import source_of
from disgen.ui.data import loading
from disgen.ui.data.held import held_by_sessions
from disgen.ui.data.points import SPLIT_LABELS
from disgen.ui.latent import map_state
from disgen.ui.map import search
from disgen.ui.map.selection_panel import show_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.latent.cluster_names import ClusterName
    from disgen.latent.density import Density
    from disgen.latent.projection import Method
    from disgen.ui.data.loading import RunKey, SampleKey
    from disgen.ui.data.points import Points
    from disgen.ui.data.selection import PointId


@dataclass(frozen=True, eq=False)
class Focus:
    """Points in focus.

    Attributes:
        points: in the order in which they are listed.
        text: what they are, or why there are none.
        selected: they were selected; else they were found.
    """

    points: tuple[PointId, ...]
    text: str
    selected: bool = False

    def rows(self, sets: Mapping[str, int]) -> list[int]:
        """Rows of the map's figure that shows these sets, as `disgen.ui.data.selection.point_of_row` reads them."""
        starts = dict(zip(sets, np.cumsum([0, *sets.values()]).tolist(), strict=False))
        return [starts[point.of] + point.index for point in self.points if point.of in starts]

    def beyond(self, sets: Mapping[str, int]) -> list[PointId]:
        """Those that have no point in the figure."""
        return [point for point in self.points if point.of not in sets]


def focus(key: RunKey, samples: SampleKey | None, drawn: Points | None) -> Focus | None:
    """What is in focus; None if nothing is selected and nothing looked for."""
    state = st.session_state
    if selected := map_state.selection(state):
        return Focus(selected, f"{len(selected):,} points selected", selected=True)
    query = search.query_of(state)
    if query is None:
        return None
    try:
        found = search.hits(key, samples, query)
    except DisgenError as error:
        return Focus((), str(error))
    if not found.points:
        text = "Nothing was found: ask for less, or write * in the formula for anything."
        return Focus((), text)
    where = search.words(found, samples, drawn.label if drawn else "")
    return Focus(found.points, f"{len(found.points):,} found: {where}")


def show_focus(key: RunKey, samples: SampleKey | None, found: Focus, drawn: Points | None, chosen: PointId) -> None:
    """What the points in focus share, their table and files."""
    with st.container(border=True):
        show_points(
            key,
            sets_of(key, found.points, drawn),
            found.points,
            partial(source_of, key, samples),
            chosen,
            lambda point: map_state.go_to(st.session_state, point),
        )


def sets_of(key: RunKey, points: Sequence[PointId], drawn: Points | None) -> dict[str, Points]:
    """The sets that points belong to, by name."""
    names = dict.fromkeys(point.of for point in points)
    return {name: loading.split_points(key, name) if name in SPLIT_LABELS or drawn is None else drawn for name in names}


@held_by_sessions(4, "names on the map")
def names_on(key: RunKey, splits: tuple[str, ...], view: Method) -> tuple[ClusterName, ...]:
    """Names of crowds among the entries of some splits."""
    from disgen.latent.cluster_names import cluster_names  # noqa: PLC0415

    run, entries = loading.load_run(key), loading.entries(key, splits, view)
    index = pd.concat([run.split_index(split) for split in splits])
    keys = index["key"] if "key" in index else np.full(len(index), "")
    return cluster_names(
        entries.xy, list(keys), entries.table["anions"].tolist(), entries.table["space_group"].tolist()
    )


@held_by_sessions(4, "densities on the map")
def density_of(key: RunKey, samples: SampleKey | None, splits: tuple[str, ...], view: Method) -> Density | None:
    """How densely the coloured points of a map lie."""
    from disgen.latent.density import density  # noqa: PLC0415

    points = loading.sampled_points(key, samples, view) if samples else loading.entries(key, splits, view)
    return density(points.xy)
