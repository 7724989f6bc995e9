"""Figures of a search: its loss terms and successes by step, and the way of its best points over the latent map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from disgen.drawing.palettes import BACKGROUND_POINT, QUALITATIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.ui.conditioning.history import SearchPath
    from disgen.ui.conditioning.job import Traced

LEAST_LOSS = 0.01  # what is drawn of a term that is lower still: it is as good as met
_TERMS = {"mixing": "unusual mixtures", "prior": "distance from known codes"}  # terms beside the targets'
_TICKS = {LEAST_LOSS: f"≤ {LEAST_LOSS:g}"} | {10.0**power: f"{10.0**power:g}" for power in range(-1, 5)}
_DASHES = ("solid", "dash", "dot", "dashdot")
_LONGEST_TERM = 44  # characters in the legend
_HEIGHT, _LINE, _MAP_HEIGHT = 300, 22, 520  # px: the panels, a line of the legend, the map
_TERMS_IN_LINE = 3
_SUCCESS = QUALITATIVE[2]


def cut(text: str, longest: int) -> str:
    """Text of at most so many characters; an ellipsis stands for the rest."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def term_label(name: str) -> str:
    """A loss term in the legend."""
    return cut(_TERMS.get(name, name), _LONGEST_TERM)


def trace_figure(trace: Sequence[Traced], steps: int, n: int) -> go.Figure:
    """Every loss term, and how many points meet all targets, by step.

    Args:
        trace: the steps so far, at least one.
        steps: at most so many.
        n: number of latent points.
    """
    figure = make_subplots(
        1,
        2,
        column_widths=[0.6, 0.4],
        horizontal_spacing=0.09,
        subplot_titles=("Loss terms, mean of all points", f"Points that meet everything, of {n:,}"),
    )
    at = [point.step for point in trace]
    names = list(trace[-1].losses)
    for number, name in enumerate(names):
        values = np.array([point.losses[name] for point in trace])
        figure.add_scatter(
            x=at,
            y=np.maximum(values, LEAST_LOSS),
            customdata=values,
            mode="lines",
            name=term_label(name),
            line={
                "color": QUALITATIVE[number % len(QUALITATIVE)],
                "width": 2,
                "dash": _DASHES[number // len(QUALITATIVE) % len(_DASHES)],
            },
            hovertemplate="%{customdata:.3f}<extra>" + term_label(name) + "</extra>",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=at,
        y=[point.successes for point in trace],
        mode="lines",
        line={"color": _SUCCESS, "width": 2, "shape": "hv"},
        fill="tozeroy",
        fillcolor="rgba(34, 136, 51, 0.18)",
        showlegend=False,
        hovertemplate="%{y} at step %{x}<extra></extra>",
        row=1,
        col=2,
    )
    axis = {"range": [0, max(1, steps)], "title": {"text": "step"}, "showgrid": False, "zeroline": False}
    lines = -(-len(names) // _TERMS_IN_LINE)
    figure.update_layout(
        height=_HEIGHT + _LINE * lines,
        margin={"l": 8, "r": 8, "t": 30, "b": 60 + _LINE * lines},
        hovermode="x unified",
        legend={
            "orientation": "h",
            "yanchor": "top",
            "y": -0.25,
            "x": 0.0,
            "itemclick": False,
            "itemdoubleclick": False,
        },
        xaxis=axis,
        xaxis2=axis,
        yaxis={
            "type": "log",
            "range": _decades(trace),
            "tickvals": list(_TICKS),
            "ticktext": list(_TICKS.values()),
            "automargin": True,
        },
        yaxis2={"range": [0, n], "automargin": True, "rangemode": "tozero"},
        uirevision="trace",
    )
    figure.update_annotations(font_size=14)
    return figure


def paths_figure(test: np.ndarray, paths: Sequence[SearchPath], names: Sequence[str]) -> go.Figure:
    """The latent map with the way of the best points: a dot for each change, a ring at the start, a star at the end.

    Args:
        test: (m, 2) places of the test split.
        paths: of the best points, the best first.
        names: what each ends at; as many.
    """
    figure = go.Figure(
        go.Scattergl(
            x=test[:, 0].astype(np.float32),
            y=test[:, 1].astype(np.float32),
            mode="markers",
            marker={"size": 3.5, "color": BACKGROUND_POINT, "opacity": 0.4},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    for number, (path, name) in enumerate(zip(paths, names, strict=True)):
        colour, last = QUALITATIVE[number % len(QUALITATIVE)], len(path.steps) - 1
        figure.add_scatter(
            x=path.places[:, 0],
            y=path.places[:, 1],
            mode="lines+markers",
            name=f"{number + 1} · {cut(name, _LONGEST_TERM)}",
            line={"color": colour, "width": 1.5},
            marker={
                "color": colour,
                "opacity": 1.0,
                "size": [15 if place == last else 10 if place == 0 else 5 for place in range(last + 1)],
                "symbol": [
                    "star" if place == last else "circle-open" if place == 0 else "circle" for place in range(last + 1)
                ],
            },
            customdata=path.steps,
            hovertemplate="step %{customdata}<extra>" + f"{number + 1} · {name}" + "</extra>",
        )
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": None}
    figure.update_layout(
        height=_MAP_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode="pan",
        hovermode="closest",
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
        legend={"yanchor": "top", "y": 1.0, "x": 0.0, "bgcolor": "rgba(0, 0, 0, 0)"},
        uirevision="paths",
    )
    return figure


def _decades(trace: Sequence[Traced]) -> list[float]:
    """Range of the losses' axis in powers of ten: whole ones, so that it stays while the losses fall."""
    highest = max(max(point.losses.values(), default=1.0) for point in trace)
    return [np.log10(LEAST_LOSS) - 0.1, np.ceil(np.log10(max(highest, 1.0)) + 0.05)]
