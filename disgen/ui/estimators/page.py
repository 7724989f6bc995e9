"""The comparison of samplers on a page: what is stored with the model, or what this session computes anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from disgen.errors import DisgenError
from disgen.latent.registry import ESTIMATORS
from disgen.ui.base import urlstate, visit
from disgen.ui.base.jobs import JobState, waiting_text
from disgen.ui.base.mistakes import fragment
from disgen.ui.base.reproduce import show_recipe
from disgen.ui.base.samplers import label
from disgen.ui.base.urlstate import Choice, Whole
from disgen.ui.estimators import tables
from disgen.ui.estimators.job import ComparisonRequest, start_comparison
from disgen.ui.estimators.plots import losses_html
from disgen.ui.estimators.recipe import comparison_recipe
from disgen.ui.estimators.tables import VARIANTS

if TYPE_CHECKING:
    from disgen.model.checkpoint import Run
    from disgen.ui.base.jobs import Job, Look
    from disgen.ui.data.loading import RunKey
    from disgen.ui.estimators.job import ComparisonProgress

MOST = 27_008  # samples of each sampler, as many as the paper draws
MOST_SEED = 2**31 - 1
N, SEED, DECODING = "compare_n", "compare_seed", "decoding"
PARAMETERS: urlstate.Parameters = {
    N: Whole(1000, 1, MOST),
    SEED: Whole(0, 0, MOST_SEED),
    DECODING: Choice(tuple(VARIANTS)),
}
_JOB = "_comparison_job"  # in the session's state: nobody else can come by it
_POLL = 1.0  # s between looks at a comparison that is being made


def show_comparison(key: RunKey, run: Run) -> None:
    """Controls, progress, tables and bars."""
    urlstate.restore(PARAMETERS)
    _show(key, run)


@fragment
def _show(key: RunKey, run: Run) -> None:
    job = _job(key)
    seen = job.look() if job is not None else None
    stored = _stored(key)
    light = _lacking(run)
    if light:
        st.info(light, icon=":material/info:")
    else:
        _show_controls(key, run, job, seen, can_go_back=stored is not None)
    result = stored
    if job is not None and seen is not None:
        fragment(_watch, run_every=_POLL if seen.goes_on else None)(job, seen)
        result = seen.progress.result or stored
    if result is not None:
        _show_result(result)
    elif not light and not (seen and seen.goes_on):
        st.info(
            f"There is no comparison of this model yet: push “Recompute”, or store one for good with "
            f"`python -m disgen compare --run {key.name} --store`.",
            icon=":material/info:",
        )
    urlstate.publish(PARAMETERS)


def _show_controls(
    key: RunKey,
    run: Run,
    job: Job[ComparisonProgress] | None,
    seen: Look[ComparisonProgress] | None,
    *,
    can_go_back: bool,
) -> None:
    """What to compare, and buttons to begin, to stop, and to go back to the stored table."""
    from disgen.latent.fitted import available_estimators  # noqa: PLC0415 (torch: not before the first paint)

    going = seen is not None and seen.goes_on
    there = available_estimators(run)
    names = st.pills(
        "Samplers",
        there,
        selection_mode="multi",
        default=there,
        format_func=label,
        key=f"compare_samplers_{key.name}",
        disabled=going,
        persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = st.number_input(
            "Samples of each",
            1,
            MOST,
            step=500,
            key=N,
            persist_state="session",
            disabled=going,
            width=150,
            help="The paper draws 27,008; all samplers then take some ten minutes.",
        )
        seed = st.number_input("Seed", 0, MOST_SEED, key=SEED, persist_state="session", disabled=going, width=130)
        repaired = st.toggle(
            "Repair clashes too",
            key="compare_repaired",
            persist_state="session",
            disabled=going,
            help="Adds rows in which atoms that are too close have been moved apart without changing symmetry or "
            "composition. It takes a few times as long.",
        )
        chosen = tuple(name for name in there if name in names)
        if job is not None and going:
            st.button("Stop", on_click=job.stop, icon=":material/stop_circle:")
        else:
            if st.button("Recompute", type="primary", icon=":material/refresh:", disabled=not chosen):
                _start(key, run, ComparisonRequest(chosen, int(n), int(seed), repaired=bool(repaired)))
                st.rerun()
            if seen is not None and can_go_back:
                st.button("Show the stored table", on_click=_forget, icon=":material/undo:")
    absent = [label(name) for name in ESTIMATORS if name not in there]
    if absent:
        st.caption(f"Not trained for this model: {', '.join(absent)}.")


def _watch(job: Job[ComparisonProgress], seen: Look[ComparisonProgress]) -> None:
    """How far the comparison has come; the page is drawn anew whenever there is more than has been seen."""
    now = job.look()
    progress, asked = now.progress, now.progress.request.estimators
    if (progress.compared, now.goes_on) != (seen.progress.compared, seen.goes_on):
        st.rerun()
    finished = sum(name in progress.compared for name in asked)
    count = f"{finished} of {len(asked)} samplers finished"
    if now.goes_on:
        share = progress.done / progress.total if progress.total else 0.0
        if now.stopping:
            text = "Stopping …"
        elif now.state is JobState.WAITING:
            text = f"{waiting_text(now)} …"
        elif not progress.total:
            text = "Looking at the test split …"
        else:
            text = f"{progress.done:,} of {progress.total:,} codes decoded and judged, {count}, {now.seconds:.0f} s"
        st.progress(share, text)
    elif now.state is JobState.STOPPED:
        st.info(f"Stopped: {count}; what is finished stays here.", icon=":material/stop_circle:")
    elif now.state is JobState.FAILED:
        st.error(now.problem, icon=":material/error:")
    else:
        st.success(f"Recomputed in {now.seconds:.0f} s, for this session alone.", icon=":material/check:")


def _show_result(result: dict[str, Any]) -> None:
    st.caption(tables.note(result))
    there = tables.variants_of(result)
    if not there:
        return
    if st.session_state[DECODING] not in there:
        st.session_state[DECODING] = there[0]
    st.header("What is left of the samples")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        variant = (
            st.segmented_control(
                "Decoding",
                there,
                required=True,
                format_func=lambda name: VARIANTS[name][0],
                key=DECODING,
                persist_state="session",
                help="Exact: only letters that the space group allows. Repaired: atoms that are too close are moved "
                "apart as well. Free: each output's own most probable value, as in the paper.",
            )
            or there[0]
        )
        st.download_button(
            "Table (CSV)",
            data=tables.comparison_csv(result),
            file_name=f"disgen-{result['run']}-samplers-n{result['n']}-seed{result['seed']}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/table:",
            help="All rows with counts, denominators, intervals, and the paper's figures.",
        )
        recipe = comparison_recipe(result)
        if recipe is not None:
            show_recipe(recipe, key="comparison_recipe")
    st.html(tables.rates_table_html(result, variant))
    st.caption(
        "Shares of all samples. *Yield* is what you can use: a legal crystal with its atoms apart, neutral, not in the "
        "training data, each counted once. The bars show where the others are lost, each for the first reason found."
    )
    st.html(losses_html(tables.rows_of(result, variant)))
    with st.expander("Symmetry, other checks, distance from the test split, likelihood, time"):
        st.html(tables.more_table_html(result, variant))
        st.caption(
            "W: Wasserstein distance to the test split in the property's unit; JS: Jensen–Shannon divergence in bits, "
            "0 (alike) to 1 (disjoint). Both are smaller for samples that resemble known crystals more."
        )
    st.header("Beside the paper (Table 3)")
    table = tables.paper_table_html(result)
    if not table:
        st.caption("The paper decodes freely, and this comparison has no such rows.")
        return
    st.html(table)
    st.caption(
        "With free decoding and the paper's denominators: generation and symmetry of all samples, the rest of those "
        "that gave a crystal. The paper's figures are of its own model, trained on the ICSD and sampled 27,008 times, "
        "so that they compare models and data at once."
    )


def _lacking(run: Run) -> str:
    """Why nothing can be compared with this run, as a sentence; empty if it can."""
    try:
        run.split_latents("train")
    except DisgenError as error:
        return str(error)
    return ""


def _stored(key: RunKey) -> dict[str, Any] | None:
    """The comparison that lies with the run; a damaged one is said and counts as none."""
    from disgen.evaluation import comparison  # noqa: PLC0415 (torch: not before the first paint)

    path = Path(key.path) / comparison.FILE
    if not path.is_file():
        return None
    try:
        return _loaded(key.path, path.stat().st_mtime_ns)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        return None


@st.cache_resource(max_entries=3, show_spinner=False)
def _loaded(
    path: str,
    changed: int,  # noqa: ARG001 (a new file is read anew)
) -> dict[str, Any] | None:
    from disgen.evaluation.comparison import load_comparison  # noqa: PLC0415

    return load_comparison(Path(path))


def _job(key: RunKey) -> Job[ComparisonProgress] | None:
    """This session's comparison of the run, if there is one."""
    found: tuple[RunKey, Job[ComparisonProgress]] | None = st.session_state.get(_JOB)
    return found[1] if found is not None and found[0] == key else None


def _start(key: RunKey, run: Run, request: ComparisonRequest) -> None:
    _forget()
    st.session_state[_JOB] = (key, start_comparison(run, request, visit.presence(visit.place())))


def _forget() -> None:
    found = st.session_state.pop(_JOB, None)
    if found is not None:
        found[1].stop()
