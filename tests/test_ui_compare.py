"""Parts of the page of two sets that need no page: addresses, table, distributions, recipes, what is kept."""

import argparse
import shlex

import pytest

from disgen.cif.bundle import CifFile
from disgen.cli import judge
from disgen.judge.contrast import Contrast, Figure, JudgedQuantity, Unit
from disgen.judge.distributions import PANELS
from disgen.ui.base.places import Place
from disgen.ui.compare import job
from disgen.ui.compare.histograms import histograms_html, panel_svg
from disgen.ui.compare.recipe import recipes
from disgen.ui.compare.settings import WantedSet, opened
from disgen.ui.compare.side import Side
from disgen.ui.compare.tables import SIZES, contrast_html, difference_text, figure_html
from disgen.ui.data.loading import RunKey

KEY = RunKey("open", "/models/open", 1)
SHARE = JudgedQuantity("novel", "New", "Not in the training data.", Unit.SHARE, lambda _: None)


def test_only_sides_and_whole_numbers_name_a_crystal():
    assert opened("a-3") == ("a", 3)
    assert opened("b-11") == ("b", 11)
    assert [opened(text) for text in ("", "c-1", "a", "a-", "a--1", "a-x", "a-²")] == [None] * 7


def test_a_figure_has_its_interval_number_and_count():
    found = figure_html(Figure(0.25, (0.1, 0.4), 20, 5), Unit.SHARE)
    assert "25.0 %" in found
    assert "10.0–40.0, n = 20" in found
    assert 'title="5 of 20"' in found
    assert "−0.010 eV/atom" in figure_html(Figure(-0.01, (-0.02, 0.0), 9), Unit.ENERGY)
    assert figure_html(None, Unit.SHARE) == "–"


def test_a_difference_is_named_only_where_intervals_do_not_overlap():
    low, high, middle = Figure(0.1, (0.0, 0.2), 9), Figure(0.8, (0.7, 0.9), 9), Figure(0.3, (0.15, 0.75), 9)
    assert "left higher" in difference_text(Contrast(SHARE, high, low))
    assert "right higher" in difference_text(Contrast(SHARE, low, high))
    assert difference_text(Contrast(SHARE, low, middle)) == difference_text(Contrast(SHARE, None, low)) == ""
    assert SIZES in difference_text(Contrast(SHARE, low, high, comparable=False))
    table = contrast_html([Contrast(SHARE, low, high), Contrast(SHARE, low, middle)], ("<b>", "other"))
    assert "&lt;b&gt;" in table
    assert table.count('class="differs"') == 1


def test_distributions_are_in_shares_of_each_set():
    left = {"n": 4, "counts": {"1": 1, "2": 3}}
    right = {"n": 200, "counts": {"2": 100, "5": 100}}
    panel = panel_svg("elements", left, right, ("KDE", "Test"))
    for text in ("KDE, 1: 25.0 % of 4", "KDE, 2: 75.0 % of 4", "Test, 2: 50.0 % of 200", "Test, 5: 50.0 % of 200"):
        assert text in panel
    volumes = panel_svg("volume_per_atom", {"n": 1, "counts": {"60": 1}}, {"n": 0, "counts": {}}, ("KDE", "Test"))
    assert "60 Å³ and more" in volumes
    systems = panel_svg("crystal_systems", {"n": 1, "counts": {"cubic": 1}}, {"n": 0, "counts": {}}, ("KDE", "Test"))
    assert "KDE, cubic: 100.0 % of 1" in systems
    other = {"n": 2, "counts": {"triclinic": 1, "cubic": 1}}
    systems = panel_svg("crystal_systems", {"n": 1, "counts": {"cubic": 1}}, other, ("KDE", "Test"))
    assert systems.index(">triclinic<") < systems.index(">cubic<")
    both = {name: {"n": 1, "counts": {"cubic" if name == "crystal_systems" else "1": 1}} for name in PANELS}
    assert histograms_html(both, both, ("KDE", "Test")).count("<svg") == len(PANELS)


def test_reports_are_kept_without_files_and_the_last_ones_only():
    place = Place()
    wanted = [
        WantedSet(KEY, "cifs", 0, 0, str(number), (CifFile("a.cif", b"x"),)) for number in range(job.MOST_KEPT + 2)
    ]
    for number, one in enumerate(wanted):
        job.keep(place, {one: {"n": number}})
    kept = job.kept(place)
    assert [report["n"] for report in kept.values()] == list(range(2, job.MOST_KEPT + 2))
    assert all(one.files == () for one in kept)
    assert kept[wanted[-1]]["n"] == job.MOST_KEPT + 1, "the files are no part of what is asked for"
    assert place.size > 0


@pytest.mark.parametrize(
    ("source", "stored", "line"),
    [
        ("kde", True, "judge --run open --estimator kde -n 30 --seed 4 --energies 200 --json"),
        ("test", True, "judge --run open --estimator test --seed 4 --energies 200 --json"),
        ("test", False, "judge --run open --estimator test -n 30 --seed 4 --energies 200 --json"),
        ("cifs", False, "judge --run open --cifs my_cifs --json"),
    ],
)
def test_recipes_name_the_commands(source, stored, line):
    side = Side("a", KEY, source, {"n": 30, "seed": 4, "energies": {"n": 200}}, stored=stored)
    found = recipes(side, side)
    assert found["Left"].line == f"python -m disgen {line} > left.json"
    parser = argparse.ArgumentParser()
    judge.add_commands(parser.add_subparsers())
    assert parser.parse_args(shlex.split(line)).json
    compile(found["Both"].python, "recipe", "exec")
