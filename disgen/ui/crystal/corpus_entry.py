"""One entry of a run: its original beside what its stored latent decodes to, as far as this machine has them."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.drawing.typography import formula_html, space_group_html
from disgen.ui.crystal import buttons, tables, verdict
from disgen.ui.crystal.differences import show_differences
from disgen.ui.crystal.tray import Origin, latent_numbers
from disgen.ui.data import loading, run_files
from disgen.ui.data.points import SOURCE_LABELS

if TYPE_CHECKING:
    from disgen.ui.data.loading import RunKey

_HEIGHT = 430  # px, of the view


def show_entry(key: RunKey, split: str, row: int) -> None:
    """Caption, view, verdict, tables and download of one entry.

    Args:
        key: of the run.
        split: of the entry.
        row: its number in the split.
    """
    entry = loading.load_run(key).split_index(split).iloc[row]
    source = html.escape(SOURCE_LABELS.get(entry["source"], str(entry["source"])))
    group = int(entry["space_group"])
    st.markdown(
        f'<p data-entry="{split}-{row}">Entry {html.escape(str(entry["id"]))} of {source}: '
        f"{formula_html(entry['formula'])}, {space_group_html(wyckoff.symbol(group))} ({group}); "
        f"crystal {row} of the {split} split.</p>",
        unsafe_allow_html=True,
    )
    decoded = run_files.decoded_entry(key, split, row)
    found = run_files.original(str(entry["source"]), str(entry["id"]), str(entry.get("key", "")))
    if decoded is None:
        st.info(f"This run holds no latents of its {split} split, so there is no decoded crystal of this entry.")
    elif decoded.crystal is None:
        verdict.show_checks(decoded, key)
    copy = decoded.crystal if decoded else None
    if found.problem:
        st.caption(found.problem)
    if copy is not None and found.crystal is not None:
        titles = [f"Original: {tables.title_html(found.crystal)}", f"Reconstruction: {tables.title_html(copy)}"]
        tables.show_view([found.crystal, copy], titles, columns=2, linked=True, height=_HEIGHT)
        show_differences(found.crystal, copy)
    elif (shown := copy or found.crystal) is not None:
        tables.show_heading(shown)
        tables.show_live_view(shown, channel="entry", height=_HEIGHT)
        tables.show_tables(shown)
    if decoded is not None and copy is not None:
        z = latent_numbers(loading.load_run(key).latents[split][row])
        place = Origin(key.name, f"{split}-{row}", latent=z, outcome=str(decoded.outcome), novel=decoded.checks.novel)
        buttons.show_actions(copy, place, key=f"download_{split}", label="Download reconstruction")
