"""The paper's Figs. 8 to 11 as plotly figures: pure functions of what a run stores.

None needs WebGL, which the 3D view beside them does: the parity plots leave out points that hide exactly behind others.
A click in any of their panels names a row of the split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from disgen import wyckoff
from disgen.ui.palettes import QUALITATIVE, SEQUENTIAL

if TYPE_CHECKING:
    import pandas as pd

    from disgen.evaluation.figures import Figures

CELL_LABELS = ("a / Å", "b / Å", "c / Å", "α / °", "β / °", "γ / °")
LINE = {"color": "#8a9599", "width": 1, "dash": "dot"}
_GRID = 500  # cells along a panel of the parity plots, of which each shows one crystal: two or three a pixel
_SITE_PANELS = ("Occupancy", "Wyckoff letter", "Multiplicity", "Coordinates")
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
_MARGIN = {"l": 8, "r": 8, "t": 32, "b": 8}


def parity_figure(figures: Figures) -> go.Figure:
    """Fig. 9, cell parameters: reconstruction over target in six panels; ``customdata`` is the row of the split."""
    figure = make_subplots(2, 3, subplot_titles=CELL_LABELS, horizontal_spacing=0.08, vertical_spacing=0.14)
    for panel, label in enumerate(CELL_LABELS):
        place = {"row": panel // 3 + 1, "col": panel % 3 + 1}
        chosen = _distinct(figures.cell[:, :, panel])
        target, found = figures.cell[:, chosen, panel]
        unit = label[-1]
        figure.add_trace(
            go.Scatter(
                x=target,
                y=found,
                mode="markers",
                customdata=figures.row[chosen],
                marker={"size": 4, "opacity": 0.5, "color": QUALITATIVE[0], "line": {"width": 0}},
                selected={"marker": {"opacity": 1.0, "size": 11, "color": QUALITATIVE[1]}},
                unselected={"marker": {"opacity": 0.4}},
                hovertemplate=f"%{{x:.3f}} {unit} → %{{y:.3f}} {unit}<extra></extra>",
                showlegend=False,
            ),
            **place,
        )
        _diagonal(figure, min(target.min(), found.min()), max(target.max(), found.max()), **place)
    figure.update_layout(
        height=560, margin=_MARGIN, dragmode="zoom", hovermode="closest", clickmode="event+select", uirevision="parity"
    )
    return figure


def space_group_figure(figures: Figures) -> go.Figure:
    """Fig. 9, space groups: how many crystals of each group are reconstructed in each, by colour."""
    target, found, count = figures.space_groups.T
    symbols = ["", *(wyckoff.symbol(number) for number in range(1, wyckoff.SPACE_GROUPS + 1))]
    figure = go.Figure(
        _counted(target, found, count, [f"{symbols[i]} → {symbols[j]}" for i, j in zip(target, found, strict=True)], 6)
    )
    _diagonal(figure, 1, wyckoff.SPACE_GROUPS)
    return _square(figure, "space group", "reconstructed space group")


def demanded_figure(figures: Figures) -> go.Figure:
    """Fig. 11: the multiplicity that the reconstructed letter and space group demand against the reconstructed one."""
    demanded, found, count = figures.demanded.T
    classes = [str(number) for number in np.unique(figures.demanded[:, :2]).tolist()]
    texts = [f"demanded {i or 'none: no such letter'}, found {j}" for i, j in zip(demanded, found, strict=True)]
    figure = go.Figure(_counted(demanded.astype(str), found.astype(str), count, texts, 11))
    figure.add_trace(go.Scatter(x=classes, y=classes, mode="lines", line=LINE, hoverinfo="skip", showlegend=False))
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(type="category", categoryorder="array", categoryarray=classes)
    return _square(figure, "multiplicity demanded by symmetry", "reconstructed multiplicity")


def matched_share(figures: Figures) -> float:
    """Share of reconstructed sites whose multiplicity is the one demanded; NaN without sites."""
    demanded, found, count = figures.demanded.T
    return float(count[demanded == found].sum() / count.sum()) if count.sum() else float("nan")


def roc_figure(figures: Figures) -> go.Figure:
    """Fig. 9: receiver operating characteristic of the disorder flag."""
    false, true = figures.roc.T
    figure = go.Figure(
        go.Scatter(
            x=false,
            y=true,
            mode="lines",
            line={"color": QUALITATIVE[0], "width": 2},
            hovertemplate="false positives %{x:.2%}<br>true positives %{y:.2%}<extra></extra>",
            showlegend=False,
        )
    )
    _diagonal(figure, 0, 1)
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_yaxes(range=[-0.02, 1.02])
    return _square(figure, "false positive rate", "true positive rate")


def sites_figure(figures: Figures) -> go.Figure:
    """Fig. 10: densities of reconstruction over target; disordered sites above, ordered sites below."""
    titles = [f"{panel}, {kind}" for kind in ("disordered", "ordered") for panel in _SITE_PANELS]
    figure = make_subplots(2, 4, subplot_titles=titles, horizontal_spacing=0.06, vertical_spacing=0.14)
    letters = ["none", *wyckoff.LETTERS[: figures.letters.shape[1] - 1]]
    numbers = [str(number) if number else "none" for number in range(figures.multiplicities.shape[1])]
    bins = (np.arange(figures.occupancies.shape[1]) + 0.5) / figures.occupancies.shape[1]
    peak = 1
    for row, kind in ((1, 1), (2, 0)):
        panels = (
            (figures.occupancies[kind], None),
            (figures.letters[kind], letters),
            (figures.multiplicities[kind], numbers),
            (figures.coordinates[kind], None),
        )
        for column, (counts, names) in enumerate(panels, start=1):
            shown, axis = _present(counts, names) if names else (counts, bins)
            peak = max(peak, int(shown.max(initial=1)))
            with np.errstate(divide="ignore"):
                density = np.where(shown > 0, np.log10(shown), np.nan).T.astype(np.float32)
            figure.add_trace(
                go.Heatmap(
                    x=axis,
                    y=axis,
                    z=density,
                    customdata=shown.T.astype(np.int32),
                    coloraxis="coloraxis",
                    hovertemplate="%{x} → %{y}: %{customdata:,}<extra></extra>",
                    hoverongaps=False,
                ),
                row=row,
                col=column,
            )
            if names is None:
                figure.update_xaxes(range=[0, 1], row=row, col=column)
                figure.update_yaxes(range=[0, 1], row=row, col=column)
            else:
                figure.update_xaxes(type="category", row=row, col=column)
                figure.update_yaxes(type="category", row=row, col=column)
    decades = np.arange(int(np.log10(peak)) + 1)
    figure.update_layout(
        height=620,
        margin=_MARGIN,
        coloraxis={
            "colorscale": list(SEQUENTIAL),
            "cmin": 0.0,
            "cmax": float(np.log10(peak)) or 1.0,
            "colorbar": {
                "title": {"text": "count"},
                "tickvals": decades.tolist(),
                "ticktext": [f"{10 ** int(power):,}" for power in decades],
                "thickness": 12,
            },
        },
    )
    return figure


def loss_names(history: pd.DataFrame) -> list[str]:
    """Losses of which a history has both the training's and the validation's column, in the usual order."""
    present = [
        name.removeprefix("train_")
        for name in map(str, history.columns)
        if name.startswith("train_") and f"validation_{name.removeprefix('train_')}" in history
    ]
    return sorted(present, key=lambda name: list(_LOSSES).index(name) if name in _LOSSES else len(_LOSSES))


def losses_figure(history: pd.DataFrame) -> go.Figure:
    """Fig. 8: every loss over the epochs, training and validation, on logarithmic axes."""
    names = loss_names(history)
    rows = -(-len(names) // 3)
    titles = [_LOSSES.get(name, name) for name in names]
    figure = make_subplots(rows, 3, subplot_titles=titles, horizontal_spacing=0.06, vertical_spacing=0.3 / rows)
    epochs = history.get("epoch", history.index)
    for number, name in enumerate(names):
        for split, colour in (("train", QUALITATIVE[0]), ("validation", QUALITATIVE[1])):
            values = history[f"{split}_{name}"]
            figure.add_trace(
                go.Scatter(
                    x=epochs.to_numpy(),
                    y=values.where(values > 0.0).to_numpy(),
                    mode="lines",
                    name=split,
                    legendgroup=split,
                    showlegend=number == 0,
                    line={"color": colour, "width": 1.5},
                    hovertemplate=f"epoch %{{x}}: %{{y:.4g}}<extra>{split}</extra>",
                ),
                row=number // 3 + 1,
                col=number % 3 + 1,
            )
    figure.update_yaxes(type="log", exponentformat="power", dtick="D2")
    legend = {"orientation": "h", "y": 1.06, "yanchor": "bottom", "x": 0.0}
    figure.update_layout(height=200 * rows + 80, margin={**_MARGIN, "t": 70}, legend=legend, hovermode="x")
    return figure


def _distinct(points: np.ndarray) -> np.ndarray:
    """Numbers of the points (2, n) that can be told apart: one for each cell of a fine grid over the panel."""
    low, high = points.min(), points.max()
    cells = ((points - low) / max(float(high - low), 1e-9) * _GRID).astype(np.int64)
    return np.sort(np.unique(cells[0] * (_GRID + 1) + cells[1], return_index=True)[1])


def _counted(x: np.ndarray, y: np.ndarray, count: np.ndarray, texts: list[str], size: int) -> go.Scatter:
    """Squares at pairs of classes, the more often the lighter, rare ones behind."""
    order = np.argsort(count, kind="stable")
    powers = np.arange(int(np.log10(max(count.max(initial=1), 1))) + 1)
    return go.Scatter(
        x=x[order],
        y=y[order],
        mode="markers",
        text=[texts[number] for number in order],
        customdata=count[order],
        hovertemplate="%{text}: %{customdata:,}<extra></extra>",
        showlegend=False,
        marker={
            "symbol": "square",
            "size": size,
            "color": np.log10(np.maximum(count[order], 1)),
            "colorscale": list(SEQUENTIAL),
            "line": {"width": 0},
            "colorbar": {
                "title": {"text": "count"},
                "tickvals": powers.tolist(),
                "ticktext": [f"{10 ** int(power):,}" for power in powers],
                "thickness": 12,
            },
        },
    )


def _present(counts: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Classes that occur as target or reconstruction, and their names."""
    some = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    return counts[np.ix_(some, some)], [names[number] for number in some]


def _diagonal(figure: go.Figure, low: float, high: float, **place: int) -> None:
    ends = [float(low), float(high)]
    figure.add_trace(go.Scatter(x=ends, y=ends, mode="lines", line=LINE, hoverinfo="skip", showlegend=False), **place)


def _square(figure: go.Figure, x: str, y: str) -> go.Figure:
    figure.update_layout(height=420, margin=_MARGIN, hovermode="closest")
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)
    return figure
