"""Conditional generation on a page: the form, the search as it goes on, and what it found.

The search lies in the visitor's place (`disgen.ui.base.visit`): it is there again after a reload and in another tab,
and nobody else can come by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.base import urlstate, visit
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.jobs import JobState, waiting_text
from disgen.ui.base.mistakes import fragment
from disgen.ui.conditioning import form_state, results
from disgen.ui.conditioning.form import show_form, stated_targets
from disgen.ui.conditioning.form_state import PARAMETERS
from disgen.ui.conditioning.job import SearchRequest, seconds_left, start_search
from disgen.ui.conditioning.pace import pace_of, paces
from disgen.ui.conditioning.plots import trace_figure
from disgen.ui.conditioning.results import show_results

if TYPE_CHECKING:
    from disgen.model.checkpoint import Run
    from disgen.search.targets import Targets
    from disgen.ui.base.jobs import Job, Look
    from disgen.ui.conditioning.job import SearchProgress
    from disgen.ui.data.loading import RunKey

_JOB = "_search_job"
_POLL = 0.3  # s between looks at a search that goes on
_PACE_POLL = 1.0  # s between looks at a measurement of speed
_MINUTE = 60.0  # s


def show_search(key: RunKey, run: Run) -> None:
    """Form, progress, trace and results."""
    urlstate.restore(PARAMETERS)
    job = _job(key)
    seen = job.look() if job is not None else None
    _show_form(key, run, job, seen)
    if job is None or seen is None:
        return
    fragment(_watch, run_every=_POLL if seen.goes_on else None)(key, job, seen)
    if seen.progress.found is not None:
        fragment(show_results)(key, seen, seen.progress.found)


@fragment
def _show_form(key: RunKey, run: Run, job: Job[SearchProgress] | None, seen: Look[SearchProgress] | None) -> None:
    from disgen.latent.fitted import available_estimators  # noqa: PLC0415 (torch: not before the first paint)

    estimators = available_estimators(run)
    if not estimators:
        st.info("This model has no latents of its training split, so there is nothing to start a search from.")
        return
    show_form(estimators)
    targets = stated_targets()
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None and seen is not None and seen.goes_on:
            st.button("Stop", key="search_stop", on_click=job.stop, icon=":material/stop_circle:", type="primary")
        else:
            _show_start(key, run, targets)
    urlstate.publish(PARAMETERS)


def _show_start(key: RunKey, run: Run, targets: Targets | None) -> None:
    pushed = st.button("Search", key="search_start", type="primary", icon=":material/search:", disabled=targets is None)
    if targets is None:
        return
    request = SearchRequest(targets, str(st.session_state["search_from"]), form_state.settings_of(st.session_state))
    if pushed:
        _start(key, run, request)
        st.rerun()
    known = paces(key.path)
    goes_on = known.known(request.estimator) is None and known.measure(run, request)
    fragment(_show_time, run_every=_PACE_POLL if goes_on else None)(key, request, goes_on=goes_on)


def _show_time(key: RunKey, request: SearchRequest, *, goes_on: bool) -> None:
    """How long the search will take, by this machine's own speed."""
    pace = paces(key.path).known(request.estimator)
    if pace is None:
        st.caption("Measuring how fast this machine searches …" if goes_on else "How long it takes is not known.")
        return
    if goes_on:
        st.rerun()
    settings = request.settings
    st.caption(
        f"At most about {time_text(pace.seconds(settings))} at this machine's speed, for {settings.n:,} points and "
        f"{settings.steps:,} steps; first results come earlier."
    )


def _watch(key: RunKey, job: Job[SearchProgress], seen: Look[SearchProgress]) -> None:
    """How far the search has come, and its trace; the page is drawn anew when there is more to show than that."""
    now = job.look()
    if milestone(now) != milestone(seen):
        _learn(key, now)
        st.rerun()
    progress, settings = now.progress, now.progress.request.settings
    if now.goes_on:
        done = progress.trace[-1].step if progress.trace else 0
        st.progress(min(1.0, done / max(1, settings.steps)), progress_text(now))
    elif now.state is JobState.FAILED:
        st.error(plain_markdown(now.problem), icon=":material/error:")
    elif now.state is JobState.STOPPED:
        kept = "what was found until then is kept" if progress.trace else "before its first step"
        why = f", since no tab was open for {visit.ABSENCE / _MINUTE:.0f} minutes" if now.abandoned else ""
        st.info(f"Stopped after {now.seconds:.0f} s{why}: {kept}.", icon=":material/stop_circle:")
    if progress.trace:
        st.plotly_chart(
            trace_figure(progress.trace, settings.steps, settings.n),
            key="condition_trace",
            config={"displayModeBar": False},
            alt="Loss terms, and points that meet everything, by step",
        )


def milestone(look: Look[SearchProgress]) -> tuple[bool, int, bool]:
    """Changes when there is more to show than another step."""
    found = look.progress.found
    return (look.goes_on, -1, False) if found is None else (look.goes_on, found.step, found.final)


def progress_text(look: Look[SearchProgress]) -> str:
    """Where a search stands, with elapsed and remaining time."""
    progress, settings = look.progress, look.progress.request.settings
    elapsed = time_text(look.seconds)
    if look.state is JobState.WAITING:
        return f"{waiting_text(look)} … {elapsed}"
    if progress.judging:
        over = progress.found is not None and progress.found.final
        done = "counting plain samples" if over else "checking every crystal, and placing the best on the map"
        return f"The search is over: {done} … {elapsed}"
    if look.stopping:
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


def _job(key: RunKey) -> Job[SearchProgress] | None:
    """This visitor's search in the run, if there is one."""
    found: tuple[RunKey, Job[SearchProgress]] | None = visit.place().get(_JOB)
    return found[1] if found is not None and found[0] == key else None


def _start(key: RunKey, run: Run, request: SearchRequest) -> None:
    place = visit.place()
    with place.lock:
        before: tuple[RunKey, Job[SearchProgress]] | None = place.pop(_JOB, None)
        if before is not None:
            before[1].stop()
        results.forget(st.session_state)
        job = start_search(run, request, visit.presence(place))
        place.put(_JOB, (key, job), request.settings.n)


def _learn(key: RunKey, look: Look[SearchProgress]) -> None:
    """Remember how fast a search was."""
    request = look.progress.request
    pace = pace_of(look.progress.trace, request.settings.n)
    if pace is not None:
        paces(key.path).learn(request.estimator, pace)
