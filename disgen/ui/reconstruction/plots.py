"""The paper's Figs. 8 to 11 as SVG: pure functions of what a run stores.

The parity plots are drawn in the browser (`disgen.ui.reconstruction.parity`): a click in them names a row of the split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.drawing.palettes import QUALITATIVE
from disgen.ui.charts import svg_chart

if TYPE_CHECKING:
    import pandas as pd

    from disgen.evaluation.figures import Figures

_SITE_PANELS = ("Occupancy", "Wyckoff letter", "Multiplicity", "Coordinates")
_SPLITS = (("train", QUALITATIVE[0]), ("validation", QUALITATIVE[1]))
_LOSSES = {
    "total": "Total (weighted)",
    "kl": "KL",
    "space_group": "Space group",
    "lattice": "Lattice",
    "occupancy": "Occupancy",
    "multiplicity": "Multiplicity",
    "letter": "Wyckoff letter",
    "disordered": "Disorder flag",
    "coordinates": "Coordinates",
}
_SQUARE = (520, 400)  # px, of the panels with two equal axes
_SMALL = (280, 270)  # px, where there are four beside each other
_THIRD = (370, 210)  # px, where there are three


def space_group_html(figures: Figures) -> str:
    """Fig. 9, space groups: how many crystals of each group are reconstructed in each, by colour."""
    target, found, count = _rarest_first(figures.space_groups)
    symbols = ["", *(wyckoff.symbol(number) for number in range(1, wyckoff.SPACE_GROUPS + 1))]
    texts = [f"{symbols[i]} → {symbols[j]}: {n:,}" for i, j, n in zip(target, found, count, strict=True)]
    axis = svg_chart.linear(0.0, wyckoff.SPACE_GROUPS + 1.0, most=8)
    axes = svg_chart.Axes(axis, axis, *_SQUARE)
    peak = int(count.max(initial=1))
    content = axes.diagonal(1, wyckoff.SPACE_GROUPS)
    content += axes.squares(target, found, 6, svg_chart.colours_of(count, peak), texts)
    alt = "Reconstructed over target space group"
    drawn = axes.svg(content, x_title="space group", y_title="reconstructed space group", alt=alt)
    return svg_chart.charts_html([drawn], columns=1) + svg_chart.counts_key(peak, "crystals")


def demanded_html(figures: Figures) -> str:
    """Fig. 11: the multiplicity that the reconstructed letter and space group demand against the reconstructed one."""
    demanded, found, count = _rarest_first(figures.demanded)
    classes = np.unique(figures.demanded[:, :2])
    axis = svg_chart.categories([str(number) for number in classes.tolist()])
    axes = svg_chart.Axes(axis, axis, *_SQUARE)
    peak = int(count.max(initial=1))
    texts = [
        f"demanded {i or 'none: no such letter'}, found {j}: {n:,}"
        for i, j, n in zip(demanded, found, count, strict=True)
    ]
    content = axes.diagonal(0, len(classes) - 1)
    places = np.searchsorted(classes, demanded), np.searchsorted(classes, found)
    content += axes.squares(*places, 11, svg_chart.colours_of(count, peak), texts)
    alt = "Reconstructed multiplicity over the multiplicity that symmetry demands"
    drawn = axes.svg(
        content, x_title="multiplicity demanded by symmetry", y_title="reconstructed multiplicity", alt=alt
    )
    return svg_chart.charts_html([drawn], columns=1) + svg_chart.counts_key(peak, "sites")


def matched_share(figures: Figures) -> float:
    """Share of reconstructed sites whose multiplicity is the one demanded; NaN without sites."""
    demanded, found, count = figures.demanded.T
    return float(count[demanded == found].sum() / count.sum()) if count.sum() else float("nan")


def roc_html(figures: Figures) -> str:
    """Fig. 9: receiver operating characteristic of the disorder flag."""
    false, true = figures.roc.T
    axis = svg_chart.linear(-0.02, 1.02)
    axes = svg_chart.Axes(axis, axis, *_SQUARE)
    content = axes.diagonal(0, 1) + axes.line(false, true, QUALITATIVE[0])
    area = float(figures.roc_area[0])
    alt = f"Receiver operating characteristic of the disorder flag, area {area:.4f}"
    drawn = axes.svg(content, x_title="false positive rate", y_title="true positive rate", alt=alt)
    return svg_chart.charts_html([drawn], columns=1)


def sites_html(figures: Figures) -> str:
    """Fig. 10: densities of reconstruction over target; disordered sites above, ordered sites below."""
    letters = ["none", *wyckoff.LETTERS[: figures.letters.shape[1] - 1]]
    numbers = [str(number) if number else "none" for number in range(figures.multiplicities.shape[1])]
    unit = svg_chart.linear(0.0, 1.0, most=5)
    arrays = (figures.occupancies, figures.letters, figures.multiplicities, figures.coordinates)
    peak = max(1, *(int(array.max(initial=1)) for array in arrays))
    charts = []
    for kind, which in ((1, "disordered"), (0, "ordered")):
        for array, classes, title in zip(arrays, (None, letters, numbers, None), _SITE_PANELS, strict=True):
            counts, names = _present(array[kind], classes) if classes else (array[kind], None)
            axis = svg_chart.categories(names) if names else unit
            axes = svg_chart.Axes(axis, axis, *_SMALL)
            content = axes.cells(counts, peak, names)
            charts.append(axes.svg(content, f"{title}, {which}", "target", "reconstruction"))
    return svg_chart.charts_html(charts, columns=4) + svg_chart.counts_key(peak)


def loss_names(history: pd.DataFrame) -> list[str]:
    """Losses of which a history has both the training's and the validation's column, in the usual order."""
    present = [
        name.removeprefix("train_")
        for name in map(str, history.columns)
        if name.startswith("train_") and f"validation_{name.removeprefix('train_')}" in history
    ]
    return sorted(present, key=lambda name: list(_LOSSES).index(name) if name in _LOSSES else len(_LOSSES))


def losses_html(history: pd.DataFrame) -> str:
    """Fig. 8: every loss over the epochs, training and validation, on logarithmic axes."""
    epochs = history.get("epoch", history.index).to_numpy(dtype=float)
    x = svg_chart.linear(float(epochs.min()), float(epochs.max()))
    charts = []
    for name in loss_names(history):
        lines = [(history[f"{split}_{name}"].to_numpy(dtype=float), colour) for split, colour in _SPLITS]
        seen = np.concatenate([values[np.isfinite(values) & (values > 0.0)] for values, _ in lines])
        y = svg_chart.logarithmic(float(seen.min(initial=1e9)), float(seen.max(initial=0.0))) if seen.size else x
        axes = svg_chart.Axes(x, y, *_THIRD)
        content = "".join(axes.line(epochs, values, colour) for values, colour in lines) if seen.size else ""
        charts.append(axes.svg(content, _LOSSES.get(name, name), "epoch", alt=f"Loss by epoch: {name}"))
    return svg_chart.lines_key(_SPLITS) + svg_chart.charts_html(charts, columns=3)


def _rarest_first(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of a table (m, 3) of pairs and counts, frequent pairs last, so that they are drawn in front."""
    target, found, count = table[np.argsort(table[:, 2], kind="stable")].T
    return target, found, count


def _present(counts: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Classes that occur as target or reconstruction, and their names."""
    some = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    return counts[np.ix_(some, some)], [names[number] for number in some]
