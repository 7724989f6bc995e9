"""Points in focus: what is looked for, where they are in the figure, what they share, and their table."""

import numpy as np
import pandas as pd
import pytest

from disgen.ui.data.loading import SampleKey
from disgen.ui.data.points import UNKNOWN, Points, crystal_systems
from disgen.ui.data.selection import PointId
from disgen.ui.map.focus import Focus
from disgen.ui.map.search import Hits, Query, query_of, words
from disgen.ui.map.selection_panel import points_table, shared, shared_table

KDE = SampleKey("kde", 3, 0)


def points(name, formulas, groups):
    n = len(groups)
    table = pd.DataFrame(
        {
            "formula": formulas,
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "anions": "oxide",
            "n_elements": 2,
            "n_sites": 2,
            "disordered_sites": 0,
            "disorder": "ordered",
            "source": name,
            "h_missing": UNKNOWN,
            "uniform_vacancy": UNKNOWN,
            "outcome": "real crystal",
        }
    )
    return Points(name, name, np.zeros((n, 2), np.float32), np.zeros((n, 2), np.float32), table)


TEST = points("test", ["NaCl", "KCl", "LiF", "Fe2O3", "Al2O3"], [225, 225, 225, 167, 167])
SAMPLES = points("kde", ["MgO", "no crystal", "Cr2O3"], [225, 0, 167])
SETS = {"test": TEST, "kde": SAMPLES}


def state(**changes):
    return {"find_formula": "", "find_elements": [], "find_only": False, "find_group": ""} | changes


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({}, None),
        ({"find_formula": "  ", "find_only": True}, None),
        ({"find_formula": None, "find_group": None}, None),
        ({"find_formula": " NaCl "}, Query("NaCl", (), False, "")),
        ({"find_elements": ["Na"], "find_only": True}, Query("", ("Na",), True, "")),
        ({"find_group": "62", "find_only": True}, Query("", (), False, "62")),
    ],
)
def test_what_is_looked_for(changes, query):
    assert query_of(state(**changes)) == query


def test_points_in_focus_have_rows_in_the_figure_if_they_are_drawn():
    found = Focus((PointId("kde", 2), PointId("test", 1), PointId("train", 7)), "")
    assert found.rows({"test": 5, "kde": 3}) == [7, 1]
    assert found.rows({"test": 5}) == [1]
    assert found.rows({"test": 5, "train": 9, "kde": 3}) == [16, 1, 12]
    assert found.beyond({"test": 5, "kde": 3}) == [PointId("train", 7)]


def test_what_was_found_is_counted_set_by_set():
    found = Hits((), {"test": 3, "kde": 2, "train": 1, "validation": 0})
    text = words(found, KDE, "KDE")
    assert text == "3 in the test split, 2 among the KDE samples, 1 in the training split, 0 in the validation split"


def test_points_share_what_the_whole_does_not():
    found = shared(SETS, [PointId("test", 3), PointId("test", 4), PointId("kde", 2)])
    told = {f"{share.kind}: {share.name}": (share.inside, share.outside, share.total) for share in found}
    assert told["Space group: R-3c (167)"] == (3, 3, 8)
    assert told["Crystal system: trigonal"] == (3, 3, 8)
    assert told["Element: O"] == (3, 4, 8)
    assert "Disorder: ordered" not in told  # as everywhere
    table = shared_table(found)
    assert table["Here"].iloc[0] == 100.0
    assert table["In all"].iloc[0] == pytest.approx(37.5)


def test_only_the_sets_of_the_points_are_the_whole():
    found = shared(SETS, [PointId("kde", 0), PointId("kde", 2)])
    assert {share.total for share in found} == {3}


def test_the_table_keeps_the_order_of_the_points():
    chosen = [PointId("kde", 2), PointId("test", 4), PointId("kde", 1), PointId("test", 0)]
    table = points_table(SETS, chosen)
    assert list(table["point"]) == ["kde-2", "test-4", "kde-1", "test-0"]
    assert list(table["formula"]) == ["Cr2O3", "Al2O3", "no crystal", "NaCl"]
    assert list(table["symbol"]) == ["R-3c", "R-3c", "", "Fm-3m"]
