"""How well a model reconstructs: the paper's tables and figures, and the crystal behind any point of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.base import urlstate
from disgen.ui.base.html_table import frame_html
from disgen.ui.base.mistakes import fragment
from disgen.ui.base.urlstate import Whole
from disgen.ui.charts.component import show_charts
from disgen.ui.crystal.corpus_entry import show_entry
from disgen.ui.data import loading, run_files
from disgen.ui.data.selection import clamp
from disgen.ui.reconstruction import paper_tables, plots
from disgen.ui.reconstruction.parity import parity_data, show_parity

if TYPE_CHECKING:
    from typing import Any

    from disgen.evaluation.figures import Figures
    from disgen.model.checkpoint import Run
    from disgen.ui.data.loading import RunKey

CRYSTAL = "crystal"
_CHARTS = {
    "space_group": plots.space_group_html,
    "roc": plots.roc_html,
    "sites": plots.sites_html,
    "demanded": plots.demanded_html,
}
PARAMETERS: urlstate.Parameters = {CRYSTAL: Whole(0, 0, 2**31 - 1)}


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
            st.html(frame_html(paper_tables.table(lines, metrics)))
    with right:
        st.caption(
            "Coordinates are in fractions of the cell, occupancies shares of a site. *Everything right*: space group, "
            "letters, species, occupancies within 0.02, free coordinates within 0.01, cell within 1 %, all at once; "
            "2 % of crystals cannot be, because decoding leaves out shares below 1 %."
        )
    for name, title in (("by_crystal_system", "Crystal system"), ("by_source", "Source")):
        if metrics.get(name):
            with st.expander(f"By {title.lower()}"):
                st.html(frame_html(paper_tables.group_table(metrics[name], title)))


def show_figures(key: RunKey) -> None:
    """Figs. 9 to 11, or one sentence where a run does not hold them."""
    try:
        found = run_files.figures(key)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        return
    if found is None:
        st.info(
            "This run holds nothing of Figs. 9 to 11: `python -m disgen evaluate --store` writes it.",
            icon=":material/info:",
        )
        return
    st.header("Cell, space group and disorder (Fig. 9)")
    _show_parity(key, found)
    with st.container(key="wide_fig9"):
        left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Space groups**, target and reconstruction")
        show_charts(_chart(key, "space_group", found), key="space_group_chart")
    with right:
        area = float(found.roc_area[0])
        if np.isfinite(area):
            st.markdown(f"**Disorder flag**, receiver operating characteristic: area {area:.4f}")
            show_charts(_chart(key, "roc", found), key="roc_chart")
        else:
            st.caption("All sites of the test split are alike, ordered or disordered: there is no curve to draw.")
    st.header("Sites (Fig. 10)")
    st.caption(
        "Reconstruction (up) over target (right); counts by colour. Coordinates are periodic: opposite edges are the "
        "same. Occupancies are of species that are on a site, or that the decoder puts there with at least 1 %."
    )
    show_charts(_chart(key, "sites", found), key="sites_chart")
    st.header("Symmetry (Fig. 11)")
    st.caption(
        f"Multiplicity of each reconstructed site against the one that its letter demands in the reconstructed space "
        f"group, free decoding: {plots.matched_share(found):.2%} of sites agree."
    )
    show_charts(_chart(key, "demanded", found), key="demanded_chart")


def show_losses(key: RunKey) -> None:
    """Fig. 8, or one sentence if the history has no losses."""
    st.header("Training (Fig. 8)")
    losses = _losses(key)
    if losses:
        show_charts(losses, key="losses_chart")
    else:
        st.info("This run's history.csv holds no losses of training and validation.", icon=":material/info:")


@fragment
def _show_parity(key: RunKey, found: Figures) -> None:
    """Parity plots on the left, the crystal of the chosen point on the right."""
    urlstate.restore(PARAMETERS)
    with st.container(key="wide_parity"):
        left, right = st.columns([5, 4], gap="medium")
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
    with left:
        st.caption(
            "Reconstructed over target cell parameters. Click a point to see its crystal; drag to zoom, double-click "
            "to see all. Of crystals at the same place one is drawn."
        )
        show_parity(_parity(key, found), found, int(row), _picked)


def _picked(row: int) -> None:
    st.session_state[CRYSTAL] = row


def _go_to_worst(found: Figures) -> None:
    error = np.abs(found.cell[1, :, :3] / found.cell[0, :, :3] - 1.0).max(axis=1)
    st.session_state[CRYSTAL] = int(found.row[int(error.argmax())])


@st.cache_resource(max_entries=18, show_spinner=False)
def _chart(key: RunKey, name: str, _figures: Figures) -> str:  # noqa: ARG001 (the run names the content in the cache)
    """One of the charts as HTML."""
    return _CHARTS[name](_figures)


@st.cache_resource(max_entries=3, show_spinner=False)
def _losses(key: RunKey) -> str:
    """Fig. 8 as HTML; empty if the run's history holds no losses."""
    history = loading.load_run(key).history
    return plots.losses_html(history) if plots.loss_names(history) else ""


@st.cache_resource(max_entries=3, show_spinner=False)
def _parity(key: RunKey, _figures: Figures) -> dict[str, Any]:  # noqa: ARG001 (names the content in the cache)
    """What the parity plots draw; not to be changed."""
    return parity_data(_figures)
