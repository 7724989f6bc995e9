"""A crystal on a page: 3D view, formula, space group, cell, sites, checks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.drawing.contents import number_text, occupancy_text, site_labels
from disgen.drawing.scene import identity
from disgen.drawing.typography import formula_html, space_group_html
from disgen.errors import DisgenError
from disgen.generation.geometry.coordination import coordination
from disgen.ui.base.html_table import heading_html, table_html
from disgen.ui.crystal.viewer import HEIGHT, WEDGES, CrystalPanel, channel_html, live_html, title_of, view_html
from disgen.ui.data import threedmol_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.threedmol import Script

_WHOLE = 0.05  # positions: less than this is no vacancy worth a word
LONG_FORMULA = 24  # characters, beyond which a formula is set smaller


def title_html(crystal: WyckoffCrystal) -> str:
    """Formula and space group as HTML."""
    formula = formula_html(crystal.formula).replace("</sub>", "</sub><wbr>")  # where a long one may be broken
    return f"{formula} · {space_group_html(wyckoff.symbol(crystal.space_group))}"


def show_heading(crystal: WyckoffCrystal) -> None:
    """Formula with subscripts, then space group and kind of disorder."""
    symbol = space_group_html(wyckoff.symbol(crystal.space_group))
    size = "1.75rem" if len(crystal.formula) <= LONG_FORMULA else "1.3rem"
    formula = formula_html(crystal.formula).replace("</sub>", "</sub><wbr>")  # where a long one may be broken
    st.markdown(
        f'<h3 role="heading" aria-level="2" style="padding:0;font-size:{size}" '
        f'data-formula="{html.escape(crystal.formula)}">{formula}</h3>'
        f"<p>Space group {symbol} ({crystal.space_group}), {wyckoff.crystal_system(crystal.space_group)} · "
        f"{crystal.disorder_class} · {number_text(crystal.n_atoms, 2)} atoms in {crystal.volume:.1f} Å³</p>",
        unsafe_allow_html=True,
    )


def show_view(
    crystals: Sequence[WyckoffCrystal],
    titles: Sequence[str] = (),
    *,
    columns: int = 1,
    linked: bool = False,
    compact: bool = False,
    height: int = HEIGHT,
) -> None:
    """3D view of crystals in a grid; a sentence where 3Dmol.js is missing or a cell cannot be drawn.

    Args:
        crystals: what to draw.
        titles: headings as escaped HTML, none or as many as crystals.
        columns: crystals in a row.
        linked: turn all together.
        compact: small type and no tools, for a gallery.
        height: of the whole view in pixels.
    """
    script = threedmol_script.script()
    panels = [
        CrystalPanel(crystal, title) for crystal, title in zip(crystals, titles or [""] * len(crystals), strict=True)
    ]
    try:
        page = view_html(panels, script, dark=_is_dark(), columns=columns, linked=linked, compact=compact)
    except DisgenError as error:
        st.warning(str(error))
        return
    _show_page(page, script, height, title_of(crystals))


def show_live_view(crystal: WyckoffCrystal, *, channel: str, height: int = HEIGHT) -> None:
    """3D view of the crystal that is chosen; the view stays when the next one is, and only draws that.

    Args:
        crystal: what to draw.
        channel: letters, digits and underscores; distinct on the page, and the same for every choice.
        height: of the whole view in pixels.
    """
    script = threedmol_script.script()
    try:
        held = channel_html(channel, crystal)
    except DisgenError as error:
        st.warning(str(error))
        return
    with st.container(gap=None):  # what is not seen takes no room
        st.html(held)
        # Nothing here may depend on the crystal: the browser keeps what is the same, and loads what is not.
        _show_page(live_html(channel, script, dark=_is_dark()), script, height, f"3D view of a crystal; {WEDGES}")


def _show_page(page: str, script: Script, height: int, title: str) -> None:
    st.iframe(page, height=height, alt=title)
    if script.message:
        st.caption(script.message)


def show_tables(crystal: WyckoffCrystal) -> None:
    """Cell and sites as tables."""
    st.html(heading_html("Cell") + cell_html(crystal) + heading_html("Sites") + sites_html(crystal))
    st.markdown(
        "**Bonds**",
        help="Neighbours up to 1.15 times the sum of the radii, filled or not. The sum of bond valences (O'Keeffe & "
        "Brese 1991) is near the oxidation state where the distances fit the charges.",
    )
    st.html(bonds_html(crystal))


def show_sites(crystal: WyckoffCrystal) -> None:
    """Sites as a table whose rows light up when their site is touched in a view on the same page, and the reverse."""
    st.html(sites_html(crystal))


def sites_html(crystal: WyckoffCrystal) -> str:
    """A row a site: label, Wyckoff position, coordinates, what sits there including the vacancy (□)."""
    rows = []
    for site, label in zip(crystal.sites, site_labels(crystal), strict=True):
        place = [number_text(value, 5) for value in site.coordinates]
        rows.append([label, f"{site.multiplicity}{site.letter}", *place, occupancy_text(site)])
    head = ("Site", "Wyckoff", "x", "y", "z", "Occupancies")
    return table_html(head, [list(map(html.escape, row)) for row in rows], name=identity(crystal), touchable=True)


def bonds_html(crystal: WyckoffCrystal) -> str:
    """A row a site: coordination number, bond lengths by neighbour, and the bond-valence sum."""
    labels = site_labels(crystal)
    rows = []
    for label, found in zip(labels, coordination(crystal), strict=True):
        filled = "" if abs(found.number - found.filled) < _WHOLE else f" ({number_text(found.filled, 1)} filled)"
        lengths = ", ".join(
            f"{labels[contact.site]} {contact.distance:.3f}" + (f" ×{contact.times}" if contact.times > 1 else "")
            for contact in found.contacts
        )
        valence = "" if found.valence is None else f"{found.valence:+.2f}".replace("-", "−")
        rows.append([label, f"{found.number}{filled}", lengths or "none", valence])
    head = ("Site", "Neighbours", "Bond lengths / Å", "Bond-valence sum")
    return table_html(head, [list(map(html.escape, row)) for row in rows])


def cell_html(crystal: WyckoffCrystal) -> str:
    """One row: lengths in Å, angles in degrees, volume in Å³."""
    head = ("a / Å", "b / Å", "c / Å", "α / °", "β / °", "γ / °", "V / Å³")
    return table_html(head, [[*(number_text(value, 4) for value in crystal.cell), f"{crystal.volume:.2f}"]])


def _is_dark() -> bool:
    """True if the page is shown in the dark theme."""
    return st.context.theme.type == "dark"
