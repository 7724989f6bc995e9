"""The page of the tray: what is in it, side by side, saved and restored."""

from __future__ import annotations

import html
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.drawing.contents import number_text
from disgen.drawing.scene import identity
from disgen.drawing.typography import formula_html, space_group_html
from disgen.errors import DisgenError
from disgen.generation.checks import MAIN, Basis
from disgen.generation.screening import screen
from disgen.ui.base import visit
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.html_table import table_html
from disgen.ui.crystal import buttons, tables, tray, verdict
from disgen.ui.crystal.filtered_table import narrowed
from disgen.ui.crystal.narrowing import Facts, verdict_checks
from disgen.ui.crystal.tray_archive import LARGEST, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.judge.verdict import Verdict
    from disgen.ui.crystal.tray import Item
    from disgen.ui.data.loading import RunKey

TABLE = "tray_table"
_ZIP = "disgen-tray.zip"
_HEIGHTS = {1: 560, 2: 560, 3: 640, 4: 900}  # px of the view by the number of crystals
_PROBLEM = "_tray_problem"
_RESTORED = "_tray_restored"


def show_tray(key: RunKey) -> None:
    """Table, comparison, and the zip; a word on how to begin where the tray is empty."""
    found = tray.items(visit.place())
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(plain_markdown(problem), icon=":material/error:")
    if not found:
        st.info(
            "The tray is empty. “Add to tray”, below any crystal of the other pages, puts it here; "
            "a tray that was saved as a zip can be restored here.",
            icon=":material/inbox:",
        )
        _show_restore()
        return
    verdicts = verdict.verdicts_of([item.crystal for item in found], key)
    _show_table(found, verdicts)
    _show_saving(found, verdicts)
    if chosen := tray.compared(visit.place()):
        show_comparison(chosen, verdict.verdicts_of([item.crystal for item in chosen], key))
    else:
        st.caption("Tick “Compare” to see crystals side by side.")


def show_comparison(chosen: Sequence[Item], verdicts: Sequence[Verdict | None]) -> None:
    """Up to four crystals in views that turn together, their properties, sites and downloads."""
    st.header("Side by side")
    titles = [
        f"{html.escape(item.label)} · {space_group_html(wyckoff.symbol(item.crystal.space_group))}"
        if item.name
        else tables.title_html(item.crystal)
        for item in chosen
    ]
    columns = 3 if len(chosen) == 3 else min(2, len(chosen))  # noqa: PLR2004 (four make a square)
    crystals = [item.crystal for item in chosen]
    tables.show_view(crystals, titles, columns=columns, linked=len(chosen) > 1, height=_HEIGHTS[len(chosen)])
    if len(chosen) > 1:
        st.caption("Turn or enlarge one crystal and the others follow.")
    st.html(comparison_html(chosen, verdicts))
    with st.container(key="wide_tray"):
        for start in range(0, len(chosen), 2):
            for column, item in zip(st.columns(2), chosen[start : start + 2], strict=False):
                with column:
                    st.markdown(f"**{plain_markdown(item.label)}**")
                    if item.note:
                        st.text(item.note)
                    tables.show_sites(item.crystal)
                    with st.container(horizontal=True):
                        buttons.show_downloads(item, key=f"tray_{chosen.index(item)}_{identity(item.crystal)}")


def comparison_html(chosen: Sequence[Item], verdicts: Sequence[Verdict | None]) -> str:
    """A table with a row a property and a column a crystal."""
    parts = [_properties(item, found) for item, found in zip(chosen, verdicts, strict=True)]
    rows = [[name, *(part[name] for part in parts)] for name in parts[0]]
    return table_html(["", *(html.escape(item.label) for item in chosen)], rows)


def tray_table(found: Sequence[Item], verdicts: Sequence[Verdict | None]) -> pd.DataFrame:
    """A row a crystal: which it is, what can be edited, and where it comes from."""
    return pd.DataFrame(
        {
            "Compare": [item.compared for item in found],
            "Credible": [verdict.in_words(one) for one in verdicts],
            "Formula": [item.crystal.formula for item in found],
            "Space group": [
                f"{wyckoff.symbol(item.crystal.space_group)} ({item.crystal.space_group})" for item in found
            ],
            "Name": [item.name for item in found],
            "Note": [item.note for item in found],
            "Model": [item.source.run for item in found],
            "Origin": [item.source.origin for item in found],
            "Outcome": [item.source.outcome for item in found],
        }
    )


def _show_table(found: Sequence[Item], verdicts: Sequence[Verdict | None]) -> None:
    table = tray_table(found, verdicts)
    revision = tray.revision(visit.place())
    st.caption(
        f"{len(found)} of {tray.MOST} crystals. Click a cell to give a name or a note; tick up to "
        f"{tray.MOST_COMPARED} to compare; mark rows at their left edge and press Delete to take them out."
    )
    models = {"Model": np.array([item.source.run or "none" for item in found])}
    facts = Facts.of_crystals([item.crystal for item in found], verdict_checks(verdicts), models)
    rows = narrowed(facts, key=TABLE, unit="crystals")
    key = f"{TABLE}_{revision}_{zlib.crc32(rows.tobytes()):x}"
    st.data_editor(
        table.iloc[rows].reset_index(drop=True),
        key=key,
        hide_index=True,
        num_rows="delete",
        disabled=[column for column in table.columns if column not in ("Compare", "Name", "Note")],
        column_config={
            "Compare": st.column_config.CheckboxColumn(width=110),
            "Credible": st.column_config.TextColumn(
                help="Distances, volume, charges, mixtures and a CIF that gives it back; energies are not asked."
            ),
            "Formula": st.column_config.TextColumn(),  # as wide as the longest
            "Name": st.column_config.TextColumn(max_chars=tray.LONGEST_NAME, width="medium"),
            "Note": st.column_config.TextColumn(max_chars=tray.LONGEST_NOTE, width="medium"),
        },
        on_change=_edited,
        args=(key, revision, rows.tolist()),
        alt="Crystals in the tray",
    )


def _show_saving(found: Sequence[Item], verdicts: Sequence[Verdict | None]) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Download tray (zip)",
            data=lambda: pack(found, verdicts),
            file_name=_ZIP,
            mime="application/zip",
            type="primary",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="A CIF a crystal, a table with latents, models, seeds and checks, and what to cite.",
        )
        with st.popover("Restore"):
            _show_restore()
        with st.popover("Clear"):
            st.markdown(f"Take all {len(found)} crystals out of the tray?")
            st.button("Clear the tray", on_click=lambda: tray.clear(visit.place()), icon=":material/delete:")


def _show_restore() -> None:
    file = st.file_uploader(
        "A tray saved as zip",
        type=["zip"],
        max_upload_size=LARGEST // 1_000_000,
        key="tray_upload",
        help="Its crystals are added to those that are here.",
    )
    if file is None or file.file_id == st.session_state.get(_RESTORED):
        return
    st.session_state[_RESTORED] = file.file_id
    try:
        with st.spinner("Reading the tray …"):
            restored = unpack(file.getvalue())
        with visit.place().lock:
            added = tray.add(visit.place(), restored)
    except DisgenError as error:
        st.session_state[_PROBLEM] = str(error)
        st.rerun()
    st.toast(f"{added} of {len(restored)} crystals restored.", icon=":material/inbox:")
    st.rerun()


def in_tray(changes: Mapping[str, Any], rows: Sequence[int]) -> dict[str, Any]:
    """Changes of a table that shows some of the tray, as changes of the whole tray.

    Args:
        changes: as `st.data_editor` reports them.
        rows: numbers in the tray of the rows that were shown.
    """
    edited = {rows[int(row)]: cells for row, cells in changes.get("edited_rows", {}).items() if int(row) < len(rows)}
    gone = [rows[int(row)] for row in changes.get("deleted_rows", ()) if int(row) < len(rows)]
    return {"edited_rows": edited, "deleted_rows": gone}


def _edited(key: str, revision: int, rows: list[int]) -> None:
    try:
        with visit.place().lock:
            tray.edit(visit.place(), in_tray(st.session_state[key], rows), revision)
    except DisgenError as error:
        st.session_state[_PROBLEM] = str(error)


def _properties(item: Item, found: Verdict | None) -> dict[str, str]:
    """Properties by name, as HTML."""
    crystal, source = item.crystal, item.source
    (check,) = screen([crystal])
    lengths = zip("abcαβγ", crystal.cell, strict=True)
    known = {None: "not known", True: "yes", False: "no, in the training data"}
    checks = [
        (one.label, "yes" if getattr(check, one.key) else "no", one.reason(check))
        for one in MAIN
        if one.basis is Basis.CRYSTAL
    ]
    return {
        "Credible": html.escape(verdict.in_words(found)),
        "Formula": formula_html(crystal.formula),
        "Space group": f"{space_group_html(wyckoff.symbol(crystal.space_group))} ({crystal.space_group})",
        "Disorder": str(crystal.disorder_class),
        "Sites, disordered": f"{len(crystal.sites)}, {crystal.disordered_sites}",
        **{f"{name} / {'Å' if name in 'abc' else '°'}": number_text(value, 4) for name, value in lengths},
        "V / Å³": f"{crystal.volume:.2f}",
        "Atoms in the cell": number_text(crystal.n_atoms, 2),
        **{label: f"{holds}, {reason}" for label, holds, reason in checks},
        "New": known[source.novel],
        "Model": html.escape(source.run) or "none: an original",
        "Origin": html.escape(source.origin),
    }
