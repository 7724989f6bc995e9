"""The family of one crystal on any page: what it is among known crystals, and which ones they are."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.drawing.typography import formula_html, space_group_html
from disgen.ensembles.family import known_of_run
from disgen.ensembles.family.relation import family_of
from disgen.ensembles.family.words import about, headline
from disgen.errors import DisgenError
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.html_table import table_html
from disgen.ui.data.points import SOURCE_LABELS

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ensembles.family import Family, KnownCrystals, Relative

_UNNAMED = "learned prior"  # whose ordered crystals carry no names


def show_family(crystal: WyckoffCrystal) -> None:
    """What the crystal is, in a sentence, and a table of its relatives."""
    try:
        family = _family(crystal)
    except DisgenError as error:
        st.warning(plain_markdown(str(error)), icon=":material/rule:")
        return
    st.markdown(f"**{str(family.relation).capitalize()}.** {headline(family)}")
    if family.relatives:
        st.html(relatives_html(family))
    st.caption(
        f"Compared with {family.compared:,} known crystals by space group, Wyckoff positions, coordinates and "
        "group-subgroup relations. t and k: index of the classes and of the translations that the order loses."
    )


def relatives_html(family: Family) -> str:
    """A row a relative: what the crystal is to it, formula, space group, where it is from, and how they differ."""
    head = ("It is", "of", "Space group", "From", "")
    return table_html(head, [_row(one) for one in family.relatives])


def _row(one: Relative) -> list[str]:
    crystal = one.known.crystal
    source = SOURCE_LABELS.get(one.known.source, one.known.source)
    return [
        html.escape(str(one.relation)),
        formula_html(crystal.formula),
        f"{space_group_html(wyckoff.symbol(crystal.space_group))} ({crystal.space_group})",
        html.escape(f"{source} {one.known.identifier}".strip() or _UNNAMED),
        html.escape(about(one)),
    ]


@st.cache_resource(max_entries=256, show_spinner="Comparing with known crystals …")
def _family(crystal: WyckoffCrystal) -> Family:
    return family_of(crystal, _known())


@st.cache_resource(show_spinner="Reading the known crystals …")
def _known() -> KnownCrystals:
    """Those of the released run, whichever model is chosen: what is known does not depend on it."""
    from disgen.model.checkpoint import default_run  # noqa: PLC0415 (torch)

    return known_of_run(default_run())
