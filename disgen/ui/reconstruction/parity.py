"""Parity plots of the six cell parameters (Fig. 9): a click names the crystal behind a point."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from disgen.drawing.palettes import QUALITATIVE
from disgen.ui.base.own_component import own_component

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.evaluation.figures import Figures

KEY = "parity_chart"
LABELS = (("a", "Å"), ("b", "Å"), ("c", "Å"), ("α", "°"), ("β", "°"), ("γ", "°"))
GRID = 500  # cells along a panel, of which each shows one crystal: two or three a pixel
_DIGITS = 4  # of lengths in Å and angles in degrees
_CHART = own_component(
    "disgen_parity", "disgen.ui.reconstruction", "parity.js", css="parity.css", html='<div class="panels"></div>'
)


def parity_data(figures: Figures) -> dict[str, Any]:
    """What the chart draws: six panels with targets, reconstructions and rows of the split."""
    panels = []
    for number, (name, unit) in enumerate(LABELS):
        values = figures.cell[:, :, number]
        chosen = distinct(values)
        target, found = np.round(values[:, chosen].astype(float), _DIGITS).tolist()
        panels.append({"name": name, "unit": unit, "x": target, "y": found, "rows": figures.row[chosen].tolist()})
    version = hashlib.sha256(np.ascontiguousarray(figures.cell).tobytes()).hexdigest()
    return {"version": version, "panels": panels, "colours": list(QUALITATIVE[:2])}


def show_parity(data: dict[str, Any], figures: Figures, shown: int, picked: Callable[[int], None]) -> None:
    """The six panels.

    Args:
        data: of `parity_data`.
        figures: what it was made of.
        shown: row of the split that is marked.
        picked: called with the row of a point that is clicked.
    """

    def clicked() -> None:
        row = st.session_state[KEY].picked
        if isinstance(row, (int, float)) and row >= 0:
            picked(int(row))

    _CHART(key=KEY, data={**data, "shown": marked(figures, shown)}, on_picked_change=clicked)


def marked(figures: Figures, row: int) -> list[list[float]]:
    """Target and reconstruction of a crystal in each panel; empty if it is not among the figures."""
    found = np.flatnonzero(figures.row == row)
    return np.round(figures.cell[:, found[0]].T.astype(float), _DIGITS).tolist() if len(found) else []


def distinct(points: np.ndarray) -> np.ndarray:
    """Numbers of the points (2, n) that can be told apart: one for each cell of a fine grid over the panel."""
    low, high = points.min(), points.max()
    cells = ((points - low) / max(float(high - low), 1e-9) * GRID).astype(np.int64)
    return np.sort(np.unique(cells[0] * (GRID + 1) + cells[1], return_index=True)[1])
