"""How well a model reconstructs: the paper's tables and figures, and the crystal behind any point of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen.evaluation.figures import FiguresError
from disgen.ui import evaluation_plots, paper_tables, stored, urlstate
from disgen.ui.entry import show_entry
from disgen.ui.selection import clamp, selected_rows
from disgen.ui.urlstate import Whole

if TYPE_CHECKING:
    from disgen.evaluation.figures import Figures
    from disgen.model.checkpoint import Run
    from disgen.ui.loading import RunKey

PARITY = "parity_chart"
CRYSTAL = "crystal"
PARAMETERS: urlstate.Parameters = {CRYSTAL: Whole(0, 0, 2**31 - 1)}
_PLAIN = {"displaylogo": False}


def show_tables(run: Run) -> None:
    """Tables 1 and 2 beside the paper's column, then the same by source and crystal system."""
    metrics = run.metrics.get("test")
    if not isinstance(metrics, dict) or not paper_tables.is_complete(metrics):
        st.info(
            "This run holds no figures of its test split yet: `python -m disgen evaluate --store` writes them.",
            icon=":material/info:",
        )
        return
    st.caption(paper_tables.sample_text(metrics))
    with st.container(key="wide_tables"):
        left, right = st.columns(2, gap="medium")
    for column, number, lines in ((left, 1, paper_tables.TABLE_1), (right, 2, paper_tables.TABLE_2)):
        with column:
            st.markdown(f"**Table {number}**")
            st.table(paper_tables.table(lines, metrics), hide_index=True)
    with right:
        st.caption(
            "Coordinates are in fractions of the cell, occupancies shares of a site. *Everything right*: space group, "
            "letters, species, occupancies within 0.02, free coordinates within 0.01, cell within 1 %, all at once; "
            "2 % of crystals cannot be, because decoding leaves out shares below 1 %."
        )
    for name, title in (("by_crystal_system", "Crystal system"), ("by_source", "Source")):
        if metrics.get(name):
            with st.expander(f"By {title.lower()}"):
                st.dataframe(paper_tables.group_table(metrics[name], title), hide_index=True, alt=f"Errors by {title}")


def show_figures(key: RunKey) -> None:
    """Figs. 9 to 11, or one sentence where a run does not hold them."""
    try:
        found = stored.figures(key)
    except FiguresError as error:
        st.error(str(error), icon=":material/error:")
        return
    if found is None:
        st.info(
            "This run holds nothing of Figs. 9 to 11: `python -m disgen evaluate --store` writes it.",
            icon=":material/info:",
        )
        return
    st.subheader("Cell, space group and disorder (Fig. 9)")
    _show_parity(key, found)
    with st.container(key="wide_fig9"):
        left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Space groups**, target and reconstruction")
        _chart(key, "space_group", "Reconstructed over target space group")
    with right:
        area = float(found.roc_area[0])
        if np.isfinite(area):
            st.markdown(f"**Disorder flag**, receiver operating characteristic: area {area:.4f}")
            _chart(key, "roc", f"Receiver operating characteristic of the disorder flag, area {area:.4f}")
        else:
            st.caption("All sites of the test split are alike, ordered or disordered: there is no curve to draw.")
    st.subheader("Sites (Fig. 10)")
    st.caption(
        "Reconstruction (up) over target (right); counts by colour. Coordinates are periodic: opposite edges are the "
        "same. Occupancies are of species that are on a site, or that the decoder puts there with at least 1 %."
    )
    _chart(key, "sites", "Reconstruction over target for occupancy, letter, multiplicity and coordinates of sites")
    st.subheader("Symmetry (Fig. 11)")
    st.caption(
        f"Multiplicity of each reconstructed site against the one that its letter demands in the reconstructed space "
        f"group, free decoding: {evaluation_plots.matched_share(found):.2%} of sites agree."
    )
    _chart(key, "demanded", "Reconstructed multiplicity over the multiplicity that symmetry demands")


def show_losses(run: Run) -> None:
    """Fig. 8, or one sentence if the history has no losses."""
    st.subheader("Training (Fig. 8)")
    if not evaluation_plots.loss_names(run.history):
        st.info("This run's history.csv holds no losses of training and validation.", icon=":material/info:")
        return
    figure = evaluation_plots.losses_figure(run.history)
    st.plotly_chart(figure, key="losses_chart", config=_PLAIN, alt="All losses of training and validation by epoch")


@st.fragment
def _show_parity(key: RunKey, found: Figures) -> None:
    """Parity plots on the left, the crystal of the chosen point on the right."""
    urlstate.restore(PARAMETERS)
    with st.container(key="wide_parity"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        st.caption(
            "Reconstructed over target cell parameters. Click a point to see its crystal; drag to zoom. "
            "Of crystals at the same place one is drawn."
        )
        st.plotly_chart(
            stored.evaluation_figure(key, "parity"),
            key=PARITY,
            on_select=_clicked,
            selection_mode="points",
            config={"scrollZoom": True, "displaylogo": False},
            alt=f"Reconstructed over target cell parameters of {len(found.row)} test crystals",
        )
    with right:
        size = int(found.row.max()) + 1
        st.session_state[CRYSTAL] = clamp(int(st.session_state[CRYSTAL] or 0), size)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            row = st.number_input(
                "Crystal",
                0,
                size - 1,
                key=CRYSTAL,
                persist_state="session",
                width=140,
                help="Its number in the split.",
            )
            st.button("Worst cell", on_click=_go_to_worst, args=(found,), help="The largest error of a cell length.")
        urlstate.publish(PARAMETERS)
        show_entry(key, "test", int(row))


def _clicked() -> None:
    rows = selected_rows(st.session_state.get(PARITY))
    if rows:
        st.session_state[CRYSTAL] = rows[0]


def _go_to_worst(found: Figures) -> None:
    error = np.abs(found.cell[1, :, :3] / found.cell[0, :, :3] - 1.0).max(axis=1)
    st.session_state[CRYSTAL] = int(found.row[int(error.argmax())])


def _chart(key: RunKey, name: str, alt: str) -> None:
    st.plotly_chart(stored.evaluation_figure(key, name), key=f"{name}_chart", config=_PLAIN, alt=alt)
