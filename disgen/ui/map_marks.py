"""Marks over the latent map that do not belong to its figure: the chosen point, a path's end, samples, steps of a path.

Another figure is another chart to the browser, which forgets zoom and selection and draws all points again. So what
changes with every click is drawn over the chart instead, and follows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEY = "map_marks"
_MARKS = st.components.v2.component(
    "disgen_map_marks", js=files("disgen.ui").joinpath("map_marks.js").read_text(encoding="utf-8")
)


@dataclass(frozen=True, eq=False)
class Marks:
    """What a tool draws on the map.

    Attributes:
        places: (n, 2) on the map.
        titles: what each mark says when it is pointed at; as many.
        good: which marks are filled; as many.
        path: the marks are joined by a line.
        picked: number of the mark that is drawn larger, if any.
        end: (2,) place of the point that a path leads to, if there is one.
    """

    places: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), dtype=np.float32), repr=False)
    titles: Sequence[str] = ()
    good: Sequence[bool] = ()
    path: bool = False
    picked: int | None = None
    end: np.ndarray | None = field(default=None, repr=False)


def marks_data(chart: str, chosen: np.ndarray, marks: Marks) -> dict[str, Any]:
    """What the browser needs: plain numbers and texts."""
    rings = [{"kind": "start", "at": _numbers(chosen)}]
    if marks.end is not None:
        rings.append({"kind": "end", "at": _numbers(marks.end)})
    points = [
        {"at": _numbers(place), "title": title, "good": bool(good)}
        for place, title, good in zip(marks.places, marks.titles, marks.good, strict=True)
    ]
    label = f"The chosen point on the map{f', and {len(points)} marks of the tool below it' if points else ''}"
    return {
        "chart": chart,
        "label": label,
        "rings": rings,
        "points": points,
        "path": marks.path,
        "picked": marks.picked,
    }


def show_marks(chart: str, chosen: np.ndarray, marks: Marks, picked: Callable[[int], None]) -> None:
    """Draw marks over a chart on the same page.

    Args:
        chart: key of the chart.
        chosen: (2,) place of the chosen point.
        marks: of the tool in use.
        picked: called with the number of a mark that is clicked.
    """

    def clicked() -> None:
        number = st.session_state[KEY].picked
        if isinstance(number, (int, float)) and 0 <= number < len(marks.titles):
            picked(int(number))

    _MARKS(key=KEY, data=marks_data(chart, chosen, marks), on_picked_change=clicked)


def _numbers(place: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in place]
