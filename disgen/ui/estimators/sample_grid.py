"""Tiles of samples in columns, one a sampler: a picture, the formula, what became of it; a click names the sample."""

from __future__ import annotations

import hashlib
import html
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.drawing.typography import formula_html, space_group_html
from disgen.generation.outcome import Outcome
from disgen.ui.base.outcome_groups import group_of
from disgen.ui.base.own_component import own_component
from disgen.ui.base.samplers import hint
from disgen.ui.crystal.thumbnails import thumbnail_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from disgen.generation.decoded import DecodedLatent
    from disgen.ui.data.points import Points

ROWS = 8
_WORDS = {
    Outcome.OK: "new, valid, neutral",
    Outcome.KNOWN: "in the training data",
    Outcome.TOO_CLOSE: "atoms too close",
}
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
    only_good: bool,
    key: str,
    picked: Callable[[str, int], None],
) -> None:
    """Tiles of the first samples of each set.

    Args:
        sets: samples, a column each.
        fitting: of each set, numbers of the samples that may be shown, in their order.
        only_good: leave out the samples that do not count for the yield.
        key: of the component.
        picked: called with set and number of a sample that is clicked.
    """
    pairs = zip(sets, fitting, strict=True)
    columns = [column_html(points, chosen_samples(points, rows, only_good=only_good)) for points, rows in pairs]
    content = "".join(columns)

    def clicked() -> None:
        name, _, index = str(st.session_state[key].picked or "").rpartition(":")
        if name:
            picked(name, int(index))

    version = hashlib.sha256(content.encode()).hexdigest()
    _GRID(key=key, data={"html": content, "columns": len(sets), "version": version}, on_picked_change=clicked)


def chosen_samples(points: Points, fitting: np.ndarray, *, only_good: bool) -> list[int]:
    """Numbers of the first eight of some samples of a set, or of those among them that count for the yield."""
    good = points.table["outcome"].to_numpy()[fitting] == str(Outcome.OK)
    return [int(index) for index in (fitting[good] if only_good else fitting)[:ROWS]]


def column_html(points: Points, chosen: Sequence[int]) -> str:
    """One column: its heading, then a tile for each chosen sample."""
    tiles = [tile_html(points.decoded[index], points.name, index) for index in chosen]
    about = html.escape(hint(points.name))
    missing = "" if tiles else f'<p class="empty">None of {len(points):,} samples.</p>'
    return (
        f'<div class="column" style="--rows:{ROWS + 1}"><h4 title="{about}">{html.escape(points.label)}</h4>'
        f"{''.join(tiles)}{missing}</div>"
    )


def tile_html(point: DecodedLatent, name: str, index: int) -> str:
    """A sample as a button."""
    group = group_of(str(point.outcome))
    word = _WORDS.get(point.outcome, str(point.outcome))
    crystal = point.crystal
    if crystal is None:
        picture, text = '<span class="none" aria-hidden="true">∅</span>', "no crystal"
    else:
        picture = thumbnail_svg(crystal)
        formula = formula_html(crystal.formula).replace("</sub>", "</sub><wbr>")
        text = f"{formula} · {space_group_html(wyckoff.symbol(crystal.space_group))}"
    return (
        f'<button type="button" data-sample="{html.escape(name)}:{index}" title="Sample {index}: open it">{picture}'
        f'<span class="formula">{text}</span><span class="group" style="--group:{group.colour}">{word}</span></button>'
    )
