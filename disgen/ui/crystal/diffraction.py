"""Powder diffraction of one crystal on any page: its pattern, that of ordered cells, and a measured one over them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from disgen.drawing.palettes import QUALITATIVE
from disgen.ensembles import diffraction
from disgen.errors import DisgenError
from disgen.export.bundle import file_name
from disgen.generation.ordered.cell import draw_ordered_cell
from disgen.generation.ordered.supercell import suggest_repeats
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.mistakes import fragment

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ensembles.diffraction import MeasuredPattern, Pattern

MOST_CELLS = 20  # ordered cells whose patterns are averaged: some seconds
AVERAGE, DECORATED, MEASURED = "average structure", "ordered cells, mean", "measured"
_STYLES = {AVERAGE: (QUALITATIVE[0], "solid"), DECORATED: (QUALITATIVE[1], "dot"), MEASURED: (QUALITATIVE[6], "solid")}
_STEP = 0.02  # degrees, of the drawn curves
_TICKS_AT = -6.0  # below the curves, whose highest point is 100
_HEIGHT = 360  # px
_LARGEST = 5  # MB, of a measured pattern


@fragment
def show_diffraction(crystal: WyckoffCrystal, *, key: str, origin: str = "") -> None:
    """Controls, the figure, and downloads of the powder pattern of a crystal.

    Args:
        crystal: ordered or disordered.
        key: of the widgets, distinct on the page.
        origin: where the crystal comes from, for the names of files.
    """
    names = list(diffraction.wavelengths())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wavelength = st.selectbox(
            "Wavelength",
            names,
            key=f"{key}_wavelength",
            format_func=_wavelength_text,
            width=190,
            persist_state="session",
        )
        low, high = st.slider("2θ / °", 2, 160, (10, 90), key=f"{key}_range", width=260)
        width = st.slider("Width of lines / °", 0.02, 1.0, diffraction.WIDTH, 0.02, key=f"{key}_width", width=180)
        n = (
            st.slider(
                "Ordered cells",
                0,
                MOST_CELLS,
                0,
                key=f"{key}_cells",
                width=180,
                help="The mean pattern of so many random decorations: what the average structure has not is the "
                "disorder's diffuse scattering.",
            )
            if crystal.disordered_sites
            else 0
        )
    file = st.file_uploader(
        "A measured pattern: 2θ in degrees and intensity, in two columns",
        type=["xy", "xye", "csv", "txt", "dat"],
        max_upload_size=_LARGEST,
        key=f"{key}_measured",
    )
    try:
        average = _average(crystal, wavelength, low, high)
        decorated = _decorated(crystal, n, wavelength, low, high) if n else None
        measured = diffraction.read_measured(file.getvalue().decode("utf-8", "replace")) if file else None
    except DisgenError as error:
        st.warning(plain_markdown(str(error)), icon=":material/rule:")
        return
    grid = np.arange(low, high + _STEP / 2.0, _STEP)
    curves = curves_of(average, decorated, measured, grid, width)
    st.plotly_chart(
        diffraction_figure(average, grid, curves),
        key=f"{key}_figure",
        config={"displaylogo": False},
        alt=f"Powder pattern of {crystal.formula}",
    )
    st.caption(
        "X-rays, kinematic, with Lorentz and polarisation factor, without thermal motion; strongest line of the "
        "average structure 100. Bars are its reflections."
        + (" The measured pattern has its highest point at 100." if measured else "")
    )
    with st.container(horizontal=True):
        _download("Reflections (CSV)", average.csv(), file_name(crystal, origin, f"_{wavelength}_hkl.csv"), key)
        _download("Curves (CSV)", curves_csv(grid, curves), file_name(crystal, origin, f"_{wavelength}.csv"), key)


def curves_of(
    average: Pattern, decorated: Pattern | None, measured: MeasuredPattern | None, grid: np.ndarray, width: float
) -> dict[str, np.ndarray]:
    """What is drawn, by name: (m,) heights over a grid (m,) of 2θ in degrees.

    The average structure's highest point is 100, ordered cells are on its scale, and a measured pattern's highest
    point within the grid is 100; NaN outside of what was measured.
    """
    heights = average.profile(grid, width)
    scale = 100.0 / heights.max()
    curves = {AVERAGE: scale * heights}
    if decorated is not None:
        curves[DECORATED] = scale * decorated.profile(grid, width)
    if measured is not None:
        values = np.interp(grid, measured.two_theta, measured.intensity, left=np.nan, right=np.nan)
        top = np.nanmax(values, initial=0.0)
        curves[MEASURED] = 100.0 * values / top if top > 0.0 else values
    return curves


def diffraction_figure(average: Pattern, grid: np.ndarray, curves: dict[str, np.ndarray]) -> go.Figure:
    """Curves over 2θ, and a bar below them for each reflection of the average structure."""
    figure = go.Figure()
    for name, heights in curves.items():
        colour, dash = _STYLES[name]
        line = {"color": colour, "width": 1.5, "dash": dash}
        figure.add_scatter(x=grid, y=heights, mode="lines", name=name, line=line, hoverinfo="skip")
    texts = [
        f"{hkl}<br>2θ {angle:.3f}°, d {d:.4f} Å, {height:.1f}"
        for hkl, angle, d, height in zip(
            average.indices, average.two_theta, average.spacing, average.relative, strict=True
        )
    ]
    figure.add_scatter(
        x=average.two_theta,
        y=np.full(len(average), _TICKS_AT),
        mode="markers",
        name="reflections",
        marker={"symbol": "line-ns-open", "size": 9, "color": QUALITATIVE[0]},
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0.0},
        xaxis={"title": {"text": "2θ / °"}, "range": [float(grid[0]), float(grid[-1])], "zeroline": False},
        yaxis={"title": {"text": "intensity"}, "zeroline": False, "rangemode": "normal"},
        uirevision="diffraction",
    )
    return figure


def curves_csv(grid: np.ndarray, curves: dict[str, np.ndarray]) -> str:
    """A row an angle, a column a curve; empty where nothing was measured."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("two_theta_degrees", *(name.replace(",", "").replace(" ", "_") for name in curves)))
    for angle, *heights in zip(grid.tolist(), *(heights.tolist() for heights in curves.values()), strict=True):
        writer.writerow((f"{angle:.2f}", *("" if np.isnan(height) else f"{height:.4f}" for height in heights)))
    return table.getvalue()


@st.cache_resource(max_entries=64, show_spinner="Computing the pattern …")
def _average(crystal: WyckoffCrystal, wavelength: str, low: int, high: int) -> Pattern:
    return diffraction.powder_pattern(crystal, wavelength, (float(low), float(high)))


@st.cache_resource(max_entries=16, show_spinner="Computing patterns of ordered cells …")
def _decorated(crystal: WyckoffCrystal, n: int, wavelength: str, low: int, high: int) -> Pattern:
    repeats = suggest_repeats(crystal)
    cells = [draw_ordered_cell(crystal, repeats, seed) for seed in range(n)]
    return diffraction.decorated_pattern(cells, wavelength, (float(low), float(high)))


def _wavelength_text(name: str) -> str:
    """A name such as "CuKa1" for people: "Cu Kα₁, 1.5406 Å"."""
    line = name[2:].replace("a", "α").replace("b", "β").translate(str.maketrans("12", "₁₂"))
    return f"{name[:2]} {line}, {diffraction.wavelengths()[name]:.4f} Å"


def _download(label: str, data: str, name: str, key: str) -> None:
    st.download_button(
        label,
        data=data,
        file_name=name,
        mime="text/csv",
        key=f"{key}_{label}",
        on_click="ignore",
        icon=":material/download:",
    )
