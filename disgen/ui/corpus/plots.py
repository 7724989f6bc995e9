"""The ten distributions of the paper's Fig. 2 as bar charts, and the table of the filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from disgen.corpus.filters import FilterTable
from disgen.corpus.statistics import OCCUPANCY_BINS, PANELS
from disgen.drawing.palettes import QUALITATIVE
from disgen.ui.charts import svg_chart
from disgen.ui.data.points import SOURCE_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHAT = {"letters": "sites", "multiplicities": "sites", "elements_per_site": "sites"}
_CATEGORIES = ("letters", "multiplicities", "elements_on_disordered_sites", "elements_on_all_sites")
_GAP = 0.1  # of a bar's place
_FOOT = 0.7  # at which bars begin on a logarithmic axis: a bar of 1 is seen


def panels_html(distributions: Mapping[str, Mapping[str, int]], *, logarithmic: bool = False) -> str:
    """Fig. 2: those of its panels that there are.

    Args:
        distributions: by key of `disgen.corpus.statistics.PANELS`, how often each value occurs, as text, in natural
            order.
        logarithmic: count on logarithmic axes.
    """
    shown = [name for name in PANELS if distributions.get(name)]
    charts = [panel_svg(name, distributions[name], logarithmic=logarithmic) for name in shown]
    return svg_chart.charts_html(charts, columns=2, narrowest=280)


def panel_svg(name: str, counts: Mapping[str, int], *, logarithmic: bool = False) -> str:
    """One panel of Fig. 2."""
    title, axis = PANELS[name]
    labels, heights = list(counts), np.array(list(counts.values()), dtype=float)
    bar = 1.0
    if name in _CATEGORIES:
        places = np.arange(len(labels), dtype=float)
        x = svg_chart.categories(labels)
    else:
        places = np.array([float(label) for label in labels])
        if name == "partial_occupancies":  # bins are named by their upper end
            bar = 1.0 / OCCUPANCY_BINS
            places = places - bar / 2.0
        ends = float(places.min()) - bar / 2.0, float(places.max()) + bar / 2.0
        x = svg_chart.linear(*ends, most=10, whole=bar == 1.0)
    top = float(heights.max())
    y = svg_chart.logarithmic(_FOOT, top * 1.3) if logarithmic else svg_chart.linear(0.0, top * 1.05, most=5)
    axes = svg_chart.Axes(x, y)
    half = bar * (1.0 - _GAP) / 2.0
    texts = [f"{label}: {count:,}" for label, count in counts.items()]
    bars = axes.bars(places - half, places + half, heights, texts, QUALITATIVE[0])
    return axes.svg(bars, title, axis, _WHAT.get(name, ""))


def filter_table(data: Mapping[str, Any]) -> pd.DataFrame:
    """The filter table: a row a reason, a column a source, and the total."""
    rows = []
    for label, counts in FilterTable.from_dict(dict(data)).rows():
        named = {SOURCE_LABELS.get(source, source): count for source, count in counts.items()}
        rows.append({"Dropped because": label, **named, "Total": sum(counts.values())})
    return pd.DataFrame(rows)
