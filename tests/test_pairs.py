"""Pairs of positions near each other, against pymatgen's neighbour list."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.generation.pairs import PairsError, near_pairs


@given(st.integers(0, 10_000), st.floats(1.0, 5.0))
def test_the_pairs_are_those_of_pymatgen(seed, reach):
    from pymatgen.core import Lattice, Structure

    rng = np.random.default_rng(seed)
    lattice = Lattice.from_parameters(*rng.uniform(2.0, 6.0, 3), *rng.uniform(62.0, 115.0, 3))
    positions = rng.uniform(-1.0, 2.0, (5, 3))
    pairs = near_pairs(positions, lattice.matrix, reach)
    moved = (positions[pairs.second] + pairs.shift - positions[pairs.first]) @ lattice.matrix
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), pairs.distance)
    structure = Structure(lattice, ["H"] * 5, positions)
    *_, expected = structure.get_neighbor_list(reach, exclude_self=True)
    np.testing.assert_allclose(np.sort(np.tile(pairs.distance, 2)), np.sort(expected), atol=1e-8)


def test_each_pair_is_found_once_and_own_images_count():
    pairs = near_pairs(np.zeros((1, 3)), 3.0 * np.eye(3), 3.1)
    assert len(pairs) == 3  # six neighbours, each pair of opposite ones counted once
    assert {tuple(shift) for shift in pairs.shift} == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}


def test_no_positions_have_no_pairs():
    assert len(near_pairs(np.zeros((0, 3)), np.eye(3), 2.0)) == 0


def test_a_flat_cell_is_refused_in_a_sentence():
    with pytest.raises(PairsError, match=r"too flat or too large .*\.$"):
        near_pairs(np.zeros((20, 3)), np.diag([5.0, 5.0, 1e-4]), 4.0)
