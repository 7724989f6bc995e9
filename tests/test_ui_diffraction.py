"""The powder pattern on a page: curves on one scale, a measured pattern over them, and their table."""

import csv
import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ensembles.diffraction import MeasuredPattern, decorated_pattern, powder_pattern
from disgen.generation.ordered.cell import draw_ordered_cell
from disgen.ui.crystal.diffraction import curves_csv, curves_of, diffraction_figure

ALLOY = WyckoffCrystal(
    225, (3.75,) * 3 + (90.0,) * 3, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.5), ("Au", 0.5))),)
)
GRID = np.arange(30.0, 90.0, 0.02)


def page():
    from pathlib import Path

    import disgen
    from disgen.cif import read_cif
    from disgen.ui.crystal.diffraction import show_diffraction

    path = Path(disgen.__file__).parents[1] / "tests" / "data" / "lsco.cif"
    show_diffraction(read_cif(path.read_bytes()), key="x")


def test_all_curves_stand_on_the_average_structures_scale():
    average = powder_pattern(ALLOY)
    decorated = decorated_pattern([draw_ordered_cell(ALLOY, (2, 2, 2), seed) for seed in range(3)])
    measured = MeasuredPattern(np.linspace(40.0, 60.0, 200), np.linspace(0.0, 7.0, 200))
    curves = curves_of(average, decorated, measured, GRID, 0.2)
    assert list(curves) == ["average structure", "ordered cells, mean", "measured"]
    assert curves["average structure"].max() == pytest.approx(100.0)
    assert curves["ordered cells, mean"].max() == pytest.approx(100.0, rel=0.02)
    assert np.nanmax(curves["measured"]) == pytest.approx(100.0, rel=0.01)
    assert np.isnan(curves["measured"][[0, -1]]).all()
    figure = diffraction_figure(average, GRID, curves)
    assert [trace.name for trace in figure.data] == [*curves, "reflections"]
    assert "111 (8)" in figure.data[-1].text[0]


def test_the_table_of_curves_is_empty_where_nothing_was_measured():
    measured = MeasuredPattern(np.linspace(40.0, 60.0, 200), np.linspace(1.0, 7.0, 200))
    curves = curves_of(powder_pattern(ALLOY), None, measured, GRID, 0.2)
    rows = list(csv.DictReader(io.StringIO(curves_csv(GRID, curves))))
    assert len(rows) == len(GRID)
    assert rows[0]["measured"] == ""
    middle = len(GRID) // 3
    assert float(rows[middle]["average_structure"]) == pytest.approx(curves["average structure"][middle], abs=1e-4)


def test_a_page_draws_it_compares_it_and_says_what_is_wrong():
    test = AppTest.from_function(page, default_timeout=120).run()
    assert not test.exception
    assert "Cu Kα, 1.5418 Å" in test.selectbox(key="x_wavelength").options
    test.selectbox(key="x_wavelength").set_value("MoKa").run()
    test.slider(key="x_cells").set_value(2).run()
    assert not test.exception
    assert not test.warning
    measured = "\n".join(f"{angle / 10} {angle}" for angle in range(100, 900)).encode()
    test.file_uploader(key="x_measured").set_value([("measured.xy", measured, "text/plain")]).run()
    assert "measured pattern" in test.caption[-1].value
    test.file_uploader(key="x_measured").set_value([("measured.xy", b"nothing", "text/plain")]).run()
    assert "no pattern of two columns" in test.warning[0].value
