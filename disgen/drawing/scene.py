"""What the 3D view draws, as plain data for its script: sites, positions, bonds, polyhedra and view directions."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors
from disgen.drawing.contents import SCHEMES, number_text, occupancy_text, site_labels
from disgen.drawing.geometry import levels_for, periodic_images, quaternion, view_rotations, wedge_mesh, wedges
from disgen.export.bundle import file_stem
from disgen.generation.geometry.bonds import bonds, polyhedra
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.radii import IONIC_RADII, mean_radius

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal, WyckoffSite
    from disgen.drawing.geometry import Wedge

RADIUS_SCALE = 0.5  # drawn radius over covalent or ionic radius
SMALLEST_RADIUS = 0.15  # Å, drawn: C4+ would hardly be seen
MOST_CELLS = 27  # of a drawn supercell


def scene(crystal: WyckoffCrystal) -> dict[str, Any]:
    """What the page's script draws, ready for JSON.

    Returns:
        ``name``: of files; ``table``: identity of the crystal's site table on the page; ``cell``: three basis vectors
        in Å; ``views``: quaternion and rotation (rows right, up, to the eye) for a, b, c; ``levels``: most drawn
        positions for each of the meshes; ``sites``: label, text, main element, covalent and ionic radius as drawn in
        Å, colours by scheme, and wedges (symbol, colours, angles in rad, meshes in units of the radius by level, or
        no meshes where one species fills the sphere); ``positions``: x, y, z in Å and the number of the site, those
        of the cell first, then their images on its faces; ``copies``: for each, the position it is a copy of and in
        which cell it lies; ``bonds``: two positions and the cell of the second; ``polyhedra``: centre, corners
        (position and cell) and triangles.

    Raises:
        DisgenError: if the angles do not form a cell.
    """
    basis = lattice_vectors(crystal.cell)
    unit, owners = symmetry.expand(crystal)
    points, origin = periodic_images(unit, np.arange(len(unit)))
    copies = np.rint(points - unit[origin]).astype(int) if len(unit) else np.zeros((0, 3), dtype=int)
    levels = levels_for(len(points), MOST_CELLS * len(points))
    bonded = bonds(crystal, unit, owners)
    return {
        "name": file_stem(crystal),
        "table": identity(crystal),
        "cell": _numbers(basis),
        "views": {
            name: {"quaternion": _numbers(quaternion(rotation), 6), "rotation": _numbers(rotation, 6)}
            for name, rotation in view_rotations(crystal.cell).items()
        },
        "levels": [most if math.isfinite(most) else None for most, _ in levels],
        "sites": [
            _site(site, label, [segments for _, segments in levels])
            for site, label in zip(crystal.sites, site_labels(crystal), strict=True)
        ],
        "positions": [
            [*_numbers(point), int(owner)] for point, owner in zip(points @ basis, owners[origin], strict=True)
        ],
        "copies": np.column_stack([origin, copies]).tolist(),
        "bonds": np.column_stack([bonded.first, bonded.second, bonded.shift]).tolist(),
        "polyhedra": [
            {
                "centre": found.centre,
                "corners": np.column_stack([found.corners, found.shifts]).tolist(),
                "faces": found.faces.ravel().tolist(),
            }
            for found in polyhedra(crystal, unit, owners, bonded)
        ],
    }


def identity(crystal: WyckoffCrystal) -> str:
    """Twelve letters and digits that name a crystal by its content."""
    content = repr((crystal.space_group, crystal.cell, crystal.sites))
    return "c" + hashlib.sha256(content.encode()).hexdigest()[:11]


def site_text(site: WyckoffSite, label: str) -> str:
    """A site in one line: label, multiplicity and letter, coordinates, occupancies."""
    x, y, z = (number_text(value, 5) for value in site.coordinates)
    return f"{label} · {site.multiplicity}{site.letter} ({x}, {y}, {z}) · {occupancy_text(site)}"


def colours(symbol: str) -> dict[str, str]:
    """An element's colour in each scheme."""
    return {name: scheme[symbol] for name, scheme in SCHEMES.items()}


def _site(site: WyckoffSite, label: str, levels: Sequence[int]) -> dict[str, Any]:
    drawn = wedges(site)
    return {
        "label": label,
        "text": site_text(site, label),
        "element": site.main_element,
        "colours": colours(site.main_element),
        "radii": {
            name: round(max(SMALLEST_RADIUS, RADIUS_SCALE * mean_radius(site, radii)), 4)
            for name, radii in (("covalent", COVALENT_RADII), ("ionic", IONIC_RADII))
        },
        "wedges": [_wedge(wedge, levels) for wedge in drawn],
    }


def _wedge(wedge: Wedge, levels: Sequence[int]) -> dict[str, Any]:
    part: dict[str, Any] = {
        "symbol": wedge.symbol,
        "colours": colours(wedge.symbol),
        "start": round(wedge.start, 4),
        "end": round(wedge.end, 4),
    }
    if not wedge.is_full:
        meshes = [wedge_mesh(wedge.start, wedge.end, segments=segments) for segments in levels]
        part["meshes"] = [
            {
                "vertices": _numbers(mesh.vertices.ravel(), 3),
                "normals": _numbers(mesh.normals.ravel(), 3),
                "faces": mesh.faces.ravel().tolist(),
            }
            for mesh in meshes
        ]
    return part


def _numbers(values: Any, decimals: int = 4) -> Any:  # noqa: ANN401 (nested lists of numbers)
    return (np.round(np.asarray(values, dtype=float), decimals) + 0.0).tolist()
