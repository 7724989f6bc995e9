"""Splits by crystal and at random."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disgen.corpus.split import SPLITS, split_at_random, split_by_key


def keys_with_copies(n, seed=0):
    """Keys of which few occur very often, as in the AMCSD."""
    return [f"key {number}" for number in np.random.default_rng(seed).zipf(1.5, n) % 5000]


def shares(split):
    return [np.mean(split == name) for name in SPLITS]


def test_fractions_hold():
    keys = [f"k{number // 2}" for number in range(20_000)]
    assert shares(split_by_key(keys, seed=0)) == pytest.approx([0.7, 0.1, 0.2], abs=0.001)
    assert shares(split_by_key(keys, seed=1, fractions=(0.5, 0.25, 0.25))) == pytest.approx(
        [0.5, 0.25, 0.25], abs=0.001
    )


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 300))
def test_no_key_stands_in_two_splits(seed, n):
    keys = np.array(keys_with_copies(n, seed))
    split = split_by_key(keys.tolist(), seed=seed)
    assert set(split) <= set(SPLITS)
    assert all(len(set(split[keys == key])) == 1 for key in set(keys))


def test_same_seed_same_split_whatever_the_order():
    keys = keys_with_copies(3000)
    split = split_by_key(keys, seed=5)
    assert (split == split_by_key(keys, seed=5)).all()
    assert (split != split_by_key(keys, seed=6)).any()
    order = np.random.default_rng(0).permutation(len(keys))
    assert (split[order] == split_by_key([keys[index] for index in order], seed=5)).all()


def test_new_entries_move_few_old_ones():
    keys = [f"k{number}" for number in range(10_000)]
    before = split_by_key(keys, seed=0)
    after = split_by_key([*keys, *(f"new {number}" for number in range(500))], seed=0)[: len(keys)]
    assert np.mean(before != after) < 0.02


def test_random_split_ignores_the_key():
    sources, identifiers = ["a"] * 1000 + ["b"] * 1000, [str(number) for number in range(1000)] * 2
    split = split_at_random(sources, identifiers, seed=0)
    assert shares(split) == pytest.approx([0.7, 0.1, 0.2], abs=0.001)
    assert (split[:1000] != split[1000:]).any()


def test_no_entries():
    assert len(split_by_key([], seed=0)) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"seed": -1}, "The seed is -1"), ({"seed": 0, "fractions": (0.5, 0.5, 0.5)}, "do not sum to 1")],
)
def test_wrong_use(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        split_by_key(["a"], **arguments)
