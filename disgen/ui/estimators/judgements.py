"""What judges say of the samplers that no training and no choice has seen, as a table."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import streamlit as st

from disgen.errors import DisgenError
from disgen.latent.registry import ESTIMATORS
from disgen.ui.base.html_table import table_html
from disgen.ui.base.samplers import hint, label
from disgen.ui.data import run_files
from disgen.ui.estimators.plots import verdict_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from disgen.ui.data.loading import RunKey

TEST = "test"
_CREDIBLE = (
    "Legal, plausible distances, neutral, unique, new, plausible mixtures, and at most 0.15 eV an atom lost when an "
    "ordered decoration is relaxed; of a subsample, by all potentials."
)
_MSUN = (
    "Within 0.1 eV an atom of the same potential's hull, unique and new; of the subsample. The hull is the Materials "
    "Project's table alone, which lacks many known crystals: too high for all, so that only differences count."
)
_COLUMNS = (
    ("Credible", _CREDIBLE),
    ("… of disordered", "The same, of the disordered crystals alone."),
    ("Without energies", "The same without the relaxation, of all samples."),
    ("Disordered", "Crystals with a site that is shared or partly empty."),
    ("Told apart", "Area under the curve of a classifier that tells new samples from real crystals; 0.5: it cannot."),
    ("Rediscovered", "Crystals of the test split, amounts in steps of 0.05, that are found among the samples."),
    ("Mixtures", "Crystals with shared sites, all of whose pairs of species share a site in real data or are alike."),
    ("Energy drop", "Median, and upper quartile, of what relaxation takes out of an ordered decoration, eV an atom."),
    ("MSUN", _MSUN),
)
_STYLE = """<style>
[data-table=judged] {
  table { font-size: 0.82rem; }
  :is(th, td) { padding: 0.35rem 0.4rem; }
  td { white-space: nowrap; }
  small { display: block; opacity: 0.65; font-size: 0.72rem; }
  :is(th, td):first-child { position: sticky; left: 0; background: light-dark(#ffffff, #12191b); }
}
</style>"""


def show_judgements(key: RunKey) -> None:
    """The table, where the run has any judgement, and two sentences on how to read it."""
    from disgen.judge.stored import summary  # noqa: PLC0415 (torch: not before the first paint)

    try:
        reports = run_files.judgements(key)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not reports:
        return
    rows = {name: summary(report) for name, report in reports.items()}
    st.header("Judged by what no training has seen")
    st.html(judgements_html(rows))
    st.html(verdict_html([reports[name] for name in _in_order(reports)]))
    st.caption(
        "Samples that are credible, and the others by the first check that they fail; shares of all samples, without "
        "energies, which are known of a subsample."
    )
    st.caption(
        "The paper's own measures rank a narrow KDE first because its samples are hardly more than training crystals "
        "with other coordinates: legal, neutral and close to the data, but few are new. These judges ask instead "
        "whether new crystals look like real ones; the test split's own line is what no sampler can be expected to "
        "beat. `python -m disgen judge --estimator NAME --energies 200 --json` makes a line, and "
        "`judge --cifs FOLDER` one for any other program's crystals."
    )


def judgements_html(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The table of summaries (`disgen.judge.stored.summary`) by name: the test split first, others in usual order."""
    head = ["Sampler", *(f'<span title="{html.escape(about)}">{name}</span>' for name, about in _COLUMNS)]
    return _STYLE + table_html(head, [_line(name, rows[name]) for name in _in_order(rows)], name="judged")


def _in_order(rows: Iterable[str]) -> list[str]:
    """Names, the test split first, the samplers in their usual order, then others."""
    order = [TEST, *ESTIMATORS]
    return sorted(rows, key=lambda name: (order.index(name) if name in order else len(order), name))


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    called = "Test split, itself" if name == TEST else label(name)
    potentials = row["potentials"].values()
    drops = [
        f"{part['median']:.3f}<small>{part['upper']:.3f}</small>" for part in potentials if part["median"] is not None
    ]
    stable = [_share(part["msun"]) for part in potentials]
    found, area = row["rediscovered_count"], row["auc_novel"]
    return [
        f'<span title="{html.escape(hint(name))}">{html.escape(called)}</span><small>n = {row["n"]:,}</small>',
        f"<b>{_share(row['credible_with_drop'])}</b>",
        _share(row["credible_with_drop_of_disordered"]),
        _share(row["credible"]),
        _share(row["disordered"]),
        "–" if area is None else f"{area:.2f}",
        "–" if found is None else f"{found:,}<small>{_share(row['rediscovered'])}</small>",
        _share(row["mixtures"]),
        " ".join(drops) or "–",
        " ".join(stable) or "–",
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.1f} %"
