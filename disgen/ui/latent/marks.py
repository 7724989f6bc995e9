"""What is drawn over the latent map and is not in its figure: marks, what is selected or found, density, names.

What changes with every click is no part of the figure, whose points would all be sent and drawn again. It is drawn over
the chart, and follows it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from disgen.ui.base.own_component import own_component

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disgen.latent.cluster_names import ClusterName
    from disgen.latent.density import Density

KEY = "map_marks"
_MARKS = own_component("disgen_map_marks", "disgen.ui.latent", "map_names.js", "map_layers.js", "marks.js")


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


@dataclass(frozen=True, eq=False)
class Overlay:
    """What lies over the points of a map: a veil over all but some, contours of their density, names of crowds.

    Attributes:
        focus: rows of the figure that are not veiled; None if nothing is to be veiled.
        beyond: (n, 2) places of what else is in focus and has no point in the figure.
        density: of the points.
        names: of crowds of points, the most important first.
        selected: what is in focus was selected by a box or a lasso, whose outline goes when it no longer is.
    """

    focus: Sequence[int] | None = None
    beyond: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), dtype=np.float32), repr=False)
    density: Density | None = None
    names: Sequence[ClusterName] = ()
    selected: bool = False


def marks_data(chart: str, chosen: np.ndarray, marks: Marks, overlay: Overlay) -> dict[str, Any]:
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
        "selected": overlay.selected,
        "focus": None if overlay.focus is None else _focus(overlay),
        "names": [{"text": name.text, "at": list(name.place)} for name in overlay.names],
        "density": None if overlay.density is None else _grid(overlay.density),
    }


def show_marks(
    chart: str,
    chosen: np.ndarray,
    marks: Marks,
    overlay: Overlay,
    *,
    picked: Callable[[int], None],
) -> None:
    """Draw marks over a chart on the same page.

    Args:
        chart: key of the chart.
        chosen: (2,) place of the chosen point.
        marks: of the tool in use.
        overlay: what is in focus, and the density.
        picked: called with the number of a mark that is clicked.
    """

    def clicked() -> None:
        number = st.session_state[KEY].picked
        if isinstance(number, (int, float)) and 0 <= number < len(marks.titles):
            picked(int(number))

    _MARKS(
        key=KEY,
        data=marks_data(chart, chosen, marks, overlay),
        on_picked_change=clicked,
    )


def _focus(overlay: Overlay) -> dict[str, Any]:
    return {"rows": list(overlay.focus or ()), "beyond": [_numbers(place) for place in overlay.beyond]}


def _grid(density: Density) -> dict[str, Any]:
    rows, columns = density.values.shape
    return {
        "rows": rows,
        "columns": columns,
        "values": base64.b64encode(density.values.astype("<f4").tobytes()).decode("ascii"),
        "origin": list(density.origin),
        "step": density.step,
        "levels": list(density.levels),
    }


def _numbers(place: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in place]
