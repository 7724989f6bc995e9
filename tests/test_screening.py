"""Screening: every check for every crystal, and the one outcome that counts."""

from dataclasses import fields, replace

import numpy as np
import pytest

from disgen import wyckoff
from disgen.canonical import canonicalise
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.outcome import Outcome
from disgen.generation.read_back import outcomes_as_read
from disgen.generation.screening import Screen, Screening, count, outcomes, screen


def crystal(space_group, cell, *sites):
    made = tuple(
        WyckoffSite(letter, int(wyckoff.tables().multiplicity[wyckoff.row(space_group, letter)]), point, contents)
        for letter, point, contents in sites
    )
    return canonicalise(WyckoffCrystal(space_group, tuple(map(float, cell)), made))


def rock_salt(cation, anion, a):
    return crystal(225, (a,) * 3 + (90,) * 3, ("a", (0.0,) * 3, cation), ("b", (0.5,) * 3, anion))


SALT = rock_salt((("Na", 1.0),), (("Cl", 1.0),), 5.64)
OXIDE = rock_salt((("Fe", 0.5), ("Ni", 0.5)), (("O", 1.0),), 4.2)
CHARGED = rock_salt((("Na", 0.9),), (("Cl", 1.0),), 5.6)
WUESTITE = rock_salt((("Fe", 0.95),), (("O", 1.0),), 4.3)
SQUEEZED = rock_salt((("K", 1.0),), (("Br", 1.0),), 0.8)
ALLOY = crystal(229, (2.9,) * 3 + (90,) * 3, ("a", (0.0,) * 3, (("Fe", 0.7), ("Cr", 0.3))))
SPLIT = crystal(2, (5, 6, 7, 80, 90, 100), ("i", (0.03, 0.0, 0.0), (("Cu", 0.5),)), ("h", (0.5,) * 3, (("O", 1.0),)))


def test_every_check_of_a_good_crystal():
    found = screen([OXIDE])[0]
    assert isinstance(found, Screen)
    assert found == Screen(
        key=OXIDE.key,
        min_distance=pytest.approx(2.1),
        min_distance_split_aware=pytest.approx(2.1),
        volume_per_atom=pytest.approx(4.2**3 / 8),
        valid=True,
        valid_split_aware=True,
        plausible=True,
        neutral=True,
        neutral_mixed=True,
        alloy=False,
        read_group=225,
        reads_back=True,
        unique=True,
        novel=True,
    )


def test_a_crystal_near_a_higher_symmetry_is_rejected_before_it_is_called_new():
    nearly = crystal(
        99,
        (3.91, 3.91, 3.92, 90, 90, 90),
        ("a", (0.0, 0.0, 0.0), (("Sr", 1.0),)),
        ("b", (0.5, 0.5, 0.505), (("Ti", 1.0),)),
        ("b", (0.5, 0.5, 0.0), (("O", 1.0),)),
        ("c", (0.5, 0.0, 0.5), (("O", 1.0),)),
    )
    checks = screen([nearly, OXIDE, CHARGED, nearly])
    assert checks.reads_back.tolist() == [False, True, False, False]
    assert checks.read_group.tolist() == [221, 225, 0, 221]  # what is charged is rejected before it is read
    assert outcomes(checks) == (
        Outcome.PSEUDO_SYMMETRIC,
        Outcome.OK,
        Outcome.NOT_NEUTRAL,
        Outcome.PSEUDO_SYMMETRIC,
    )
    assert outcomes_as_read([nearly, OXIDE, CHARGED, None], [Outcome.OK] * 3 + [Outcome.EMPTY]) == (
        Outcome.PSEUDO_SYMMETRIC,
        Outcome.OK,
        Outcome.OK,
        Outcome.EMPTY,
    )


def test_plain_and_split_aware_validity_differ_for_split_positions():
    found = screen([SPLIT])[0]
    assert found.min_distance == pytest.approx(0.3, abs=1e-3)
    assert (found.valid, found.valid_split_aware) == (False, True)


def test_plausible_is_stricter_than_valid():
    found = screen([rock_salt((("K", 1.0),), (("Br", 1.0),), 3.0)])[0]
    assert found.valid_split_aware
    assert not found.plausible


def test_volume_counts_towards_validity():
    thin = crystal(1, (0.6, 0.6, 0.6, 90, 90, 90), ("a", (0.0,) * 3, (("H", 1.0),)))
    found = screen([thin])[0]
    assert found.min_distance > 0.5
    assert found.volume_per_atom < 1.0
    assert not found.valid


def test_charge_is_read_in_two_ways_and_alloys_are_marked():
    checks = screen([OXIDE, WUESTITE, CHARGED, ALLOY])
    assert checks.neutral.tolist() == [True, False, False, True]
    assert checks.neutral_mixed.tolist() == [True, True, False, True]
    assert checks.alloy.tolist() == [False, False, False, True]


def test_the_first_of_several_alike_is_unique_and_known_keys_are_not_novel():
    moved = replace(OXIDE, cell=(4.3, 4.3, 4.3, 90.0, 90.0, 90.0))
    checks = screen([OXIDE, SALT, moved, SALT], known_keys={SALT.key})
    assert checks.unique.tolist() == [True, True, False, False]
    assert checks.novel.tolist() == [True, False, True, False]


def test_parts_are_put_together():
    crystals = [OXIDE, None, SALT, OXIDE, None, SALT, ALLOY]
    whole = screen(crystals, known_keys={ALLOY.key})
    together = Screening.concatenate([screen(part, known_keys={ALLOY.key}) for part in (crystals[:3], crystals[3:])])
    for item in fields(Screening):
        mine, expected = getattr(together, item.name), getattr(whole, item.name)
        assert np.array_equal(mine, expected, equal_nan=mine.dtype.kind == "f"), item.name
    assert together.unique.tolist() == [True, False, True, False, False, False, True]


def test_samples_without_crystal_keep_their_place():
    checks = screen([None, SALT, None])
    assert len(checks) == 3
    assert checks.present.tolist() == [False, True, False]
    assert np.isnan(checks.min_distance).tolist() == [True, False, True]
    assert not any((checks[0].valid, checks[0].neutral, checks[0].alloy, checks[0].unique, checks[0].novel))
    assert checks[0].key == ""
    assert [row.key for row in checks] == ["", SALT.key, ""]


@pytest.mark.parametrize("crystals", [[], [None]])
def test_nothing_to_screen(crystals):
    assert len(screen(crystals)) == len(crystals)
    assert not screen(crystals).valid.any()


def test_outcomes_name_the_first_reason_in_order():
    crystals = [SQUEEZED, CHARGED, SALT, OXIDE, None, SALT, OXIDE, SQUEEZED]
    before = [Outcome.OK] * 8
    before[4] = Outcome.ILLEGAL_LETTER
    checks = screen(crystals, known_keys={OXIDE.key})
    found = outcomes(checks, before)
    assert found == (
        Outcome.TOO_CLOSE,
        Outcome.NOT_NEUTRAL,
        Outcome.OK,
        Outcome.KNOWN,
        Outcome.ILLEGAL_LETTER,
        Outcome.DUPLICATE,
        Outcome.DUPLICATE,
        Outcome.TOO_CLOSE,
    )
    counted = count(found)
    assert sum(counted.values()) == 8
    assert list(counted) == [outcome.value for outcome in Outcome]
    assert counted["too close"] == 2
    assert counted["empty"] == 0


def test_a_bad_sample_does_not_make_a_later_good_one_a_duplicate():
    squeezed = replace(OXIDE, cell=(0.7, 0.7, 0.7, 90.0, 90.0, 90.0))
    checks = screen([squeezed, OXIDE])
    assert outcomes(checks) == (Outcome.TOO_CLOSE, Outcome.OK)


def test_split_positions_and_mixed_valence_are_sound():
    checks = screen([SPLIT, WUESTITE, CHARGED, SQUEEZED, None])
    assert checks.sound.tolist() == [True, True, False, False, False]
    assert outcomes(screen([SPLIT, WUESTITE])) == (Outcome.OK, Outcome.OK)


def test_outcomes_that_do_not_belong_are_refused():
    with pytest.raises(ValueError, match="2 reconstruction outcomes for 1"):
        outcomes(screen([SALT]), [Outcome.OK, Outcome.OK])
    with pytest.raises(ValueError, match="Sample 0 gave no crystal"):
        outcomes(screen([None]))


def test_input_stays_untouched_and_results_are_read_only():
    crystals = [OXIDE, None, SALT]
    checks = screen(crystals)
    assert crystals == [OXIDE, None, SALT]
    with pytest.raises(ValueError, match="read-only"):
        checks.valid[0] = False
