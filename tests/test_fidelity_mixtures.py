"""Which species may share a site: known pairs, and what counts as plausible."""

import numpy as np
import pytest

from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite
from disgen.evaluation.fidelity.mixtures import chemically_close, mixtures, pairs_on_sites

NOTHING = pairs_on_sites(())


def number(symbol):
    return ATOMIC_NUMBER[symbol] - 1


def crystal(*contents):
    letters = "abcdefgh"
    sites = [
        WyckoffSite(letters[place], 1, (0.0, 0.0, 0.0), tuple(content.items()))
        for place, content in enumerate(contents)
    ]
    return WyckoffCrystal(2, (5.0, 5.0, 5.0, 90.0, 90.0, 90.0), tuple(sites))


@pytest.mark.parametrize("pair", ["La Sr", "Fe Mg", "Na Ca", "Ti Nb", "S Se", "Cl Br", "F O", "Zn Mg", "Fe Fe"])
def test_pairs_that_are_alike(pair):
    one, other = map(number, pair.split())
    assert chemically_close()[one, other]
    assert chemically_close()[other, one]


@pytest.mark.parametrize("pair", ["Li P", "P O", "Li Cs", "Nb Ho", "Xe Ho", "Na Cl", "Si Al", "Be Mn", "H O"])
def test_pairs_that_are_not(pair):
    one, other = map(number, pair.split())
    if pair != "H O":  # H+ has Shannon's negative radius, which is near nothing
        assert not chemically_close()[one, other]
    assert not NOTHING[one, other]


def test_pairs_are_read_from_keys():
    together = pairs_on_sites(["62|aLi0.50P0.50|bO1.00", "225|aNa0.02Cl0.00|AZr0.50Hf0.50", "1|aB0.50"])
    assert together[number("Li"), number("P")]
    assert together[number("P"), number("Li")]
    assert together[number("Na"), number("Cl")], "however little of it there is"
    assert together[number("Zr"), number("Hf")], "in the 27th letter, which is written in upper case"
    assert not together[number("Li"), number("O")]
    assert together.sum() == 3 * 4 + 2, "and each of O and B with itself"


def test_a_site_is_plausible_if_all_of_its_pairs_are():
    found = mixtures(
        [
            crystal({"La": 0.9, "Sr": 0.1}, {"O": 1.0}),
            crystal({"Li": 0.5, "P": 0.5}, {"Fe": 0.5, "Mg": 0.5}, {"O": 0.5}),
            crystal({"Na": 1.0}),
            crystal({"La": 0.4, "Sr": 0.4, "P": 0.1}),
        ],
        NOTHING,
    )
    assert found.sites.tolist() == [2, 3, 1, 1]
    assert found.species.tolist() == [3, 5, 1, 3]
    assert found.most.tolist() == [2, 2, 1, 3]
    assert found.mixed.tolist() == [1, 2, 0, 1]
    assert found.plausible.tolist() == [1, 1, 0, 0]
    assert found.vacant.tolist() == [0, 1, 0, 1]
    assert found.disordered.tolist() == [1, 3, 0, 1]
    assert found.all_plausible.tolist() == [True, False, True, False]


def test_what_is_found_in_data_is_plausible():
    mixed = crystal({"Li": 0.5, "P": 0.5})
    assert mixtures([mixed], NOTHING).plausible.tolist() == [0]
    assert mixtures([mixed], pairs_on_sites([mixed.key])).plausible.tolist() == [1]


def test_every_real_crystal_is_sound_by_its_own_pairs(minerals):
    found = mixtures(minerals, pairs_on_sites(crystal.key for crystal in minerals))
    assert found.all_plausible.all()
    assert found.mixed.sum() > 50
    assert np.array_equal(found.disordered, [crystal.disordered_sites for crystal in minerals])
    assert 0.4 < mixtures(minerals, NOTHING).plausible.sum() / found.mixed.sum() < 0.95


def test_no_crystals():
    assert mixtures([], NOTHING).all_plausible.tolist() == []
