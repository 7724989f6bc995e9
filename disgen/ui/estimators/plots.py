"""Figures of the comparison of samplers: where samples are lost, and where they lie on the map.

Pure functions of a comparison and of sets of points. Both figures have the same colours for what became of a sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from disgen.drawing.palettes import BACKGROUND_POINT, QUALITATIVE
from disgen.ui.base.outcome_groups import OUTCOME_GROUPS, VERDICT_GROUPS, group_of
from disgen.ui.base.samplers import label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.ui.base.outcome_groups import OutcomeGroup, VerdictGroup
    from disgen.ui.data.points import Points

COLUMNS = 4  # maps in a row
_BAR = 34  # px, of a sampler
_PANEL = 250  # px, of a map
_TITLE = 30  # px, above a map
_EDGE = 10  # px, around all maps
_LEGEND = 30  # px, above all maps
_BEHIND = 1500  # points of the test split behind each map
_WRITTEN = 0.04  # share from which a part of a bar has room for its number
_MARGIN = 0.04  # of the map's width, around its points
_TEST_COLOUR = QUALITATIVE[0]


def losses_figure(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """A bar a sampler: the yield, then where the other samples were lost, in shares of all samples.

    Args:
        rows: of a comparison, one a sampler.
    """
    names = ["Test split, decoded" if row["estimator"] == "test" else label(row["estimator"]) for row in rows]
    sizes = np.array([max(1, row["n"]) for row in rows])
    figure = go.Figure()
    for group in OUTCOME_GROUPS:
        counts = np.array([sum(row["outcomes"].get(str(part), 0) for part in group.outcomes) for row in rows])
        _add_bars(figure, group, names, counts / sizes, [_parts(row, group) for row in rows])
    return _stacked(figure, len(rows))


def verdict_figure(reports: Sequence[Mapping[str, Any]]) -> go.Figure:
    """A bar a sampler: the credible samples, then the others by the first criterion that they fail, of all samples.

    Args:
        reports: judgements (`disgen.judge.report`), one a sampler.
    """
    names = ["Test split, itself" if report["name"] == "test" else label(report["name"]) for report in reports]
    sizes = np.array([max(1, report["n"]) for report in reports])
    figure = go.Figure()
    for group in VERDICT_GROUPS:
        judged = [report["credible"] for report in reports]
        counts = [
            found["stopped"][group.criterion] if group.criterion else found["counts"]["credible"] for found in judged
        ]
        texts = [f"{count:,} of {size:,}" for count, size in zip(counts, sizes.tolist(), strict=True)]
        _add_bars(figure, group, names, np.array(counts) / sizes, texts)
    return _stacked(figure, len(reports))


def _add_bars(
    figure: go.Figure, group: OutcomeGroup | VerdictGroup, names: list[str], shares: np.ndarray, texts: list[str]
) -> None:
    figure.add_bar(
        y=names,
        x=shares,
        orientation="h",
        name=group.label,
        marker={"color": group.colour, "line": {"width": 0}},
        text=[f"{share:.0%}" if share >= _WRITTEN else "" for share in shares],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        insidetextfont={"color": group.ink, "size": 12},
        customdata=texts,
        hovertemplate="%{y}: %{x:.2%}<br>%{customdata}<extra>" + group.label + "</extra>",
    )


def _stacked(figure: go.Figure, bars: int) -> go.Figure:
    figure.update_layout(
        barmode="stack",
        bargap=0.25,
        height=110 + _BAR * bars,
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        xaxis={"range": [0, 1], "tickformat": ".0%", "title": {"text": "share of all samples"}},
        yaxis={"autorange": "reversed", "automargin": True},
        legend={
            "orientation": "h",
            "traceorder": "normal",
            "yanchor": "bottom",
            "y": 1.0,
            "x": 0.0,
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    return figure


def maps_figure(test: Points, sets: Sequence[Points], names: Sequence[str]) -> go.Figure:
    """Small multiples of the map: the test split, then each sampler's samples over it in grey.

    The row of a point, its ``customdata``, counts through the test split and then the sets in the order of ``names``,
    each as long as the first of them; `point_at` reads it.

    Args:
        test: points of the test split.
        sets: samples that are there, each of the same number.
        names: all samplers that get a panel, also those whose samples are not there yet.
    """
    titles = [test.label, *(label(name) for name in names)]
    lines = -(-len(titles) // COLUMNS)
    figure = make_subplots(
        lines,
        COLUMNS,
        subplot_titles=titles,
        horizontal_spacing=0.01,
        vertical_spacing=_TITLE / (lines * (_PANEL + _TITLE) - _TITLE),
        shared_xaxes="all",
        shared_yaxes="all",
    )
    behind = test.xy[:: -(-len(test) // _BEHIND)].astype(np.float32)
    _add_points(figure, test, np.full(len(test), _TEST_COLOUR), np.arange(len(test)), 0)
    there = {points.name: points for points in sets}
    for place, name in enumerate(names):
        where = {"row": (place + 1) // COLUMNS + 1, "col": (place + 1) % COLUMNS + 1}
        marker = {"color": BACKGROUND_POINT, "size": 2.5, "opacity": 0.35}
        figure.add_trace(
            go.Scattergl(
                x=behind[:, 0], y=behind[:, 1], mode="markers", marker=marker, hoverinfo="skip", showlegend=False
            ),
            **where,
        )
        if name in there:
            points = there[name]
            colours = np.array([group_of(outcome).colour for outcome in points.table["outcome"]])
            _add_points(figure, points, colours, len(test) + place * len(points) + np.arange(len(points)), place + 1)
    _add_legend(figure)
    figure.update_annotations(yshift=4, font_size=14)
    _frame(figure, [test.xy, *(points.xy for points in sets)])
    figure.update_layout(
        height=_LEGEND + lines * (_PANEL + _TITLE) + _EDGE,
        margin={"l": _EDGE, "r": _EDGE, "t": _LEGEND + _TITLE, "b": _EDGE, "pad": 0},
        dragmode="pan",
        hovermode="closest",
        clickmode="event+select",
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.0 + _TITLE / (lines * (_PANEL + _TITLE) - _TITLE),
            "x": 0.0,
            "itemclick": False,
            "itemdoubleclick": False,
        },
        uirevision="maps",
    )
    return figure


def point_at(row: int, n_test: int, size: int, names: Sequence[str]) -> tuple[str, int] | None:
    """The set and the number of the point in a row of `maps_figure`; None for a row that is not there.

    Args:
        row: of the figure.
        n_test: points of the test split.
        size: samples in each set.
        names: of the sets, as they were given to the figure.
    """
    if 0 <= row < n_test:
        return "test", row
    place, index = divmod(row - n_test, max(1, size))
    return (names[place], index) if 0 <= place < len(names) else None


def _parts(row: Mapping[str, Any], group: OutcomeGroup) -> str:
    """How many samples, and of which outcomes where there are several."""
    counts = {str(part): row["outcomes"].get(str(part), 0) for part in group.outcomes}
    text = f"{sum(counts.values()):,} of {row['n']:,}"
    if len(counts) == 1:
        return text
    return text + "".join(f"<br>{name}: {count:,}" for name, count in counts.items() if count)


def _add_points(figure: go.Figure, points: Points, colours: np.ndarray, rows: np.ndarray, place: int) -> None:
    table = points.table
    texts = [
        f"{points.label} {index}<br>{formula}<br>{outcome}"
        for index, (formula, outcome) in enumerate(zip(table["formula"], table["outcome"], strict=True))
    ]
    figure.add_trace(
        go.Scattergl(
            x=points.xy[:, 0].astype(np.float32),
            y=points.xy[:, 1].astype(np.float32),
            mode="markers",
            customdata=rows.astype(np.int32),
            text=texts,
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            marker={"size": 3.0 if place == 0 else 5.5, "color": colours, "opacity": 0.85, "line": {"width": 0}},
            selected={"marker": {"opacity": 1.0, "size": 11}},
            unselected={"marker": {"opacity": 0.6}},
        ),
        row=place // COLUMNS + 1,
        col=place % COLUMNS + 1,
    )


def _add_legend(figure: go.Figure) -> None:
    """Entries without points: the traces have many colours."""
    for text, colour in (("Test crystal", _TEST_COLOUR), *((group.label, group.colour) for group in OUTCOME_GROUPS)):
        marker = {"color": colour, "size": 9}
        figure.add_trace(
            go.Scatter(x=[None], y=[None], mode="markers", name=text, marker=marker, hoverinfo="skip"), row=1, col=1
        )


def _frame(figure: go.Figure, places: Sequence[np.ndarray]) -> None:
    """The same part of the map in all panels, framed and without numbers."""
    every = np.concatenate(places)
    low, high = every.min(axis=0), every.max(axis=0)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    blank = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    edge = {"showline": True, "mirror": True, "linewidth": 1, "linecolor": BACKGROUND_POINT}
    figure.update_xaxes(range=[float(low[0]), float(high[0])], **blank, **edge)
    figure.update_yaxes(range=[float(low[1]), float(high[1])], **blank, **edge)
