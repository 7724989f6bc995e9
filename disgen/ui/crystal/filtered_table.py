"""Tables of crystals that can be narrowed: a filter above, and rows of which one can be chosen."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from disgen.corpus.search import SearchError
from disgen.crystal import ELEMENTS
from disgen.ui.crystal import narrowing
from disgen.ui.crystal.narrowing import ANYTHING, widget_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    import pandas as pd

    from disgen.ui.crystal.narrowing import Facts

FEWEST = 6  # rows that are worth a filter
ROWS = 9  # that a table shows before it scrolls
_ROW, _HEAD = 35, 38  # px
_LETTER, _BESIDE = 7.8, 20  # px, of a cell: a letter, and the space beside the text
_WIDEST = 640  # px
_WHOLE = ("Formula", "Differs in", "Changed")  # columns whose texts are not cut
_FIELD = 250  # px
_CHECKS_HELP = (
    "Credible: distances, volume, charges, mixtures and the CIF speak for it; New: in no split of the corpus. "
    "All that are named must hold."
)


def narrowed(facts: Facts, *, key: str, searched: bool = False, unit: str = "rows") -> np.ndarray:
    """A filter, and how many rows fit it.

    Args:
        facts: of the rows.
        key: of the table, which names the filter too.
        searched: the page has fields for elements that must be there and for the space group already.
        unit: what the rows are called.

    Returns:
        Numbers of the rows that are to be shown, in their order.
    """
    state = st.session_state
    headings = tuple(facts.kinds)
    wanted = narrowing.wanted_of(state, key, headings)
    if len(facts) < FEWEST and wanted == ANYTHING:
        return np.arange(len(facts))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_filter"):
        with (
            st.popover(
                "Filter",
                icon=":material/filter_alt:",
                type="secondary" if wanted == ANYTHING else "primary",
                key=widget_key(key, "button"),
            ),
            st.container(horizontal=True, width=2 * _FIELD + 20, vertical_alignment="bottom"),
        ):
            _show_controls(facts, key, searched=searched)
        try:
            found = narrowing.kept(facts, wanted)
        except SearchError as error:
            st.caption(str(error))
            found = np.arange(len(facts))
        else:
            if wanted != ANYTHING:
                st.caption(f"**{len(found):,} of {len(facts):,}** {unit} fit the filter.")
        if wanted != ANYTHING:
            st.button(
                "Show all",
                key=widget_key(key, "all"),
                icon=":material/filter_alt_off:",
                on_click=narrowing.forget,
                args=(state, key, headings),
            )
    return found


def show_rows(
    frame: pd.DataFrame,
    rows: np.ndarray,
    *,
    key: str,
    chosen: int | None,
    pick: Callable[[int | None], None],
    column_config: Mapping[str, Any],
    alt: str,
    height: int | None = None,
) -> None:
    """Some rows of a table, of which one can be chosen.

    Args:
        frame: the whole table.
        rows: numbers of the rows to be shown, as `narrowed` gives them.
        key: of the table.
        chosen: number of the row that is marked, if it is among them.
        pick: called with the number of the row that is chosen, None if its mark is taken away.
        column_config: of `st.dataframe`.
        alt: what the table is, for those who do not see it.
        height: in pixels; by default, of the rows as far as there are not many.
    """
    if not len(rows):
        st.caption("No row is left: ask for less in the filter.")
        return
    state = st.session_state
    # Other rows are another table to the browser, which else would keep the mark at the same place.
    name = f"{key}_{zlib.crc32(rows.tobytes()):x}"
    marked = np.flatnonzero(rows == chosen).tolist() if chosen is not None else []
    if name in state and list(state[name]["selection"]["rows"]) != marked:  # another way than by a row
        state[name] = {"selection": {"rows": marked, "columns": [], "cells": []}}
    st.dataframe(
        frame.iloc[rows],
        key=name,
        height=height or _HEAD + _ROW * min(len(rows), ROWS),
        hide_index=True,
        selection_mode="single-row",
        selection_default={"selection": {"rows": marked}},
        on_select=lambda: pick(picked(state, name, rows)),
        column_config={**_whole_columns(frame.iloc[rows]), **column_config},
        alt=alt,
    )


def _whole_columns(shown: pd.DataFrame) -> dict[str, Any]:
    """Columns as wide as their longest text."""
    longest = {name: int(shown[name].astype(str).str.len().max()) for name in _WHOLE if name in shown}
    return {
        name: st.column_config.TextColumn(name, width=round(min(_WIDEST, _BESIDE + _LETTER * max(length, len(name)))))
        for name, length in longest.items()
    }


def picked(state: MutableMapping[Any, Any], name: str, rows: np.ndarray) -> int | None:
    """Number of the row that is marked in the table of this name, which shows some rows; None if none is."""
    marked = state[name]["selection"]["rows"]
    return int(rows[marked[0]]) if marked and marked[0] < len(rows) else None


def _show_controls(facts: Facts, key: str, *, searched: bool) -> None:
    if not searched:
        _some("Contains", "contains", ELEMENTS, key, "All of these elements are there.")
    _some("Lacks", "lacks", ELEMENTS, key, "None of these elements is there.")
    _some("Crystal system", "systems", narrowing.SYSTEMS, key)
    if not searched:
        st.text_input(
            "Space group",
            key=widget_key(key, "space_group"),
            max_chars=20,
            persist_state="session",
            placeholder="62 or Pnma",
            width=_FIELD,
        )
    if facts.checks:
        _some("Checks that hold", "checks", tuple(facts.checks), key, _CHECKS_HELP)
    for heading, words in facts.kinds.items():
        there = sorted(set(words.astype(str)) | set(st.session_state.get(widget_key(key, heading)) or ()))
        if len(there) > 1:
            _some(heading, heading, tuple(there), key)
    _range("Elements", "species", narrowing.SPECIES, key)
    _range("Disordered sites", "disordered", narrowing.DISORDERED, key)
    if np.isfinite(facts.volumes).any():
        _range("Volume per atom / Å³", "volume", narrowing.VOLUME, key)


def _some(label: str, name: str, options: tuple[str, ...], key: str, about: str = "") -> None:
    st.multiselect(
        label,
        options,
        key=widget_key(key, name),
        persist_state="session",
        placeholder="any",
        width=_FIELD,
        help=about or None,
    )


def _range(label: str, name: str, whole: narrowing.Range, key: str) -> None:
    st.session_state.setdefault(widget_key(key, name), whole)
    st.slider(
        label,
        *whole,
        key=widget_key(key, name),
        persist_state="session",
        width=_FIELD,
        help=f"{whole[1]} stands for all above it as well.",
    )
