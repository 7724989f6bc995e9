"""The 3D view of crystals: one HTML page that draws their conventional cells with partial occupancies as wedges.

3Dmol.js does the drawing, the geometry is ours: it cannot draw mixed sites itself. The page is a pure function of what
it shows, so that a rerun with the same crystal does not move the camera. Where one crystal follows another, the page
stays and finds each in an element of the page around it. All text that reaches the page is either escaped HTML or JSON
without angle brackets; no file of a user is ever put into it.
"""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from disgen.drawing.contents import SCHEMES, VACANCY, species
from disgen.drawing.scene import scene
from disgen.drawing.typography import species_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal, WyckoffSite
    from disgen.threedmol import Script

HEIGHT = 520  # px, of the whole view
WEDGES = "partial occupancies are wedges of the spheres"

_SCRIPTS = (
    "rows.js",
    "live.js",
    "kept.js",
    "meshes.js",
    "drawing.js",
    "triad.js",
    "measure.js",
    "touch.js",
    "elements.js",
    "viewer.js",
)
_BACKGROUNDS = {False: "#ffffff", True: "#12191b"}


@dataclass(frozen=True)
class CrystalPanel:
    """One crystal in a view.

    Attributes:
        crystal: what is drawn.
        title: heading as HTML that is already escaped; empty for none.
    """

    crystal: WyckoffCrystal
    title: str = ""


def view_html(
    panels: Sequence[CrystalPanel],
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
        DisgenError: if the angles of a crystal do not form a cell.
    """
    return _page_of(tuple(panels), dark, columns, linked, compact).replace("<!--3dmol-->", script.tag, 1)


def live_html(channel: str, script: Script, *, dark: bool = False) -> str:
    """The page of a view that draws the crystal its channel holds, and the next one when that changes, for an iframe.

    Args:
        channel: letters, digits and underscores; the same as of `channel_html` on the page around it.
        script: where 3Dmol.js comes from.
        dark: for a dark page.
    """
    return _live_page(channel, dark).replace("<!--3dmol-->", script.tag, 1)


def channel_html(channel: str, crystal: WyckoffCrystal) -> str:
    """An element without a picture that holds a crystal for the view of the same channel, for `st.html`.

    Raises:
        DisgenError: if the angles of the crystal do not form a cell.
    """
    return f'<div class="disgen-scene" data-channel="{channel}" data-scene="{_carried(crystal)}" hidden></div>'


def title_of(crystals: Sequence[WyckoffCrystal]) -> str:
    """What a view shows, for those who cannot see it."""
    return f"3D view of {', '.join(crystal.formula for crystal in crystals)}; {WEDGES}"


def legend_html(crystal: WyckoffCrystal) -> str:
    """Legend of what sits on the sites, each distinct content once: a small pie and the species with subscripts."""
    contents = {site.occupancies: site for site in crystal.sites}
    ordered = sorted(contents.values(), key=lambda site: (not site.is_disordered, site.main_element))
    return "".join(f'<li><span class="pie" style="{_pie(site)}"></span>{_content_html(site)}</li>' for site in ordered)


def _content_html(site: WyckoffSite) -> str:
    """What sits on a site; a line may break between species."""
    return "<wbr>".join(species_html([pair]) for pair in species(site))


@lru_cache(maxsize=64)
def _page_of(panels: tuple[CrystalPanel, ...], dark: bool, columns: int, linked: bool, compact: bool) -> str:  # noqa: FBT001 (cache key)
    shown = {"linked": linked, "compact": compact, "panels": [scene(panel.crystal) for panel in panels]}
    name = _identity(_json(shown))
    figures = "".join(
        "<figure>"
        + (f"<figcaption>{panel.title}</figcaption>" if panel.title else "")
        + f'<div class="stage" id="{name}-{number}"></div>'
        + f'<ul class="legend">{legend_html(panel.crystal)}</ul></figure>'
        for number, panel in enumerate(panels)
    )
    return _page(shown, figures, dark=dark, columns=columns, compact=compact)


@lru_cache(maxsize=8)
def _live_page(channel: str, dark: bool) -> str:  # noqa: FBT001 (cache key)
    figure = '<figure><div class="stage"></div><ul class="legend kept"></ul></figure>'
    return _page({"channel": channel}, figure, dark=dark)


@lru_cache(maxsize=64)
def _carried(crystal: WyckoffCrystal) -> str:
    """What `receive` in ``viewer.js`` reads, as the value of an attribute."""
    drawn = scene(crystal)
    told = {
        "id": _identity(_json(drawn)),
        "legend": legend_html(crystal),
        "title": title_of([crystal]),
        "scene": drawn,
    }
    return html.escape(_json(told))


def _page(shown: dict[str, Any], figures: str, *, dark: bool, columns: int = 1, compact: bool = False) -> str:
    data = _json({"background": _BACKGROUNDS[dark], "dark": dark, **shown})
    asset = files("disgen.ui.crystal")
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
    """CSS variables with the background of a small pie in each colour scheme, the vacancy left open.

    A person's own colours come first; ``elements.js`` says what they are.
    """
    parts = []
    for name, scheme in SCHEMES.items():
        stops, start = [], 0.0
        for symbol, amount in species(site):
            colour = "transparent" if symbol == VACANCY else f"var(--own-{symbol},{scheme[symbol]})"
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
