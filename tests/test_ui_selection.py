"""Clicks and URLs: pure functions over mappings."""

import pytest

from disgen.ui.base.urlstate import Choice, Decimal, Whole, read, written
from disgen.ui.charts.map_chart import whole_numbers
from disgen.ui.crystal.provenance import origin
from disgen.ui.data.loading import SampleKey
from disgen.ui.data.selection import PointId, clamp, point_of_row, selected_rows
from disgen.ui.latent.map_parameters import PARAMETERS


def event(*customdata):
    return {"selection": {"points": [{"customdata": data, "x": 0.0, "y": 0.0} for data in customdata]}}


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        (None, ()),
        ({}, ()),
        ({"selection": {}}, ()),
        (event(), ()),
        (event(3), (3,)),
        (event([3]), (3,)),
        (event(3.0, [5], 3), (3, 5)),
        (event(None, [], "x", -1), ()),
        ({"selection": {"points": [{"x": 1}]}}, ()),
    ],
)
def test_rows_of_an_event(given, rows):
    assert selected_rows(given) == rows


@pytest.mark.parametrize("said", [None, "3", 3, {"rows": [3]}, [], [None, "3", -1, 2.5, float("nan"), True, [3]]])
def test_what_is_no_row_of_the_map_is_left_out(said):
    assert whole_numbers(said) == ()


def test_rows_of_the_map_keep_their_order():
    assert whole_numbers([7, 3, 7, -1, 0]) == (7, 3, 0)


def test_rows_are_those_of_one_set_after_the_other():
    sets = {"test": 5, "train": 3, "kde": 2}
    assert point_of_row(4, sets) == PointId("test", 4)
    assert point_of_row(5, sets) == PointId("train", 0)
    assert point_of_row(9, sets) == PointId("kde", 1)
    assert point_of_row(10, sets) is None
    assert point_of_row(0, {}) is None


@pytest.mark.parametrize(("value", "size", "result"), [(-1, 3, 0), (2, 3, 2), (3, 3, 2), (9, 0, 0)])
def test_clamp(value, size, result):
    assert clamp(value, size) == result


def test_origins_name_all_that_makes_a_sample():
    assert origin(None, PointId("test", 12)) == "test-12"
    assert origin(SampleKey("kde", 300, 7), PointId("kde", 12)) == "kde-n300-seed7-12"
    assert origin(SampleKey("kde", 300, 7), PointId("test", 12)) == "test-12"
    assert origin(SampleKey("kde", 300, 7, 0.8), PointId("kde", 12)) == "kde-n300-seed7-t0.8-12"
    assert origin(SampleKey("kde", 300, 7), PointId("train", 12)) == "train-12"


KNOWN = {"set": Choice(("none", "kde")), "n": Whole(300, 1, 5000), "t": Decimal(1.0, 0.1, 2.0), "to": Whole(None, 0, 9)}


@pytest.mark.parametrize(
    ("params", "state"),
    [
        ({}, {}),
        ({"set": "kde", "n": "12"}, {"set": "kde", "n": 12}),
        ({"set": "evil", "n": "0"}, {}),
        ({"n": "5001"}, {}),
        ({"n": "-3"}, {}),
        ({"n": "1e3"}, {}),
        ({"n": "٣"}, {}),
        ({"n": "9" * 5000}, {}),
        ({"other": "1"}, {}),
        ({"t": "0.85", "to": "0"}, {"t": 0.85, "to": 0}),
        ({"t": "2"}, {"t": 2.0}),
        ({"t": "2.1", "to": "10"}, {}),
        ({"t": "0.05"}, {}),
        ({"t": "nan"}, {}),
        ({"t": "1e0"}, {}),
        ({"t": "١"}, {}),
        ({"t": "1." + "0" * 50}, {}),
    ],
)
def test_only_what_makes_sense_is_read_from_a_url(params, state):
    assert read(params, KNOWN) == state


def test_defaults_are_not_written():
    assert written({"set": "none", "n": 300}, KNOWN) == {}
    assert written({"set": "kde", "n": 12, "x": 1}, KNOWN) == {"set": "kde", "n": "12"}
    assert written({"n": None, "to": None, "t": 1.0}, KNOWN) == {}
    assert written({"to": 0, "t": 0.1 + 0.2}, KNOWN) == {"to": "0", "t": "0.3"}


def test_a_url_comes_back_as_it_was():
    state = {"set": "gmm", "n": 50, "seed": 3, "colour": "outcome", "of": "gmm", "point": 17, "temperature": 0.75}
    state |= {"tool": "path", "to_of": "train", "to": 0, "way": "linear", "steps": 5, "pick": 4, "radius": 1.0}
    assert read(written(state, PARAMETERS), PARAMETERS) == state
