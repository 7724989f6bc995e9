"""Phase diagrams as in the paper's Fig. 6: a binary as formation energies over composition, a ternary as a triangle.

A pure function of a diagram. Points carry their place in `Diagram.placed` as ``customdata``, so that a click names an
entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from disgen.drawing.palettes import BACKGROUND_POINT, QUALITATIVE, SEQUENTIAL
from disgen.drawing.typography import formula_html
from disgen.energies.potential import EnergyError
from disgen.ensembles.stability.report import STABLE, kinds_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disgen.ensembles.stability import Diagram, Placed

BINARY, TERNARY = 2, 3  # elements of systems that can be drawn
_HEIGHT = 460  # px
_HIGHEST = 0.2  # eV an atom above the hull, where the colours of a ternary end
_LABELS_APART = 0.07  # of the figure
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3.0) / 2.0]])


@dataclass(frozen=True)
class _Kind:
    """A kind of entry and how it is drawn."""

    name: str
    symbol: str
    size: int
    colour: str
    holds: Callable[[Placed], bool]


_ON_HULL = "known, on the hull"
_KINDS = (
    _Kind("known, above the hull", "circle", 7, BACKGROUND_POINT, lambda one: one.is_reference and one.height > STABLE),
    _Kind(_ON_HULL, "circle", 11, QUALITATIVE[0], lambda one: one.is_reference and one.height <= STABLE),
    _Kind("ordered", "square", 11, QUALITATIVE[2], lambda one: not one.is_reference and not one.entry.is_disordered),
    _Kind("disordered", "diamond", 12, QUALITATIVE[1], lambda one: not one.is_reference and one.entry.is_disordered),
)


def hull_figure(found: Diagram) -> go.Figure | None:
    """A binary or a ternary; None for systems of one element or more than three."""
    if len(found.elements) == BINARY:
        return _binary(found)
    return _ternary(found) if len(found.elements) == TERNARY else None


def figure_html(found: Diagram) -> str:
    """The figure of a binary or a ternary as a whole page, which needs no network.

    Raises:
        EnergyError: if the system has neither two elements nor three.
    """
    figure = hull_figure(found)
    if figure is None:
        msg = f"A phase diagram of {len(found.elements)} elements cannot be drawn: two or three can."
        raise EnergyError(msg)
    title = {"text": f"{'–'.join(found.elements)} at {found.temperature:g} K", "y": 0.98}
    figure.update_layout(title=title, height=700, margin={"t": 80}, template="plotly_white")
    page: str = figure.to_html(include_plotlyjs=True, config={"displaylogo": False, "scrollZoom": True})
    return page


def _binary(found: Diagram) -> go.Figure:
    """Formation energy over the share of the second element; a line from a disordered one's mean to its best cell."""
    second = found.elements[1]
    x = np.array([placed.entry.share(second) for placed in found.placed])
    y = np.array([placed.formation for placed in found.placed])
    figure = go.Figure()
    order = sorted({corner for facet in found.facets for corner in facet}, key=lambda place: float(x[place]))
    _add_lines(figure, [(x[order], y[order])])
    best = [
        (np.array([x[place]] * 2), np.array([y[place], y[place] + placed.entry.best - placed.entry.energy]))
        for place, placed in enumerate(found.placed)
        if placed.entry.is_disordered
    ]
    _add_lines(figure, best, colour=QUALITATIVE[1], dash="dot")
    _add_entries(figure, found, x, y)
    figure.update_layout(
        xaxis={"title": {"text": f"share of {second}"}, "range": [-0.03, 1.03], "zeroline": False},
        yaxis={"title": {"text": _energy_title(found)}, "zeroline": True},
    )
    return figure


def _ternary(found: Diagram) -> go.Figure:
    """The triangle with the hull's tie lines, heights as colours; of known crystals of one composition the lowest."""
    shares = np.array([[placed.entry.share(symbol) for symbol in found.elements] for placed in found.placed])
    x, y = (shares @ _CORNERS).T
    figure = go.Figure()
    edges = {pair for facet in found.facets for pair in combinations(sorted(facet), 2)}
    _add_lines(figure, [(x[list(pair)], y[list(pair)]) for pair in sorted(edges)])
    heights = np.array([placed.height for placed in found.placed])
    _add_entries(figure, found, x, y, heights, _lowest(shares, heights, found))
    for symbol, corner, anchor in zip(found.elements, _CORNERS, ("right", "left", "center"), strict=True):
        figure.add_annotation(
            x=corner[0],
            y=corner[1],
            text=f"<b>{symbol}</b>",
            showarrow=False,
            xanchor=anchor,
            yanchor="bottom" if anchor == "center" else "top",
            yshift=8 if anchor == "center" else -8,
            font={"size": 16},
        )
    hidden = {"visible": False, "zeroline": False}
    figure.update_layout(
        xaxis={**hidden, "range": [-0.1, 1.1]}, yaxis={**hidden, "range": [-0.12, 1.0], "scaleanchor": "x"}
    )
    return figure


def _add_lines(
    figure: go.Figure,
    lines: Sequence[tuple[np.ndarray, np.ndarray]],
    colour: str = BACKGROUND_POINT,
    dash: str = "solid",
) -> None:
    """Lines as one trace, with gaps between them."""
    gap = np.array([np.nan])
    x = np.concatenate([part for line, _ in lines for part in (line, gap)]) if lines else gap
    y = np.concatenate([part for _, line in lines for part in (line, gap)]) if lines else gap
    style = {"color": colour, "width": 1.5, "dash": dash}
    figure.add_scatter(x=x, y=y, mode="lines", line=style, hoverinfo="skip", showlegend=False)


def _lowest(shares: np.ndarray, heights: np.ndarray, found: Diagram) -> frozenset[int]:
    """Places of all crystals but known ones above a more stable known one of their composition (n, elements)."""
    seen: set[bytes] = set()
    kept = []
    for place in np.argsort(heights, kind="stable").tolist():
        composition = np.round(shares[place], 6).tobytes()
        if not found.placed[place].is_reference or composition not in seen:
            kept.append(place)
        if found.placed[place].is_reference:
            seen.add(composition)
    return frozenset(kept)


def _add_entries(
    figure: go.Figure,
    found: Diagram,
    x: np.ndarray,
    y: np.ndarray,
    heights: np.ndarray | None = None,
    drawn: frozenset[int] | None = None,
) -> None:
    """A trace a kind of entry; coloured by height where heights (n,) are given; all places, or those that are drawn."""
    for kind in _KINDS:
        places = [
            place
            for place, placed in enumerate(found.placed)
            if kind.holds(placed) and (drawn is None or place in drawn)
        ]
        marker: dict[str, object] = {"symbol": kind.symbol, "size": kind.size, "color": kind.colour}
        if heights is not None and kind.name != _ON_HULL:
            marker |= {
                "color": heights[places],
                "cmin": 0.0,
                "cmax": _HIGHEST,
                "colorscale": list(SEQUENTIAL),
                "line": {"width": 1, "color": kind.colour},
                "colorbar": {"title": {"text": "eV above"}, "thickness": 12, "len": 0.7},
                "showscale": kind.name == "known, above the hull",
            }
        figure.add_scatter(
            x=x[places],
            y=y[places],
            mode="markers+text" if kind.name == _ON_HULL else "markers",
            name=kind.name,
            marker=marker,
            customdata=places,
            text=_labels(found, x[places], y[places], places) if kind.name == _ON_HULL else None,
            textposition="top center",
            unselected={"marker": {"opacity": 1.0}},
            hovertext=[_text(found.placed[place]) for place in places],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0.0},
        clickmode="event+select",
        dragmode="pan",
        uirevision="hull",
    )


def _labels(found: Diagram, x: np.ndarray, y: np.ndarray, places: Sequence[int]) -> list[str]:
    """Formulas of compounds, but for those that would stand on another one's."""
    spans = np.array([np.ptp(x) or 1.0, np.ptp(y) or 1.0])
    points = np.column_stack([x, y]) / spans
    shown: list[int] = []
    labels = []
    for number, place in enumerate(places):
        entry = found.placed[place].entry
        free = all(np.linalg.norm(points[number] - points[other]) > _LABELS_APART for other in shown)
        wanted = len(entry.composition) > 1 and free
        if wanted:
            shown.append(number)
        labels.append(formula_html(entry.name.partition(" ")[0]) if wanted else "")
    return labels


def _text(placed: Placed) -> str:
    """What is said of an entry under the pointer."""
    entry = placed.entry
    formula, _, rest = entry.name.partition(" ")
    lines = [f"{formula_html(formula)} {rest}", f"{1000.0 * placed.height:+.0f} meV an atom above the hull"]
    if entry.is_disordered:
        best = 1000.0 * (entry.best - entry.energy)
        lines.append(f"mean of {entry.decorations} decorations of {kinds_text(entry.different)}")
        lines.append(f"the best lies {-best:.0f} meV lower")
    return "<br>".join(lines)


def _energy_title(found: Diagram) -> str:
    if found.temperature > 0.0:
        return f"formation energy less T S at {found.temperature:g} K, eV an atom"
    return "formation energy, eV an atom"
