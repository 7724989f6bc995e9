"""The judges' figures of two sets as a table: each with its number and interval, and where they differ."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from disgen.judge.contrast import Unit
from disgen.ui.base.html_table import table_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.judge.contrast import Contrast, Figure

_STYLE = """<style>
[data-table=contrast] {
  :is(th, td) { padding: 0.3rem 0.6rem; }
  td { white-space: nowrap; }
  td:first-child { white-space: normal; min-width: 11rem; }
  small { opacity: 0.8; font-size: 0.78rem; }
  td > span + small { margin-left: 0.5rem; }
  @media (max-width: 640px) {
    :is(th, td) { padding: 0.3rem; }
    td, td:first-child { white-space: normal; min-width: 0; }
    td > span + small { display: block; margin-left: 0; }
  }
  tr.differs td { background: color-mix(in srgb, #179487 12%, transparent); }
}
</style>"""
_DECIMALS = {Unit.NUMBER: 3, Unit.VOLUME: 2, Unit.ENERGY: 3}
SIZES = "not compared: the numbers of samples differ"


def contrast_html(rows: Sequence[Contrast], labels: tuple[str, str]) -> str:
    """A row a quantity; labels of the two sets are escaped here."""
    head = ["Judged by", *map(html.escape, labels), "Difference"]
    lines = [
        [
            f'<span title="{html.escape(row.quantity.sentence)}">{html.escape(row.quantity.label)}</span>',
            figure_html(row.left, row.quantity.unit),
            figure_html(row.right, row.quantity.unit),
            difference_text(row),
        ]
        for row in rows
    ]
    kinds = ["differs" if row.differs else "" for row in rows]
    return _STYLE + table_html(head, lines, name="contrast", kinds=kinds)


def figure_html(figure: Figure | None, unit: Unit) -> str:
    """The value, and below it the interval and the number; the count where the pointer rests."""
    if figure is None:
        return "–"
    ends = "" if figure.interval is None else f"{'–'.join(_number(end, unit) for end in figure.interval)}, "
    title = "" if figure.count is None else f' title="{figure.count:,} of {figure.n:,}"'
    sign = " %" if unit is Unit.SHARE else "" if unit is Unit.NUMBER else f" {unit}"
    return f"<span{title}>{_number(figure.value, unit)}{sign}</span><small>{ends}n = {figure.n:,}</small>"


def difference_text(row: Contrast) -> str:
    """Which one is higher, where the intervals do not overlap; why nothing is said, where that has a reason."""
    if row.left is None or row.right is None:
        return ""
    if not row.comparable:
        return f"<small>{SIZES}</small>"
    if not row.differs:
        return ""
    return "<b>left higher</b>" if row.left.value > row.right.value else "<b>right higher</b>"


def about_text(report: dict[str, Any]) -> str:
    """What a set is: how many samples of which seed, and what they were told from."""
    n, against = report["n"], report["against"]
    real = f"told from {against['n']:,} crystals of the {against['split']} split"
    decoded = ", as the model decodes them" if against["crystals"] == "reconstructed" else ""
    if report["kind"] == "folder":
        files, missing = report["about"]["files"], len(report["about"]["unreadable"])
        left = f", {missing} not read" if missing else ""
        return f"{files:,} files{left}; {real}{decoded}."
    if report["kind"] == "split":
        own = "" if report["about"]["crystals"] == "own" else ", as the model decodes them"
        return f"{n:,} crystals{own}; {real}{decoded}."
    return f"{n:,} samples, seed {report['seed']}; {real}{decoded}."


def _number(value: float, unit: Unit) -> str:
    if unit is Unit.SHARE:
        return f"{100.0 * value:.1f}"
    return f"{value:.{_DECIMALS[unit]}f}".replace("-", "−")
