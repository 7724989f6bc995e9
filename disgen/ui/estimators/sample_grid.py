"""Tiles of samples in columns, one a sampler: a picture, the formula, what became of it; a click names the sample."""

from __future__ import annotations

import hashlib
import html
from itertools import islice
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.drawing.typography import formula_html, space_group_html
from disgen.generation.outcome import Outcome
from disgen.ui.base.outcome_groups import VERDICT_GROUPS, group_of
from disgen.ui.base.own_component import own_component
from disgen.ui.base.samplers import hint
from disgen.ui.crystal.thumbnails import thumbnail_svg
from disgen.ui.crystal.verdict import is_good, known_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.verdict import Verdict
    from disgen.ui.data.points import Points

    Judge = Callable[[DecodedLatent], Verdict | None]

ROWS = 8
_BY_CRITERION = {group.criterion: group.colour for group in VERDICT_GROUPS}
_FAILED = {"Charge neutral": _BY_CRITERION["neutral"], "Mixtures": _BY_CRITERION["mixtures"]}
_GRID = own_component(
    "disgen_sample_grid",
    "disgen.ui.estimators",
    "sample_grid.js",
    css="sample_grid.css",
    html='<div class="grid"></div>',
)


def show_grid(
    sets: Sequence[Points],
    fitting: Sequence[np.ndarray],
    *,
    judge: Judge,
    only_good: bool,
    key: str,
    picked: Callable[[str, int], None],
) -> None:
    """Tiles of the first samples of each set.

    Args:
        sets: samples, a column each.
        fitting: of each set, numbers of the samples that may be shown, in their order.
        judge: gives the verdict on a sample.
        only_good: leave out the samples that are not credible, not new, or not the first of their kind.
        key: of the component.
        picked: called with set and number of a sample that is clicked.
    """
    pairs = zip(sets, fitting, strict=True)
    columns = [
        column_html(points, chosen_samples(points, rows, judge, only_good=only_good), judge) for points, rows in pairs
    ]
    content = "".join(columns)

    def clicked() -> None:
        name, _, index = str(st.session_state[key].picked or "").rpartition(":")
        if name:
            picked(name, int(index))

    version = hashlib.sha256(content.encode()).hexdigest()
    _GRID(key=key, data={"html": content, "columns": len(sets), "version": version}, on_picked_change=clicked)


def chosen_samples(points: Points, fitting: np.ndarray, judge: Judge, *, only_good: bool) -> list[int]:
    """Numbers of the first eight of some samples of a set, or of those among them that are credible, new and unique."""

    def good(index: int) -> bool:
        point = points.decoded[index]
        return point.outcome is not Outcome.DUPLICATE and is_good(judge(point))

    numbers = fitting.tolist()
    return list(islice(filter(good, numbers) if only_good else numbers, ROWS))


def column_html(points: Points, chosen: Sequence[int], judge: Judge) -> str:
    """One column: its heading, then a tile for each chosen sample."""
    tiles = [tile_html(points.decoded[index], judge(points.decoded[index]), points.name, index) for index in chosen]
    about = html.escape(hint(points.name))
    missing = "" if tiles else f'<p class="empty">None of {len(points):,} samples.</p>'
    return (
        f'<div class="column" style="--rows:{ROWS + 1}"><h3 title="{about}">{html.escape(points.label)}</h3>'
        f"{''.join(tiles)}{missing}</div>"
    )


def tile_html(point: DecodedLatent, found: Verdict | None, name: str, index: int) -> str:
    """A sample as a button."""
    word, colour = said_of(point, found)
    crystal = point.crystal
    if crystal is None:
        picture, text = '<span class="none" aria-hidden="true">∅</span>', "no crystal"
    else:
        picture = thumbnail_svg(crystal)
        formula = formula_html(crystal.formula).replace("</sub>", "</sub><wbr>")
        text = f"{formula} · {space_group_html(wyckoff.symbol(crystal.space_group))}"
    return (
        f'<button type="button" data-sample="{html.escape(name)}:{index}" title="Sample {index}: open it">{picture}'
        f'<span class="formula">{text}</span><span class="group" style="--group:{colour}">{word}</span></button>'
    )


def said_of(point: DecodedLatent, found: Verdict | None) -> tuple[str, str]:
    """The verdict on a sample in a few words, and their colour."""
    if found is None:
        return str(point.outcome), group_of(str(point.outcome)).colour
    if not found.credible:
        colour = _FAILED.get(found.failed[0], group_of(Outcome.TOO_CLOSE).colour)
        return f"not credible: {', '.join(found.failed).lower()}", colour
    if not found.new:
        return f"known ({known_text(found)})", group_of(Outcome.KNOWN).colour
    if point.outcome is Outcome.DUPLICATE:
        return "credible, seen before", group_of(Outcome.DUPLICATE).colour
    return "credible, new", group_of(Outcome.OK).colour
