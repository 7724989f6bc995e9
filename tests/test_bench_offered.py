"""Every CIF that is offered of samples is read as the crystal that was written; one that is not would be noticed."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from synthetic import random_crystals

from disgen.bench import offered
from disgen.bench.offered import ALTERNATIVES, P1, SYMMETRY, Lost, Offered, cif_forms, offered_by_all, tried
from disgen.cli import main
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.read_back import read_back
from disgen.model.checkpoint import load_run

SPLIT = WyckoffCrystal(
    123,
    (4.0, 4.0, 6.0, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Sr", 1.0),)),
        WyckoffSite("h", 2, (0.5, 0.5, 0.45), (("Ti", 0.5),)),
    ),
)


@pytest.fixture(scope="module")
def crystals():
    """Those of some random ones that are offered."""
    made = random_crystals(24, seed=5)
    return [crystal for crystal, same in zip(made, read_back(made).same, strict=True) if same]


def test_all_forms_of_good_crystals_come_back(crystals):
    number, cifs, lost = tried(crystals)
    assert number == cifs[SYMMETRY] == cifs[P1] == len(crystals) > 8
    assert lost == ()


def test_a_form_for_sites_that_exclude_each_other():
    assert set(cif_forms(replace(SPLIT, sites=SPLIT.sites[:1]))) == {SYMMETRY, P1}
    assert set(cif_forms(SPLIT)) == {SYMMETRY, P1, ALTERNATIVES}


def test_what_is_not_offered_is_not_written():
    assert tried([WyckoffCrystal(1, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), ())]) == (0, {}, ())


def test_a_cif_that_gives_another_crystal_is_found(crystals, monkeypatch):
    longer = replace(crystals[0], cell=(crystals[0].cell[0] + 0.01, *crystals[0].cell[1:]))
    monkeypatch.setattr(offered, "read", lambda _: SimpleNamespace(crystal=longer))
    _, _, lost = tried(crystals[:1])
    assert [one.form for one in lost] == [SYMMETRY, P1]
    assert lost[0].reason == "cell differ by up to 0.01"


def test_each_sampler_is_tried_as_it_is_and_polished(small_run, monkeypatch):
    monkeypatch.setattr(offered, "ESTIMATORS", ("gaussian",))
    rows = list(offered_by_all(load_run(small_run), 6, 3, 1, progress=False))
    assert [(row.sampler, row.polished) for row in rows] == [("gaussian", False), ("gaussian", True)]
    assert all(row.offered > 2 and not row.lost for row in rows)
    assert all(row.to_dict()["identical"] == sum(row.cifs.values()) for row in rows)


def test_a_lost_one_is_a_refusal_with_the_figures(small_run, monkeypatch, capsys):
    row = Offered("kde", polished=True, n=5, crystals=5, offered=4, cifs={SYMMETRY: 4})
    monkeypatch.setattr(offered, "offered_by_all", lambda *_: iter([row]))
    command = ["bench", "--offered", "--sample", "5", "--run", str(small_run)]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["kde,", "polished", "5", "5", "4", "4", "4"]
    bad = replace(row, lost=(Lost("Zn1 O1", 186, SYMMETRY, "cell differ by up to 0.01"),))
    monkeypatch.setattr(offered, "offered_by_all", lambda *_: iter([bad]))
    assert main([*command, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["error"] == "1 of 4 CIFs that are offered give another crystal than was written."
    assert said["samplers"][0]["lost"][0]["formula"] == "Zn1 O1"
