"""Small charts as SVG inside HTML: what a page shows many of, and where nothing is to be chosen.

Ten plotly charts take the browser seconds on a small machine, and its library most of one before the first. Charts here
are pure functions of their data, take their ink from the page's theme, and say their values in tooltips (``<title>``);
`disgen.ui.charts.component` puts them onto a page.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from disgen.drawing.palettes import SEQUENTIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEFT, RIGHT, TOP, BOTTOM = 52, 10, 26, 42  # px around the axes: numbers and title of y, nothing, heading, the same of x
_LETTER, _LINE = 6.4, 13  # px: width of a letter and height of a line of the numbers
_STEPS = (1.0, 2.0, 5.0, 10.0)
_LARGEST = 1.3  # times its size in px is a chart drawn
_SEEN = 3.0  # px, of a cell of a density
_LEVELS = 48  # colours of a scale of counts


@dataclass(frozen=True)
class Scale:
    """One axis.

    Attributes:
        low: value at the left or the bottom, as it is drawn: the logarithm on a logarithmic axis.
        high: value at the other end, above `low`.
        ticks: (value as it is drawn, text).
        logarithmic: True if logarithms (base 10) are drawn.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False

    def shares(self, values: Iterable[float] | np.ndarray) -> np.ndarray:
        """Where values lie along the axis, 0 at its start and 1 at its end; NaN for what has no logarithm."""
        drawn = np.asarray(values, dtype=float)
        if self.logarithmic:
            drawn = np.log10(np.where(drawn > 0.0, drawn, np.nan))
        return (drawn - self.low) / (self.high - self.low)


def linear(low: float, high: float, most: int = 6, *, whole: bool = False) -> Scale:
    """An axis with at most so many round numbers on it, whole ones if that is asked for."""
    high = high if high > low else low + 1.0
    rough = max((high - low) / most, 1.0 if whole else 0.0)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * factor for factor in _STEPS if power * factor >= rough * (1.0 - 1e-9))
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return Scale(low, high, tuple((number * step, f"{number * step:,.6g}") for number in range(first, last + 1)))


def logarithmic(low: float, high: float) -> Scale:
    """A logarithmic axis from at most `low` to at least `high`, both above 0, with powers of ten or their 2 and 5."""
    start, end = np.log10(low), np.log10(max(high, low * 1.001))
    digits = (1, 2, 5) if end - start <= 2.0 else (1,)  # noqa: PLR2004 (decades)
    powers = range(int(np.floor(start)), int(np.ceil(end)) + 1)
    every = [(float(np.log10(digit) + power), f"{digit * 10.0**power:,.6g}") for power in powers for digit in digits]
    return Scale(float(start), float(end), tuple(tick for tick in every if start <= tick[0] <= end), logarithmic=True)


def categories(names: Sequence[str]) -> Scale:
    """An axis of names, which stand at whole numbers from 0 on."""
    return Scale(-0.5, len(names) - 0.5, tuple((float(place), name) for place, name in enumerate(names)))


@dataclass(frozen=True)
class Axes:
    """A chart without its content: an axis across and one up, their size in px, the scales' ends at the edges."""

    x: Scale
    y: Scale
    width: int = 520
    height: int = 260

    def across(self, values: Iterable[float] | np.ndarray) -> np.ndarray:
        """Places of values along x, in px."""
        return LEFT + self.x.shares(values) * (self.width - LEFT - RIGHT)

    def down(self, values: Iterable[float] | np.ndarray) -> np.ndarray:
        """Places of values along y, in px."""
        return self.height - BOTTOM - self.y.shares(values) * (self.height - TOP - BOTTOM)

    def svg(self, content: str, heading: str = "", x_title: str = "", y_title: str = "", alt: str = "") -> str:
        """The whole chart around its content."""
        right, bottom = self.width - RIGHT, self.height - BOTTOM
        parts = [f'<text class="heading" x="{LEFT}" y="{TOP - 10}">{html.escape(heading)}</text>']
        fitting = _fitting(self.x, right - LEFT, 0)
        for place, text in zip(self.across(_plain(self.x, fitting)), (text for _, text in fitting), strict=True):
            parts.append(f'<line class="grid" x1="{place:.1f}" y1="{TOP}" x2="{place:.1f}" y2="{bottom}"/>')
            parts.append(f'<text x="{place:.1f}" y="{bottom + 14}" text-anchor="middle">{html.escape(text)}</text>')
        fitting = _fitting(self.y, bottom - TOP, _LINE)
        for place, text in zip(self.down(_plain(self.y, fitting)), (text for _, text in fitting), strict=True):
            parts.append(f'<line class="grid" x1="{LEFT}" y1="{place:.1f}" x2="{right}" y2="{place:.1f}"/>')
            parts.append(f'<text x="{LEFT - 5}" y="{place + 4:.1f}" text-anchor="end">{html.escape(text)}</text>')
        middle, centre = (LEFT + right) / 2, (TOP + bottom) / 2
        parts.append(content)
        parts.append(f'<path class="frame" d="M{LEFT} {TOP}V{bottom}H{right}"/>')
        parts.append(f'<text x="{middle:g}" y="{self.height - 8}" text-anchor="middle">{html.escape(x_title)}</text>')
        parts.append(
            f'<text transform="translate(11 {centre:g}) rotate(-90)" text-anchor="middle">{html.escape(y_title)}</text>'
        )
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" style="max-width:{_LARGEST * self.width:g}px" role="img" '
            f'aria-label="{html.escape(alt or heading)}">'
            f"{''.join(parts)}</svg>"
        )

    def bars(self, lefts: np.ndarray, rights: np.ndarray, tops: np.ndarray, texts: Sequence[str], colour: str) -> str:
        """Bars from the bottom of the chart; those without a place on a logarithmic axis are left out."""
        foot = self.height - BOTTOM
        edges = zip(self.across(lefts), self.across(rights), self.down(tops), texts, strict=True)
        return "".join(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{foot - top:.1f}" fill="{colour}">'
            f"<title>{html.escape(text)}</title></rect>"
            for left, right, top, text in edges
            if np.isfinite(top) and foot > top
        )

    def line(self, x: np.ndarray, y: np.ndarray, colour: str) -> str:
        """A line; values that cannot be drawn break it."""
        places = np.stack([self.across(x), self.down(y)], axis=1)
        whole = np.isfinite(places).all(axis=1)
        steps, pen = [], "M"
        for (across, down), there in zip(places.tolist(), whole.tolist(), strict=True):
            if there:
                steps.append(f"{pen}{across:.1f} {down:.1f}")
            pen = "L" if there else "M"
        return f'<path d="{"".join(steps)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'

    def diagonal(self, low: float, high: float) -> str:
        """Where both values are the same."""
        (x1, x2), (y1, y2) = self.across([low, high]), self.down([low, high])
        return f'<line class="diagonal" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'

    def squares(self, x: np.ndarray, y: np.ndarray, side: float, colours: Sequence[str], texts: Sequence[str]) -> str:
        """Squares of a size in px around points, later ones in front."""
        across, down = self.across(x) - side / 2, self.down(y) - side / 2
        return "".join(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{side:g}" height="{side:g}" fill="{colour}">'
            f"<title>{html.escape(text)}</title></rect>"
            for left, top, colour, text in zip(across, down, colours, texts, strict=True)
        )

    def cells(self, counts: np.ndarray, peak: int, names: Sequence[str] | None) -> str:
        """A density: cell (i, j) of `counts` stands at the i-th of equal parts of x and the j-th of y.

        Args:
            counts: whole numbers; nothing is drawn for 0.
            peak: count with the last colour.
            names: of the parts, for tooltips; without names, cells of a colour are drawn together, with one tooltip.
        """
        columns, rows = np.nonzero(counts)
        found = counts[columns, rows]
        wide = (self.width - LEFT - RIGHT) / counts.shape[0]
        high = (self.height - TOP - BOTTOM) / counts.shape[1]
        lefts, tops = LEFT + columns * wide, self.height - BOTTOM - (rows + 1) * high
        if names is not None:
            return "".join(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{colour}">'
                f"<title>{html.escape(names[column])} → {html.escape(names[row])}: {count:,}</title></rect>"
                for left, top, colour, column, row, count in zip(
                    lefts, tops, colours_of(found, peak), columns, rows, found, strict=True
                )
            )
        # A bin of a pixel or two would be overlooked where it stands alone.
        broad, tall = max(wide, _SEEN), max(high, _SEEN)
        lefts, tops = lefts - (broad - wide) / 2, tops - (tall - high) / 2
        levels = _levels(found, peak)
        drawn = []
        for level in np.unique(levels):
            chosen = levels == level
            path = "".join(
                f"M{left:.1f} {top:.1f}h{broad:.2f}v{tall:.2f}h-{broad:.2f}z"
                for left, top in zip(lefts[chosen], tops[chosen], strict=True)
            )
            few, many = int(found[chosen].min()), int(found[chosen].max())
            text = f"{few:,}" if few == many else f"{few:,} to {many:,}"
            drawn.append(f'<path d="{path}" fill="{_colour(level)}"><title>{text}</title></path>')
        return "".join(drawn)


def colours_of(counts: np.ndarray, peak: int) -> list[str]:
    """Colours of counts from 1 to `peak` on a logarithmic scale."""
    return [_colour(level) for level in _levels(counts, peak)]


def charts_html(charts: Sequence[str], columns: int, narrowest: int = 240) -> str:
    """Charts in a grid of at most so many columns, fewer where a chart would become narrower than so many px."""
    share = f"calc((100% - {1.25 * (columns - 1):g}rem) / {columns})"
    grid = f"grid-template-columns:repeat(auto-fit,minmax(max(min(100%,{narrowest}px),{share}),1fr))"
    return f'<div class="disgen-charts" style="{grid}">{"".join(charts)}</div>'


def counts_key(peak: int, what: str = "count") -> str:
    """What the colours of a density mean."""
    ramp = ",".join(_colour(level) for level in range(0, _LEVELS, 6))
    return (
        f'<div class="disgen-key"><span>{html.escape(what)}: 1 '
        f'<b style="background:linear-gradient(to right,{ramp})"></b> {peak:,} (logarithmic)</span></div>'
    )


def lines_key(lines: Sequence[tuple[str, str]]) -> str:
    """What lines mean: (text, colour) each."""
    parts = (f'<span><i style="background:{colour}"></i>{html.escape(text)}</span>' for text, colour in lines)
    return f'<div class="disgen-key">{"".join(parts)}</div>'


def _levels(counts: np.ndarray, peak: int) -> np.ndarray:
    shares = np.log10(np.maximum(counts, 1)) / max(np.log10(max(peak, 1)), 1e-9)
    result: np.ndarray = np.clip((shares * (_LEVELS - 1)).round(), 0, _LEVELS - 1).astype(int)
    return result


def _colour(level: int) -> str:
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in SEQUENTIAL], dtype=float)
    place = level / (_LEVELS - 1) * (len(stops) - 1)
    parts = [np.interp(place, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return "#" + "".join(f"{round(float(part)):02x}" for part in parts)


def _plain(scale: Scale, ticks: Sequence[tuple[float, str]]) -> np.ndarray:
    """Values of ticks as they were before any logarithm."""
    drawn = np.array([value for value, _ in ticks], dtype=float)
    return 10.0**drawn if scale.logarithmic else drawn


def _fitting(scale: Scale, length: float, line: float) -> list[tuple[float, str]]:
    """Every k-th tick, k the smallest with which their texts have room; `line` is their height, 0 for their width."""
    ticks = list(scale.ticks)
    per_unit = length / (scale.high - scale.low)
    for every in range(1, max(2, len(ticks))):
        kept = ticks[::every]
        sizes = [line or _LETTER * (len(text) + 1) for _, text in kept]
        gaps = [(after[0] - before[0]) * per_unit for before, after in pairwise(kept)]
        pairs = zip(sizes, sizes[1:], gaps, strict=False)
        if all((one + other) / 2 <= gap for one, other, gap in pairs):
            return kept
    return ticks[:1]
