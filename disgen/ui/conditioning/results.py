"""What a search found: how often it succeeds, a ranked table, the chosen crystal, files, and paths on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from disgen.errors import DisgenError
from disgen.generation.checks import MAIN, Basis
from disgen.generation.outcome import Outcome
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.samplers import label
from disgen.ui.conditioning import files
from disgen.ui.conditioning.plots import paths_figure
from disgen.ui.crystal import buttons, tables, tray, verdict
from disgen.ui.data import loading
from disgen.ui.latent.tool_table import formula_text, group_text

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping, Sequence

    from disgen.judge.search_results import SearchedPoint
    from disgen.search.targets import Targets
    from disgen.ui.base.jobs import Look
    from disgen.ui.conditioning.job import SearchProgress, SearchRequest, SearchResult
    from disgen.ui.data.loading import RunKey

ALL, PICK = "condition_all", "condition_pick"  # show all points, chosen row
_TABLE = "condition_table"
_ROWS, _ROW, _HEAD = 9, 35, 38  # rows before the table scrolls, px, px
_VIEW = 460  # px
# Of the columns of the targets, by kind; a kind without an entry goes by its own name.
_HEADINGS = {
    "required elements": "Required",
    "allowed elements": "No others",
    "forbidden elements": "Forbidden",
    "site mix": "Mixture",
    "ratio": "Ratio",
    "space group": "Group",
    "crystal system": "System",
    "sites": "Sites",
    "disordered sites": "Disordered",
    "volume per atom": "Volume",
}
_YES, _NO = "✓", "✗"
# Of several results alike all but one are marked as twins, so what depends on the others has no column.
_CHECKS = {check.heading: (check.key, check.sentence) for check in MAIN if check.basis is not Basis.SAMPLES}
_VERDICTS = {
    "Credible": ("credible", "All that can be told without energies speaks for it; of several alike, one."),
    "Mixtures": (
        "mixtures",
        "Species that share a site do so in real crystals, or are alike in radius and charge.",
    ),
}


def show_results(key: RunKey, seen: Look[SearchProgress], found: SearchResult) -> None:
    """Everything about the results of a search that is over, or nearly."""
    request, rate = seen.progress.request, seen.progress.base_rate
    st.subheader("What was found")
    st.caption(plain_markdown(f"{request.targets.text}."))
    st.markdown(summary(request, found, seen.progress.trace[-1].step, seen.seconds))
    st.caption(base_rate_text(request.estimator, rate) if rate is not None else "Counting plain samples …")
    chosen = _show_table(request.targets, found)
    _show_takeaway(key, request, found)
    _show_chosen(key, request, chosen)
    _show_paths(key, found)


def summary(request: SearchRequest, found: SearchResult, steps: int, seconds: float) -> str:
    """How often the search succeeded, in a sentence or two."""
    n, success = request.settings.n, found.success
    met, valid, new = (round(share * n) for share in (success.met, success.sound, success.unique_novel))
    credible = sum(result.meets_all and result.credible for result in found.results)
    return (
        f"**{credible:,} credible crystals meet everything**: legal, plausible distances and mixtures, neutral, new, "
        "and no two alike. "
        f"{met:,} of {n:,} points ({success.met:.1%}) give a crystal that meets everything; "
        f"{valid:,} ({success.sound:.1%}) one that is valid and neutral as well, and {new:,} "
        f"({success.unique_novel:.1%}) one that is also new, each counted once. {success.distinct_valid:,} of the "
        f"valid crystals differ. {steps:,} steps, {seconds:.0f} s."
    )


def base_rate_text(estimator: str, rate: float) -> str:
    """What plain samples achieve."""
    from disgen.search.conditions import BASE_SAMPLES  # noqa: PLC0415 (torch: not before the first paint)

    return (
        f"Without a search: {round(rate * BASE_SAMPLES):,} of {BASE_SAMPLES:,} plain samples of {label(estimator)} "
        f"({rate:.2%}) meet everything."
    )


def column_names(targets: Targets) -> list[str]:
    """A short, distinct heading for each target."""
    words = [getattr(target, "parameter", "") or _HEADINGS.get(target.kind, target.kind) for target in targets]
    return [
        word + (f" {words[: place + 1].count(word)}" if words.count(word) > 1 else "")
        for place, word in enumerate(words)
    ]


def results_table(targets: Targets, results: Sequence[tuple[int, SearchedPoint]]) -> pd.DataFrame:
    """A row a result: rank, crystal, whether it meets each target, verdicts, checks, probability, volume, step."""
    names = column_names(targets)
    rows = [
        {
            "Rank": rank,
            "Formula": formula_text(result.decoded.crystal),
            "Space group": group_text(result.decoded.crystal),
            **dict(zip((f"{name} " for name in names), map(_sign, result.met), strict=True)),
            **{name: _sign(getattr(result, verdict)) for name, (verdict, _) in _VERDICTS.items()},
            "ln p": round(result.log_probability, 1),
            "Foreign": " ".join(result.foreign),
            "Å³/atom": round(result.decoded.checks.volume_per_atom, 1),
            "Expected": round(result.expected_volume, 1),
            **{name: _sign(getattr(result.decoded.checks, check)) for name, (check, _) in _CHECKS.items()},
            "Twin": "twin" if result.decoded.outcome is Outcome.DUPLICATE else "",
            "Step": result.step,
        }
        for rank, result in results
    ]
    return pd.DataFrame(rows)


def columns_of(targets: Targets) -> dict[str, Any]:
    """How the table shows its columns; the pointer on a heading tells what it means."""
    small: dict[str, Any] = {"width": 82, "alignment": "center"}
    met = {
        f"{name} ": st.column_config.TextColumn(name, help=target.text, **small)
        for name, target in zip(column_names(targets), targets, strict=True)
    }
    signs = {
        name: st.column_config.TextColumn(name, help=about, **small)
        for name, (_, about) in (_VERDICTS | _CHECKS).items()
    }
    return {
        "Rank": st.column_config.NumberColumn("#", width=45),
        "Formula": st.column_config.TextColumn("Formula", width=175),
        "Space group": st.column_config.TextColumn("Space group", width=105),
        **met,
        **signs,
        "Twin": st.column_config.TextColumn(
            "Twin", width=55, help="A crystal of better rank has the same symmetry, sites and occupancies."
        ),
        "ln p": st.column_config.NumberColumn(
            "ln p",
            width=65,
            help="Logarithm of the probability that the learned prior gives to symmetry and contents; with another "
            "density, log-density of the point.",
        ),
        "Foreign": st.column_config.TextColumn("Foreign", width=75, help="Elements that nobody asked for."),
        "Å³/atom": st.column_config.NumberColumn("Å³/atom", width=75, help="Volume of the cell by the atoms in it."),
        "Expected": st.column_config.NumberColumn(
            "Expected", width=80, help="Volume per atom in Å³ that its elements have in real crystals."
        ),
        "Step": st.column_config.NumberColumn("Step", width=55, help="At which the point was found."),
    }


def listed(found: SearchResult, *, everything: bool) -> list[tuple[int, SearchedPoint]]:
    """Results with their ranks: all, or those that meet all targets."""
    return [(rank, result) for rank, result in enumerate(found.results, start=1) if everything or result.meets_all]


def good(results: Iterable[SearchedPoint]) -> list[SearchedPoint]:
    """Those that meet all targets and are credible."""
    return [result for result in results if result.meets_all and result.credible]


def forget(state: MutableMapping[Any, Any]) -> None:
    """Another search: the first of its results is chosen."""
    state[PICK] = 0


def picked_row(state: MutableMapping[Any, Any]) -> None:
    """Choose a result by its row; the first if the row's mark was taken away."""
    rows = state[_TABLE]["selection"]["rows"]
    state[PICK] = int(rows[0]) if rows else 0


def _show_table(targets: Targets, found: SearchResult) -> SearchedPoint:
    """The ranked table; returns the chosen result."""
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
    row = min(int(state.get(PICK, 0)), len(rows) - 1)
    st.dataframe(
        results_table(targets, rows),
        key=_TABLE,
        height=_HEAD + _ROW * min(len(rows), _ROWS),
        hide_index=True,
        column_config=columns_of(targets),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [row]}},
        on_select=lambda: picked_row(state),
        alt="What was found, the best first",
    )
    return rows[row][1]


def _show_takeaway(key: RunKey, request: SearchRequest, found: SearchResult) -> None:
    best = good(found.results)
    with st.container(horizontal=True):
        st.download_button(
            "All that meet everything (zip)",
            data=lambda: files.archive(key.name, request, found.results),
            file_name=f"{files.stem(request)}.zip",
            mime="application/zip",
            key="condition_zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            disabled=not found.success.met,
            help="A CIF for each, a table of all points with their checks, and the targets.",
        )
        room = tray.MOST - len(tray.items(st.session_state))
        if st.button(
            "Good ones to tray",
            key="condition_tray",
            icon=":material/add:",
            disabled=not best or room < 1,
            help="Credible ones that meet everything, each once; as many as fit.",
        ):
            buttons.add_to_tray(files.items_of(key.name, request, best[:room]))


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
    st.subheader("Where the best have come from")
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


def _sign(holds: object) -> str:
    return _YES if holds else _NO
