"""Conditional generation on a page: the form, the search as it goes on, and what it found.

The search is this session's: it lies in the session's state, where nobody else can come by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.base import urlstate
from disgen.ui.base.elements import plain_markdown
from disgen.ui.conditioning import form_state, results
from disgen.ui.conditioning.form import show_form, stated_targets
from disgen.ui.conditioning.form_state import PARAMETERS
from disgen.ui.conditioning.job import SearchJob, State, Wish, seconds_left
from disgen.ui.conditioning.plots import trace_figure
from disgen.ui.conditioning.results import show_results

if TYPE_CHECKING:
    from disgen.model.checkpoint import Run
    from disgen.search.targets import Targets
    from disgen.ui.conditioning.job import Progress
    from disgen.ui.data.loading import RunKey

_JOB = "_search_job"
_POLL = 0.3  # s between looks at a search that goes on
_MINUTE = 60.0  # s


def show_search(key: RunKey, run: Run) -> None:
    """Form, progress, trace and results."""
    urlstate.restore(PARAMETERS)
    _show_form(key, run)
    job = _job(key)
    if job is None:
        return
    seen = job.progress
    st.fragment(_watch, run_every=_POLL if seen.goes_on else None)(job, seen)
    if seen.found is not None:
        st.fragment(show_results)(key, job, seen.found)


@st.fragment
def _show_form(key: RunKey, run: Run) -> None:
    from disgen.latent.fitted import available_estimators  # noqa: PLC0415 (torch: not before the first paint)

    estimators = available_estimators(run)
    if not estimators:
        st.info("This model has no latents of its training split, so there is nothing to start a search from.")
        return
    show_form(estimators)
    targets = stated_targets()
    _show_buttons(key, run, targets)
    urlstate.publish(PARAMETERS)


def _show_buttons(key: RunKey, run: Run, targets: Targets | None) -> None:
    job = _job(key)
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None and job.progress.goes_on:
            st.button("Stop", key="search_stop", on_click=job.stop, icon=":material/stop_circle:", type="primary")
            return
        if (
            st.button("Search", key="search_start", type="primary", icon=":material/search:", disabled=targets is None)
            and targets is not None
        ):
            _start(key, run, targets)
            st.rerun()


def _watch(job: SearchJob, seen: Progress) -> None:
    """How far the search has come, and its trace; the page is drawn anew when there is more to show than that."""
    progress = job.progress
    if progress.milestone != seen.milestone:
        st.rerun()
    settings = job.wish.settings
    if progress.goes_on:
        done = progress.trace[-1].step if progress.trace else 0
        st.progress(min(1.0, done / max(1, settings.steps)), progress_text(job))
    elif progress.state is State.FAILED:
        st.error(plain_markdown(progress.problem), icon=":material/error:")
    elif progress.state is State.STOPPED:
        kept = "what was found until then is kept" if progress.trace else "before its first step"
        st.info(f"Stopped after {job.seconds:.0f} s: {kept}.", icon=":material/stop_circle:")
    if progress.trace:
        st.plotly_chart(
            trace_figure(progress.trace, settings.steps, settings.n),
            key="condition_trace",
            config={"displayModeBar": False},
            alt="Loss terms, and points that meet everything, by step",
        )


def progress_text(job: SearchJob) -> str:
    """Where a search stands, with elapsed and remaining time."""
    progress, settings = job.progress, job.wish.settings
    elapsed = time_text(job.seconds)
    if progress.state is State.WAITING:
        return f"Waiting for other searches on this server … {elapsed}"
    if progress.state is State.JUDGING:
        done = "counting plain samples" if progress.found else "checking every crystal, and placing the best on the map"
        return f"The search is over: {done} … {elapsed}"
    if job.stopping:
        return f"Stopping … {elapsed}"
    if not progress.trace:
        return f"Choosing and improving starting points … {elapsed}"
    last = progress.trace[-1]
    left = seconds_left(progress.trace, settings.steps)
    remaining = f", about {time_text(left)} left" if left is not None else ""
    return (
        f"Step {last.step:,} of {settings.steps:,} · {last.successes:,} of {settings.n:,} points meet everything · "
        f"{elapsed}{remaining}"
    )


def time_text(seconds: float) -> str:
    """Seconds, or minutes and seconds."""
    minutes, rest = divmod(round(seconds), round(_MINUTE))
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _job(key: RunKey) -> SearchJob | None:
    """This session's search in the run, if there is one."""
    found: tuple[RunKey, SearchJob] | None = st.session_state.get(_JOB)
    return found[1] if found is not None and found[0] == key else None


def _start(key: RunKey, run: Run, targets: Targets) -> None:
    state = st.session_state
    before: tuple[RunKey, SearchJob] | None = state.pop(_JOB, None)
    if before is not None:
        before[1].stop()
    results.forget(state)
    wish = Wish(targets, str(state["search_from"]), form_state.settings_of(state))
    state[_JOB] = (key, SearchJob(run, wish))
