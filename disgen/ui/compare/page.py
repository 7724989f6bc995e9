"""Two sets of crystals on a page: what judges say of both, how they are distributed, and a few crystals of each."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.base import urlstate, visit
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.jobs import JobState, waiting_text
from disgen.ui.base.mistakes import fragment
from disgen.ui.base.reproduce import show_recipes
from disgen.ui.charts.component import show_charts
from disgen.ui.compare import job as jobs
from disgen.ui.compare.crystals import show_crystals
from disgen.ui.compare.histograms import histograms_html
from disgen.ui.compare.pace import time_text
from disgen.ui.compare.recipe import recipes
from disgen.ui.compare.settings import ANEW, CIFS, MOST, MOST_SEED, PARAMETERS, SEED, N
from disgen.ui.compare.side import show_side
from disgen.ui.compare.tables import about_text, contrast_html
from disgen.ui.data import loading, run_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.ui.base.jobs import Job, Look
    from disgen.ui.compare.job import JudgingProgress, Report
    from disgen.ui.compare.settings import WantedSet
    from disgen.ui.compare.side import Side
    from disgen.ui.data.loading import RunKey

_JOB = "_judging_job"
_JOB_SIZE = 25  # counts as so many crystals
_POLL = 1.0  # s between looks at a judgement that goes on


def show_compare(key: RunKey) -> None:
    """Both sides, what is to be computed, and the comparison."""
    urlstate.restore(PARAMETERS)
    job: Job[JudgingProgress] | None = visit.place().get(_JOB)
    seen = job.look() if job is not None else None
    if seen is not None:
        jobs.keep(visit.place(), seen.progress.reports)
    with st.container(key="wide_compare_sides"):
        columns = st.columns(2, gap="large")
    with columns[0]:
        left = show_side("a", key)
    with columns[1]:
        right = show_side("b", key)
    for side in (left, right):
        if side.problem:
            st.info(side.problem, icon=":material/info:")
    _show_judging((left, right), job, seen)
    if left.report is not None and right.report is not None:
        _show_comparison(left, right, left.report, right.report)
    urlstate.publish(PARAMETERS)


def _show_judging(sides: Sequence[Side], job: Job[JudgingProgress] | None, seen: Look[JudgingProgress] | None) -> None:
    """What is to be computed anew, a button to begin and one to stop, and how far it is."""
    wanted = list(dict.fromkeys(side.wanted for side in sides if side.wanted is not None))
    going = seen is not None and seen.goes_on
    with st.container(horizontal=True, vertical_alignment="bottom"):
        anew = st.toggle(
            "Other numbers of samples",
            key=ANEW,
            persist_state="session",
            disabled=going,
            help="Judge samples now, of this number and seed, instead of showing what is stored with the model. The "
            "same number on both sides lets everything be compared.",
        )
        if anew or any(side.source != CIFS and not side.stored for side in sides):
            st.number_input(
                "Samples of each", 1, MOST, step=500, key=N, persist_state="session", disabled=going, width=150
            )
            st.number_input("Seed", 0, MOST_SEED, key=SEED, persist_state="session", disabled=going, width=130)
        if job is not None and going:
            st.button("Stop", key="judge_stop", on_click=job.stop, icon=":material/stop_circle:", type="primary")
        elif wanted:
            names = " and ".join(dict.fromkeys(one.label for one in wanted))
            if st.button("Judge", key="judge_start", type="primary", icon=":material/balance:"):
                _start(wanted)
                st.rerun()
            st.caption(f"{plain_markdown(names)}: {time_text(wanted)}")
    if job is not None and seen is not None:
        fragment(_watch, run_every=_POLL if going else None)(job, seen)


def _watch(job: Job[JudgingProgress], seen: Look[JudgingProgress]) -> None:
    """How far the judges are; the page is drawn anew when another set is finished."""
    now = job.look()
    if (len(now.progress.reports), now.goes_on) != (len(seen.progress.reports), seen.goes_on):
        st.rerun()
    progress = now.progress
    count = f"{len(progress.reports)} of {len(progress.wanted)} sets judged"
    if now.state is JobState.WAITING:
        st.progress(0.0, f"{waiting_text(now)} …")
    elif now.goes_on:
        share = progress.done / progress.total if progress.total else 0.0
        numbers = f", {progress.done:,} of {progress.total:,}" if progress.total else ""
        doing = "Stopping" if now.stopping else progress.doing.capitalize() or "Beginning"
        st.progress(min(1.0, share), f"{doing}{numbers} … {count}, {now.seconds:.0f} s")
    elif now.state is JobState.STOPPED:
        st.info(f"Stopped: {count}; what is finished is kept.", icon=":material/stop_circle:")
    elif now.state is JobState.FAILED:
        st.error(plain_markdown(now.problem), icon=":material/error:")


def _show_comparison(left: Side, right: Side, mine: Report, yours: Report) -> None:
    from disgen.judge.contrast import contrast_csv, contrast_records, contrasts  # noqa: PLC0415 (after first paint)

    labels = _labels(left, right)
    st.header("What judges say")
    st.html(contrast_html(contrasts(mine, yours), labels))
    st.caption(
        f"Left: {about_text(mine)} Right: {about_text(yours)} Below each figure its interval (95 %) and of how many it "
        "is. A difference is named where the intervals do not overlap; shares that fall or rise with the number of "
        "samples alone are compared only where both have as many."
    )
    for side, report in ((left, mine), (right, yours)):
        _show_unreadable(side, report)
    stem = f"disgen-compare-{_stem(left, mine)}-with-{_stem(right, yours)}"
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            data=partial(contrast_csv, mine, yours),
            file_name=f"{stem}.csv",
            mime="text/csv",
            key="compare_csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "JSON",
            data=lambda: json.dumps(
                {"contrast": contrast_records(mine, yours), "left": mine, "right": yours}, indent=1, ensure_ascii=False
            ),
            file_name=f"{stem}.json",
            mime="application/json",
            key="compare_json",
            on_click="ignore",
            icon=":material/download:",
        )
        show_recipes(recipes(left, right), key="compare_recipe")
    st.header("How they are distributed")
    show_charts(histograms_html(mine["distributions"], yours["distributions"], labels), key="compare_histograms")
    show_crystals(left, right)


def _show_unreadable(side: Side, report: Report) -> None:
    """The files that could not be read, and why."""
    problems = report["about"].get("unreadable", {})
    if problems:
        files = "1 file" if len(problems) == 1 else f"{len(problems)} files"
        with st.expander(
            f"{files} of “{side.label}” not read: a file without a crystal counts as a sample without one"
        ):
            st.markdown("\n".join(f"- {plain_markdown(f'{name}: {why}')}" for name, why in problems.items()))


def _labels(left: Side, right: Side) -> tuple[str, str]:
    """What the sides are called; apart where they are of one kind."""
    if left.label != right.label:
        return left.label, right.label
    return f"{left.label}, left", f"{right.label}, right"


def _stem(side: Side, report: Report) -> str:
    if side.source == CIFS:
        return "cifs"
    return f"{side.key.name}-{side.source}-n{report['n']}-seed{report['seed']}"


def _start(wanted: Sequence[WantedSet]) -> None:
    place = visit.place()
    runs = {one.key.path: (loading.load_run(one.key), run_files.held_out(one.key)) for one in wanted}
    with place.lock:
        before: Job[JudgingProgress] | None = place.pop(_JOB, None)
        if before is not None:
            before.stop()
        place.put(_JOB, jobs.start_judging(wanted, runs, visit.presence(place)), _JOB_SIZE)
