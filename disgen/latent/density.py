"""How densely points lie in the plane: a smoothed histogram, and the levels that hold given shares of the points.

The region within a level's contour is a highest-density region: the smallest that holds that share of the points
(R. J. Hyndman, Am. Stat. 50, 120, 1996).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

CELLS = 96  # of the grid, along its longer side
SMOOTHING = 1.6  # cells, standard deviation of the Gaussian kernel
HELD = (0.9, 0.7, 0.5, 0.3, 0.1)  # shares of the points within the contours
_MARGIN = 6.0  # cells around the points, so that contours close
_FEWEST = 10  # points; fewer have no density worth drawing


@dataclass(frozen=True, eq=False)
class Density:
    """Density of points on a regular grid.

    Attributes:
        values: (rows, columns) float32, points per cell; rows go with y.
        origin: (x, y) of the first value.
        step: between neighbouring values, in x and y alike.
        levels: rising, one for each of the shares that the contours hold.
    """

    values: np.ndarray = field(repr=False)
    origin: tuple[float, float]
    step: float
    levels: tuple[float, ...]


def density(xy: np.ndarray, held: tuple[float, ...] = HELD) -> Density | None:
    """Density of points (n, 2); None if there are too few, or all lie in one place."""
    points = np.asarray(xy, dtype=np.float64)
    if len(points) < _FEWEST:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    if not extent > 0.0:
        return None
    step = extent / (CELLS - 2.0 * _MARGIN)
    origin = low - _MARGIN * step
    columns, rows = (int(np.ceil(side / step + 2.0 * _MARGIN)) + 1 for side in high - low)
    places = (points - origin) / step
    edges = [np.arange(size + 1) - 0.5 for size in (rows, columns)]
    counts, _, _ = np.histogram2d(places[:, 1], places[:, 0], bins=edges)
    values = gaussian_filter(counts, SMOOTHING, mode="constant")
    at_points = map_coordinates(values, places[:, ::-1].T, order=1)
    levels = np.quantile(at_points, [1.0 - share for share in held])
    return Density(
        values.astype(np.float32), (float(origin[0]), float(origin[1])), step, tuple(float(level) for level in levels)
    )
