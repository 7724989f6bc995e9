"""The verdict on one crystal: what is known is named, and each criterion fails where it should."""

from dataclasses import replace

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.screening import screen
from disgen.judge.verdict import VOLUME_WITHIN, CorpusFacts, verdict
from disgen.model.checkpoint import load_run


@pytest.fixture(scope="module")
def reference():
    return CorpusFacts.of(load_run())


def rock_salt(a, cation, anion):
    cell = (a, a, a, 90.0, 90.0, 90.0)
    sites = (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), tuple(cation.items())),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), tuple(anion.items())),
    )
    return WyckoffCrystal(225, cell, sites)


def judged(crystal, reference):
    return verdict(crystal, screen([crystal], reference.trained)[0], reference)


def failing(found):
    return [criterion.name for criterion in found.criteria if not criterion.holds]


def test_a_mineral_is_credible_and_known_by_its_split(reference):
    index = load_run().index
    found = judged(rock_salt(4.212, {"O": 1.0}, {"Mg": 1.0}), reference)
    assert failing(found) == []
    assert found.credible
    assert not found.new
    row = index[index["key"] == rock_salt(4.212, {"O": 1.0}, {"Mg": 1.0}).key].iloc[0]
    assert (found.entry.split, found.entry.identifier) == (row["split"], row["id"])


def test_what_only_the_test_split_has_is_not_new(reference):
    index = load_run().index
    trained = set(index["key"][index["split"] == "train"])
    key = next(key for key in index["key"][index["split"] == "test"] if key not in trained)
    assert reference.entries[key].split == "test"
    assert key not in reference.trained


@pytest.mark.parametrize(
    ("crystal", "criterion"),
    [
        (rock_salt(6.2, {"Mg": 1.0}, {"O": 1.0}), "Volume"),
        (rock_salt(3.6, {"Mg": 1.0}, {"O": 1.0}), "Volume"),
        (rock_salt(4.3, {"Na": 1.0}, {"O": 0.9}), "Charge neutral"),
        (rock_salt(4.6, {"Mg": 0.5, "Xe": 0.5}, {"O": 1.0}), "Mixtures"),
    ],
)
def test_what_nobody_would_make_fails_where_it_should(crystal, criterion, reference):
    found = judged(crystal, reference)
    assert criterion in failing(found)
    assert not found.credible


def test_held_out_crystals_have_the_volumes_that_are_expected(reference):
    from disgen.corpus.search import atom_shares

    held_out = load_run().split_index("test")
    expected = atom_shares(held_out["formula"]) @ reference.volumes[1:]
    ratio = held_out["volume_per_atom"].to_numpy() / expected
    assert np.mean((ratio >= VOLUME_WITHIN[0]) & (ratio <= VOLUME_WITHIN[1])) >= 0.93


def test_charges_say_their_states_and_a_run_without_volumes_does_not_judge_them(reference):
    crystal = rock_salt(4.3, {"Fe": 1.0}, {"O": 1.0})
    charge = next(one for one in judged(crystal, reference).criteria if one.name == "Charge neutral")
    assert charge.why == "Fe 2+, O 2−"
    without = judged(crystal, replace(reference, volumes=None))
    assert "Volume" not in [criterion.name for criterion in without.criteria]


def test_an_entry_of_the_materials_project_is_named(reference):
    named = [entry.materials_project for entry in reference.entries.values() if entry.source == "3dsc_mp_cifs"]
    assert all(name and name.startswith(("mp-", "mvc-")) for name in named)
