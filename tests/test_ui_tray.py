"""The tray as pure functions over a mapping."""

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ui.crystal import tray
from disgen.ui.crystal.tray import Item, Origin, TrayError


def crystal(a=5.0):
    return WyckoffCrystal(
        225, (a, a, a, 90.0, 90.0, 90.0), (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.2), ("Zr", 0.8))),)
    )


def item(number=0, **values):
    return Item(crystal(5.0 + number / 100), Origin("open", f"kde-n300-seed0-{number}", "kde", 0), **values)


def test_crystals_stay_in_the_order_of_collection_and_are_there_once():
    state = {}
    assert tray.items(state) == ()
    assert tray.add(state, [item(1), item(2)]) == 2
    assert tray.add(state, [item(2), item(3)]) == 1
    assert [one.source.origin[-1] for one in tray.items(state)] == ["1", "2", "3"]
    assert tray.holds(state, item(2))
    assert not tray.holds(state, item(4))
    tray.clear(state)
    assert tray.items(state) == ()


def test_the_same_crystal_from_elsewhere_is_another():
    state = {}
    tray.add(state, [item(1), Item(crystal(5.01), Origin("other run", "kde-n300-seed0-1"))])
    assert len(tray.items(state)) == 2


def test_the_first_four_are_compared_and_no_more():
    state = {}
    tray.add(state, [item(number) for number in range(6)])
    assert [one.compared for one in tray.items(state)] == [True] * 4 + [False] * 2
    with pytest.raises(TrayError, match=r"Up to 4 .*\.$"):
        tray.edit(state, {"edited_rows": {4: {"Compare": True}}}, tray.revision(state))
    assert sum(one.compared for one in tray.items(state)) == 4
    tray.edit(state, {"edited_rows": {0: {"Compare": False}, 4: {"Compare": True}}}, tray.revision(state))
    assert [one.source.origin[-1] for one in tray.compared(state)] == ["1", "2", "3", "4"]


def test_one_that_is_not_to_be_compared_is_not():
    state = {}
    tray.add(state, [item(1, compared=False), item(2)])
    assert [one.compared for one in tray.items(state)] == [False, True]


def test_names_and_notes_are_edited_and_rows_deleted():
    state = {}
    tray.add(state, [item(number) for number in range(3)])
    changes = {
        "edited_rows": {"0": {"Name": "best"}, 2: {"Note": "look\nagain\x00 ", "Formula": "no"}, 9: {"Name": "x"}},
        "deleted_rows": [1],
        "added_rows": [],
    }
    before = tray.revision(state)
    tray.edit(state, changes, before)
    first, second = tray.items(state)
    assert (first.name, first.label) == ("best", "best")
    assert (second.note, second.label) == ("look again", second.crystal.formula)
    assert tray.revision(state) > before


def test_names_are_cut_and_may_be_taken_away():
    state = {}
    tray.add(state, [item(1, name="x" * 1000, note="y" * 1000)])
    assert len(tray.items(state)[0].name) == tray.LONGEST_NAME
    assert len(tray.items(state)[0].note) == tray.LONGEST_NOTE
    tray.edit(state, {"edited_rows": {0: {"Name": None}}}, tray.revision(state))
    assert tray.items(state)[0].name == ""


def test_a_full_tray_takes_none_of_too_many():
    state = {}
    tray.add(state, [item(number) for number in range(tray.MOST - 1)])
    with pytest.raises(TrayError, match=r"holds 100 crystals; 2 more .*\.$"):
        tray.add(state, [item(500), item(501)])
    assert len(tray.items(state)) == tray.MOST - 1
    assert tray.add(state, [item(500)]) == 1


def test_latents_keep_single_precision_and_few_digits():
    z = np.random.default_rng(0).normal(size=64).astype(np.float32)
    numbers = tray.latent_numbers(z)
    np.testing.assert_array_equal(np.array(numbers, dtype=np.float32), z)
    assert max(len(repr(number)) for number in numbers) < 16
