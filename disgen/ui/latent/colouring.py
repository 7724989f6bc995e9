"""How points of the map are coloured: by a column of their table, on one numeric scale.

The scale has three parts: points behind the subject in grey, samples without a crystal in red, then the column's
categories or numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.corpus.families import FAMILIES, METALS
from disgen.drawing.palettes import CATEGORIES, FAILED_POINT, PALE_BACKGROUND_POINT, SEQUENTIAL
from disgen.ui.base.outcome_groups import OUTCOME_GROUPS, group_of
from disgen.ui.data.points import REAL, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

HEIGHT = "height"
COLOURINGS: Mapping[str, str] = {
    "crystal_system": "Crystal system",
    "anions": "Anions",
    "metals": "Main metal",
    "space_group": "Space group",
    "n_elements": "Number of elements",
    "n_sites": "Number of sites",
    "disorder": "Disorder",
    "disordered_sites": "Disordered sites",
    "volume_per_atom": "Volume per atom / Å³",
    HEIGHT: "Height above hull / eV per atom",
    "source": "Source",
    "h_missing": "Missing hydrogen",
    "uniform_vacancy": "Uniform vacancies",
    "outcome": "Outcome",
}
LEAST_SHARE = 0.01  # of points that all have to differ from the commonest, or colours would show nothing
_ORDER: Mapping[str, Sequence[str]] = {
    "anions": FAMILIES,
    "metals": METALS,
    "crystal_system": wyckoff.CRYSTAL_SYSTEMS,
    "disorder": ("substitutional", "vacancy", "substitutional and vacancy", "ordered"),
    "outcome": (*(group.label for group in OUTCOME_GROUPS), REAL),
}
# Lowest and least highest value of the scale of numbers.
_LIMITS: Mapping[str, tuple[float, float]] = {
    "space_group": (1.0, 230.0),
    "n_elements": (1.0, 7.0),
    "n_sites": (1.0, 9.0),
    "disordered_sites": (0.0, 5.0),
    "volume_per_atom": (6.0, 30.0),  # from ice and diamond to caesium halides; what lies outside has the last colour
    HEIGHT: (0.0, 0.2),  # three in four of the known ones lie below 0.06
}
_CLIPPED = ("space_group", "volume_per_atom", HEIGHT)
# Numbers to write at a scale; of space groups, where a crystal system's begin.
_TICKS: Mapping[str, Sequence[float]] = {
    "space_group": (1, 3, 16, 75, 143, 168, 195, 230),
    HEIGHT: (0.0, 0.05, 0.1, 0.15, 0.2),
}
_BANDS = 20  # of a scale of numbers, of which each of the two parts below it takes one


@dataclass(frozen=True, eq=False)
class Colouring:
    """Colours of points.

    Attributes:
        codes: (n,) where each point is on the scale of the column, 0 to `span`; NaN for samples without a crystal, and
            where the number is not known.
        unknown: (n,) of these the crystals whose number is not known.
        span: length of that scale.
        width: of each of the two parts below it.
        stops: the scale, place from 0 to 1 and colour.
        categories: name and colour of each category that occurs; empty for numbers.
        limits: lowest and highest number.
        ticks: numbers to write at the scale; empty for any.
    """

    codes: np.ndarray = field(repr=False)
    unknown: np.ndarray = field(repr=False)
    span: float
    width: float
    stops: tuple[tuple[float, str], ...]
    categories: tuple[tuple[str, str], ...] = ()
    limits: tuple[float, float] = (0.0, 1.0)
    ticks: tuple[float, ...] = ()

    @property
    def failed(self) -> np.ndarray:
        """(n,) which points are samples without a crystal."""
        result: np.ndarray = np.isnan(self.codes) & ~self.unknown
        return result

    @property
    def numbers(self) -> np.ndarray:
        """(n,) places on the whole scale, from -2 `width` to `span`."""
        known = np.where(self.unknown, self.background, self.codes)
        return np.where(self.failed, -0.5 * self.width, known)

    @property
    def background(self) -> float:
        """Place on the whole scale of a point behind the subject."""
        return -1.5 * self.width

    def shade(self, number: float) -> str:
        """The colour at a place on the whole scale."""
        if number < 0.0:
            return PALE_BACKGROUND_POINT if number < -self.width else FAILED_POINT
        place = min(number / self.span, 1.0)
        after = next((at for at, (stop, _) in enumerate(self.stops) if stop > place), len(self.stops) - 1)
        (low, first), (high, last) = self.stops[max(0, after - 1)], self.stops[after]
        return first if first == last or high <= low else mixed(first, last, (place - low) / (high - low))


def mixed(first: str, last: str, share: float) -> str:
    """A colour between two, all as ``#rrggbb``: `share` of the way from the first to the last."""
    pairs = ((int(first[at : at + 2], 16), int(last[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(low + share * (high - low)):02x}" for low, high in pairs)


def offered(table: pd.DataFrame) -> tuple[str, ...]:
    """Keys of `COLOURINGS` that tell points of a table apart: in which not nearly all points are the same."""
    shares = {
        by: table[by].value_counts(normalize=True, dropna=False).iloc[0] if len(table) else 1.0 for by in COLOURINGS
    }
    return tuple(by for by, share in shares.items() if share <= 1.0 - LEAST_SHARE) or tuple(COLOURINGS)[:1]


def colour(table: pd.DataFrame, by: str) -> Colouring:
    """Colours of points by a column of their table.

    Args:
        table: see `disgen.ui.data.points.Points`.
        by: key of `COLOURINGS`.
    """
    failed = table["space_group"].to_numpy() == 0
    if by in _LIMITS:
        return _numbers(table[by].to_numpy(dtype=float), failed, by)
    if by == "outcome":
        names = np.array([text if text == REAL else group_of(text).label for text in table[by]], dtype=object)
        colours = {group.label: group.colour for group in OUTCOME_GROUPS} | {REAL: CATEGORIES[0]}
        return _categories(names, np.zeros(len(names), dtype=bool), _ORDER[by], colours)
    names = table[by].to_numpy(dtype=object)
    fixed = _ORDER.get(by, ())
    rest = sorted(set(names[~failed].tolist()) - set(fixed), key=lambda name: (name == UNKNOWN, name))
    order = (*fixed, *rest)
    if len(order) > len(CATEGORIES):
        frequent = sorted(order, key=lambda name: -int((names == name).sum()))[: len(CATEGORIES) - 1]
        names = np.array([name if name in frequent else "others" for name in names], dtype=object)
        order = (*frequent, "others")
    return _categories(names, failed, order, dict(zip(order, CATEGORIES, strict=False)))


def _numbers(values: np.ndarray, failed: np.ndarray, by: str) -> Colouring:
    low, high = _LIMITS[by]
    if by not in _CLIPPED:
        high = max(high, float(np.nanmax(values, initial=low)))
    span = high - low
    places = np.linspace(0.0, 1.0, len(SEQUENTIAL))
    stops = tuple((float(place), name) for place, name in zip(places, SEQUENTIAL, strict=True))
    unknown = np.isnan(values) & ~failed
    codes = np.where(failed, np.nan, np.clip(values, low, high) - low)
    ticks = tuple(_TICKS.get(by) or (range(int(low), int(high) + 1) if span <= _BANDS else ()))
    return Colouring(codes, unknown, span, span / _BANDS, stops, limits=(low, high), ticks=ticks)


def _categories(names: np.ndarray, failed: np.ndarray, order: Sequence[str], colours: Mapping[str, str]) -> Colouring:
    places = {name: place for place, name in enumerate(order)}
    codes = np.array([np.nan if bad else places[name] + 0.5 for name, bad in zip(names, failed, strict=True)])
    edges = np.linspace(0.0, 1.0, len(order) + 1)
    stops = tuple((float(edge), colours[name]) for place, name in enumerate(order) for edge in edges[place : place + 2])
    present = set(names[~failed].tolist())
    shown = tuple((name, colours[name]) for name in order if name in present)
    return Colouring(codes, np.zeros(len(codes), dtype=bool), float(len(order)), 1.0, stops, shown)
