"""The headline: every check stops what it should, one of several alike counts, alloys and disorder are kept apart."""

from dataclasses import replace

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.judging import judge_crystals
from disgen.evaluation.rates import wilson
from disgen.judge.credible import CRITERIA, credible, disordered, headline, headline_with_drop


def halite(cation, anion, a=5.64):
    sites = (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), tuple(cation.items())),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), tuple(anion.items())),
    )
    return WyckoffCrystal(225, (a, a, a, 90.0, 90.0, 90.0), sites)


GOOD = halite({"Na": 0.5, "K": 0.5}, {"Cl": 1.0}, 6.0)
DENSE = replace(GOOD, cell=(3.5, 3.5, 3.5, 90.0, 90.0, 90.0))
CHARGED = halite({"Na": 0.5, "Mg": 0.5}, {"Cl": 1.0})
ODD = halite({"Li": 0.5, "P": 0.1, "Na": 0.4}, {"N": 1.0})  # neutral or not, its species do not mix
KNOWN = halite({"Na": 1.0}, {"Cl": 1.0})
ORDERED = halite({"Mg": 1.0}, {"O": 1.0}, 4.21)
ALLOY = halite({"Fe": 0.5, "Co": 0.5}, {"Al": 1.0}, 5.6)
# The pair is found in data, among the known ones.
TRAINED = {KNOWN.key, halite({"Na": 0.2, "K": 0.8}, {"Br": 1.0}).key}


def judged(*crystals):
    return judge_crystals(crystals, TRAINED)


def test_each_check_stops_what_it_should():
    for crystal, check in (
        (None, "legal"),
        (DENSE, "plausible"),
        (CHARGED, "neutral"),
        (halite({"Li": 0.5, "Cs": 0.5}, {"Cl": 1.0}, 6.2), "mixtures"),
        (KNOWN, "novel"),
    ):
        good, stopped = credible(judged(crystal, ORDERED))
        assert good.tolist() == [False, True], check
        assert stopped == {name: int(name == check) for name in CRITERIA}


def test_of_several_alike_the_first_good_one_counts():
    good, stopped = credible(judged(DENSE, GOOD, ORDERED, GOOD))
    assert good.tolist() == [False, True, True, False]
    assert stopped == dict.fromkeys(CRITERIA, 0) | {"plausible": 1, "unique": 1}


def test_headline_counts_disorder_and_alloys_apart():
    found = headline(judged(GOOD, DENSE, ORDERED, ALLOY, KNOWN, None))
    assert found["counts"] == {
        "credible": 3,
        "alloys": 1,
        "without_alloys": 2,
        "disordered": 2,
        "of_disordered": 2,
    }
    assert found["denominators"] == dict.fromkeys(found["counts"], 6) | {"of_disordered": 3}
    assert found["of_disordered"] == pytest.approx(2 / 3)
    assert found["intervals"]["credible"] == list(wilson(3, 6))
    assert sum(found["stopped"].values()) + 3 == 6


def test_headline_with_drop_counts_the_picked_ones_alone():
    samples = judged(GOOD, DENSE, ORDERED, ALLOY, KNOWN, None)
    found = headline_with_drop(samples, np.array([0, 1, 2, 5]), np.array([False, True, True, False]))
    assert found["counts"]["credible"] == 1, "MgO; what is too dense is not saved by a potential that likes it"
    assert found["denominators"]["credible"] == 4
    assert found["denominators"]["of_disordered"] == 2
    everything = headline_with_drop(samples, np.arange(6), np.ones(6, bool))
    assert everything["counts"] == headline(samples)["counts"]


def test_disordered_samples():
    assert disordered(judged(None, GOOD, ORDERED)).tolist() == [False, True, False]


def test_nothing_at_all():
    found = headline(judged())
    assert found["credible"] is None
    assert found["counts"]["credible"] == 0


def test_free_decoding_is_not_judged():
    with pytest.raises(ValueError, match="decode exactly"):
        headline(replace(judged(GOOD), traits=None))
