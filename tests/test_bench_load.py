"""Many people at once: what counts as another's crystal, and a short run of the real app."""

import json

import pytest

from disgen.bench import load
from disgen.bench.load import Person, Sample, is_of, load_figures
from disgen.bench.session import Answer
from disgen.cli import main

CAPTION = "Point 7 of 300 KDE samples decodes to:"


@pytest.mark.parametrize(
    ("captions", "formulas", "formula", "expected"),
    [
        ([CAPTION], ["Zn1 O1"], "Zn1 O1", True),
        ([CAPTION], ["Na1 Cl1"], "Zn1 O1", False),
        (["Point 70 of 300 KDE samples decodes to:"], ["Zn1 O1"], "Zn1 O1", False),
        ([CAPTION], [], "Zn1 O1", False),
        ([CAPTION], [], None, True),
        ([CAPTION], ["Zn1 O1"], None, False),
        ([], ["Zn1 O1"], "Zn1 O1", False),
    ],
)
def test_a_crystal_is_of_the_click_if_number_and_formula_are(captions, formulas, formula, expected):
    assert is_of(Answer(captions=captions, formulas=formulas), Sample(7, 1007, formula)) is expected


def test_figures_are_of_all_people():
    first = Person(opened=3.0, clicks=[0.1, 0.2, 0.3], others=1)
    second = Person(opened=None, errors=["The app does not answer."], searches=2)
    figures = load_figures([first, second])
    assert figures["clicks"] == 3
    assert figures["click_median_s"] == 0.2
    assert figures["open_max_s"] == 3.0
    assert (figures["others_seen"], figures["errors"], figures["searches"]) == (1, 1, 2)
    assert figures["first_error"] == "The app does not answer."
    assert load_figures([second])["click_p95_s"] is None


def test_what_goes_wrong_is_a_refusal_with_the_figures(small_run, monkeypatch, capsys):
    figures = load_figures([Person(others=2)]) | {"tracebacks": 0, "memory_mb": [(0.0, 900.0)]}
    monkeypatch.setattr(load, "measure_load", lambda *_, **__: figures)
    assert main(["bench", "--load", "--run", str(small_run), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["error"].startswith("2 things went wrong")
    assert said["others_seen"] == 2


@pytest.mark.slow
def test_three_people_see_their_own_crystals(run):
    figures = load.measure_load(run, people=3, minutes=0.15, seed=40)
    assert figures["clicks"] > 0
    assert figures["errors"] == 0, figures["first_error"]
    assert figures["others_seen"] == figures["tracebacks"] == 0
    assert len(figures["memory_mb"]) > 2
    assert all(mb is None or mb > 0 for _, mb in figures["memory_mb"])
