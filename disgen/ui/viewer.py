"""The 3D view of crystals: one HTML page that draws their conventional cells with partial occupancies as wedges.

3Dmol.js does the drawing, the geometry is ours: it cannot draw mixed sites itself. The page is a pure function of what
it shows, so that a rerun with the same crystal does not move the camera. All text that reaches the page is either
escaped HTML or JSON without angle brackets; no file of a user is ever put into it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from disgen.ui.elements import SCHEMES, VACANCY, species, species_html
from disgen.ui.scene import scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal, WyckoffSite
    from disgen.ui.threedmol import Script

HEIGHT = 520  # px, of the whole view

_SCRIPTS = ("rows.js", "meshes.js", "drawing.js", "viewer.js")
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


def view_html(
    panels: Sequence[Panel],
    script: Script,
    *,
    dark: bool = False,
    columns: int = 1,
    linked: bool = False,
    compact: bool = False,
) -> str:
    """The page of a view, for an iframe.

    Args:
        panels: the crystals, drawn row by row in a grid.
        script: where 3Dmol.js comes from.
        dark: for a dark page.
        columns: panels in a row.
        linked: turn all panels together.
        compact: small type and no tools, for a gallery.

    Raises:
        ValueError: if the angles of a crystal do not form a cell.
    """
    return _page(tuple(panels), dark, columns, linked, compact).replace("<!--3dmol-->", script.tag, 1)


def legend_html(crystal: WyckoffCrystal) -> str:
    """Legend of what sits on the sites, each distinct content once: a small pie and the species with subscripts."""
    contents = {site.occupancies: site for site in crystal.sites}
    ordered = sorted(contents.values(), key=lambda site: (not site.is_disordered, site.main_element))
    return "".join(f'<li><span class="pie" style="{_pie(site)}"></span>{_content_html(site)}</li>' for site in ordered)


def _content_html(site: WyckoffSite) -> str:
    """What sits on a site; a line may break between species."""
    return "<wbr>".join(species_html([pair]) for pair in species(site))


@lru_cache(maxsize=64)
def _page(panels: tuple[Panel, ...], dark: bool, columns: int, linked: bool, compact: bool) -> str:  # noqa: FBT001 (cache key)
    payload = {
        "background": _BACKGROUNDS[dark],
        "dark": dark,
        "linked": linked,
        "compact": compact,
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
    names = ("viewer.html", "viewer.css", *_SCRIPTS)
    texts = {name: asset.joinpath(name).read_text(encoding="utf-8") for name in names}
    return (
        texts["viewer.html"]
        .replace("{{theme}}", "dark" if dark else "light")
        .replace("{{columns}}", str(columns))
        .replace("{{compact}}", "compact" if compact else "")
        .replace("{{style}}", texts["viewer.css"])
        .replace("{{script}}", "".join(texts[name] for name in _SCRIPTS))
        .replace("{{figures}}", figures)
        .replace("{{data}}", data)
    )


def _pie(site: WyckoffSite) -> str:
    """CSS variables with the background of a small pie in each colour scheme, the vacancy left open."""
    parts = []
    for name, scheme in SCHEMES.items():
        stops, start = [], 0.0
        for symbol, amount in species(site):
            colour = "transparent" if symbol == VACANCY else scheme[symbol]
            stops.append(f"{colour} {100 * start:.1f}% {100 * (start + amount):.1f}%")
            start += amount
        parts.append(f"--{name}:conic-gradient({','.join(stops)})")
    return ";".join(parts)


def _identity(data: str) -> str:
    return "v" + hashlib.sha256(data.encode()).hexdigest()[:12]


def _json(value: Any) -> str:  # noqa: ANN401 (anything that JSON can hold)
    """JSON that may stand in any part of an HTML page: no angle brackets, no ampersand, ASCII only."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
