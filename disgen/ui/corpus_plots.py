"""The ten distributions of the paper's Fig. 2 as plotly bar charts, and the table of the filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from disgen.corpus.filters import FilterTable
from disgen.corpus.statistics import OCCUPANCY_BINS, PANELS
from disgen.ui.palettes import QUALITATIVE
from disgen.ui.points import SOURCE_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHAT = {"letters": "sites", "multiplicities": "sites", "elements_per_site": "sites"}
_CATEGORIES = ("letters", "multiplicities", "elements_on_disordered_sites", "elements_on_all_sites")


def panel_figure(name: str, counts: Mapping[str, int], *, logarithmic: bool = False) -> go.Figure:
    """One panel of Fig. 2.

    Args:
        name: key of `disgen.corpus.statistics.PANELS`.
        counts: how often each value occurs, as text, in natural order.
        logarithmic: count on a logarithmic axis.
    """
    title, axis = PANELS[name]
    labels = list(counts)
    categories = name in _CATEGORIES
    x: list[Any] = labels if categories else [float(label) for label in labels]
    width = None
    if name == "partial_occupancies":  # bins are named by their upper end
        width = 1.0 / OCCUPANCY_BINS
        x = [value - width / 2.0 for value in x]
    figure = go.Figure(
        go.Bar(
            x=x,
            y=list(counts.values()),
            width=width,
            marker={"color": QUALITATIVE[0], "line": {"width": 0}},
            hovertemplate="%{x}: %{y:,}<extra></extra>",
        )
    )
    figure.update_layout(
        title={"text": title, "font": {"size": 14}}, height=270, margin={"l": 8, "r": 8, "t": 36, "b": 8}, bargap=0.1
    )
    figure.update_xaxes(title=axis, type="category" if categories else "linear")
    figure.update_yaxes(title=_WHAT.get(name), type="log" if logarithmic else "linear")
    return figure


def filter_table(data: Mapping[str, Any]) -> pd.DataFrame:
    """The filter table: a row a reason, a column a source, and the total."""
    rows = []
    for label, counts in FilterTable.from_dict(dict(data)).rows():
        named = {SOURCE_LABELS.get(source, source): count for source, count in counts.items()}
        rows.append({"Dropped because": label, **named, "Total": sum(counts.values())})
    return pd.DataFrame(rows)
