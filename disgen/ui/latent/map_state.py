"""The state of the latent map: what clicks and buttons make of it.

Pure functions over a mapping, in the app the session's state, so that tests need no browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from disgen.ui.data.loading import SampleKey
from disgen.ui.data.points import SPLIT_LABELS, TEST
from disgen.ui.data.selection import PointId, clamp, point_of_row
from disgen.ui.latent.map_parameters import END, NO_SAMPLES, PARAMETERS, PATH, SEARCH, VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from disgen.latent.projection import Method

CHART = "map_chart"
_ASKED = "_around"
_SELECTED = "_selected"
RUN = "run"  # name of the chosen model, see `disgen.ui.frame`
_SEARCHED = "_searched"
_AWAITED = "_awaited"
CLICKS = "clicks"  # what a click on the map chooses: `START` or `END`


@dataclass(frozen=True)
class MapPoint:
    """One point, and the set of samples that it belongs to; None for a point of a split."""

    samples: SampleKey | None
    point: PointId


@dataclass(frozen=True)
class Selected:
    """What a box or a lasso holds, and the model and the set of samples that were on the map then."""

    run: str | None
    samples: SampleKey | None
    points: tuple[PointId, ...]


@dataclass(frozen=True)
class AroundKey:
    """Names the samples around one point."""

    centre: MapPoint
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


def splits_of(state: Mapping[Any, Any], held: Sequence[str]) -> tuple[str, ...]:
    """The splits that the map shows, of those whose latents the run holds: all of them where none is chosen."""
    return tuple(split for split in held if split in state["splits"]) or tuple(held)


def splits_changed(state: MutableMapping[Any, Any]) -> None:
    """A map without any split would be empty: when the last one is switched off, all are switched on."""
    if not state["splits"]:
        state["splits"] = PARAMETERS["splits"].default


def view_of(state: Mapping[Any, Any]) -> Method:
    """Which map is shown."""
    return next(view for view in VIEWS if view == state["view"])


def map_point(samples: SampleKey | None, point: PointId) -> MapPoint:
    """A point with the set that it belongs to."""
    return MapPoint(samples if samples is not None and samples.estimator == point.of else None, point)


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


def clicked(state: MutableMapping[Any, Any], rows: Sequence[int], sets: Mapping[str, int]) -> None:
    """What box, lasso, click and double click on the map do.

    Many points become the selection. A single one is chosen, or becomes the end of the path if that is what clicks are
    for, and the selection stays. None at all, as after a double click, ends the selection.

    Args:
        state: the session's.
        rows: of the map's figure.
        sets: what the map's figure shows, see `disgen.ui.data.selection.point_of_row`.
    """
    samples = samples_of(state)
    points = [point for row in rows if (point := point_of_row(row, sets))]
    if not points:
        clear_selection(state)
    elif len(points) > 1:
        state[_SELECTED] = Selected(state.get(RUN), samples, tuple(points))
    else:
        _choose(state, points[0])


def selection(state: Mapping[Any, Any]) -> tuple[PointId, ...]:
    """Selected points that are still there."""
    found = state.get(_SELECTED)
    if found is None or found.run != state.get(RUN):
        return ()
    return tuple(point for point in found.points if point.of in SPLIT_LABELS or found.samples == samples_of(state))


def map_name(state: Mapping[Any, Any]) -> str:
    """Model and map that are shown."""
    return f"{state.get(RUN)} {state['view']}"


def clear_selection(state: MutableMapping[Any, Any]) -> None:
    """Nothing is selected any more."""
    state.pop(_SELECTED, None)


def clear_search(state: MutableMapping[Any, Any]) -> None:
    """Nothing is looked for any more."""
    for name in SEARCH:
        state[name] = PARAMETERS[name].default


def settle_search(state: MutableMapping[Any, Any], query: object, found: Sequence[PointId]) -> None:
    """The first of what a new search finds is chosen; a point that a link names with its search stays."""
    named = any(state[name] != PARAMETERS[name].default for name in ("of", "point"))
    if state.setdefault(_SEARCHED, query if named else None) != query:
        state[_SEARCHED] = query
        if query is not None and found:
            go_to(state, found[0])


def wait_for_samples(state: MutableMapping[Any, Any]) -> None:
    """Samples are on their way: one of them that is chosen is remembered, as it is not there yet."""
    if state["of"] == state["set"]:
        state[_AWAITED] = PointId(state["of"], int(state["point"] or 0))


def samples_came(state: MutableMapping[Any, Any]) -> None:
    """Samples are there: the one that was chosen meanwhile is chosen again."""
    point = state.pop(_AWAITED, None)
    if point is not None and point.of == state["set"]:
        go_to(state, point)


def no_samples(state: MutableMapping[Any, Any]) -> None:
    """No samples on the map any more."""
    state["set"] = NO_SAMPLES
    set_changed(state)


def _choose(state: MutableMapping[Any, Any], point: PointId) -> None:
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


def ask_around(state: MutableMapping[Any, Any], centre: MapPoint) -> None:
    """Samples around a point are wanted, with the settings as they are."""
    state[_ASKED] = AroundKey(
        centre,
        round(float(state["radius"]), 3),
        state["unit"] == "spread",
        int(state["around"] or 1),
        int(state["noise"] or 0),
    )
    state["pick"] = None


def asked_around(state: MutableMapping[Any, Any], centre: MapPoint) -> AroundKey | None:
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


def pick(state: MutableMapping[Any, Any], number: int | None) -> None:
    """Choose a sample or a step of the tool, by its row or by its mark on the map; None for none."""
    state["pick"] = number


def settle_pick(state: MutableMapping[Any, Any], size: int) -> int | None:
    """The chosen one of so many samples or steps; one that is not there is none."""
    if state["pick"] is not None and state["pick"] >= size:
        state["pick"] = None
    result: int | None = state["pick"]
    return result
