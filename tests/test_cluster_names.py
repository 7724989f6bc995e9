"""Names of crowds on a map: what most of a crowd share, or none."""

import numpy as np

from disgen.latent.cluster_names import FEWEST, cluster_names, groups_of

SALT, SPINEL, ODD = "225|aCl1.00|bNa1.00", "227|aMg1.00|dAl1.00|eO1.00", "1|aO1.00"


def crowd(x, y, n, seed=0):
    return np.random.default_rng(seed).normal((x, y), 0.3, (n, 2))


def named(*crowds):
    """Names of crowds, each given by its places, keys, families and space groups."""
    return cluster_names(
        np.concatenate([xy for xy, *_ in crowds]),
        [key for _, keys, *_ in crowds for key in keys],
        [family for *_, families, _ in crowds for family in families],
        [group for *_, groups in crowds for group in groups],
    )


def test_a_crowd_is_called_by_its_structure_type_and_the_name_stands_on_one_of_its_points():
    n = 2 * FEWEST
    xy = crowd(0, 0, n)
    far = crowd(40, 10, n, 1)
    found = named(
        (xy, [SALT] * n, ["halide"] * n, [225] * n),
        (far, [SPINEL] * (n - 5) + [ODD] * 5, ["oxide"] * n, [227] * n),
    )
    assert sorted(name.text for name in found) == ["rock salt", "spinel"]
    for name in found:
        assert np.abs(np.concatenate([xy, far]) - name.place).max(axis=1).min() < 1e-2
        assert name.share >= 0.6


def test_without_a_type_family_and_group_name_a_crowd_and_without_these_nothing_does():
    n = 2 * FEWEST
    found = named(
        (crowd(0, 0, n), [ODD] * n, ["oxide"] * n, [62] * n),
        (crowd(40, 0, n), [ODD] * n, ["oxide", "halide"] * FEWEST, [62] * n),
        (crowd(0, 40, n), [SALT, SPINEL] * FEWEST, ["oxide"] * n, [1, 2] * FEWEST),
        (crowd(40, 40, 5), [SALT] * 5, ["halide"] * 5, [225] * 5),
    )
    assert [name.text for name in found] == ["oxides, Pnma"]


def test_the_largest_of_namesakes_comes_first_before_a_crowd_of_another_name():
    n = FEWEST + 5
    salts = [(crowd(20 * i, 0, n + i, i), [SALT] * (n + i), ["halide"] * (n + i), [225] * (n + i)) for i in range(3)]
    spinel = (crowd(20, 40, n + 10), [SPINEL] * (n + 10), ["oxide"] * (n + 10), [227] * (n + 10))
    assert [name.text for name in named(*salts, spinel)] == ["rock salt", "spinel", "rock salt", "rock salt"]


def test_crowds_apart_are_groups_of_their_own_whatever_the_order_of_the_points():
    xy = np.concatenate([crowd(0, 0, 60), crowd(30, 0, 60, 1), crowd(0, 30, 60, 2)])
    labels = groups_of(xy)
    kept = labels >= 0
    assert kept.mean() > 0.8
    assert len({tuple(set(labels[start : start + 60]) - {-1}) for start in (0, 60, 120)}) == 3
    order = np.random.default_rng(3).permutation(len(xy))
    assert np.array_equal(groups_of(xy[order]), labels[order])


def test_points_in_one_place_and_few_points_are_no_trouble():
    assert groups_of(np.zeros((30, 2))).tolist() == [0] * 30
    assert cluster_names(np.zeros((3, 2)), [SALT] * 3, ["halide"] * 3, [225] * 3) == ()
