"""The figure of the latent map.

A pure function of the points and the colouring, which pages cache. Rows are numbered through: first the entries, then
the samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.drawing.palettes import BACKGROUND_POINT, FAILED_POINT, PALE_BACKGROUND_POINT
from disgen.ui.charts.scatter import Legend, Scatter
from disgen.ui.latent.colouring import COLOURINGS, HEIGHT, colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from disgen.latent.projection import LatentMap
    from disgen.ui.data.points import Points
    from disgen.ui.latent.colouring import Colouring

_MANY = 8000  # points, from which on they are drawn smaller
_LARGE, _SMALL, _BEHIND = 7.0, 4.5, 3.5  # px, of samples, of many, of the points behind them
_ENTRY, _SMALL_ENTRY = 5.0, 3.5  # px, of entries without samples, and of many
_SHADES = 256  # that a byte tells apart
_TICKS = 5  # numbers at a scale, about


def map_figure(entries: Points, samples: Points | None, by: str, titles: tuple[str, str] = ("", "")) -> Scatter:
    """The map of entries, with sampled points in front of them if there are any.

    Args:
        entries: points of the splits that are shown.
        samples: points of an estimator; the entries are then grey.
        by: key of `COLOURINGS`.
        titles: of the axes.
    """
    subject = entries if samples is None else samples
    colours = colour(subject.table, by)
    parts, numbers = [subject], colours.numbers
    sizes = [(len(entries), _ENTRY if len(entries) < _MANY else _SMALL_ENTRY)]
    if samples is not None:
        parts = [entries, samples]
        numbers = np.concatenate([np.full(len(entries), colours.background), numbers])
        sizes = [(len(entries), _BEHIND), (len(samples), _LARGE if len(samples) < _MANY else _SMALL)]
    shades, palette = _shades(numbers, colours)
    return Scatter(
        xy=np.concatenate([part.xy for part in parts]),
        shades=shades,
        palette=palette,
        sizes=tuple(sizes),
        groups=np.concatenate([part.table["space_group"].to_numpy() for part in parts]).astype(np.uint8),
        formulas=tuple(text for part in parts for text in _texts(part.table, by)),
        legend=_legend(colours, COLOURINGS[by], behind=samples is not None),
        titles=titles,
    )


def axis_titles(latent_map: LatentMap) -> tuple[str, str]:
    """What the axes of a map mean; empty where they mean nothing, as those of t-SNE."""
    shares = latent_map.settings.get("explained_variance")
    if latent_map.method != "pca" or not shares:
        return "", ""
    first, second = (f"Principal component {n}: {share:.0%} of the variance" for n, share in enumerate(shares, start=1))
    return first, second


def _shades(numbers: np.ndarray, colours: Colouring) -> tuple[np.ndarray, tuple[str, ...]]:
    """The number of each point's colour, and all colours."""
    levels, found = np.unique(numbers, return_inverse=True)
    if len(levels) > _SHADES:
        levels = np.linspace(levels[0], levels[-1], _SHADES)
        found = np.rint((numbers - levels[0]) / (levels[1] - levels[0]))
    return found.astype(np.uint8), tuple(colours.shade(level) for level in levels.tolist())


def _texts(table: pd.DataFrame, by: str) -> list[str]:
    """The formula of each point; after a tab, how high it stands above the hull, or why there is no crystal."""
    heights = table["height"] if by == HEIGHT else np.full(len(table), np.nan)
    columns = (table["formula"], table["space_group"], table["outcome"], heights)
    return [
        f"{formula}\t{outcome}" if not group else formula if np.isnan(height) else f"{formula}\t{height:.3f} eV/atom"
        for formula, group, outcome, height in zip(*columns, strict=True)
    ]


def _legend(colours: Colouring, title: str, *, behind: bool) -> Legend:
    entries = list(colours.categories)
    if colours.failed.any():
        entries.append(("no crystal", FAILED_POINT))
    if unknown := int(colours.unknown.sum()):
        known = int(np.isfinite(colours.codes).sum())
        entries += [(f"unknown for {unknown:,}, known for {known:,}", PALE_BACKGROUND_POINT)]
    if behind:
        entries.append(("entries", BACKGROUND_POINT))
    if colours.categories:
        return Legend(title, tuple(entries))
    (low, high), stops = colours.limits, tuple(shade for _, shade in colours.stops)
    ticks = tuple(((tick - low) / (high - low), f"{tick:g}") for tick in colours.ticks or _round_numbers(low, high))
    return Legend(title, tuple(entries), stops, ticks)


def _round_numbers(low: float, high: float) -> Sequence[float]:
    """Some numbers with few digits between two."""
    exact = (high - low) / _TICKS
    power = 10.0 ** np.floor(np.log10(exact))
    step = float(power * next(factor for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= exact))
    return [step * number for number in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]
