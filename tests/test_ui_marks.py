"""What is sent to the browser to be drawn over the map."""

import base64

import numpy as np
import pytest
from test_ui_neighbourhood import MIXED, SAMPLES

from disgen.latent.density import density
from disgen.ui.latent import tool_table
from disgen.ui.latent.marks import Marks, Overlay, marks_data


def test_marks_are_plain_numbers_and_texts():
    titles = tool_table.mark_titles(SAMPLES, "Sample")
    marks = Marks(np.array([[0.5, 1.0], [2.0, 3.0], [4.0, 5.0]], np.float32), titles, [True, False, False], picked=1)
    data = marks_data("map_chart", np.array([1.0, 2.0], np.float32), marks, Overlay())
    assert data["rings"] == [{"kind": "start", "at": [1.0, 2.0]}]
    assert [point["good"] for point in data["points"]] == [True, False, False]
    assert data["points"][0]["title"] == f"Sample 0: {MIXED.formula}, Fm-3m (225), ok"
    assert data["points"][2]["title"] == "Sample 2: empty"
    assert data["picked"] == 1
    assert not data["path"]
    assert data["focus"] is None
    assert data["density"] is None
    ended = marks_data("map_chart", np.zeros(2), Marks(path=True, end=np.ones(2)), Overlay())
    assert [ring["kind"] for ring in ended["rings"]] == ["start", "end"]
    with pytest.raises(ValueError, match="zip"):
        marks_data("map_chart", np.zeros(2), Marks(np.zeros((1, 2)), titles, [True]), Overlay())


def test_layers_are_rows_places_and_a_grid():
    grid = density(np.random.default_rng(0).normal(size=(40, 2)))
    overlay = Overlay([3, 1], np.array([[0.25, 1.0]], np.float32), grid)
    data = marks_data("map_chart", np.zeros(2), Marks(), overlay)
    assert data["focus"] == {"rows": [3, 1], "beyond": [[0.25, 1.0]]}
    found = np.frombuffer(base64.b64decode(data["density"]["values"]), "<f4")
    assert np.array_equal(found.reshape(data["density"]["rows"], data["density"]["columns"]), grid.values)
    assert data["density"]["levels"] == list(grid.levels)
