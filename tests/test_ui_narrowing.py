"""Filters of tables: which rows fit, what the controls say, and which crystal a row of what is left stands for."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from disgen.corpus.search import SearchError
from disgen.crystal import ELEMENTS, WyckoffCrystal, WyckoffSite
from disgen.judge.verdict import Criterion, Verdict
from disgen.ui.crystal import filtered_table, narrowing
from disgen.ui.crystal.narrowing import ANYTHING, Facts, Filter, kept, verdict_checks, wanted_of, widget_key

CUBE = (90.0, 90.0, 90.0)
SALT = WyckoffCrystal(
    225,
    (5.64, 5.64, 5.64, *CUBE),
    (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)), WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),))),
)
MIXED = replace(SALT, sites=(replace(SALT.sites[0], occupancies=(("Na", 0.8), ("K", 0.2))), SALT.sites[1]))
CESIUM = WyckoffCrystal(
    221,
    (4.12, 4.12, 4.12, *CUBE),
    (WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Cs", 1.0),)), WyckoffSite("b", 1, (0.5, 0.5, 0.5), (("Cl", 1.0),))),
)
TRICLINIC = WyckoffCrystal(
    1, (4.0, 5.0, 6.0, 80.0, 85.0, 95.0), (WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Fe", 0.5),)),)
)
GOOD = Verdict((Criterion("Volume", holds=True, why=""),), None, trained=False)
BAD = Verdict((Criterion("Volume", holds=False, why=""),), None, trained=True)
CRYSTALS = (SALT, MIXED, None, CESIUM, TRICLINIC)
FACTS = Facts.of_crystals(
    CRYSTALS,
    verdict_checks([GOOD, BAD, None, GOOD, BAD]),
    {"Split": np.array(["train", "test", "test", "test", "train"])},
)


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (ANYTHING, [0, 1, 2, 3, 4]),
        (Filter(contains=("Cl",)), [0, 1, 3]),
        (Filter(contains=("Cl", "Na")), [0, 1]),
        (Filter(lacks=("Na",)), [3, 4]),
        (Filter(contains=("Cl",), lacks=("K", "Cs")), [0]),
        (Filter(systems=("cubic",)), [0, 1, 3]),
        (Filter(systems=("triclinic", "cubic"), lacks=("Cl",)), [4]),
        (Filter(space_group="Pm-3m"), [3]),
        (Filter(space_group=" 225 "), [0, 1]),
        (Filter(checks=("Credible",)), [0, 3]),
        (Filter(checks=("Volume", "New"), contains=("Cs",)), [3]),
        (Filter(kinds=(("Split", ("test",)),)), [1, 2, 3]),
        (Filter(kinds=(("Split", ("test",)),), lacks=("Cs",)), [1]),
        (Filter(species=(3, 9)), [1]),
        (Filter(species=(1, 2)), [0, 3, 4]),
        (Filter(disordered=(1, 9)), [1, 4]),
        (Filter(disordered=(0, 0)), [0, 3]),
        (Filter(volume=(30, 60)), [3, 4]),
        (Filter(volume=(0, 23)), [0, 1]),
        (Filter(contains=("U",)), []),
    ],
)
def test_rows_that_fit(wanted, rows):
    assert kept(FACTS, wanted).tolist() == rows


def test_the_end_of_a_range_stands_for_all_beyond_it():
    assert TRICLINIC.volume / TRICLINIC.n_atoms > narrowing.VOLUME[1]
    assert kept(FACTS, Filter(volume=(40, narrowing.VOLUME[1]))).tolist() == [4]
    assert kept(FACTS, Filter(volume=(40, narrowing.VOLUME[1] - 1))).tolist() == []


def test_a_space_group_that_does_not_exist_is_said():
    with pytest.raises(SearchError, match="There is no space group 'Pnxx'"):
        kept(FACTS, Filter(space_group="Pnxx"))


def test_facts_of_a_table_know_what_is_missing():
    table = pd.DataFrame(
        {"space_group": [225, 0, 62], "disordered_sites": [0, 0, 2], "volume_per_atom": [22.4, 0, None]}
    )
    elements = np.zeros((3, len(ELEMENTS)), dtype=bool)
    facts = Facts.of_table(table, elements, {})
    assert np.isnan(facts.volumes).tolist() == [False, True, True]
    assert kept(facts, Filter(volume=(10, 60))).tolist() == [0]
    assert kept(facts, Filter(disordered=(1, 9))).tolist() == [2]
    light = Facts.of_table(table.drop(columns="volume_per_atom"), elements, {})
    assert np.isnan(light.volumes).all()
    assert len(light) == 3


def test_controls_say_what_is_wanted_and_forget_it():
    state = {
        widget_key("t", "contains"): ["Na"],
        widget_key("t", "space_group"): " 62 ",
        widget_key("t", "Split"): ["test"],
        widget_key("t", "species"): (2, 4),
        widget_key("other", "lacks"): ["O"],
    }
    wanted = wanted_of(state, "t", ("Split", "Source"))
    assert wanted == Filter(contains=("Na",), space_group="62", kinds=(("Split", ("test",)),), species=(2, 4))
    assert wanted_of({}, "t", ("Split",)) == ANYTHING
    narrowing.forget(state, "t", ("Split",))
    assert wanted_of(state, "t", ("Split",)) == ANYTHING
    assert wanted_of(state, "other") == Filter(lacks=("O",))


def test_verdicts_become_checks():
    checks = verdict_checks([GOOD, None, BAD])
    assert {name: values.tolist() for name, values in checks.items()} == {
        "Credible": [True, False, False],
        "New": [True, False, False],
        "Volume": [True, False, False],
    }


def test_a_row_of_what_is_left_is_that_of_its_crystal():
    rows = kept(FACTS, Filter(contains=("Cl",), lacks=("K",)))
    state = {"t": {"selection": {"rows": [1]}}}
    assert filtered_table.picked(state, "t", rows) == 3
    state["t"]["selection"]["rows"] = []
    assert filtered_table.picked(state, "t", rows) is None
    state["t"]["selection"]["rows"] = [7]  # of a table that had more rows
    assert filtered_table.picked(state, "t", rows) is None
