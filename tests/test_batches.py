"""Working on many crystals at once gives what working on each gives; the flat tables behind it."""

from dataclasses import replace

import numpy as np
import pytest

from disgen.canonical import canonicalise, canonicalise_many, normaliser
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.normaliser import Normalisers
from disgen.orbits import equivalents, subspaces
from disgen.ragged import Ragged, first_of_each, first_smallest, lexicographic_minima, places, smallest, split
from disgen.symmetry import free_coordinates, snap
from disgen.wyckoff import LETTERS, operations, orbit_maps, position_maps, tables

RNG_SEED = 11


def described_otherwise(crystal, rng):
    """The same crystal with another origin, other points of its orbits, and its sites in another order.

    Axes are exchanged only where that leaves the cell as it is (tetragonal to cubic groups).
    """
    norm = normaliser(crystal.space_group)
    same_axes = (np.abs(norm.linear) == np.eye(3)).all(axis=(1, 2)) & (norm.linear[:, 0, 0] == norm.linear[:, 2, 2])
    chosen = rng.choice(np.flatnonzero(same_axes | (crystal.space_group > 74)))
    shift = norm.shift[chosen].copy()
    shift[list(norm.polar)] += rng.random(len(norm.polar))
    rotations, translations = operations(crystal.space_group)
    sites = []
    for site in crystal.sites:
        image = rng.integers(len(rotations))
        point = rotations[image] @ site.coordinates + translations[image]
        point = norm.linear[chosen] @ point + shift + rng.integers(-2, 3, 3)
        letter = LETTERS[norm.letters[chosen, LETTERS.index(site.letter) + 1] - 1]
        sites.append(WyckoffSite(letter, site.multiplicity, tuple(point.tolist()), site.occupancies))
    return replace(crystal, sites=tuple(sites[index] for index in rng.permutation(len(sites))))


def test_many_crystals_give_what_each_gives(minerals):
    rng = np.random.default_rng(RNG_SEED)
    some = [minerals[index] for index in rng.permutation(len(minerals))[:150]]
    mixed = some[:75] + [described_otherwise(crystal, rng) for crystal in some[75:]]
    mixed.insert(3, WyckoffCrystal(225, (4.0, 4.1, 4.2, 90.0, 90.0, 90.0), ()))
    many = canonicalise_many(mixed)
    assert many == [canonicalise(crystal) for crystal in mixed]
    assert many[3].cell == (4.1, 4.1, 4.1, 90.0, 90.0, 90.0)
    assert canonicalise_many(many) == many
    assert canonicalise_many([]) == []


def test_another_description_becomes_the_same_crystal(minerals):
    rng = np.random.default_rng(RNG_SEED)
    some = minerals[::4]
    assert canonicalise_many([described_otherwise(crystal, rng) for crystal in some]) == some


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"space_group": 231}, "numbered 1 to 230"),
        ({"sites": (WyckoffSite("z", 2, (0.0, 0.0, 0.0), (("Na", 1.0),)),)}, "has no Wyckoff letter 'z'"),
        ({"sites": (WyckoffSite("", 2, (0.0, 0.0, 0.0), (("Na", 1.0),)),)}, "has no Wyckoff letter ''"),
        ({"cell": (4.0, 4.0, float("nan"), 90.0, 90.0, 90.0)}, "form no cell"),
        ({"space_group": 10, "cell": (0.0, 4.0, 4.0, 90.0, 100.0, 90.0)}, "form no cell"),
        ({"sites": (WyckoffSite("a", 4, (float("inf"), 0.0, 0.0), (("Na", 1.0),)),)}, "not a finite number"),
    ],
)
def test_what_has_no_canonical_description_is_refused(change, said):
    site = WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),))
    good = WyckoffCrystal(225, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), (site,))
    with pytest.raises(ValueError, match=said):
        canonicalise_many([good, replace(good, **change)])


def test_normalisers_of_several_groups_are_those_of_each():
    groups = np.array([62, 2, 62, 26])
    joint = Normalisers.of_groups(groups)
    for crystal, group in enumerate(groups):
        _, operation = joint.of.entries(joint.which[crystal : crystal + 1])
        alone = normaliser(int(group))
        assert np.array_equal(joint.linear[operation], alone.linear)
        assert np.array_equal(joint.shift[operation], alone.shift)
        assert np.array_equal(joint.letters[operation][:, : alone.letters.shape[1]], alone.letters)
        assert tuple(np.flatnonzero(joint.polar[joint.which[crystal]])) == alone.polar


def test_snapping_does_not_depend_on_the_company():
    rng = np.random.default_rng(RNG_SEED)
    rows = rng.integers(len(tables().group), size=3000)
    points = rng.random((3000, 3)) * 3.0 - 1.0
    together = snap(rows, points)
    order = rng.permutation(3000)
    assert np.array_equal(snap(rows[order], points[order]), together[order])
    assert all(np.array_equal(snap(rows[k : k + 1], points[k : k + 1])[0], together[k]) for k in range(0, 3000, 60))
    assert snap(rows[:0], points[:0]).shape == (0, 3)


def test_every_orbit_point_lies_on_a_subspace_and_gives_the_orbit_back():
    rng = np.random.default_rng(RNG_SEED)
    for row in range(0, len(tables().group), 7):
        maps, shifts = position_maps(row)
        orbit = maps @ rng.random(3) + shifts
        orbit -= np.floor(orbit)
        parameters = free_coordinates(np.full(len(orbit), row), orbit)
        again = np.einsum("mij,nj->nmi", maps, parameters) + shifts
        gap = again[:, :, None] - orbit[None, None]
        distance = np.abs(gap - np.rint(gap)).max(axis=3)
        assert distance.min(axis=1).max() < 1e-9  # each point is on each orbit
        assert len(np.unique(snap(np.full(len(orbit), row), orbit), axis=0)) == 1


def test_table_sizes():
    assert orbit_maps().linear.shape == (14_433, 3, 3)
    assert len(subspaces().target) == subspaces().of.count.sum() == 21_573
    assert len(equivalents().move) == equivalents().of.count.sum() == 7_241
    assert subspaces().of.count.min() == equivalents().of.count.min() == 1
    assert not subspaces().target.flags.writeable


def test_ragged_lists():
    lists = Ragged.of_counts(np.array([2, 0, 3, 1]))
    asked, index = lists.entries(np.array([2, 0, 2, 1]))
    assert asked.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    assert index.tolist() == [2, 3, 4, 0, 1, 2, 3, 4]
    wanted = np.array([0, 2, 3, 1, 0, 0])
    chunks = list(lists.chunks(wanted, 4))
    assert np.concatenate([wanted[chunk] for chunk in chunks]).tolist() == wanted.tolist()
    assert len(chunks) > 1
    assert list(lists.chunks(wanted[:0], 4)) == []
    owner, place = places([2, 0, 1])
    assert (owner.tolist(), place.tolist()) == ([0, 0, 2], [0, 1, 0])
    assert list(split("abcd", np.array([1, 0, 3]))) == [("a",), (), ("b", "c", "d")]


def test_smallest_of_each_owner():
    owner = np.array([0, 0, 0, 4, 4, 7])
    values = np.array([3, 1, 1, 5, 2, 9])
    assert smallest(values, owner).tolist() == [1, 1, 1, 2, 2, 9]
    assert first_of_each(owner).tolist() == [0, 3, 5]
    assert first_smallest(values, owner).tolist() == [1, 4, 5]
    keys = np.array([[1, 2], [1, 1], [1, 1], [0, 9], [0, 8], [3, 3]])
    assert lexicographic_minima(keys, owner).tolist() == [1, 2, 4, 5]
    assert first_smallest(values[:0], owner[:0]).tolist() == []
