"""What a search found: how often it succeeds, a ranked table, the chosen crystal, files, and paths on the map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.base import visit
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.reproduce import show_recipe
from disgen.ui.base.samplers import label
from disgen.ui.conditioning import files
from disgen.ui.conditioning.plots import paths_figure
from disgen.ui.conditioning.recipe import search_recipe
from disgen.ui.conditioning.result_table import EXPLAINED, columns_of, results_table
from disgen.ui.crystal import buttons, narrowing, tables, tray, verdict
from disgen.ui.crystal.filtered_table import narrowed, show_rows
from disgen.ui.crystal.narrowing import Facts, verdict_checks
from disgen.ui.data import loading
from disgen.ui.latent.tool_table import formula_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping, Sequence

    from disgen.judge.search_results import SearchedPoint
    from disgen.search.targets import Targets
    from disgen.ui.base.jobs import Look
    from disgen.ui.conditioning.job import SearchProgress, SearchRequest, SearchResult
    from disgen.ui.data.loading import RunKey

ALL, PICK = "condition_all", "condition_pick"  # show all points; chosen latent point, None for the first in the table
_TABLE = "condition_table"
_VIEW = 460  # px


def show_results(key: RunKey, seen: Look[SearchProgress], found: SearchResult) -> None:
    """Everything about the results of a search, also of one that goes on."""
    request, rate = seen.progress.request, seen.progress.base_rate
    st.header("What was found" if found.final else f"The best so far, after {found.step:,} steps")
    st.caption(plain_markdown(f"{request.targets.text}."))
    st.markdown(summary(request, found, seen.seconds))
    if found.final:
        st.caption(base_rate_text(request.estimator, rate) if rate is not None else "Counting plain samples …")
    chosen, shown = _show_table(request.targets, found)
    _show_takeaway(key, request, found, shown)
    if chosen is not None:
        _show_chosen(key, request, chosen)
    _show_paths(key, found)


def summary(request: SearchRequest, found: SearchResult, seconds: float) -> str:
    """How often the search succeeded, in a sentence or two."""
    n, success = request.settings.n, found.success
    met, valid, new = (round(share * n) for share in (success.met, success.sound, success.unique_novel))
    credible = sum(result.good for result in found.results)
    return (
        f"**{credible:,} credible crystals meet everything**: plausible distances, volume and mixtures, neutral, each "
        "comes back from its CIF, in no split of the corpus, and no two alike. "
        f"{met:,} of {n:,} points ({success.met:.1%}) give a crystal that meets everything; "
        f"{valid:,} ({success.sound:.1%}) one that is valid and neutral as well, and {new:,} "
        f"({success.unique_novel:.1%}) one that was also not trained on, each counted once. "
        f"{success.distinct_valid:,} of the valid crystals differ. {found.step:,} steps, {seconds:.0f} s."
    )


def base_rate_text(estimator: str, rate: float) -> str:
    """What plain samples achieve."""
    from disgen.search.conditions import BASE_SAMPLES  # noqa: PLC0415 (torch: not before the first paint)

    return (
        f"Without a search: {round(rate * BASE_SAMPLES):,} of {BASE_SAMPLES:,} plain samples of {label(estimator)} "
        f"({rate:.2%}) meet everything."
    )


def listed(found: SearchResult, *, everything: bool) -> list[tuple[int, SearchedPoint]]:
    """Results with their ranks: all, or those that meet all targets."""
    return [(rank, result) for rank, result in enumerate(found.results, start=1) if everything or result.meets_all]


def good(results: Iterable[SearchedPoint]) -> list[SearchedPoint]:
    """Those that meet all targets, are credible and new, each once."""
    return [result for result in results if result.good]


def forget(state: MutableMapping[Any, Any]) -> None:
    """Another search: the first of its results is chosen."""
    state[PICK] = None


def pick(state: MutableMapping[Any, Any], latents: Sequence[int], row: int | None) -> None:
    """Choose a result by its row; the first if the row's mark was taken away."""
    state[PICK] = None if row is None else latents[row]


def chosen_row(state: Mapping[Any, Any], latents: Sequence[int], shown: np.ndarray) -> int | None:
    """The row of the chosen result, or of the first that is shown; None if nothing is chosen or shown."""
    if state.get(PICK) in latents:
        return latents.index(state[PICK])
    return int(shown[0]) if len(shown) else None


def facts_of(targets: Targets, rows: Sequence[tuple[int, SearchedPoint]]) -> Facts:
    """What results can be told apart by."""
    results = [result for _, result in rows]
    checks = verdict_checks([result.verdict for result in results])
    checks["No twin"] = np.array([not result.twin for result in results], dtype=bool)
    for number, target in enumerate(targets):
        checks[target.text] = np.array([result.met[number] for result in results], dtype=bool)
    return Facts.of_crystals([result.decoded.crystal for result in results], checks)


def _show_table(targets: Targets, found: SearchResult) -> tuple[SearchedPoint | None, list[tuple[int, SearchedPoint]]]:
    """The ranked table; returns the chosen result, and those that are shown with their ranks."""
    state = st.session_state
    nothing_met = not found.success.met
    if nothing_met:
        st.info("No point meets everything; these come nearest.", icon=":material/info:")
    everything = (
        st.toggle(
            "Show points that miss a condition too",
            key=ALL,
            persist_state="session",
            on_change=lambda: forget(state),
        )
        or nothing_met
    )
    rows = listed(found, everything=bool(everything))
    latents = [result.latent for _, result in rows]
    shown = narrowed(facts_of(targets, rows), key=_TABLE)
    row = chosen_row(state, latents, shown)
    show_rows(
        results_table(targets, rows),
        shown,
        key=_TABLE,
        chosen=row,
        pick=partial(pick, state, latents),
        column_config=columns_of(targets),
        alt="What was found, the best first",
    )
    st.caption(EXPLAINED)
    return None if row is None else rows[row][1], [rows[number] for number in shown.tolist()]


def _show_takeaway(
    key: RunKey, request: SearchRequest, found: SearchResult, shown: Sequence[tuple[int, SearchedPoint]]
) -> None:
    best, ranked = good(found.results), list(enumerate(found.results, start=1))
    with st.container(horizontal=True):
        st.download_button(
            "All that meet everything (zip)",
            data=lambda: files.archive(key.name, request, ranked),
            file_name=f"disgen-{key.name}-{files.stem(request)}.zip",
            mime="application/zip",
            key="condition_zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            disabled=not found.success.met,
            help="A CIF for each, a table of all points with their checks, and the targets.",
        )
        if narrowing.wanted_of(st.session_state, _TABLE) != narrowing.ANYTHING:
            st.download_button(
                f"The {len(shown):,} shown (zip)",
                data=lambda: files.archive(key.name, request, shown, everything=True),
                file_name=f"disgen-{key.name}-{files.stem(request)}-{len(shown)}-filtered.zip",
                mime="application/zip",
                key="condition_shown_zip",
                on_click="ignore",
                icon=":material/filter_alt:",
                disabled=not shown,
                help="The same of the rows that fit the filter, also of those that miss a condition.",
            )
        room = tray.MOST - len(tray.items(visit.place()))
        if st.button(
            "Good ones to tray",
            key="condition_tray",
            icon=":material/add:",
            disabled=not best or room < 1,
            help="Credible new ones that meet everything, each once; as many as fit.",
        ):
            buttons.add_to_tray(files.items_of(key.name, request, best[:room]))
        show_recipe(search_recipe(key.name, request, found.step, files.stem(request)), key="condition_recipe")


def _show_chosen(key: RunKey, request: SearchRequest, result: SearchedPoint) -> None:
    decoded = result.decoded
    missed = [target.text for target, met in zip(request.targets, result.met, strict=True) if not met]
    if missed and decoded.crystal is not None:
        st.warning("Missed: " + "; ".join(missed) + ".", icon=":material/block:")
    if decoded.crystal is None:
        verdict.show_checks(decoded, key)
        return
    with st.container(key="wide_found"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        tables.show_heading(decoded.crystal)
        tables.show_live_view(decoded.crystal, channel="found", height=_VIEW)
        source = files.source_of(key.name, request, result)
        buttons.show_actions(decoded.crystal, source, key="download_found")
    with right:
        tables.show_tables(decoded.crystal)
        verdict.show_checks(decoded, key)


def _show_paths(key: RunKey, found: SearchResult) -> None:
    if not found.paths:
        if found.map_problem:
            st.info(found.map_problem, icon=":material/info:")
        return
    try:
        test = loading.split_points(key)
    except DisgenError as error:
        st.info(str(error), icon=":material/info:")
        return
    crystals = {result.latent: result.decoded.crystal for result in found.results}
    names = [formula_text(crystals[path.latent]) for path in found.paths]
    st.header("Where the best have come from")
    st.plotly_chart(
        paths_figure(test.xy, found.paths, names),
        key="condition_paths",
        config={"scrollZoom": True, "displaylogo": False},
        alt="Paths of the best points over the latent map",
    )
    st.caption(
        f"Paths of the {len(found.paths)} best points over the t-SNE map of the test split (grey): a ring where each "
        "began, a dot for each change for the better, a star where it ended. A long straight line is a new start."
    )
