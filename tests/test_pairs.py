"""Pairs of positions near each other, against all images one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.crystal import lattice_vectors
from disgen.generation.geometry.pairs import PairsError, near_pairs

IMAGES = np.array(list(product(range(-7, 8), repeat=3)))  # cells, further than any reach below


@given(st.integers(0, 10_000), st.floats(1.0, 5.0))
def test_the_pairs_are_those_of_all_images(seed, reach):
    rng = np.random.default_rng(seed)
    vectors = lattice_vectors((*rng.uniform(2.0, 6.0, 3), *rng.uniform(62.0, 115.0, 3)))
    positions = rng.uniform(-1.0, 2.0, (5, 3))
    pairs = near_pairs(positions, vectors, reach)
    moved = (positions[pairs.second] + pairs.shift - positions[pairs.first]) @ vectors
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), pairs.distance)
    there = (positions[None, :, None] + IMAGES[None, None] - positions[:, None, None]) @ vectors
    distance = np.linalg.norm(there, axis=-1)  # (5, 5, images)
    expected = distance[(distance > 1e-9) & (distance <= reach)]
    np.testing.assert_allclose(np.sort(np.tile(pairs.distance, 2)), np.sort(expected), atol=1e-8)


def test_each_pair_is_found_once_and_own_images_count():
    pairs = near_pairs(np.zeros((1, 3)), 3.0 * np.eye(3), 3.1)
    assert len(pairs) == 3  # six neighbours, each pair of opposite ones counted once
    assert {tuple(shift) for shift in pairs.shift} == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}


def test_the_reach_itself_is_within_reach_and_nothing_beyond_it():
    assert len(near_pairs(np.zeros((1, 3)), 3.0 * np.eye(3), 3.0)) == 3
    assert len(near_pairs(np.zeros((1, 3)), 3.0 * np.eye(3), 2.999)) == 0


def test_no_positions_have_no_pairs():
    assert len(near_pairs(np.zeros((0, 3)), np.eye(3), 2.0)) == 0


def test_a_flat_cell_is_refused_in_a_sentence():
    with pytest.raises(PairsError, match=r"too flat or too large .*\.$"):
        near_pairs(np.zeros((20, 3)), np.diag([5.0, 5.0, 1e-4]), 4.0)
