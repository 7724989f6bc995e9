"""The latent map as a plotly figure: one WebGL trace, so that a click names one row whatever the colours.

A figure is a pure function of the points and the colouring, and pages cache it: as long as it stays byte for byte the
same, the browser keeps zoom and selection. Rows are numbered through: first the test split, then the samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from disgen import wyckoff
from disgen.ui.palettes import BACKGROUND_POINT, FAILED_POINT, QUALITATIVE, SEQUENTIAL
from disgen.ui.points import UNKNOWN, Points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLOURINGS: Mapping[str, str] = {
    "crystal_system": "Crystal system",
    "space_group": "Space group",
    "n_elements": "Number of elements",
    "disorder": "Disorder",
    "source": "Source",
    "outcome": "Outcome",
}
HEIGHT = 620  # px
_ORDER: Mapping[str, Sequence[str]] = {
    "crystal_system": wyckoff.CRYSTAL_SYSTEMS,
    "disorder": ("substitutional", "vacancy", "substitutional and vacancy", "ordered"),
    "outcome": ("ok",),
}


@dataclass(frozen=True)
class _Colouring:
    """Numbers for the points and what they mean: categories with a colour each, or a continuous scale."""

    codes: np.ndarray
    categories: tuple[str, ...]
    scale: list[list[float | str]]
    limits: tuple[float, float]


def map_figure(test: Points, samples: Points | None, colouring: str) -> go.Figure:
    """The map of the test split, with sampled points in front of it if there are any.

    Args:
        test: points of the test split.
        samples: points of an estimator; the test split is then grey.
        colouring: key of `COLOURINGS`.
    """
    subject = test if samples is None else samples
    colours = _colours(subject.table[colouring], colouring)
    values, scale, limits = colours.codes, colours.scale, colours.limits
    xy, table, sizes, opacities = test.xy, test.table, np.full(len(test), 5.0), np.full(len(test), 0.85)
    if samples is not None:
        # The grey of the background is one more step below the scale.
        low, high = limits
        width = (high - low) / max(1, len(colours.categories) or 20)
        values = np.concatenate([np.full(len(test), low - width / 2), values])
        scale, limits = _with_background(scale, width / (high - low + width)), (low - width, high)
        xy, table = np.concatenate([test.xy, samples.xy]), pd.concat([test.table, samples.table], ignore_index=True)
        sizes = np.concatenate([np.full(len(test), 3.5), np.full(len(samples), 7.0)])
        opacities = np.concatenate([np.full(len(test), 0.35), np.full(len(samples), 0.95)])
    figure = go.Figure(
        go.Scattergl(
            x=xy[:, 0].astype(np.float32),
            y=xy[:, 1].astype(np.float32),
            mode="markers",
            customdata=np.arange(len(xy), dtype=np.int32),
            text=_hover(table),
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            marker={
                "size": sizes.astype(np.float32),
                "opacity": opacities.astype(np.float32),
                "color": values.astype(np.float32),
                "colorscale": scale,
                "cmin": limits[0],
                "cmax": limits[1],
                "line": {"width": 0},
                "showscale": False,
            },
            selected={"marker": {"opacity": 1.0, "size": 9}},
            unselected={"marker": {"opacity": 0.3}},
        )
    )
    _add_legend(figure, colours, COLOURINGS[colouring])
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": None}
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode="pan",
        hovermode="closest",
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
        legend={
            "orientation": "h",
            "yanchor": "top",
            "y": -0.01,
            "x": 0.0,
            "itemclick": False,
            "itemdoubleclick": False,
        },
        uirevision="map",
    )
    return figure


def _colours(column: pd.Series, colouring: str) -> _Colouring:
    if colouring in ("space_group", "n_elements"):
        values = column.to_numpy(dtype=float)
        limits = (1.0, 230.0) if colouring == "space_group" else (1.0, max(7.0, float(values.max(initial=1.0))))
        stops = np.linspace(0.0, 1.0, len(SEQUENTIAL))
        scale: list[list[float | str]] = [[float(stop), colour] for stop, colour in zip(stops, SEQUENTIAL, strict=True)]
        return _Colouring(np.clip(values, *limits), (), scale, limits)
    present = column.unique().tolist()
    known = [name for name in _ORDER.get(colouring, ()) if name in present]
    # All of a fixed order keep their place, so that a system has the same colour in every set.
    places = {name: place for place, name in enumerate(_ORDER.get(colouring, ()))}
    rest = sorted(name for name in present if name not in known and name != UNKNOWN)
    places.update({name: len(places) + extra for extra, name in enumerate(rest)})
    palette = [QUALITATIVE[place % len(QUALITATIVE)] for place in places.values()]
    names = list(places)
    if UNKNOWN in present:
        names, palette = [*names, UNKNOWN], [*palette, FAILED_POINT]
        places[UNKNOWN] = len(places)
    codes = column.map(places).to_numpy(dtype=float) + 0.5
    steps = np.linspace(0.0, 1.0, len(names) + 1)
    scale = [[float(stop), colour] for i, colour in enumerate(palette) for stop in (steps[i], steps[i + 1])]
    return _Colouring(codes, tuple(names), scale, (0.0, float(len(names))))


def _with_background(scale: list[list[float | str]], share: float) -> list[list[float | str]]:
    moved: list[list[float | str]] = [[share + float(stop) * (1.0 - share), colour] for stop, colour in scale]
    return [[0.0, BACKGROUND_POINT], [share, BACKGROUND_POINT], *moved]


def _add_legend(figure: go.Figure, colours: _Colouring, title: str) -> None:
    """Legend entries or a colour bar, without points.

    The trace of the points has many colours and no entry of its own; its colour bar would show the background's grey.
    """
    if not colours.categories:
        bar = {"title": {"text": title, "side": "right"}, "thickness": 12, "len": 0.7, "outlinewidth": 0}
        low, high = colours.limits
        marker = {"color": [low], "colorscale": colours.scale, "cmin": low, "cmax": high, "colorbar": bar}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, showlegend=False, hoverinfo="skip")
        return
    present = set(np.floor(colours.codes).astype(int).tolist())
    for code, name in enumerate(colours.categories):
        if code in present:
            colour = colours.scale[2 * code][1]
            point = {"color": colour, "size": 9}
            figure.add_scatter(x=[None], y=[None], mode="markers", name=name, marker=point, hoverinfo="skip")
    figure.update_layout(legend_title_text=title)


def _hover(table: pd.DataFrame) -> list[str]:
    symbols = ["no space group", *(wyckoff.symbol(number) for number in range(1, 231))]
    return [
        f"{formula}<br>{symbols[group]} ({group})<br>{source}" if group else f"{outcome}<br>{source}"
        for formula, group, outcome, source in zip(
            table["formula"], table["space_group"], table["outcome"], table["source"], strict=True
        )
    ]
