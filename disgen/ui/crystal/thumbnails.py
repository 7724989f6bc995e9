"""Small flat pictures of crystals as SVG: the cell from the side, and every position as a pie of what sits there."""

from __future__ import annotations

import html
from functools import lru_cache
from itertools import product
from math import cos, pi, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors
from disgen.drawing.contents import COLOURS, VACANCY, species
from disgen.drawing.geometry import periodic_images
from disgen.drawing.scene import identity
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.radii import mean_radius

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal, WyckoffSite

SIZE = 100  # of the picture, in its own units
_EDGE = 6  # left free around the cell
_RADIUS_SCALE = 0.5  # drawn radius over covalent radius
_MOST = 250  # positions, beyond which their images on the cell's faces are left out
_TURN, _TILT = radians(-24.0), radians(14.0)  # around the vertical axis, and towards the eye


@lru_cache(maxsize=1024)
def thumbnail_svg(crystal: WyckoffCrystal, title: str = "") -> str:
    """A picture of the conventional cell, in which a vacancy is an open wedge.

    Args:
        crystal: the crystal.
        title: for those who do not see it; its formula if empty.

    Raises:
        DisgenError: if the angles of the cell do not form one.
    """
    basis = lattice_vectors(crystal.cell)
    positions, owners = symmetry.expand(crystal)
    if len(positions) <= _MOST:
        positions, owners = periodic_images(positions, owners)
    corners = np.array(list(product((0.0, 1.0), repeat=3)))
    view = _view()
    places, frame = (positions @ basis) @ view.T, (corners @ basis) @ view.T
    radii = np.array([_RADIUS_SCALE * mean_radius(site, COVALENT_RADII) for site in crystal.sites])
    low, high = frame[:, :2].min(axis=0) - radii.max(), frame[:, :2].max(axis=0) + radii.max()
    scale = (SIZE - 2 * _EDGE) / float((high - low).max())
    middle = (low + high) / 2.0

    def drawn(points: np.ndarray) -> np.ndarray:
        result: np.ndarray = SIZE / 2 + scale * (points[:, :2] - middle) * np.array([1.0, -1.0])
        return result

    name = identity(crystal)
    pies = "".join(
        _pie(site, f"{name}-{i}", scale * radius)
        for i, (site, radius) in enumerate(zip(crystal.sites, radii, strict=True))
    )
    ends = drawn(frame)
    edges = "".join(
        f"M{ends[i, 0]:.1f} {ends[i, 1]:.1f}L{ends[j, 0]:.1f} {ends[j, 1]:.1f}"
        for i in range(len(corners))
        for j in range(i + 1, len(corners))
        if np.abs(corners[i] - corners[j]).sum() == 1.0
    )
    order = np.argsort(places[:, 2], kind="stable")
    atoms = "".join(
        f'<use href="#{name}-{owner}" x="{x:.1f}" y="{y:.1f}"/>'
        for (x, y), owner in zip(drawn(places)[order], owners[order], strict=True)
    )
    return (
        f'<svg viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{html.escape(title or crystal.formula)}">'
        f'<defs>{pies}</defs><path d="{edges}" fill="none" stroke="currentColor" stroke-width="0.6" opacity="0.5"/>'
        f"{atoms}</svg>"
    )


def _view() -> np.ndarray:
    """Rotation (3, 3) to axes right, up, and to the eye: c stands upright, a comes forward, turned a little."""
    upright = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    turn = np.array([[cos(_TURN), 0.0, sin(_TURN)], [0.0, 1.0, 0.0], [-sin(_TURN), 0.0, cos(_TURN)]])
    tilt = np.array([[1.0, 0.0, 0.0], [0.0, cos(_TILT), -sin(_TILT)], [0.0, sin(_TILT), cos(_TILT)]])
    result: np.ndarray = tilt @ turn @ upright
    return result


def _pie(site: WyckoffSite, name: str, radius: float) -> str:
    """What a site looks like, to be used at each of its positions; wedges from the top, clockwise."""
    outline = f'<circle r="{radius:.2f}" fill="none" stroke="#454f52" stroke-width="0.5"/>'
    parts = species(site)
    if len(parts) == 1:
        return f'<g id="{name}"><circle r="{radius:.2f}" fill="{COLOURS[parts[0][0]]}"/>{outline}</g>'
    pieces, start = [], 0.0
    for symbol, amount in parts:
        end = start + amount
        if symbol != VACANCY:
            (x, y), (u, v) = ((radius * sin(2 * pi * share), -radius * cos(2 * pi * share)) for share in (start, end))
            sweep = f"{radius:.2f} {radius:.2f} 0 {int(amount > 0.5)} 1"  # noqa: PLR2004 (half a turn)
            pieces.append(f'<path d="M0 0L{x:.2f} {y:.2f}A{sweep} {u:.2f} {v:.2f}Z" fill="{COLOURS[symbol]}"/>')
        start = end
    return f'<g id="{name}">{"".join(pieces)}{outline}</g>'
