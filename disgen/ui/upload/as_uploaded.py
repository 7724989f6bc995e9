"""A crystal as its file has it: its own axes, origin and labels, and how they become the standard setting."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.drawing.contents import number_text
from disgen.ui.base.html_table import table_html

if TYPE_CHECKING:
    from disgen.cif.stated import Stated
    from disgen.crystal import WyckoffCrystal
    from disgen.ui.upload.batch import Row


def show_as_uploaded(row: Row) -> None:
    """The file's own setting and the file itself; nothing for a crystal that comes from no file."""
    reading = row.reading
    if reading is None or reading.crystal is None or reading.stated is None:
        return
    with st.expander("As uploaded: the file's own axes, origin and labels"):
        st.markdown(change_text(reading.stated, reading.crystal, reading.change))
        st.html(cells_html(reading.stated, reading.crystal))
        st.html(atoms_html(reading.stated))
        st.download_button(
            "Download as uploaded",
            data=row.content,
            file_name=row.name.rpartition("/")[2],
            mime="chemical/x-cif",
            key="download_uploaded",
            on_click="ignore",
            icon=":material/download:",
            help='The file itself, byte for byte; "Download original" gives the crystal in the standard setting.',
        )


def change_text(stated: Stated, crystal: WyckoffCrystal, change: str) -> str:
    """The change of setting as Markdown."""
    standard = f"{wyckoff.symbol(crystal.space_group)} ({crystal.space_group})"
    if not change:
        return f"No change of setting was found that carries every listed atom over to {standard}."
    matrix, _, shift = change.partition("; ")
    own = f" from `{stated.symbol}`" if stated.symbol else ""
    return (
        f"(*P*, *p*){own} to {standard}: **{matrix}**; **{shift}**, that is (**a', b', c'**) = (**a, b, c**) *P* and "
        "*x* = *P x'* + *p*, primes for the standard setting."
    )


def cells_html(stated: Stated, crystal: WyckoffCrystal) -> str:
    """Both cells, one below the other."""
    head = ("Setting", "a / Å", "b / Å", "c / Å", "α / °", "β / °", "γ / °")
    rows = [
        [name, *(number_text(value, 4) for value in cell)]
        for name, cell in (("as uploaded", stated.cell), ("standard", crystal.cell))
    ]
    return table_html(head, rows)


def atoms_html(stated: Stated) -> str:
    """A row an atom of the file, numbers as they are written there."""
    rows = [[atom.label, atom.element, *atom.written, number_text(atom.occupancy, 4)] for atom in stated.atoms]
    return table_html(("Label", "Element", "x", "y", "z", "Occupancy"), [list(map(html.escape, row)) for row in rows])
