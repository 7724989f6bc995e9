"""Ensembles on a page: the crystal, what its cells will hold, their energies as they come, and what follows.

The computation is this session's: it lies in the session's state, where nobody else can come by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.base import urlstate, visit
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.jobs import JobState, waiting_text
from disgen.ui.base.mistakes import fragment
from disgen.ui.crystal import buttons
from disgen.ui.crystal import tables as crystal_tables
from disgen.ui.crystal.tray import Origin
from disgen.ui.ensembles import controls
from disgen.ui.ensembles.job import start_ensembles
from disgen.ui.ensembles.results import show_results
from disgen.ui.ensembles.settings import PARAMETERS, wishes_of
from disgen.ui.ensembles.source import show_source
from disgen.ui.ensembles.tables import classes_html, entropy_text, occupancies_html

if TYPE_CHECKING:
    from disgen.ensembles.plan import Drawn
    from disgen.ui.base.jobs import Job, Look
    from disgen.ui.data.loading import RunKey
    from disgen.ui.ensembles.job import EnsembleProgress
    from disgen.ui.ensembles.settings import EnsembleRequest
    from disgen.ui.ensembles.source import Chosen

_JOB = "_ensemble_job"
_POLL = 0.5  # s between looks at a computation that goes on


def show_ensembles(key: RunKey) -> None:
    """Crystal, classes, occupancies, the computation, and its results."""
    urlstate.restore(PARAMETERS)
    chosen = show_source(key)
    if chosen is not None:
        crystal_tables.show_heading(chosen.crystal)
        buttons.show_actions(chosen.crystal, Origin("", chosen.origin), key="ensemble_crystal")
        _show_ensembles(chosen)
    urlstate.publish(PARAMETERS)


def _show_ensembles(chosen: Chosen) -> None:
    job = _job(chosen)
    seen = job.look() if job is not None else None
    controls.show_controls(going=seen is not None and seen.goes_on)
    try:
        wishes = wishes_of(st.session_state)
        drawn = controls.drawn_of(chosen.crystal, wishes.plans)
    except DisgenError as error:
        st.warning(plain_markdown(str(error)), icon=":material/rule:")
        return
    _show_cells(chosen, drawn)
    if job is not None and seen is not None and seen.goes_on:
        st.button("Stop", key="ensemble_stop", on_click=job.stop, icon=":material/stop_circle:", type="primary")
    else:
        _show_start(chosen, wishes, drawn)
    if job is None or seen is None:
        return
    fragment(_watch, run_every=_POLL if seen.goes_on else None)(job, seen)
    if seen.progress.results:
        show_results(seen.progress, chosen)


def _show_cells(chosen: Chosen, drawn: tuple[Drawn, ...]) -> None:
    """What the cells hold, before any energy."""
    from disgen.ensembles.distinct import count_text  # noqa: PLC0415 (scipy: not before the first paint)
    from disgen.generation.ordered.species_counts import all_number  # noqa: PLC0415 (the same)

    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**How its sites are disordered**")
        st.html(classes_html(drawn[0].cells.supercell))
        st.caption(entropy_text(chosen.crystal))
    with right:
        st.markdown("**Occupancies, wanted and realised**")
        st.html(occupancies_html(drawn))
        counts = "; ".join(
            f"{'×'.join(map(str, one.cells.supercell.repeats))} cells hold {len(one.cells.supercell)} positions and "
            f"have {count_text(all_number(one.cells.wanted))} decorations"
            for one in drawn
        )
        st.caption(f"{counts}. {drawn[0].states.sentence}")
    for one in drawn:
        for remark in one.cells.remarks:
            st.warning(plain_markdown(remark), icon=":material/swap_horiz:")


def _show_start(chosen: Chosen, wishes: EnsembleRequest, drawn: tuple[Drawn, ...]) -> None:
    missing = controls.missing(wishes.calculators)
    if missing:
        st.info(plain_markdown(missing), icon=":material/download:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Compute energies", key="ensemble_start", type="primary", icon=":material/play_arrow:"):
            _start(chosen, wishes, drawn)
            st.rerun()
        st.caption(controls.time_text(wishes, drawn))


def _watch(job: Job[EnsembleProgress], seen: Look[EnsembleProgress]) -> None:
    """How far the computation has come; the page is drawn anew when there is another result."""
    now = job.look()
    progress = now.progress
    there = [(look.goes_on, len(look.progress.results), len(look.progress.second)) for look in (now, seen)]
    if there[0] != there[1]:
        st.rerun()
    count = f"{progress.done:,} of {progress.total:,} decorations"
    if now.state is JobState.WAITING:
        st.progress(0.0, f"{waiting_text(now)} …")
    elif now.goes_on:
        doing = "Stopping, once the cells at hand are done" if now.stopping else progress.doing
        st.progress(progress.done / max(progress.total, 1), f"{doing}: {count}, {now.seconds:.0f} s")
    elif now.state is JobState.STOPPED:
        st.info(
            f"Stopped: {count}. What is done stays, also for the next time: compute again to go on from there.",
            icon=":material/stop_circle:",
        )
    elif now.state is JobState.FAILED:
        st.error(plain_markdown(now.problem), icon=":material/error:")


def _job(chosen: Chosen) -> Job[EnsembleProgress] | None:
    """This session's computation for the crystal, if there is one."""
    found: Job[EnsembleProgress] | None = st.session_state.get(_JOB)
    return found if found is not None and found.look().progress.crystal == chosen.crystal else None


def _start(chosen: Chosen, wishes: EnsembleRequest, drawn: tuple[Drawn, ...]) -> None:
    before: Job[EnsembleProgress] | None = st.session_state.pop(_JOB, None)
    if before is not None:
        before.stop()
    st.session_state[_JOB] = start_ensembles(chosen.crystal, wishes, drawn, visit.presence(visit.place()))
