"""The report's parts on likeness and mixed sites: signs, classes, and divergences that can be counted again."""

import numpy as np
import pytest

from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal
from disgen.evaluation.distributions import ValueCounts, jensen_shannon
from disgen.evaluation.fidelity.held_out import OWN, HeldOut
from disgen.evaluation.fidelity.mixtures import pairs_on_sites
from disgen.evaluation.fidelity.traits import Traits
from disgen.judge.fidelity import DIVERGENCES, differences, divergences, fidelity, quantities
from disgen.judge.mixing import mixing
from disgen.wyckoff import CRYSTAL_SYSTEMS, crystal_system

NOTHING = pairs_on_sites(())


@pytest.fixture(scope="module")
def mixed(minerals):
    return [crystal for crystal in minerals if crystal.disordered_sites]


@pytest.fixture(scope="module")
def ordered(minerals):
    return [crystal for crystal in minerals if not crystal.disordered_sites][:300]


def test_differences_have_a_sign(mixed, ordered):
    found = differences(Traits.of(ordered, NOTHING), Traits.of(mixed, NOTHING))
    assert found["disordered"]["difference"] == -1.0
    assert found["ordered"]["difference"] == 1.0
    assert found["species_a_site"]["difference"] < 0.0
    other = differences(Traits.of(mixed, NOTHING), Traits.of(ordered, NOTHING))
    for name, one in found.items():
        assert one["difference"] == pytest.approx(-other[name]["difference"])
        assert one["difference"] == pytest.approx(one["samples"] - one["real"])
        assert one["interval"][0] <= one["difference"] <= one["interval"][1]
        assert (one["n"], one["n_real"]) == (len(ordered), len(mixed))
    assert found["sites"]["samples"] == np.mean([len(crystal.sites) for crystal in ordered])


def test_classes_are_those_of_the_crystals(minerals):
    found = quantities(Traits.of(minerals, NOTHING))
    for name, said in (
        ("ordered", "ordered"),
        ("substitutional", "substitutional"),
        ("vacancy", "vacancy"),
        ("substitutional_and_vacancy", "substitutional and vacancy"),
    ):
        assert found[name].sum() == sum(crystal.disorder_class == said for crystal in minerals) > 0
    share = [crystal.disordered_sites / len(crystal.sites) for crystal in minerals]
    assert np.allclose(found["disordered_site_share"], share)


def test_divergences_can_be_counted_again(mixed, ordered):
    found = divergences(Traits.of(mixed, NOTHING), Traits.of(ordered, NOTHING))
    values = {
        "elements": lambda crystal: [ATOMIC_NUMBER[symbol] for symbol in crystal.elements],
        "space_groups": lambda crystal: [crystal.space_group],
        "crystal_systems": lambda crystal: [CRYSTAL_SYSTEMS.index(crystal_system(crystal.space_group))],
        "n_sites": lambda crystal: [len(crystal.sites)],
    }
    assert tuple(found) == DIVERGENCES
    for name, of in values.items():
        one, other = (ValueCounts.of([value for crystal in part for value in of(crystal)]) for part in (mixed, ordered))
        assert found[name]["value"] == pytest.approx(jensen_shannon(one, other))
        assert found[name]["interval"][0] < found[name]["value"] < found[name]["interval"][1]
        assert found[name]["n"] == len(mixed)


def test_identical_sets_do_not_diverge(mixed):
    traits = Traits.of(mixed, NOTHING)
    assert all(part["value"] == pytest.approx(0.0, abs=1e-12) for part in divergences(traits, traits).values())


def test_rediscovery_and_real_against_real(mixed, ordered):
    test, validation = Traits.of(ordered[:150], NOTHING), Traits.of(ordered[150:], NOTHING)
    keys = frozenset(test.key)
    held_out = HeldOut(OWN, test, validation, keys, frozenset())
    samples = Traits.of([*mixed[:100], *ordered[:7]], NOTHING)
    found = fidelity(samples, np.ones(107, bool), test, held_out)
    assert found["rediscovered"]["counts"]["rediscovered"] == len({crystal.key for crystal in ordered[:7]})
    assert found["rediscovered"]["denominators"]["rediscovered"] == len(keys)
    assert found["rediscovered"]["rediscovered_without_amounts"] is None
    assert found["auc"]["all"] == found["auc"]["novel"]
    assert found["auc"]["all"]["all_features"]["value"] > 0.85 > found["auc"]["real"]["all_features"]["value"]
    assert found["coverage"]["samples"]["coverage"]["value"] < found["coverage"]["real"]["coverage"]["value"]


def test_mixing(mixed, ordered):
    traits = Traits.of([*mixed, *ordered], NOTHING)
    found = mixing(traits)
    assert found["counts"]["sites"] == traits.mixtures.plausible.sum()
    assert found["denominators"]["sites"] == sum(
        len(site.occupancies) > 1 for crystal in mixed for site in crystal.sites
    )
    assert 0.0 < found["crystals"] < 1.0
    species = [len(site.occupancies) for crystal in [*mixed, *ordered] for site in crystal.sites]
    assert found["species_a_site"]["value"] == pytest.approx(np.mean(species))
    assert found["species_a_site"]["interval"][0] < np.mean(species) < found["species_a_site"]["interval"][1]
    assert found["most_species"] == max(species)
    nothing = mixing(Traits.of(list[WyckoffCrystal](), NOTHING))
    assert nothing["sites"] is None
    assert nothing["species_a_site"] is None
