"""Fillings of positions that exclude each other: as good as the best of all that there are."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from disgen.generation.ordered.exclusion import fill
from disgen.generation.ordered.packing import pack

N = 8


def most_atoms(owners, limits, excluded):
    """By trying all fillings: the largest number of filled positions, with at most some on each site."""
    best = 0
    for choice in product((0, 1), repeat=len(owners)):
        filled = np.array(choice)
        if all(not (filled[a] and filled[b]) for a, b in excluded):
            best = max(best, int(np.minimum(np.bincount(owners, filled, len(limits)), limits).sum()))
    return best


@given(
    owners=st.lists(st.integers(0, 1), min_size=N, max_size=N),
    pairs=st.sets(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)), max_size=14),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    seed=st.integers(0, 9),
)
@settings(max_examples=30, deadline=None)
def test_no_filling_holds_more(owners, pairs, shares, seed):
    owners = np.array(owners)
    excluded = np.array([pair for pair in pairs if pair[0] < pair[1]]).reshape(-1, 2).astype(np.int64)
    sizes = np.bincount(owners, minlength=2)
    wanted = np.array([[round(share * size)] for share, size in zip(shares, sizes, strict=True)])
    rng = np.random.default_rng(seed)
    at_home = pack(owners, wanted, np.zeros((2, 1), dtype=bool), excluded, rng)
    assert at_home.filled.sum() == most_atoms(owners, wanted[:, 0], excluded)
    assert at_home.filled.sum() >= fill(owners, wanted[:, 0], excluded, rng).sum()
    assert (at_home.counts[:, 0] == np.bincount(owners, at_home.filled, 2)).all()
    anywhere = pack(owners, wanted, np.ones((2, 1), dtype=bool), excluded, rng)
    assert anywhere.filled.sum() == min(int(wanted.sum()), most_atoms(owners, sizes, excluded))
    for found in (at_home, anywhere):
        assert not any(found.filled[a] and found.filled[b] for a, b in excluded)


def test_atoms_stay_at_home_where_they_can():
    owners = np.array([0, 0, 1, 1])
    wanted = np.array([[1, 0], [0, 1]])
    found = pack(owners, wanted, np.ones((2, 2), dtype=bool), np.array([[0, 2]]), np.random.default_rng(0))
    assert found.counts.tolist() == wanted.tolist()
