"""How stable the crystal of the page is: the hull of its system by the same calculator, and where it stands on it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from disgen.corpus import originals
from disgen.drawing.typography import formula_html
from disgen.ensembles.stability import HullEntry, diagram, of_properties, system_references
from disgen.ensembles.stability.figure import hull_figure
from disgen.ensembles.stability.report import diagram_csv
from disgen.errors import DisgenError
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.html_table import table_html
from disgen.ui.crystal import tables
from disgen.ui.data.selection import selected_rows
from disgen.ui.ensembles.plots import size_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from disgen.ensembles.report import Result
    from disgen.ensembles.stability import Diagram, Placed, SystemReferences

_HOTTEST, _STEP = 3000, 50  # K
_SHOWN = 12  # references in the table


def show_stability(first: Sequence[Result], second: Sequence[Result] = ()) -> None:
    """The phase diagram of the crystal's system with its decorations, at a temperature; a click shows an entry.

    Args:
        first: the decorations by a calculator.
        second: the same by another one, whose hull can be had instead.
    """
    st.header("Stability")
    results = _chosen(first, second)
    try:
        entries = [_entry(result) for result in results]
        references = _references(tuple(_elements(entries)), results[0].properties.potential)
        temperature = st.slider("Temperature of the hull / K", 0, _HOTTEST, 0, _STEP, key="hull_temperature", width=420)
        found = diagram(references.elements, tuple(references.entries.values()), entries, float(temperature))
    except DisgenError as error:
        st.info(f"{plain_markdown(str(error))} The command `disgen hull` computes one.", icon=":material/rule:")
        return
    figure = hull_figure(found)
    if figure is not None:
        event = st.plotly_chart(
            figure,
            key="hull_figure",
            on_select="rerun",
            selection_mode="points",
            config={"displaylogo": False, "scrollZoom": True},
            alt=f"Phase diagram of {'-'.join(found.elements)} at {temperature} K",
        )
        for place in selected_rows(event)[:1]:
            _show_entry(found.placed[place])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        contains = st.multiselect(
            "Known crystals that contain", found.elements, key="hull_contains", placeholder="any", width=260
        )
        everything = st.toggle("All of them", key="hull_all", help=f"Else the {_SHOWN} lowest.")
    st.html(entries_html(found, contains, len(found.placed) if everything else _SHOWN))
    st.caption(
        "Heights above the hull of known crystals by the same calculator, in meV an atom; a disordered crystal has "
        "the ideal entropy of mixing, known ones have none, and vibrations are left out. A negative height means that "
        "no known crystal in the table is more stable, or that the table lacks one."
    )
    st.download_button(
        "Phase diagram (CSV)",
        data=diagram_csv(found),
        file_name=f"disgen-hull-{'-'.join(found.elements)}-{temperature}K.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/table:",
    )


def _chosen(first: Sequence[Result], second: Sequence[Result]) -> Sequence[Result]:
    """One calculator's results: energies of two are never in one hull."""
    if not second:
        return first
    by_name = {results[0].properties.potential: results for results in (first, second)}
    name = st.segmented_control("Hull by", list(by_name), default=next(iter(by_name)), required=True, key="hull_by")
    return by_name[name]


def entries_html(found: Diagram, contains: Collection[str] = (), most: int = _SHOWN) -> str:
    """The crystals of the page, then the lowest known ones: name, height, best decoration, products.

    Args:
        found: the phase diagram.
        contains: elements that each of the known ones has.
        most: how many of these.
    """
    others = [placed for placed in found.placed if not placed.is_reference]
    fitting = [one for one in found.placed if one.is_reference and set(contains) <= one.entry.composition.keys()]
    known = sorted(fitting, key=lambda placed: placed.height)
    rows = [_row(found, placed) for placed in [*others, *known[:most]]]
    return table_html(("Crystal", "Kind", "Above the hull / meV", "Best decoration / meV", "Hull there"), rows)


def _row(found: Diagram, placed: Placed) -> list[str]:
    entry = placed.entry
    formula, _, rest = entry.name.partition(" ")
    kind = "known" if placed.is_reference else "disordered" if entry.is_disordered else "ordered"
    best = ""
    if entry.is_disordered:
        best = _millielectronvolts(placed.height + entry.best - entry.free_energy(found.temperature))
    products = ", ".join(f"{share:.0%} {name.partition(' ')[0]}" for name, share in placed.products.items())
    return [
        f"{formula_html(formula)} {html.escape(rest)}",
        kind,
        _millielectronvolts(placed.height),
        best,
        html.escape(products),
    ]


def _millielectronvolts(energy: float) -> str:
    """An energy in eV as whole meV with its sign; 0 without one."""
    rounded = round(1000.0 * energy)
    return f"{rounded:+d}" if rounded else "0"


def _show_entry(placed: Placed) -> None:
    """An entry in 3D, if its crystal is at hand."""
    entry = placed.entry
    crystal = entry.crystal
    if crystal is None:
        source, _, identifier = entry.name.partition("(")[2].rstrip(")").partition("/")
        try:
            crystal = originals.rebuilt(source, identifier)
        except DisgenError as error:
            st.caption(f"{plain_markdown(entry.name)}. {error}")
            return
    tables.show_heading(crystal)
    tables.show_live_view(crystal, channel="hull_entry")


def _entry(result: Result) -> HullEntry:
    crystal = result.drawn.cells.supercell.crystal
    return of_properties(crystal, f"{crystal.formula} ({size_text(result)})", result.properties)


def _elements(entries: Sequence[HullEntry]) -> list[str]:
    return sorted({symbol for entry in entries for symbol in entry.composition})


@st.cache_resource(max_entries=16, show_spinner=False)
def _references(elements: tuple[str, ...], potential: str) -> SystemReferences:
    return system_references(elements, potential)
