"""The corpus behind a model: its distributions and filters, and a search among its entries."""

from __future__ import annotations

import zlib
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.corpus import search
from disgen.crystal import ELEMENTS
from disgen.errors import DisgenError
from disgen.ui.base import urlstate
from disgen.ui.base.html_table import frame_html
from disgen.ui.base.mistakes import fragment
from disgen.ui.base.urlstate import Whole
from disgen.ui.charts.component import show_charts
from disgen.ui.corpus.plots import filter_table, panels_html
from disgen.ui.crystal.corpus_entry import show_entry
from disgen.ui.crystal.filtered_table import narrowed, show_rows
from disgen.ui.crystal.narrowing import Facts
from disgen.ui.data import run_files
from disgen.ui.data.points import SOURCE_LABELS, SPLIT_LABELS
from disgen.ui.data.selection import clamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.model.checkpoint import Run
    from disgen.ui.data.loading import RunKey

MOST_ROWS = 500  # entries that a search lists
TABLE = "corpus_table"
ENTRY = "entry"
_WIDTHS = {"Entry": 65, "Space group": 110, "Sites": 60, "Disordered": 85}  # px
PARAMETERS: urlstate.Parameters = {ENTRY: Whole(0, 0, 2**31 - 1)}


def show_statistics(key: RunKey) -> None:
    """Totals, Fig. 2 and the filter table; one sentence where a run does not hold them."""
    try:
        summary = run_files.corpus_summary(key)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        return
    if summary is None:
        st.info(
            "This run holds no statistics of its corpus: `python -m disgen evaluate --store` writes them.",
            icon=":material/info:",
        )
        return
    totals = summary["totals"]
    with st.container(horizontal=True):
        for label, value in (
            ("Crystals", f"{totals['crystals']:,}"),
            ("Disordered", f"{100 * totals['disordered_share']:.0f} %"),
            ("Distinct", f"{totals['distinct_keys']:,}"),
            ("Space groups", str(totals["space_groups"])),
            ("Elements", str(totals["elements"])),
        ):
            st.metric(label, value, border=True)
    st.caption(
        "Distinct: crystals that differ in space group, Wyckoff letters, or occupancies in steps of 0.05. "
        f"{totals['uniform_vacancy_left_out_of_training']:,} entries whose vacancies are an artefact of their source "
        "are left out of training."
    )
    logarithmic = st.toggle("Logarithmic counts", key="corpus_log", persist_state="session")
    show_charts(_distributions(key, summary["distributions"], logarithmic=bool(logarithmic)), key="distributions")
    with st.expander("Filters: what was read, what was left out, and why"):
        st.html(frame_html(filter_table(summary["filters"])))


@fragment
def show_search(key: RunKey, run: Run) -> None:
    """Search form and results on the left, the chosen entry on the right."""
    urlstate.restore(PARAMETERS)
    st.header("Entries")
    with st.container(key="wide_search"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        found = _results(key, run)
        if found is not None:
            _show_results(key, run, found)
    with right:
        st.session_state[ENTRY] = clamp(int(st.session_state[ENTRY] or 0), len(run.index))
        number = int(
            st.number_input(
                "Entry", 0, len(run.index) - 1, key=ENTRY, persist_state="session", width=160, help="Its row, from 0."
            )
        )
        urlstate.publish(PARAMETERS)
        split, row = place(run.index, number)
        show_entry(key, split, row)


def place(index: pd.DataFrame, number: int) -> tuple[str, int]:
    """Split of an entry, and its number in the split."""
    split = str(index["split"].iloc[number])
    return split, int((index["split"].iloc[:number] == split).sum())


def results_table(index: pd.DataFrame, found: np.ndarray) -> pd.DataFrame:
    """A row an entry that was found."""
    rows = index.iloc[found]
    return pd.DataFrame(
        {
            "Entry": found,
            "Formula": rows["formula"].to_numpy(),
            "Space group": [f"{wyckoff.symbol(number)} ({number})" for number in rows["space_group"].tolist()],
            "Sites": rows["n_sites"].to_numpy(),
            "Disordered": rows["disordered_sites"].to_numpy(),
            "Source": [SOURCE_LABELS.get(source, source) for source in rows["source"]],
            "Id": rows["id"].to_numpy(),
            "Split": [SPLIT_LABELS.get(split, split) for split in rows["split"]],
        }
    )


def _results(key: RunKey, run: Run) -> np.ndarray | None:
    """Rows of the index that the form asks for; None, and a sentence, if it asks for nonsense."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        formula = st.text_input(
            "Formula",
            key="corpus_formula",
            max_chars=100,
            persist_state="session",
            width=220,
            placeholder="Fe2O3, or Li*O4",
            help="A composition, in any multiple and order of elements; or a pattern, in which * stands for anything.",
        )
        elements = st.multiselect("Elements", ELEMENTS, key="corpus_elements", persist_state="session", width=260)
        only = st.checkbox("no others", key="corpus_only", persist_state="session")
        group = st.text_input(
            "Space group",
            key="corpus_group",
            max_chars=20,
            persist_state="session",
            width=140,
            placeholder="62 or Pnma",
        )
    try:
        return search.search(
            run.index["formula"].tolist(),
            run.index["space_group"].to_numpy(),
            run_files.atom_shares(key),
            formula=formula or "",
            elements=elements,
            only=only,
            space_group=group or "",
        )
    except DisgenError as error:
        st.warning(str(error), icon=":material/search_off:")
        return None


def facts_of(index: pd.DataFrame, shares: np.ndarray) -> Facts:
    """What entries of an index can be told apart by.

    Args:
        index: of a run, or some of its rows.
        shares: (n, 100) `disgen.corpus.search.atom_shares` of the same entries.
    """
    kinds = {
        "Source": np.array([SOURCE_LABELS.get(source, source) for source in index["source"]]),
        "Split": np.array([SPLIT_LABELS.get(split, split) for split in index["split"]]),
    }
    if "disorder" in index:
        kinds["Disorder"] = index["disorder"].to_numpy(dtype=str)
    return Facts.of_table(index, shares > 0.0, kinds)


def _show_results(key: RunKey, run: Run, found: np.ndarray) -> None:
    said = st.container()
    facts = facts_of(run.index.iloc[found], run_files.atom_shares(key)[found])
    fitting = found[narrowed(facts, key=TABLE, searched=True, unit="entries")]
    more = f"; the first {MOST_ROWS} are listed" if len(fitting) > MOST_ROWS else ""
    said.markdown(f"**{len(found):,} of {len(run.index):,} entries**{more}. Click a row to see its crystal.")
    if not len(found):
        return
    listed = fitting[:MOST_ROWS]
    chosen = np.flatnonzero(listed == st.session_state[ENTRY])
    show_rows(
        results_table(run.index, listed),
        np.arange(len(listed)),
        key=f"{TABLE}_{zlib.crc32(listed.tobytes()):x}",  # another search is another table
        chosen=int(chosen[0]) if len(chosen) else None,
        pick=partial(_picked, listed),
        column_config={column: st.column_config.Column(column, width=width) for column, width in _WIDTHS.items()},
        alt="Entries that were found",
        height=560,
    )


def _picked(listed: np.ndarray, row: int | None) -> None:
    if row is not None:
        st.session_state[ENTRY] = int(listed[row])


@st.cache_resource(max_entries=6, show_spinner=False)
def _distributions(
    key: RunKey,  # noqa: ARG001 (names the content in the cache)
    _counts: Mapping[str, Mapping[str, int]],
    *,
    logarithmic: bool,
) -> str:
    """Fig. 2 as HTML."""
    return panels_html(_counts, logarithmic=logarithmic)
