"""Many points on one plane: what the browser draws of them, in as few bytes as that takes.

Drawn by scripts of ours (``points.js``), since plotly's alone is 1.4 MB on its way to people.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import orjson

from disgen import wyckoff

_GRID = 65_535  # places are whole numbers up to this one: closer than a pixel, also where the map is 60 times larger


@dataclass(frozen=True, eq=False)
class Legend:
    """What colours mean.

    Attributes:
        title: what is coloured.
        entries: name and colour of each category.
        bar: colours of a scale of numbers from its lowest to its highest; empty for categories.
        ticks: place from 0 to 1 and text of each number that is written at the scale.
    """

    title: str
    entries: tuple[tuple[str, str], ...]
    bar: tuple[str, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Scatter:
    """Points with their colours.

    Attributes:
        xy: (n, 2) places.
        shades: (n,) uint8, number of each point's colour in the palette.
        palette: colours as CSS writes them.
        sizes: how many points, one after the other, have which diameter in px.
        groups: (n,) uint8 space groups; 0 for samples without a crystal.
        formulas: of each point; after a tab, what else is to be said of it, or why there is no crystal.
        legend: what the colours mean.
        titles: of the axes; empty where they mean nothing.
    """

    xy: np.ndarray = field(repr=False)
    shades: np.ndarray = field(repr=False)
    palette: tuple[str, ...]
    sizes: tuple[tuple[int, float], ...]
    groups: np.ndarray = field(repr=False)
    formulas: tuple[str, ...] = field(repr=False)
    legend: Legend
    titles: tuple[str, str] = ("", "")

    def packed(self, name: str, alt: str, **more: Any) -> bytes:  # noqa: ANN401 (whatever JSON holds)
        """What ``points.js`` unpacks.

        Args:
            name: of the map: another one is shown as a whole, and not at the place where the last one was looked at.
            alt: what is on it, for those who cannot see it.
            more: what the chart is told beside that.
        """
        low, high = self._corners
        head = {
            "n": len(self.xy),
            "map": name,
            "alt": alt,
            "frame": [low[0], high[0], low[1], high[1]],
            "sizes": self.sizes,
            "palette": self.palette,
            "symbols": ["", *(wyckoff.symbol(number) for number in range(1, 231))],
            "titles": self.titles,
            "legend": _legend_json(self.legend),
            **more,
        }
        text = orjson.dumps(head, option=orjson.OPT_SERIALIZE_NUMPY)
        version = hashlib.sha256(text + self._arrays).hexdigest()[:16]
        whole = text[:-1] + f',"version":"{version}"}}'.encode()
        whole += b" " * (-len(whole) % 4)
        return len(whole).to_bytes(4, "little") + whole + self._arrays

    @cached_property
    def _corners(self) -> tuple[list[float], list[float]]:
        """Lowest and highest place on each axis."""
        if not len(self.xy):
            return [0.0, 0.0], [1.0, 1.0]
        low, high = self.xy.min(axis=0).astype(float), self.xy.max(axis=0).astype(float)
        flat = high - low < 1e-6  # noqa: PLR2004 (all points on one line)
        return (low - 0.5 * flat).tolist(), (high + 0.5 * flat).tolist()

    @cached_property
    def _arrays(self) -> bytes:
        low, high = map(np.array, self._corners)
        places = np.rint((self.xy - low) / (high - low) * _GRID).astype("<u2")
        planes = (places[:, 0], places[:, 1], self.shades, self.groups)
        return b"".join(plane.tobytes() for plane in planes) + "\n".join(self.formulas).encode()


def _legend_json(legend: Legend) -> dict[str, Any]:
    bar = {"colours": legend.bar, "ticks": legend.ticks} if legend.bar else None
    return {"title": legend.title, "entries": legend.entries, "bar": bar}
