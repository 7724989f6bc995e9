"""The latent map as a plotly figure: one WebGL trace, so that a click names one row whatever the colours.

A figure is a pure function of the points and the colouring, and pages cache it: as long as it stays byte for byte the
same, the browser keeps zoom and selection. Rows are numbered through: first the entries, then the samples.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from disgen import wyckoff
from disgen.ui.base.palettes import BACKGROUND_POINT, FAILED_POINT, PALE_BACKGROUND_POINT
from disgen.ui.latent.colouring import COLOURINGS, HEIGHT, Colouring, colour

if TYPE_CHECKING:
    from disgen.latent.projection import LatentMap
    from disgen.ui.data.points import Points
    from disgen.ui.data.selection import Frame

_MANY = 8000  # points, from which on they are drawn smaller
_OPACITY = 0.9
_LARGE, _SMALL, _BEHIND = 7.0, 4.5, 3.5  # px, of samples, of many, of the points behind them
_ENTRY, _SMALL_ENTRY = 5.0, 3.5  # px, of entries without samples, and of many


class MapFigure(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure that no longer changes once it has been asked for its content.

    A page asks at every run of its script, and plotly would copy every text of every point each time.
    """

    def to_dict(self) -> dict[str, Any]:
        """The content; not to be changed."""
        return self._content

    @cached_property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = super().to_dict()
        return content


def map_figure(
    entries: Points, samples: Points | None, by: str, titles: tuple[str, str] = ("", ""), frame: Frame | None = None
) -> go.Figure:
    """The map of entries, with sampled points in front of them if there are any. It is as high as what it stands in.

    Args:
        entries: points of the splits that are shown.
        samples: points of an estimator; the entries are then grey.
        by: key of `COLOURINGS`.
        titles: of the axes.
        frame: part of the map to show at first; None for all of it.
    """
    subject = entries if samples is None else samples
    colours = colour(subject.table, by)
    xy, table, values = subject.xy, subject.table, colours.numbers
    sizes = np.full(len(entries), _ENTRY if len(entries) < _MANY else _SMALL_ENTRY)
    if samples is not None:
        xy = np.concatenate([entries.xy, samples.xy])
        table = pd.concat([entries.table, samples.table], ignore_index=True)
        values = np.concatenate([np.full(len(entries), colours.background), values])
        size = _LARGE if len(samples) < _MANY else _SMALL
        sizes = np.concatenate([np.full(len(entries), _BEHIND), np.full(len(samples), size)])
    figure = MapFigure(
        go.Scattergl(
            x=xy[:, 0].astype(np.float32),
            y=xy[:, 1].astype(np.float32),
            mode="markers",
            customdata=np.arange(len(xy), dtype=np.int32),
            text=_hover(table, by),
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            # A click marks a point as selected; the others shall stay as they are.
            unselected={"marker": {"opacity": _OPACITY}},
            marker={
                "size": sizes.astype(np.float32),
                "opacity": _OPACITY,
                "color": values.astype(np.float32),
                "colorscale": colours.scale,
                "cmin": -2.0 * colours.width,
                "cmax": colours.span,
                "line": {"width": 0},
                "showscale": False,
            },
        )
    )
    _add_legend(figure, colours, COLOURINGS[by], behind=samples is not None)
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        dragmode="pan",
        hovermode="closest",
        xaxis={**axis, "title": titles[0] or None},
        yaxis={**axis, "title": titles[1] or None, "scaleanchor": "x"},
        legend={
            "xanchor": "left",
            "x": 0.0,
            "yanchor": "top",
            "y": 1.0,
            "bgcolor": "rgba(0, 0, 0, 0)",
            "itemclick": False,
            "itemdoubleclick": False,
            "title": {"text": COLOURINGS[by] if colours.categories else ""},
        },
        uirevision="map",
    )
    if frame is not None:
        figure.update_layout(xaxis_range=list(frame[:2]), yaxis_range=list(frame[2:]))
    return figure


def axis_titles(latent_map: LatentMap) -> tuple[str, str]:
    """What the axes of a map mean; empty where they mean nothing, as those of t-SNE."""
    shares = latent_map.settings.get("explained_variance")
    if latent_map.method != "pca" or not shares:
        return "", ""
    first, second = (f"Principal component {n}: {share:.0%} of the variance" for n, share in enumerate(shares, start=1))
    return first, second


def _add_legend(figure: go.Figure, colours: Colouring, title: str, *, behind: bool) -> None:
    """Legend entries, and a colour bar for numbers, without points.

    The trace of the points has many colours and no entry of its own; its colour bar would show the parts below the
    numbers too.
    """
    entries = list(colours.categories)
    if not entries:
        low, high = colours.limits
        bar = {"title": {"text": title, "side": "right"}, "thickness": 12, "len": 0.7, "outlinewidth": 0}
        ticks = {"tickvals": list(colours.ticks)} if colours.ticks else {}
        marker = {
            "color": [low],
            "colorscale": [list(stop) for stop in colours.stops],
            "cmin": low,
            "cmax": high,
            "colorbar": bar | ticks,
        }
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, showlegend=False, hoverinfo="skip")
    if colours.failed.any():
        entries.append(("no crystal", FAILED_POINT))
    if unknown := int(colours.unknown.sum()):
        known = int(np.isfinite(colours.codes).sum())
        entries += [(f"unknown for {unknown:,}, known for {known:,}", PALE_BACKGROUND_POINT)]
    if behind:
        entries.append(("entries", BACKGROUND_POINT))
    for name, shade in entries:
        point = {"color": shade, "size": 9}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=name, marker=point, hoverinfo="skip")


def _hover(table: pd.DataFrame, by: str) -> list[str]:
    symbols = ["no space group", *(wyckoff.symbol(number) for number in range(1, 231))]
    heights = table["height"] if by == HEIGHT else np.full(len(table), np.nan)
    columns = (table["formula"], table["space_group"], table["outcome"], heights)
    return [
        f"{formula}<br>{symbols[group]} ({group})" + ("" if np.isnan(height) else f"<br>{height:.3f} eV/atom")
        if group
        else outcome
        for formula, group, outcome, height in zip(*columns, strict=True)
    ]
