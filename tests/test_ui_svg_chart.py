"""Axes, marks and colours of small SVG charts."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.ui.charts import svg_chart
from disgen.ui.charts.svg_chart import BOTTOM, LEFT, RIGHT, TOP, Axes

HOSTILE = "</title><script>alert(1)</script>"


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), most=st.integers(2, 12))
def test_round_numbers_lie_on_the_axis_and_are_not_too_many(low, width, most):
    scale = svg_chart.linear(low, low + width, most)
    places = scale.shares([value for value, _ in scale.ticks])
    assert len(places) <= most + 1
    assert np.all((places >= -1e-6) & (places <= 1 + 1e-6))
    assert np.allclose(np.diff(places, 2), 0.0, atol=1e-6)


def test_whole_numbers_only():
    assert [text for _, text in svg_chart.linear(0.5, 3.5, 10, whole=True).ticks] == ["1", "2", "3"]


def test_powers_of_ten_have_equal_distances():
    scale = svg_chart.logarithmic(0.01, 1e4)
    assert [text for _, text in scale.ticks] == ["0.01", "0.1", "1", "10", "100", "1,000", "10,000"]
    np.testing.assert_allclose(np.diff(scale.shares([0.01, 0.1, 1.0, 10.0])), 1 / 6)
    assert np.isnan(scale.shares([0.0])).all()
    assert {"2", "5"} <= {text for _, text in svg_chart.logarithmic(1.0, 50.0).ticks}


def test_ends_of_the_scales_are_the_edges_of_the_panel():
    axes = Axes(svg_chart.linear(2.0, 4.0), svg_chart.linear(0.0, 1.0), 300, 200)
    np.testing.assert_allclose(axes.across([2.0, 4.0]), [LEFT, 300 - RIGHT])
    np.testing.assert_allclose(axes.down([0.0, 1.0]), [200 - BOTTOM, TOP])


def test_texts_on_an_axis_do_not_touch():
    names = [f"element {number}" for number in range(90)]
    axes = Axes(svg_chart.categories(names), svg_chart.linear(0.0, 1.0))
    root = ET.fromstring(axes.svg(""))  # noqa: S314 (our own)
    kept = [(float(text.get("x")), text.text) for text in root.iter("text") if (text.text or "").startswith("element")]
    assert 1 < len(kept) < 90
    for (one, first), (other, second) in pairwise(kept):
        assert other - one >= 6 * (len(first) + len(second)) / 2


def test_what_is_not_ours_is_escaped():
    axes = Axes(svg_chart.categories([HOSTILE]), svg_chart.linear(0.0, 1.0))
    bars = axes.bars(np.array([-0.4]), np.array([0.4]), np.array([1.0]), [HOSTILE], "#123456")
    squares = axes.squares(np.array([0]), np.array([0.5]), 4, ["#123456"], [HOSTILE])
    drawn = axes.svg(bars + squares, HOSTILE, HOSTILE, HOSTILE) + svg_chart.lines_key([(HOSTILE, "#123456")])
    assert "<script" not in drawn
    ET.fromstring(f"<div>{drawn}</div>")  # noqa: S314 (our own)


def test_values_without_a_logarithm_are_left_out():
    axes = Axes(svg_chart.linear(0.0, 3.0), svg_chart.logarithmic(1.0, 100.0))
    assert axes.bars(np.arange(2), np.arange(2) + 0.9, np.array([0.0, 10.0]), ["no", "yes"], "red").count("<rect") == 1
    line = axes.line(np.arange(4), np.array([1.0, 10.0, 0.0, 100.0]), "red")
    assert re.findall("[ML]", line.split('"')[1]) == ["M", "L", "M"]


@pytest.mark.parametrize("named", [True, False])
def test_a_density_covers_what_is_counted(named):
    counts = np.array([[3, 0], [1, 7]])
    axes = Axes(svg_chart.categories("ab"), svg_chart.categories("ab"))
    drawn = axes.cells(counts, 7, ["a", "b"] if named else None)
    titles = re.findall(r"<title>(.*?)</title>", drawn)
    assert sorted(titles) == (["a → a: 3", "b → a: 1", "b → b: 7"] if named else ["1", "3", "7"])


def test_colours_rise_with_counts():
    colours = svg_chart.colours_of(np.array([1, 10, 100]), 100)
    assert len(set(colours)) == 3
    luma = (0.2126, 0.7152, 0.0722)
    light = [sum(w * int(colour[i : i + 2], 16) for w, i in zip(luma, (1, 3, 5), strict=True)) for colour in colours]
    assert light == sorted(light)
    assert svg_chart.colours_of(np.array([1]), 1) == colours[:1]
