"""A small latent map with one crystal of the user's marked on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.drawing.palettes import BACKGROUND_POINT, QUALITATIVE
from disgen.ui.charts.scatter import Legend, Scatter

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ui.data.points import Points

_ALIKE, _SAMPLE, _RING, _MARK = QUALITATIVE[8], QUALITATIVE[3], "#ffffff", QUALITATIVE[9]
_COLOURS = (BACKGROUND_POINT, _ALIKE, _RING, _MARK, _SAMPLE)  # the samples often lie where the crystal does
_DIAMETERS = (3.5, 5.0, 17.0, 13.0, 6.0)  # px, of what has these colours


def landing_map(test: Points, crystal: WyckoffCrystal, place: np.ndarray, samples: np.ndarray) -> Scatter:
    """The map of the test split, in which the crystal's own space group is coloured, and its place in a ring.

    Args:
        test: the split on its map.
        crystal: what is placed.
        place: (2,) where.
        samples: (n, 2) places of samples around it.
    """
    groups = test.table["space_group"].to_numpy()
    alike = groups == crystal.space_group
    order = np.argsort(alike, kind="stable")  # those of its space group in front of the others
    counts = (len(test) - int(alike.sum()), int(alike.sum()), 1, 1, len(samples))
    entries = [("Test split", BACKGROUND_POINT)]
    entries += [(f"in {wyckoff.symbol(crystal.space_group)} ({crystal.space_group})", _ALIKE)]
    entries += [("samples around it", _SAMPLE)] if len(samples) else []
    return Scatter(
        xy=np.concatenate([test.xy[order], place[None], place[None], samples.reshape(-1, 2)]),
        shades=np.repeat(np.arange(len(counts)), counts).astype(np.uint8),
        palette=_COLOURS,
        sizes=tuple(zip(counts, _DIAMETERS, strict=True)),
        groups=np.concatenate([groups[order], [crystal.space_group] * 2, [0] * len(samples)]).astype(np.uint8),
        formulas=(
            *test.table["formula"].to_numpy()[order].tolist(),
            *([f"{crystal.formula}\tthis crystal"] * 2),
            *(["sample\taround this crystal"] * len(samples)),
        ),
        legend=Legend("", (*entries, ("this crystal", _MARK))),
    )
