"""A small latent map with one crystal of the user's marked on it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from disgen import wyckoff
from disgen.drawing.palettes import BACKGROUND_POINT, QUALITATIVE

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ui.data.points import Points

HEIGHT = 430  # px
_ALIKE, _SAMPLE, _MARK = QUALITATIVE[8], QUALITATIVE[3], QUALITATIVE[9]


def landing_figure(test: Points, crystal: WyckoffCrystal, place: np.ndarray, samples: np.ndarray) -> go.Figure:
    """The map of the test split, in which the crystal's own space group is coloured and its place is a star.

    Args:
        test: the split on its map.
        crystal: what is placed.
        place: (2,) where.
        samples: (n, 2) places of samples around it.
    """
    alike = test.table["space_group"].to_numpy() == crystal.space_group
    words = [
        f"{html.escape(formula)}<br>{wyckoff.symbol(group)} ({group})"
        for formula, group in zip(test.table["formula"], test.table["space_group"], strict=True)
    ]
    hover = np.array(words, dtype=object)
    figure = go.Figure()
    _add(figure, test.xy[~alike], "Test split", BACKGROUND_POINT, 3.5, hover=hover[~alike], opacity=0.45)
    symbol = wyckoff.symbol(crystal.space_group)
    _add(figure, test.xy[alike], f"in {symbol} ({crystal.space_group})", _ALIKE, 5, hover=hover[alike], opacity=0.8)
    if len(samples):
        _add(figure, samples, "samples around it", _SAMPLE, 7, opacity=0.95)
    _add(figure, place[None], "this crystal", _MARK, 13, mark="star", hover=np.array([html.escape(crystal.formula)]))
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": None}
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode="pan",
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
        legend={"orientation": "h", "yanchor": "top", "y": -0.01, "x": 0.0, "itemclick": False},
        uirevision="landing",
    )
    return figure


def _add(
    figure: go.Figure,
    xy: np.ndarray,
    name: str,
    colour: str,
    size: float,
    *,
    mark: str = "circle",
    hover: np.ndarray | None = None,
    opacity: float = 1.0,
) -> None:
    line = {"width": 1.0, "color": "#ffffff"} if mark == "star" else {"width": 0}
    figure.add_scattergl(
        x=xy[:, 0].astype(np.float32),
        y=xy[:, 1].astype(np.float32),
        mode="markers",
        name=name,
        text=hover,
        hovertemplate="%{text}<extra></extra>" if hover is not None else f"{name}<extra></extra>",
        marker={"color": colour, "size": size, "opacity": opacity, "symbol": mark, "line": line},
    )
