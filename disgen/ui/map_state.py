"""The state of the latent map: what is in its URL, and what clicks and buttons make of it.

Pure functions over a mapping, in the app the session's state, so that tests need no browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from disgen.latent.registry import ESTIMATORS
from disgen.ui.loading import SampleKey
from disgen.ui.plots import COLOURINGS
from disgen.ui.points import SPLIT_LABELS, TEST
from disgen.ui.selection import PointId, clamp, point_of_row, selected_rows
from disgen.ui.urlstate import Choice, Decimal, Parameters, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

CHART = "map_chart"
NO_SAMPLES = "none"
AROUND, PATH, NEAREST = "around", "path", "nearest"
START, END = "start", "end"
MOST_SAMPLES = 5000
MOST_AROUND = 500
MOST_STEPS = 25
MOST_SEED = 2**31 - 1
WIDEST, HOTTEST, COLDEST = 2.0, 2.0, 0.1
_SETS = (*SPLIT_LABELS, *ESTIMATORS)
PARAMETERS: Parameters = {
    "set": Choice((NO_SAMPLES, *ESTIMATORS)),
    "n": Whole(300, 1, MOST_SAMPLES),
    "seed": Whole(0, 0, MOST_SEED),
    "temperature": Decimal(1.0, COLDEST, HOTTEST),
    "colour": Choice(tuple(COLOURINGS)),
    "of": Choice(_SETS),
    "point": Whole(0, 0, MOST_SEED),
    "tool": Choice((AROUND, PATH, NEAREST)),
    "radius": Decimal(0.6, 0.0, WIDEST),
    "unit": Choice(("latent", "spread")),
    "around": Whole(60, 1, MOST_AROUND),
    "noise": Whole(0, 0, MOST_SEED),
    "sampled": Choice(("no", "yes")),
    "to_of": Choice(_SETS),
    "to": Whole(None, 0, MOST_SEED),
    "way": Choice(("spherical", "linear")),
    "steps": Whole(9, 2, MOST_STEPS),
    "pick": Whole(None, 0, MOST_AROUND - 1),
}
_ASKED = "_around"
CLICKS = "clicks"  # what a click on the map chooses: `START` or `END`


@dataclass(frozen=True)
class Place:
    """One point, and the set of samples that it belongs to; None for a point of a split."""

    samples: SampleKey | None
    point: PointId


@dataclass(frozen=True)
class AroundKey:
    """Names the samples around one point."""

    centre: Place
    radius: float
    relative: bool
    n: int
    seed: int


def samples_of(state: Mapping[Any, Any]) -> SampleKey | None:
    """The set of samples that the map shows besides the test split."""
    if state["set"] == NO_SAMPLES:
        return None
    return SampleKey(
        str(state["set"]), int(state["n"] or 1), int(state["seed"] or 0), round(float(state["temperature"]), 3)
    )


def place_of(samples: SampleKey | None, point: PointId) -> Place:
    """A point with the set that it belongs to."""
    return Place(samples if samples is not None and samples.estimator == point.of else None, point)


def settle_point(state: MutableMapping[Any, Any], sizes: Mapping[str, int]) -> PointId:
    """The chosen point; one that is not there becomes the nearest that is.

    Args:
        state: the session's.
        sizes: number of points in each set that can be chosen from.
    """
    if state["of"] not in sizes:
        state["of"] = TEST
    state["point"] = clamp(int(state["point"] or 0), sizes[state["of"]])
    return PointId(state["of"], state["point"])


def settle_end(state: MutableMapping[Any, Any], sizes: Mapping[str, int]) -> PointId | None:
    """The point that a path leads to, None while none is chosen; one that is not there becomes the nearest that is."""
    if state["to_of"] not in sizes:
        state["to_of"], state["to"] = TEST, None
    if state["to"] is None:
        return None
    state["to"] = clamp(int(state["to"]), sizes[state["to_of"]])
    return PointId(state["to_of"], state["to"])


def settle_unit(state: MutableMapping[Any, Any], splits: Sequence[str]) -> None:
    """Without training latents a radius cannot be measured in their spreads."""
    if "train" not in splits:
        state["unit"] = "latent"


def set_changed(state: MutableMapping[Any, Any]) -> None:
    """Another set on the map: its first sample is chosen, or the test split's point."""
    go_to(state, PointId(TEST if state["set"] == NO_SAMPLES else state["set"], 0))


def tool_changed(state: MutableMapping[Any, Any]) -> None:
    """Another tool: none of its samples or steps is chosen yet."""
    state["pick"] = None


def clicked(state: MutableMapping[Any, Any], n_test: int) -> None:
    """A click on the map chooses a point, or the end of the path if that is what clicks are for."""
    rows = selected_rows(state.get(CHART))
    samples = samples_of(state)
    point = point_of_row(rows[0], n_test, samples.estimator if samples else None) if len(rows) == 1 else None
    if point is None:
        return
    if state["tool"] == PATH and state.get(CLICKS) == END:
        choose_end(state, point)
    else:
        go_to(state, point)


def go_to(state: MutableMapping[Any, Any], point: PointId) -> None:
    """Choose a point."""
    state["of"], state["point"] = point.of, point.index


def choose_end(state: MutableMapping[Any, Any], point: PointId) -> None:
    """Choose where a path leads to."""
    state["to_of"], state["to"] = point.of, point.index


def ask_around(state: MutableMapping[Any, Any], centre: Place) -> None:
    """Samples around a point are wanted, with the settings as they are."""
    state[_ASKED] = AroundKey(
        centre,
        round(float(state["radius"]), 3),
        state["unit"] == "spread",
        int(state["around"] or 1),
        int(state["noise"] or 0),
    )
    state["pick"] = None


def asked_around(state: MutableMapping[Any, Any], centre: Place) -> AroundKey | None:
    """The samples that were asked for around this point; a URL may ask for them too."""
    asked = state.get(_ASKED)
    if asked is None and state["sampled"] == "yes":
        pick = state["pick"]
        ask_around(state, centre)
        state["pick"] = pick
        asked = state[_ASKED]
    found = asked if asked is not None and asked.centre == centre else None
    state["sampled"] = "yes" if found is not None else "no"
    return found


def pick(state: MutableMapping[Any, Any], table: str, number: int) -> None:
    """Choose a sample or a step by its mark on the map; its row in the tool's table is marked too."""
    state["pick"] = number
    state[table] = {"selection": {"rows": [number], "columns": [], "cells": []}}


def picked_row(state: MutableMapping[Any, Any], table: str) -> None:
    """Choose a sample or a step by its row; none if the row's mark was taken away."""
    rows = state[table]["selection"]["rows"]
    state["pick"] = int(rows[0]) if rows else None
