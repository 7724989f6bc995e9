"""Distributions of two sets of crystals over each other, in shares, so that sets of any sizes can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.judge.distributions import MOST_VOLUME, PANELS, VOLUME_BIN
from disgen.ui.charts import svg_chart
from disgen.ui.compare.side import COLOURS
from disgen.wyckoff import crystal_system

if TYPE_CHECKING:
    from collections.abc import Mapping

_CATEGORIES = ("crystal_systems",)
_SYSTEMS = tuple(dict.fromkeys(map(crystal_system, range(1, 231))))  # as the space groups are numbered
_GAP = 0.08  # of a bar's place
_OPACITY = 0.5
_PERCENT = 100.0

Distributions = dict[str, dict[str, Any]]


def histograms_html(left: Distributions, right: Distributions, labels: tuple[str, str]) -> str:
    """All panels, and what the colours mean."""
    key = svg_chart.lines_key([(label, colour) for label, colour in zip(labels, COLOURS.values(), strict=True)])
    charts = [panel_svg(name, left[name], right[name], labels) for name in PANELS]
    return key + svg_chart.charts_html(charts, columns=3, narrowest=280)


def panel_svg(name: str, left: Mapping[str, Any], right: Mapping[str, Any], labels: tuple[str, str]) -> str:
    """One panel: bars of both sets, half transparent, in front of each other."""
    title, axis, what = PANELS[name]
    sets = [_shares(one) for one in (left, right)]
    there = {value for one in sets for value in one}
    values = [system for system in _SYSTEMS if system in there] if name in _CATEGORIES else list(there)
    half = (1.0 - _GAP) / 2.0
    if name in _CATEGORIES:
        x, places = svg_chart.categories(values), {value: float(place) for place, value in enumerate(values)}
    else:
        shift = VOLUME_BIN / 2.0 if name == "volume_per_atom" else 0.0  # bins are named by their lower end
        places = {value: float(value) + shift for value in values}
        ends = min(places.values(), default=0.0) - 0.5, max(places.values(), default=1.0) + 0.5
        x = svg_chart.linear(*ends, most=8, whole=True)
    top = max((share for one in sets for share in one.values()), default=1.0)
    axes = svg_chart.Axes(x, svg_chart.linear(0.0, top * 1.05, most=5), width=420, height=240)
    bars = []
    for one, total, label, colour in zip(sets, (left["n"], right["n"]), labels, COLOURS.values(), strict=True):
        at = np.array([places[value] for value in one])
        texts = [f"{label}, {_name(name, value)}: {share:.1f} % of {total:,}" for value, share in one.items()]
        drawn = axes.bars(at - half, at + half, np.array(list(one.values())), texts, colour)
        bars.append(f'<g opacity="{_OPACITY}">{drawn}</g>')
    alt = f"{title} of {labels[0]} and of {labels[1]}"
    return axes.svg("".join(bars), title, axis, f"% of {what}", alt)


def _shares(one: Mapping[str, Any]) -> dict[str, float]:
    return {value: _PERCENT * count / one["n"] for value, count in one["counts"].items()}


def _name(name: str, value: str) -> str:
    if name != "volume_per_atom":
        return value
    low = float(value)
    return f"{low:g} Å³ and more" if low >= MOST_VOLUME else f"{low:g} to {low + VOLUME_BIN:g} Å³"
