"""The Conditioning page: its form, a search from start to end, stopping, results, and what is impossible."""

import shutil
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from paging import PATIENCE, few_samplers, open_app, until

from disgen.generation.read_back import ReadBack
from disgen.judge.conditioning_benchmark import FILE, KINDS, store
from disgen.latent.projection import LatentMap, save_map
from disgen.latent.run_map import mapped_latents
from disgen.model import checkpoint
from disgen.model.checkpoint import load_run
from disgen.search import conditioning
from disgen.search.conditions import Checker
from disgen.search.settings import Step
from disgen.ui.base.jobs import Job, JobState
from disgen.ui.conditioning import form_state
from disgen.ui.conditioning.form_state import PRESETS
from disgen.ui.crystal import buttons, tray

FEW = {"search_n": "6", "search_steps": "2", "search_from": "gaussian"}


@pytest.fixture(autouse=True)
def _small(no_network, monkeypatch):
    plain = Checker.base_rate
    monkeypatch.setattr(Checker, "base_rate", lambda checker, estimator, seed: plain(checker, estimator, seed, 20))


@pytest.fixture(scope="module")
def folder(small_run, tmp_path_factory):
    """A small run with a map that is made at once."""
    path = shutil.copytree(small_run, tmp_path_factory.mktemp("page") / "small")
    run = load_run(path)
    z = mapped_latents(run)
    axes = np.eye(2, z.shape[1], dtype=np.float32)
    latent_map = LatentMap("tsne", {"metric": "euclidean"}, z, np.ascontiguousarray(z[:, :2]), axes)
    save_map(latent_map, run.maps_path)
    return path


@pytest.fixture
def model(folder, monkeypatch):
    """The same as the app's only model."""
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"small": folder})
    with few_samplers("kde", "gaussian"):
        yield folder
    (folder / FILE).unlink(missing_ok=True)


def opened(**params):
    return open_app("conditioning", {**FEW, **params})


def button(test, key):
    return next((found for found in test.button if found.key == key), None)


def push(test, key):
    button(test, key).click().run()
    assert not test.exception


def said(test):
    kinds = (test.caption, test.markdown, test.info, test.error, test.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def is_over(test):
    return "Without a search" in said(test)


def test_an_empty_form_asks_for_something_and_cannot_be_searched(model):
    test = opened()
    assert "Say what the crystals shall be" in said(test)
    assert not test.error
    assert button(test, "search_start").disabled


@pytest.mark.parametrize("name", PRESETS)
def test_an_example_fills_the_form_and_the_url(model, name):
    test = opened()
    push(test, f"preset_{name}")
    assert not test.error
    assert "Searched for:" in said(test)
    assert not button(test, "search_start").disabled
    assert test.text_input(key="elements").value == PRESETS[name].values["elements"]
    params = {key: value for key, value in test.query_params.items() if key not in FEW}
    linked = opened(**{key: value[0] if isinstance(value, list) else value for key, value in params.items()})
    assert [line for line in said(linked).split("\n") if "Searched for:" in line] == [
        line for line in said(test).split("\n") if "Searched for:" in line
    ]
    push(test, "preset_none")
    assert "elements" not in test.query_params
    assert "Say what the crystals shall be" in said(test)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"elements": "Li", "forbidden": "Li"}, "Li is required and forbidden at once: choose one."),
        ({"elements": "Xq"}, "There is no element"),
        ({"sites": "1,2", "disordered": "3,9"}, "There cannot be 3 disordered sites among 2 sites"),
        ({"mix": "<b>Zn</b>"}, "cannot be read: write each name with its amount"),
        ({"cell_a": "wide"}, "cannot be read: write it like"),
    ],
)
def test_the_impossible_is_said_before_anything_runs(model, params, sentence):
    test = opened(**params)
    assert len(test.error) == 1
    assert sentence in test.error[0].value.replace("\\", "")
    assert button(test, "search_start").disabled


def test_switching_to_nothing_else_offers_other_elements(model):
    test = opened(elements="Zn O")
    assert "forbidden" in {field.key for field in test.text_input}
    test.toggle(key="only").set_value(True).run()
    assert "also" in {field.key for field in test.text_input}
    assert "nothing but Zn and O" in said(test)
    test.text_input(key="also").set_value("V").run()
    assert "nothing but Zn, O and V" in said(test)


def test_a_search_from_start_to_end(model, monkeypatch):
    # What is found first need not come back from its CIF, and then goes into no tray.
    monkeypatch.setattr(buttons, "read_back", lambda found: ReadBack(np.ones(len(found), bool), np.zeros(len(found))))
    test = opened(elements="O")
    push(test, "search_start")
    until(test, is_over)
    assert button(test, "search_stop") is None
    assert "of 6 points" in said(test)
    assert "Where the best have come from" in {element.value for element in test.header}
    met = int(said(test).split(" of 6 points")[0].rpartition(" ")[2])
    if not met:
        assert "No point meets everything" in said(test)
    table = test.dataframe[0].value
    assert len(table) == (met or 6)
    assert set(table["Required "]) == ({"✓"} if met else {"✗"})
    test.toggle(key="condition_all").set_value(True).run()
    assert len(test.dataframe[0].value) == 6
    labels = {element.label for element in test.download_button}
    assert {"All that meet everything (zip)", "Download CIF"} <= labels
    push(test, "download_found_tray")
    (item,) = tray.items(test.session_state["_place"])
    assert item.source.origin.startswith("search-gaussian-n6-seed0-")
    assert item.source.run == "small"


def test_a_search_that_ends_while_the_page_is_drawn_is_shown_as_over(model, monkeypatch):
    """The page's first look is from before the end, all others from after it."""
    test = opened(elements="O")
    push(test, "search_start")
    job = test.session_state["_place"]["_search_job"][1]
    assert not job.wait(PATIENCE).goes_on
    late, looks = Job.look, []

    def look(self):
        looks.append(late(self))
        first = replace(looks[0], state=JobState.RUNNING, progress=replace(looks[0].progress, found=None))
        return first if len(looks) == 1 else looks[-1]

    monkeypatch.setattr(Job, "look", look)
    test.run()
    assert not test.exception
    assert button(test, "search_stop") is None
    assert button(test, "search_start") is not None
    assert is_over(test)


@pytest.fixture
def endless(monkeypatch):
    """A search that goes on until it is stopped."""
    closed = threading.Event()

    def optimise(run, targets, estimator, judge, mixing, settings):
        z = estimator.sample(settings.n, np.random.default_rng(settings.seed))
        try:
            for step in range(1_000_000):
                time.sleep(0.02)
                zeros = np.zeros(len(z), dtype=int)
                yield Step(step, {target.text: 1.0 / (1 + step) for target in targets}, z, zeros, zeros)
        finally:
            closed.set()

    monkeypatch.setattr(conditioning, "optimise", optimise)
    return closed


def test_a_search_that_is_stopped_keeps_what_was_found(model, endless):
    test = opened(elements="O", search_steps="2000")
    push(test, "search_start")
    until(test, lambda test: test.get("plotly_chart"))
    assert button(test, "search_start") is None
    push(test, "search_stop")
    until(test, is_over)
    assert endless.is_set()
    assert "what was found until then is kept" in said(test)
    assert len(test.dataframe[0].value) > 0
    assert button(test, "search_start") is not None


def test_two_sessions_never_see_each_others_results(model, endless):
    one, other = opened(elements="O"), opened(elements="Na")
    push(one, "search_start")
    assert button(other, "search_stop") is None
    push(other, "search_start")
    for test in (one, other):
        until(test, lambda test: test.get("plotly_chart"))
        push(test, "search_stop")
        until(test, is_over)
    assert "contains O." in said(one)
    assert "contains Na." not in said(one)
    assert "contains Na." in said(other)


def test_the_stored_benchmark_is_shown_and_its_absence_is_said(model):
    test = opened()
    assert "condition --run small --benchmark --store" in said(test)
    part = {"targets": 20, "credible": 19, "median_credible": 30.0, "reached": 20, "median_success": 0.9}
    part |= {"median_seconds": 9.0}
    about = {"run": "small", "estimator": "kde", "n": 64, "steps": 200, "seed": 0, "targets": []}
    store(load_run(model), {**about, "kinds": dict.fromkeys(KINDS, part), "all": part})
    test = opened()
    assert any('data-table="benchmark"' in element.value for element in test.get("html"))
    (model / FILE).write_text("{}")
    test = opened()
    assert any("conditioning.json" in element.value.replace("\\", "") for element in test.error)


def test_a_run_without_its_training_split_says_so(model, monkeypatch):
    monkeypatch.setattr("disgen.latent.fitted.available_estimators", lambda _: ())
    test = opened(elements="O")
    assert "nothing to start a search from" in said(test)
    assert button(test, "search_start") is None


def test_a_sampler_that_the_model_lacks_gives_way_to_one_that_it_has(model, monkeypatch):
    monkeypatch.setattr("disgen.latent.fitted.available_estimators", lambda _: ("kde",))
    test = opened(elements="O")
    assert test.selectbox(key="search_from").value == "kde"
    assert form_state.PARAMETERS["search_from"].default == "prior"
