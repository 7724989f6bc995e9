"""The figure of the map: one WebGL trace, the same bytes for the same content."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from disgen.ui.plots import COLOURINGS, map_figure
from disgen.ui.points import UNKNOWN, Points, crystal_systems


def points(name, groups, outcome="ok"):
    groups = np.array(groups)
    n = len(groups)
    rng = np.random.default_rng(n)
    table = pd.DataFrame(
        {
            "formula": ["NaCl" if group else "no crystal" for group in groups],
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "n_elements": np.where(groups, 2, 0),
            "disorder": ["vacancy" if group else UNKNOWN for group in groups],
            "source": name,
            "outcome": [outcome if group else "empty" for group in groups],
        }
    )
    return Points(name, name, np.zeros((n, 4), np.float32), rng.normal(size=(n, 2)).astype(np.float32), table)


TEST = points("test", [62, 225, 14, 225, 2], "real crystal")
SAMPLES = points("kde", [62, 0, 194])


def hovered(figure):
    return [trace for trace in figure.data if trace.type == "scattergl"]


@pytest.mark.parametrize("colouring", COLOURINGS)
@pytest.mark.parametrize("samples", [None, SAMPLES])
def test_one_webgl_trace_numbers_all_points_through(colouring, samples):
    figure = map_figure(TEST, samples, colouring)
    (trace,) = hovered(figure)
    total = len(TEST) + (len(samples) if samples else 0)
    assert list(trace.customdata) == list(range(total))
    assert len(trace.x) == len(trace.marker.color) == len(trace.text) == total
    assert figure.data[0] is trace
    assert np.isfinite(np.asarray(trace.marker.color)).all()


@pytest.mark.parametrize("colouring", COLOURINGS)
def test_the_same_content_gives_the_same_bytes(colouring):
    assert map_figure(TEST, SAMPLES, colouring).to_json() == map_figure(TEST, SAMPLES, colouring).to_json()


def colour_of(trace, index):
    low, high = trace.marker.cmin, trace.marker.cmax
    place = (trace.marker.color[index] - low) / (high - low)
    scale = trace.marker.colorscale
    return next(right[1] for left, right in pairwise(scale) if left[0] <= place < right[0])


def test_a_crystal_system_has_one_colour_in_every_set_and_in_the_legend():
    alone = map_figure(TEST, None, "crystal_system")
    beside = map_figure(TEST, SAMPLES, "crystal_system")
    legend = {trace.name: trace.marker.color for trace in beside.data[1:]}
    assert set(legend) == {"orthorhombic", "hexagonal", UNKNOWN}
    assert colour_of(alone.data[0], 0) == colour_of(beside.data[0], len(TEST)) == legend["orthorhombic"]
    assert colour_of(beside.data[0], len(TEST) + 1) == legend[UNKNOWN]
    assert len(set(legend.values())) == 3


@pytest.mark.parametrize("colouring", COLOURINGS)
def test_the_test_split_is_grey_behind_samples(colouring):
    trace = map_figure(TEST, SAMPLES, colouring).data[0]
    greys = {colour_of(trace, index) for index in range(len(TEST))}
    assert greys == {"#9aa5a8"}
    assert "#9aa5a8" not in {colour_of(trace, len(TEST) + index) for index in (0, 2)}


def test_hover_names_formula_and_space_group_or_the_reason():
    texts = map_figure(TEST, SAMPLES, "outcome").data[0].text
    assert texts[0] == "NaCl<br>Pnma (62)<br>test"
    assert texts[len(TEST) + 1] == "empty<br>kde"
