"""A crystal in a notebook: py3Dmol's view with each species as a wedge of its site's sphere, and gaps for vacancies.

3Dmol.js itself draws one sphere an atom, so that a shared site would show one species, a partly empty one no gap.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors
from disgen.drawing.contents import SCHEMES
from disgen.drawing.geometry import FACE_TOLERANCE, levels_for, periodic_images, view_rotations, wedge_mesh, wedges
from disgen.drawing.scene import RADIUS_SCALE
from disgen.errors import DisgenError
from disgen.generation.geometry.bonds import bonds
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.radii import mean_radius

if TYPE_CHECKING:
    from collections.abc import Mapping

    import py3Dmol

    from disgen.crystal import WyckoffCrystal
    from disgen.drawing.geometry import Wedge

BOND_RADIUS, EDGE_RADIUS = 0.09, 0.03  # Å, drawn
ZOOM = 1.3  # beyond what 3Dmol thinks fits, which leaves room for any turn of a larger molecule
_EDGE, _BOND = "#5c6370", "#b8bcc4"


class DrawingError(DisgenError):
    """A crystal cannot be drawn as asked; one sentence."""


def view(
    crystal: WyckoffCrystal,
    *,
    axis: str = "c",
    colours: str = "jmol",
    width: int = 640,
    height: int = 480,
    script: str | None = None,
) -> py3Dmol.view:
    """Draw the conventional cell: spheres cut into wedges by occupancy, largest first from 12 o'clock clockwise.

    Args:
        crystal: what to draw; positions on a face of the cell are drawn on the opposite face too.
        axis: the axis that points to the viewer at first: "a", "b" or "c".
        colours: of the elements: "jmol" or "vesta".
        width: of the picture, pixels.
        height: of the picture, pixels.
        script: address of 3Dmol.js; that of py3Dmol's CDN if None.

    Returns:
        A view that a notebook shows as the value of a cell; ``.show()`` and ``.write_html(file)`` are py3Dmol's.

    Raises:
        DrawingError: if there is no such axis or scheme of colours.
        DisgenError: if the angles do not form a cell.
    """
    import py3Dmol  # noqa: PLC0415 (imports IPython)

    rotations = view_rotations(crystal.cell)
    for name, known, what in ((axis, rotations, "axis"), (colours, SCHEMES, "scheme of colours")):
        if name not in known:
            msg = f'There is no {what} "{name}": choose one of {", ".join(known)}.'
            raise DrawingError(msg)
    turn = rotations[axis].T  # of row vectors, into the frame of the viewer: right, up, to the eye
    basis = lattice_vectors(crystal.cell)
    frame = basis @ turn
    picture = py3Dmol.view(width=width, height=height, **({} if script is None else {"js": script}))
    unit, owners = symmetry.expand(crystal)
    _add_atoms(picture, crystal, unit, owners, frame, SCHEMES[colours])
    _add_bonds(picture, crystal, unit, owners, frame)
    _add_cell(picture, frame)
    picture.zoomTo()
    picture.zoom(ZOOM)
    return picture


def _add_atoms(
    picture: py3Dmol.view,
    crystal: WyckoffCrystal,
    unit: np.ndarray,
    owners: np.ndarray,
    frame: np.ndarray,
    scheme: Mapping[str, str],
) -> None:
    """A sphere for each position, of one piece or of wedges: one mesh for each species of a site."""
    points, origin = periodic_images(unit, np.arange(len(unit)))
    places, sites = points @ frame, owners[origin]
    segments = levels_for(len(points), len(points))[0][1]
    for number, site in enumerate(crystal.sites):
        radius = RADIUS_SCALE * mean_radius(site, COVALENT_RADII)
        centres = places[sites == number]
        for wedge in wedges(site):
            colour = scheme[wedge.symbol]
            if wedge.is_full:
                for centre in centres:
                    picture.addSphere({"center": _point(centre), "radius": radius, "color": colour})
            else:
                picture.addCustom({**_mesh(wedge, centres, radius, segments), "color": colour})


def _mesh(wedge: Wedge, centres: np.ndarray, radius: float, segments: int) -> dict[str, list[object]]:
    """One wedge at all its centres (n, 3) in Å, as 3Dmol's custom shape."""
    one = wedge_mesh(wedge.start, wedge.end, segments=segments)
    corners = (centres[:, None] + radius * one.vertices).reshape(-1, 3)
    normals = np.tile(one.normals, (len(centres), 1))
    first = len(one.vertices) * np.arange(len(centres))
    faces = (first[:, None, None] + one.faces).ravel()
    return {
        "vertexArr": [_point(corner) for corner in corners],
        "normalArr": [_point(normal) for normal in normals],
        "faceArr": faces.tolist(),
    }


def _add_bonds(
    picture: py3Dmol.view, crystal: WyckoffCrystal, unit: np.ndarray, owners: np.ndarray, frame: np.ndarray
) -> None:
    """The bonds whose both ends lie in the cell."""
    found = bonds(crystal, unit, owners)
    starts, ends = unit[found.first], unit[found.second] + found.shift
    inside = np.all((ends > -FACE_TOLERANCE) & (ends < 1.0 + FACE_TOLERANCE), axis=1)
    for start, end in zip(starts[inside] @ frame, ends[inside] @ frame, strict=True):
        picture.addCylinder(_rod(start, end, BOND_RADIUS, _BOND))


def _add_cell(picture: py3Dmol.view, frame: np.ndarray) -> None:
    """The twelve edges of the cell."""
    for axis, others in product(range(3), product((0.0, 1.0), repeat=2)):
        start, end = (np.insert(np.array(others), axis, along) @ frame for along in (0.0, 1.0))
        picture.addCylinder(_rod(start, end, EDGE_RADIUS, _EDGE))


def _rod(start: np.ndarray, end: np.ndarray, radius: float, colour: str) -> dict[str, object]:
    return {"start": _point(start), "end": _point(end), "radius": radius, "color": colour, "fromCap": 2, "toCap": 2}


def _point(place: np.ndarray) -> dict[str, float]:
    x, y, z = (round(float(value), 4) for value in place)
    return {"x": x, "y": y, "z": z}
