"""Pictures of ensembles as SVG: histograms over each other as in the paper's Fig. 12, convergence, averages."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from disgen.drawing.palettes import QUALITATIVE
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.statistics import convergence, distribution, shared_bins
from disgen.ensembles.thermodynamics import boltzmann
from disgen.ui.charts import svg_chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.ensembles.report import Result
    from disgen.ensembles.statistics import Distribution

MEASURES = {
    "energy": ("Energy", "eV an atom"),
    "density": ("Density", "g/cm³"),
    "volume": ("Volume", "Å³ an atom"),
    "magnetic_moment": ("Magnetic moment", "μB an atom"),
}
_SIZE = (520, 300)  # px
_SEEN_THROUGH = "aa"  # of a colour, so that the histogram behind it is seen
_COLDEST, _HOTTEST, _CURVE = 100.0, 3000.0, 60  # K, and points of a curve
_HEADROOM = 1.35  # of the highest bar, so that the lines of text have a place
_SAME = 1e-9  # relative, to which two sizes agree
_MARGIN = 0.04  # of an axis, on each side


def size_text(result: Result) -> str:
    """Such as 2×2×2."""
    return "×".join(map(str, result.drawn.cells.supercell.repeats))


def sets_key(results: Sequence[Result]) -> str:
    """Which colour is which supercell."""
    return svg_chart.lines_key(
        [(f"{size_text(result)} cells", colour) for result, colour in zip(results, QUALITATIVE, strict=False)]
    )


def histograms_html(results: Sequence[Result]) -> str:
    """Fig. 12: distributions of every property that varies, the supercells over each other."""
    charts = [_histogram(results, name) for name in MEASURES if _varies(results, name)]
    return sets_key(results) + svg_chart.charts_html(charts, columns=2, narrowest=320)


def constants_text(results: Sequence[Result]) -> str:
    """What is the same in every decoration, in one line; empty if all properties vary."""
    told = []
    for name, (title, unit) in MEASURES.items():
        values = np.concatenate([getattr(result.properties, name) for result in results])
        there = values[np.isfinite(values)]
        if len(there) and not _varies(results, name):
            told.append(f"{title} {there[0]:.5g} {unit}")
    return f"The same in every decoration: {', '.join(told)}." if told else ""


def convergence_html(results: Sequence[Result]) -> str:
    """The mean energy over the number of decorations, with one standard error on each side."""
    found = [
        (convergence(result.properties.energy), colour) for result, colour in zip(results, QUALITATIVE, strict=False)
    ]
    found = [(one, colour) for one, colour in found if len(one.n)]
    if not found:
        return ""
    n = max(int(one.n[-1]) for one, _ in found)
    # The first means are far off, and would press all others into a line.
    tails = [slice(min(4, len(one.n) - 1), None) for one, _ in found]
    ends = [
        value
        for (one, _), tail in zip(found, tails, strict=True)
        for value in (*(one.mean + one.stderr)[tail], *(one.mean - one.stderr)[tail])
    ]
    axes = svg_chart.Axes(svg_chart.linear(2, max(n, 3), whole=True), _axis(min(ends), max(ends)), *_SIZE)
    content = ""
    for (one, colour), tail in zip(found, tails, strict=True):
        content += axes.line(one.n[tail], one.mean[tail], colour)
        for sign in (-1.0, 1.0):
            content += axes.line(one.n[tail], (one.mean + sign * one.stderr)[tail], colour + "66")
    drawn = axes.svg(content, "Mean energy, with its standard error", "decorations", "eV an atom")
    return svg_chart.charts_html([drawn], columns=1)


def averages_html(results: Sequence[Result], name: str, temperature: float) -> str:
    """A property's Boltzmann average over the temperature; empty where decorations cannot be weighed."""
    grid = np.linspace(_COLDEST, _HOTTEST, _CURVE)
    curves = []
    for result, colour in zip(results, QUALITATIVE, strict=False):
        try:
            values = np.array([boltzmann(result.properties, kelvin, name).value for kelvin in grid])
        except EnsembleError:
            continue
        curves.append((values, colour))
    if not curves:
        return ""
    every = np.concatenate([values for values, _ in curves])
    axes = svg_chart.Axes(svg_chart.linear(0.0, _HOTTEST), _axis(float(every.min()), float(every.max())), *_SIZE)
    content = "".join(axes.line(grid, values, colour) for values, colour in curves)
    content += axes.line(np.array([temperature] * 2), np.array([axes.y.low, axes.y.high]), QUALITATIVE[6])
    title, unit = MEASURES[name]
    drawn = axes.svg(content, f"{title}, Boltzmann average (Eq. 5)", "temperature / K", unit)
    return svg_chart.charts_html([drawn], columns=1)


def described(found: Distribution) -> str:
    """Mean and deviation of what is about normal, mean and skewness of what is not."""
    if found.std == 0.0:
        return f"{found.mean:.5g} in all"
    if found.is_normal:
        return f"μ = {found.mean:.5g}, σ = {found.std:.2g}"
    return f"mean {found.mean:.5g}, σ = {found.std:.2g}, skewness {found.skew:+.2f}"


def _histogram(results: Sequence[Result], name: str) -> str:
    sets = [np.asarray(getattr(result.properties, name), dtype=float) for result in results]
    edges = shared_bins(sets)
    title, unit = MEASURES[name]
    shares, texts = [], []
    for result, values in zip(results, sets, strict=True):
        there = np.isfinite(values)
        times = result.properties.degeneracy[there].astype(float)
        counts, _ = np.histogram(values[there], bins=edges, weights=times)
        shares.append(counts / max(times.sum(), 1.0))
        texts.append(
            [
                f"{size_text(result)}: {100 * share:.1f} % from {low:.5g} to {high:.5g} {unit}"
                for share, low, high in zip(shares[-1], edges, edges[1:], strict=False)
            ]
        )
    top = max(float(share.max(initial=0.0)) for share in shares)
    axes = svg_chart.Axes(_axis(float(edges[0]), float(edges[-1])), svg_chart.linear(0.0, _HEADROOM * top), *_SIZE)
    content = "".join(
        axes.bars(edges[:-1], edges[1:], share, text, colour + _SEEN_THROUGH)
        for share, text, colour in zip(shares, texts, QUALITATIVE, strict=False)
    )
    for number, (result, values, colour) in enumerate(zip(results, sets, QUALITATIVE, strict=False)):
        found = distribution(values, result.properties.degeneracy)
        if found is not None:
            content += _line(number, f"{size_text(result)}: {described(found)}", colour)
    return axes.svg(content, title, unit, "share of decorations", alt=f"Histogram: {title}")


def _line(number: int, text: str, colour: str) -> str:
    """One of the lines of text in the upper left corner of a histogram."""
    height = svg_chart.TOP + 12 + 15 * number
    return f'<text x="{svg_chart.LEFT + 8}" y="{height}" style="fill:{colour}">{html.escape(text)}</text>'


def _axis(low: float, high: float) -> svg_chart.Scale:
    margin = _MARGIN * (high - low) or 1e-3 * max(abs(low), 1.0)
    return svg_chart.linear(low - margin, high + margin)


def _varies(results: Sequence[Result], name: str) -> bool:
    found = [distribution(getattr(result.properties, name), result.properties.degeneracy) for result in results]
    there = [one for one in found if one is not None]
    means = [one.mean for one in there]
    return any(one.std > 0.0 for one in there) or (bool(there) and max(means) - min(means) > _SAME * abs(max(means)))
