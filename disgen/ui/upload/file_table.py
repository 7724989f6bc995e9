"""The table of uploaded files: what each holds, or one sentence why it cannot be encoded; a click names a file."""

from __future__ import annotations

import hashlib
import html
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen import wyckoff
from disgen.drawing.typography import formula_html, space_group_html
from disgen.ui.base.own_component import own_component
from disgen.ui.crystal.narrowing import Facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disgen.ui.upload.batch import Row

FITS = "can be encoded"
READING = "being read …"
REFUSED = "cannot be encoded"
_COLUMNS = ("File", "Formula", "Space group", "Sites", "Disordered", "Result")
_TABLE = own_component(
    "disgen_file_table", "disgen.ui.upload", "file_table.js", css="file_table.css", html='<div class="files"></div>'
)


def show_file_table(rows: Sequence[Row], chosen: int | None, *, key: str, picked: Callable[[int], None]) -> None:
    """A row a file.

    Args:
        rows: the files that are listed.
        chosen: number of the one that is shown.
        key: of the component.
        picked: called with the number of a file that is clicked.
    """
    content = files_html(rows, chosen)
    numbers = {row.number for row in rows}

    def clicked() -> None:
        number = st.session_state[key].picked
        if isinstance(number, (int, float)) and number in numbers:
            picked(int(number))

    version = hashlib.sha256(content.encode()).hexdigest()
    _TABLE(key=key, data={"html": content, "version": version}, on_picked_change=clicked)


def facts_of(rows: Sequence[Row]) -> Facts:
    """What files can be told apart by."""
    results = [FITS if row.fits else READING if row.reading is None else REFUSED for row in rows]
    crystals = [row.reading.crystal if row.reading else None for row in rows]
    return Facts.of_crystals(crystals, kinds={"Result": np.array(results)})


def files_html(rows: Sequence[Row], chosen: int | None) -> str:
    """The table; names and sentences are escaped."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    lines = "".join(_line(row, row.number == chosen) for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"


def _line(row: Row, is_chosen: bool) -> str:  # noqa: FBT001 (a mark)
    reading = row.reading
    crystal = reading.crystal if reading else None
    formula = group = sites = disordered = ""
    if crystal is not None:
        formula = formula_html(crystal.formula).replace("</sub>", "</sub><wbr>")  # where a long one may be broken
        group = f"{space_group_html(wyckoff.symbol(crystal.space_group))} ({crystal.space_group})"
        sites, disordered = f"{len(crystal.sites)}", f"{crystal.disordered_sites}"
    kind = "wait" if reading is None else "good" if row.fits else "bad"
    doubts = len(reading.notes) if reading else 0
    told = f", {doubts} doubt{'s' if doubts > 1 else ''}" if doubts else ""
    result = READING if reading is None else reading.problem or FITS + told
    current = ' aria-current="true"' if is_chosen else ""
    button = f'<button type="button" data-file="{row.number}"{current}>{html.escape(row.name)}</button>'
    return (
        f'<tr class="{kind}"{current}><td>{button}</td><td>{formula}</td><td class="group">{group}</td>'
        f'<td>{sites}</td><td>{disordered}</td><td class="result">{html.escape(result)}</td></tr>'
    )
