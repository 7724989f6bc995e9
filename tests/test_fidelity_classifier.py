"""The classifier: chance among real crystals, certainty where elements are wrong, and no help from near duplicates."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.fidelity.classifier import LEAST, areas, auc
from disgen.evaluation.fidelity.mixtures import pairs_on_sites
from disgen.evaluation.fidelity.traits import Traits, without_amounts

NOTHING = pairs_on_sites(())


@pytest.fixture(scope="module")
def halves(minerals):
    """Real crystals in two sets, at random but for near duplicates, which stay together."""
    plain = without_amounts(crystal.key for crystal in minerals)
    groups = np.random.default_rng(0).permutation(len(set(plain))) % 2
    side = groups[np.unique(plain, return_inverse=True)[1]]
    return [[crystal for crystal, mine in zip(minerals, side, strict=True) if mine == half] for half in (0, 1)]


def shuffled(crystals, seed=0):
    """The same crystals with their elements renamed at random, each crystal in its own way."""
    symbols = sorted({symbol for crystal in crystals for symbol in crystal.elements})
    rng = np.random.default_rng(seed)
    result = []
    for crystal in crystals:
        names = dict(zip(crystal.elements, rng.choice(symbols, len(crystal.elements), replace=False), strict=True))
        sites = [
            WyckoffSite(
                site.letter,
                site.multiplicity,
                site.coordinates,
                tuple((str(names[symbol]), share) for symbol, share in site.occupancies),
            )
            for site in crystal.sites
        ]
        result.append(WyckoffCrystal(crystal.space_group, crystal.cell, tuple(sites)))
    return result


def test_real_crystals_are_not_told_from_real_ones(halves):
    one, other = (Traits.of(half, NOTHING) for half in halves)
    for geometry in (True, False):
        found = auc(one, other, geometry=geometry)
        assert found["interval"][0] < 0.56
        assert 0.4 < found["value"] < 0.6
        assert found["interval"][0] < found["value"] < found["interval"][1]
        assert found["n"] == min(len(one), len(other))


def test_crystals_with_the_wrong_elements_are_known_at_once(halves):
    one, other = Traits.of(shuffled(halves[0]), NOTHING), Traits.of(halves[1], NOTHING)
    assert auc(one, other, geometry=False)["value"] > 0.95
    assert auc(one, other)["interval"][0] > 0.95


def test_wrong_cells_are_seen_by_their_geometry_alone(halves):
    swollen = [
        replace(crystal, cell=(*(1.15 * length for length in crystal.cell[:3]), *crystal.cell[3:]))
        for crystal in halves[0]
    ]
    one, other = Traits.of(swollen, NOTHING), Traits.of(halves[1], NOTHING)
    assert auc(one, other)["value"] > 0.9
    plain = auc(Traits.of(halves[0], NOTHING), other, geometry=False)
    assert auc(one, other, geometry=False) == plain


def test_copies_with_other_amounts_do_not_leak_between_folds(halves):
    """A set and its copies: whoever remembers crystals, instead of learning what sets differ in, would score."""
    traits = Traits.of(halves[0][:200], NOTHING)
    assert abs(auc(traits, traits)["value"] - 0.5) < 0.05


def test_the_figure_is_the_same_again_and_symmetric_sizes_are_used(halves):
    one, other = (Traits.of(half, NOTHING) for half in halves)
    few = one[np.arange(80)]
    assert auc(few, other) == auc(few, other)
    assert auc(few, other)["n"] == 80


def test_too_few_crystals_have_no_figure(halves):
    traits = Traits.of(halves[0], NOTHING)
    assert auc(traits[np.arange(LEAST - 1)], traits) is None
    assert auc(traits[np.arange(LEAST)], traits)["n"] == LEAST


def test_weighted_areas_are_those_of_repeated_crystals():
    rng = np.random.default_rng(3)
    score, label = rng.integers(0, 6, 60) / 5.0, rng.random(60) < 0.4
    weights = rng.integers(0, 4, (20, 60))
    for weight, found in zip(weights, areas(score, label, weights), strict=True):
        assert found == pytest.approx(roc_auc_score(np.repeat(label, weight), np.repeat(score, weight)))
    assert np.isnan(areas(score, np.zeros(60, bool), weights)).all()


def test_keys_without_amounts():
    assert without_amounts(["62|aLi0.50P0.50|bO1.00"]) == without_amounts(["62|aLi0.45P0.55|bO1.00"])
    assert without_amounts(["62|aLi0.50P0.50"]) != without_amounts(["62|aLi1.00"])
    assert without_amounts(["62|cLi0.50|cNa0.10"]) == without_amounts(["62|cLi0.10|cNa0.50"])
