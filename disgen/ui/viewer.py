"""The 3D view of crystals: one HTML page that draws their conventional cells with partial occupancies as wedges.

3Dmol.js does the drawing, the geometry is ours: it cannot draw mixed sites itself. The page is a pure function of what
it shows, so that a rerun with the same crystal does not move the camera. All text that reaches the page is either
escaped HTML or JSON without angle brackets; no file of a user is ever put into it.
"""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors
from disgen.ui.elements import (
    COLOURS,
    VACANCY,
    number_text,
    occupancy_text,
    site_labels,
    site_radius,
    species,
    species_html,
)
from disgen.ui.geometry import periodic_images, quaternion, segments_for, view_rotations, wedge_mesh, wedges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal, WyckoffSite
    from disgen.ui.threedmol import Script

RADIUS_SCALE = 0.5  # drawn radius over covalent radius
HEIGHT = 460  # px, of the whole view

_BACKGROUNDS = {False: "#ffffff", True: "#12191b"}


@dataclass(frozen=True)
class Panel:
    """One crystal in a view.

    Attributes:
        crystal: what is drawn.
        title: heading as HTML that is already escaped; empty for none.
    """

    crystal: WyckoffCrystal
    title: str = ""


def scene(crystal: WyckoffCrystal) -> dict[str, Any]:
    """What the page's script draws, ready for JSON.

    Returns:
        ``cell``: three basis vectors in Å; ``views``: quaternion and rotation (rows right, up, to the eye) for a, b, c;
        ``sites``: label, text, radius in Å and wedges (symbol, colour, angles in rad, mesh in units of the radius, or
        no mesh where one species fills the sphere); ``positions``: x, y, z in Å and the number of the site.

    Raises:
        ValueError: if the angles do not form a cell.
    """
    basis = lattice_vectors(crystal.cell)
    points, owners = periodic_images(*symmetry.expand(crystal))
    segments = segments_for(len(points))
    return {
        "cell": _numbers(basis),
        "views": {
            name: {"quaternion": _numbers(quaternion(rotation), 6), "rotation": _numbers(rotation, 6)}
            for name, rotation in view_rotations(crystal.cell).items()
        },
        "sites": [
            _site(site, label, segments) for site, label in zip(crystal.sites, site_labels(crystal), strict=True)
        ],
        "positions": [[*_numbers(point), int(owner)] for point, owner in zip(points @ basis, owners, strict=True)],
    }


def view_html(
    panels: Sequence[Panel], script: Script, *, dark: bool = False, columns: int = 1, linked: bool = False
) -> str:
    """The page of a view, for an iframe.

    Args:
        panels: the crystals, drawn row by row in a grid.
        script: where 3Dmol.js comes from.
        dark: for a dark page.
        columns: panels in a row.
        linked: turn all panels together.

    Raises:
        ValueError: if the angles of a crystal do not form a cell.
    """
    return _page(tuple(panels), dark, columns, linked).replace("<!--3dmol-->", script.tag, 1)


def legend_html(crystal: WyckoffCrystal) -> str:
    """Legend of what sits on the sites, each distinct content once: a small pie and the species with subscripts."""
    contents = {site.occupancies: site for site in crystal.sites}
    ordered = sorted(contents.values(), key=lambda site: (not site.is_disordered, site.main_element))
    return "".join(f'<li><span class="pie" style="{_pie(site)}"></span>{_content_html(site)}</li>' for site in ordered)


def _content_html(site: WyckoffSite) -> str:
    """What sits on a site; a line may break between species."""
    return "<wbr>".join(species_html([pair]) for pair in species(site))


@lru_cache(maxsize=64)
def _page(panels: tuple[Panel, ...], dark: bool, columns: int, linked: bool) -> str:  # noqa: FBT001 (cache key)
    payload = {
        "background": _BACKGROUNDS[dark],
        "dark": dark,
        "linked": linked,
        "panels": [scene(panel.crystal) for panel in panels],
    }
    data = _json(payload)
    figures = "".join(
        "<figure>"
        + (f"<figcaption>{panel.title}</figcaption>" if panel.title else "")
        + f'<div class="stage" id="{_identity(data)}-{number}"></div>'
        + f'<ul class="legend">{legend_html(panel.crystal)}</ul></figure>'
        for number, panel in enumerate(panels)
    )
    asset = files("disgen.ui")
    return (
        asset.joinpath("viewer.html")
        .read_text(encoding="utf-8")
        .replace("{{theme}}", "dark" if dark else "light")
        .replace("{{columns}}", str(columns))
        .replace("{{compact}}", "compact" if len(panels) > 2 else "")  # noqa: PLR2004 (a gallery)
        .replace("{{style}}", asset.joinpath("viewer.css").read_text(encoding="utf-8"))
        .replace("{{script}}", asset.joinpath("viewer.js").read_text(encoding="utf-8"))
        .replace("{{figures}}", figures)
        .replace("{{data}}", data)
    )


def _site(site: WyckoffSite, label: str, segments: int) -> dict[str, Any]:
    parts = []
    for wedge in wedges(site):
        part: dict[str, Any] = {
            "symbol": wedge.symbol,
            "colour": COLOURS[wedge.symbol],
            "start": round(wedge.start, 4),
            "end": round(wedge.end, 4),
        }
        if not wedge.is_full:
            mesh = wedge_mesh(wedge.start, wedge.end, segments=segments)
            part["mesh"] = {
                "vertices": _numbers(mesh.vertices.ravel(), 3),
                "normals": _numbers(mesh.normals.ravel(), 3),
                "faces": mesh.faces.ravel().tolist(),
            }
        parts.append(part)
    x, y, z = (number_text(value, 5) for value in site.coordinates)
    return {
        "label": label,
        "text": f"{label} · {site.multiplicity}{site.letter} ({x}, {y}, {z}) · {occupancy_text(site)}",
        "radius": round(RADIUS_SCALE * site_radius(site), 4),
        "wedges": parts,
    }


def _pie(site: WyckoffSite) -> str:
    """CSS background of a small pie with the site's wedges, the vacancy left open."""
    stops, start = [], 0.0
    for symbol, amount in species(site):
        colour = "transparent" if symbol == VACANCY else COLOURS[symbol]
        stops.append(f"{colour} {100 * start:.1f}% {100 * (start + amount):.1f}%")
        start += amount
    return f"background:conic-gradient({','.join(stops)})"


def _identity(data: str) -> str:
    return "v" + hashlib.sha256(data.encode()).hexdigest()[:12]


def _json(value: Any) -> str:  # noqa: ANN401 (anything that JSON can hold)
    """JSON that may stand in any part of an HTML page: no angle brackets, no ampersand, ASCII only."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _numbers(values: Any, decimals: int = 4) -> Any:  # noqa: ANN401 (nested lists of numbers)
    return (np.round(np.asarray(values, dtype=float), decimals) + 0.0).tolist()


def escape(text: str) -> str:
    """Text as HTML."""
    return html.escape(text)
