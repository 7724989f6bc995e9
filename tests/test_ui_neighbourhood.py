"""The map's tools: what clicks and buttons do to the state, tables, marks, and what is said about differences."""

import re
from dataclasses import replace

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.decoded import DecodedLatent
from disgen.generation.outcome import Outcome
from disgen.generation.screening import screen
from disgen.judge.verdict import Criterion, Verdict
from disgen.latent.registry import ESTIMATORS
from disgen.ui.base import samplers
from disgen.ui.data.loading import SampleKey
from disgen.ui.data.selection import PointId
from disgen.ui.latent import map_state, tool_table
from disgen.ui.latent.map_parameters import PARAMETERS
from disgen.ui.latent.map_state import AroundKey, MapPoint, map_point
from disgen.ui.latent.nearby import Neighbour, PathKey
from disgen.ui.latent.nearest import nearest_table
from disgen.ui.latent.neighbourhood import around_stem, around_table, summary
from disgen.ui.map.path import path_stem, path_table

ROCK_SALT = WyckoffCrystal(
    225,
    (5.64, 5.64, 5.64, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),)),
    ),
)
MIXED = replace(
    ROCK_SALT,
    sites=(replace(ROCK_SALT.sites[0], occupancies=(("Na", 0.5), ("K", 0.5))), ROCK_SALT.sites[1]),
)
KDE = SampleKey("kde", 40, 3)
HERE = MapPoint(None, PointId("test", 5))


def decoded(crystal, outcome=Outcome.OK):
    return DecodedLatent(crystal, outcome, True, screen([crystal])[0], np.zeros(2, np.float32))


def state(**changes):
    return {name: parameter.default for name, parameter in PARAMETERS.items()} | changes


def test_every_sampler_has_a_name_for_people():
    names = [samplers.label(name) for name in ESTIMATORS]
    assert len(set(names)) == len(names)
    assert not set(names) & set(ESTIMATORS)
    assert set(PARAMETERS["set"].options[1:]) == set(ESTIMATORS)


def test_another_set_shows_its_first_sample():
    found = state(set="kde", of="test", point=7)
    map_state.set_changed(found)
    assert (found["of"], found["point"]) == ("kde", 0)
    found["set"] = "none"
    map_state.set_changed(found)
    assert found["of"] == "test"


SETS = {"test": 10, "kde": 60}


def test_a_click_chooses_a_point_of_either_set():
    found = state(set="kde")
    map_state.clicked(found, [12], SETS)
    assert (found["of"], found["point"]) == ("kde", 2)
    for rows in ([], [99]):
        map_state.clicked(found, rows, SETS)
        assert found == state(set="kde", of="kde", point=2)


def test_many_points_are_selected_and_stay_so_until_none_is():
    found = state(set="kde")
    map_state.clicked(found, [3, 12, 4, 69, 99], SETS)
    chosen = (PointId("test", 3), PointId("kde", 2), PointId("test", 4), PointId("kde", 59))
    assert map_state.selection(found) == chosen
    assert found["point"] == 0
    map_state.clicked(found, [7], SETS)
    assert found["point"] == 7
    assert map_state.selection(found) == chosen
    found["seed"] = 1  # other samples are other points
    assert map_state.selection(found) == (PointId("test", 3), PointId("test", 4))
    assert map_state.selection(found | {"run": "another model"}) == ()
    map_state.clicked(found, [], SETS)
    assert map_state.selection(found) == ()


def test_a_selection_and_a_search_are_cleared_by_a_button():
    found = state(find_formula="NaCl", find_elements=["Na"], find_only=True, find_group="225")
    map_state.clicked(found, [3, 4], SETS)
    map_state.clear_selection(found)
    map_state.clear_selection(found)
    assert map_state.selection(found) == ()
    map_state.clear_search(found)
    assert {found[name] for name in ("find_formula", "find_group")} == {""}
    assert found["find_elements"] == []
    assert not found["find_only"]


def test_the_first_of_what_a_new_search_finds_is_chosen():
    found = state()
    hits = (PointId("train", 4), PointId("test", 2))
    map_state.settle_search(found, "salts", hits)
    assert (found["of"], found["point"]) == ("train", 4)
    map_state.go_to(found, hits[1])
    map_state.settle_search(found, "salts", hits)  # the same search
    assert (found["of"], found["point"]) == ("test", 2)
    map_state.settle_search(found, "none of these", ())
    map_state.settle_search(found, None, ())
    assert (found["of"], found["point"]) == ("test", 2)
    linked = state(point=7)
    map_state.settle_search(linked, "salts", hits)
    assert (linked["of"], linked["point"]) == ("test", 7)


def test_a_sample_that_is_chosen_before_it_is_there_is_chosen_again():
    found = state(set="kde", of="kde", point=7)
    map_state.wait_for_samples(found)
    assert map_state.settle_point(found, {"test": 10}) == PointId("test", 7)
    map_state.wait_for_samples(found)
    map_state.samples_came(found)
    assert (found["of"], found["point"]) == ("kde", 7)
    map_state.go_to(found, PointId("test", 2))
    map_state.samples_came(found)
    assert found["of"] == "test"


def test_samples_that_take_too_long_are_given_up():
    found = state(set="kde", of="kde", point=7)
    map_state.no_samples(found)
    assert (found["set"], found["of"], found["point"]) == ("none", "test", 0)


def test_a_click_chooses_the_end_of_a_path_only_where_it_is_asked_to():
    found = state(tool="path", clicks="end")
    map_state.clicked(found, [3], SETS)
    assert (found["to_of"], found["to"]) == ("test", 3)
    assert found["point"] == 0
    for changes in ({"tool": "around", "clicks": "end"}, {"tool": "path", "clicks": "start"}, {"tool": "path"}):
        found = state(**changes)
        map_state.clicked(found, [3], SETS)
        assert found["point"] == 3
        assert found["to"] is None


def test_points_that_are_not_there_become_some_that_are():
    sizes = {"test": 10, "train": 20}
    found = state(of="kde", point=3, to_of="kde", to=3)
    assert map_state.settle_point(found, sizes) == PointId("test", 3)
    assert map_state.settle_end(found, sizes) is None
    found = state(of="train", point=99, to_of="train", to=99)
    assert map_state.settle_point(found, sizes) == PointId("train", 19)
    assert map_state.settle_end(found, sizes) == PointId("train", 19)
    assert map_state.settle_end(state(), sizes) is None


def test_the_nearest_are_entries_in_rows():
    found = [Neighbour(PointId("train", 7), "NaCl", 225, 0.1), Neighbour(PointId("test", 2), "KCl", 225, 0.2)]
    assert list(nearest_table(found, "Steps")["Steps"]) == [0.1, 0.2]
    assert list(nearest_table(found, "Steps")["Split"]) == ["Training split", "Test split"]


def test_without_training_latents_a_radius_is_in_latent_units():
    found = state(unit="spread")
    map_state.settle_unit(found, ("test", "train"))
    assert found["unit"] == "spread"
    map_state.settle_unit(found, ("test",))
    assert found["unit"] == "latent"


def test_samples_are_those_that_were_asked_for_around_this_point():
    found = state(radius=0.3, around=20, noise=4, unit="spread", pick=3)
    assert map_state.asked_around(found, HERE) is None
    map_state.ask_around(found, HERE)
    asked = map_state.asked_around(found, HERE)
    assert asked == AroundKey(HERE, 0.3, True, 20, 4)
    assert found["sampled"] == "yes"
    assert found["pick"] is None
    # Settings that are changed afterwards count only when the button is pushed again.
    found["radius"] = 1.0
    assert map_state.asked_around(found, HERE) == asked
    assert map_state.asked_around(found, MapPoint(None, PointId("test", 6))) is None
    assert found["sampled"] == "no"
    assert map_state.asked_around(found, HERE) == asked


def test_a_url_asks_for_samples_and_one_of_them():
    found = state(sampled="yes", pick=7, around=20)
    assert map_state.asked_around(found, HERE) == AroundKey(HERE, 0.2, False, 20, 0)
    assert found["pick"] == 7


def test_a_point_knows_the_samples_that_it_belongs_to():
    assert map_point(KDE, PointId("kde", 1)).samples == KDE
    assert map_point(KDE, PointId("test", 1)).samples is None
    assert map_point(None, PointId("train", 1)).samples is None
    assert map_state.samples_of(state()) is None
    assert map_state.samples_of(state(set="gmm", n=None, temperature=0.5)) == SampleKey("gmm", 1, 0, 0.5)


def test_the_chosen_sample_is_one_that_is_there():
    found = state()
    map_state.pick(found, 4)
    assert map_state.settle_pick(found, 5) == 4
    assert map_state.settle_pick(found, 4) is None
    assert found["pick"] is None
    map_state.pick(found, 1)
    map_state.tool_changed(found)
    assert found["pick"] is None


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (ROCK_SALT, "nothing"),
        (replace(ROCK_SALT, cell=(5.7, 5.7, 5.7, 90.0, 90.0, 90.0)), "cell, coordinates"),
        (MIXED, "+K"),
        (replace(ROCK_SALT, space_group=221), "group"),
        (replace(ROCK_SALT, sites=ROCK_SALT.sites[:1]), "positions, 2→1 sites, −Cl"),
        (None, "no crystal any more"),
    ],
)
def test_what_changed_is_said_in_a_few_words(after, words):
    assert tool_table.what_changed(ROCK_SALT, after) == words


def test_amounts_alone_are_occupancies():
    less = replace(MIXED.sites[0], occupancies=(("Na", 0.75), ("K", 0.25)))
    assert tool_table.what_changed(MIXED, replace(MIXED, sites=(less, MIXED.sites[1]))) == "occupancies"
    assert tool_table.what_changed(None, MIXED) == "a crystal again"
    assert tool_table.what_changed(None, None) == ""


SAMPLES = (decoded(MIXED), decoded(ROCK_SALT, Outcome.DUPLICATE), decoded(None, Outcome.EMPTY))
VERDICT = Verdict((), None, trained=False)
VERDICTS = (VERDICT, VERDICT, None)
ASKED = AroundKey(HERE, 0.6, False, 3, 0)


def test_the_table_of_samples_compares_them_with_the_centre():
    table = around_table(SAMPLES, VERDICTS, ROCK_SALT)
    assert list(table["Outcome"]) == ["ok", "duplicate", "empty"]
    assert list(table["Formula"]) == [MIXED.formula, "NaCl", "no crystal"]
    assert list(table["Space group"]) == ["Fm-3m (225)", "Fm-3m (225)", ""]
    assert list(table["Differs in"]) == ["+K", "nothing", "no crystal any more"]
    assert list(table["Credible"]) == ["yes", "yes", ""]
    text = summary(SAMPLES, 1, ROCK_SALT, ASKED)
    assert "3 samples" in text
    assert "2 decode to a crystal, 1 of them to the same one again; 1 (33%)" in text
    assert "× the training latents' spread" in summary(SAMPLES, 1, None, replace(ASKED, relative=True))


def test_each_key_counts_once_if_it_is_credible_and_new():
    known, wrong = (
        replace(VERDICT, trained=True),
        replace(VERDICT, criteria=(Criterion("Volume", holds=False, why=""),)),
    )
    points = (decoded(ROCK_SALT), decoded(ROCK_SALT), decoded(ROCK_SALT), decoded(ROCK_SALT), decoded(None))
    assert tool_table.are_good(points, (known, wrong, VERDICT, VERDICT, None)) == [False, False, True, False, False]


def test_the_table_of_steps_says_what_changed_on_the_way():
    steps = (decoded(ROCK_SALT), decoded(ROCK_SALT), decoded(MIXED), decoded(None, Outcome.EMPTY))
    table = path_table(steps, [*[VERDICT] * 3, None])
    assert list(table["Changed"]) == ["", "nothing", "+K", "no crystal any more"]
    assert list(table["Outcome"]) == ["ok", "ok", "ok", "empty"]


def test_files_are_named_after_what_is_in_them():
    assert around_stem(ASKED) == "around-test-5-r0.6-seed0"
    assert around_stem(AroundKey(map_point(KDE, PointId("kde", 1)), 0.5, True, 9, 2)) == (
        "around-kde-n40-seed3-1-r0.5spread-seed2"
    )
    path = PathKey(HERE, MapPoint(None, PointId("train", 12)), "linear", 9)
    assert path_stem(path) == "linear-test-5-to-train-12-9steps"


def test_formulas_and_changes_stand_whole():
    metals = ("Na", "K", "Rb", "Cs", "Ca", "Sr", "Ba", "La", "Ce")
    site = replace(ROCK_SALT.sites[0], occupancies=tuple((symbol, 0.11) for symbol in metals))
    many = replace(ROCK_SALT, sites=(site, *ROCK_SALT.sites[1:]))
    table = around_table([decoded(many)], [VERDICT], ROCK_SALT)
    assert table["Formula"][0] == many.formula
    assert set(metals) <= set(re.findall("[A-Z][a-z]?", table["Formula"][0]))
    assert [word for word in metals if f"+{word}" in table["Differs in"][0]] == [*metals[1:]]
    assert tool_table.formula_text(None) == "no crystal"


def test_sources_hold_latent_and_outcome_for_the_tray():
    class Key:
        name = "open"

    z = np.arange(6, dtype=np.float32).reshape(3, 2)
    samples = [replace(sample, z=latent) for sample, latent in zip(SAMPLES, z, strict=True)]
    sources = tool_table.sources_of(Key, samples, "around-test-5-r0.6-seed0", seed=0)
    assert [source.origin for source in sources] == [f"around-test-5-r0.6-seed0-{number}" for number in range(3)]
    assert sources[1].latent == (2.0, 3.0)
    assert sources[1].outcome == "duplicate"
    assert sources[1].seed == 0
