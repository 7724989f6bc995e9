"""Distributions of crystals, and their distances against scipy's."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.distributions import ValueCounts, distances, jensen_shannon, merged, properties, wasserstein
from disgen.generation.screening import screen

ROCK_SALT = WyckoffCrystal(
    225,
    (5.6402, 5.6402, 5.6402, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),)),
    ),
)
MIXED = WyckoffCrystal(
    225,
    (5.6402, 5.6402, 5.6402, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 0.5), ("K", 0.25))),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),)),
    ),
)
SAMPLES = st.lists(st.integers(-5, 20).map(lambda k: k / 4), min_size=1, max_size=30)


def of(crystals):
    return properties(crystals, screen(crystals).volume_per_atom)


def test_properties_of_known_crystals():
    found = of([ROCK_SALT, MIXED])
    values = {name: distribution.values.tolist() for name, distribution in found.items()}
    light, dense = values["density"]
    assert dense == pytest.approx(2.164, abs=2e-3), "halite"
    masses = {"Na": 22.98977, "K": 39.0983, "Cl": 35.453}
    ratio = (0.5 * masses["Na"] + 0.25 * masses["K"] + masses["Cl"]) / (masses["Na"] + masses["Cl"])
    assert light / dense == pytest.approx(ratio, abs=1e-3)
    assert values["n_sites"] == [2.0]
    assert found["n_sites"].counts.tolist() == [2]
    assert values["n_species"] == [2.0, 3.0]
    assert values["disordered_share"] == [0.0, 0.5]
    assert values["space_groups"] == [225.0]
    assert values["elements"] == [11.0, 17.0, 19.0]
    assert found["elements"].counts.tolist() == [2, 2, 1]


def test_parts_add_up(minerals):
    whole, parts = of(minerals[:90]), [of(minerals[:30]), of([]), of(minerals[30:90])]
    together = merged(parts)
    for name, distribution in whole.items():
        assert np.array_equal(together[name].values, distribution.values)
        assert np.array_equal(together[name].counts, distribution.counts)


def test_sets_are_as_far_apart_as_they_differ(minerals):
    one, other = of(minerals[:200]), of(minerals[200:400])
    same, different = distances(one, one), distances(one, other)
    for group, names in (
        ("wasserstein", {"density", "n_sites", "n_species", "disordered_share"}),
        ("jensen_shannon", {"space_groups", "elements"}),
    ):
        assert same[group].keys() == names
        assert set(same[group].values()) == {0.0}
        assert all(value > 0.0 for value in different[group].values())
    assert different["jensen_shannon"]["space_groups"] < 1.0
    nothing = distances(of([]), one)
    assert {value for group in nothing.values() for value in group.values()} == {None}


@given(SAMPLES, SAMPLES)
def test_wasserstein_is_scipys(one, other):
    assert wasserstein(ValueCounts.of(one), ValueCounts.of(other)) == pytest.approx(
        wasserstein_distance(one, other), abs=1e-12
    )


@given(SAMPLES, SAMPLES)
def test_jensen_shannon_is_scipys(one, other):
    values = sorted({*one, *other})
    shares = [[sample.count(value) / len(sample) for value in values] for sample in (one, other)]
    expected = jensenshannon(*shares, base=2) ** 2
    found = jensen_shannon(ValueCounts.of(one), ValueCounts.of(other))
    assert found == pytest.approx(expected, abs=1e-9)
    assert 0.0 <= found <= 1.0 + 1e-12


def test_disjoint_names_are_one_bit_apart():
    assert jensen_shannon(ValueCounts.of([1, 1, 2]), ValueCounts.of([3])) == pytest.approx(1.0)


def test_json_keeps_everything():
    found = ValueCounts.of([0.1, 0.3, 0.1, np.nan])
    again = ValueCounts.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.values.tolist() == [0.1, 0.3]
    assert again.counts.tolist() == [2, 1]
    with pytest.raises(ValueError, match="one count for each value"):
        ValueCounts.from_dict({"values": [1.0], "counts": []})
