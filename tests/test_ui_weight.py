"""How many bytes a value takes is told about as Python's own count of allocations tells it."""

import gc
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from synthetic import random_crystals

from disgen.generation.decoded import DecodedLatents
from disgen.generation.reconstruction import Reconstructions
from disgen.ui.base.weight import weight


def decoded():
    """300 crystals with their checks, as a session holds them."""
    crystals = random_crystals(300, seed=8)
    return DecodedLatents.judged(np.zeros((300, 64), np.float32), Reconstructions.of_crystals(crystals))


def table():
    texts = [f"formula {number}" for number in range(20_000)]
    return pd.DataFrame({"number": np.arange(20_000), "text": pd.Series(texts, dtype=object)})


def figure():
    rng = np.random.default_rng(0)
    texts = [f"point {number}" for number in range(20_000)]
    return go.Figure(go.Scattergl(x=rng.random(20_000), y=rng.random(20_000), text=texts))


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros((1000, 100)),
        lambda: np.array([f"text {number}" for number in range(5000)], dtype=object),
        table,
        lambda: [f"text {number}" for number in range(5000)],
        lambda: {number: "x" * number for number in range(1000)},
        decoded,
        figure,
    ],
    ids=["array", "objects", "table", "list", "mapping", "crystals", "figure"],
)
def test_weight_is_about_what_is_allocated(make):
    make()  # what a first call imports and caches is not the value's
    gc.collect()
    tracemalloc.start()
    try:
        value = make()
        gc.collect()
        allocated = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.6 * allocated < weight(value) < 1.6 * allocated


def test_what_is_held_twice_counts_once():
    array = np.zeros(100_000)
    assert weight([array, array]) < 1.01 * array.nbytes


def test_circles_end_and_classes_are_nothing():
    @dataclass
    class Node:
        other: object = None

    one = Node()
    one.other = Node(one)
    assert 0 < weight(one) < 2000
    assert weight(Node) == 0
