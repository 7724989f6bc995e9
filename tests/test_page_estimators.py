"""The page of the samplers: what is stored, what is computed anew and stopped, and the sample that is opened."""

import shutil
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from paging import PATIENCE, few_samplers, open_app, until

from disgen.evaluation import comparison as comparisons
from disgen.evaluation.comparison_rows import row
from disgen.evaluation.judging import judge_latents
from disgen.evaluation.reference import own_reference, store_reference
from disgen.latent.projection import LatentMap, save_map
from disgen.latent.run_map import mapped_latents
from disgen.model import checkpoint
from disgen.model.checkpoint import load_run
from disgen.ui.base import samplers
from disgen.ui.base.jobs import Job, JobState

FEW = {"shown_n": "6", "shown_seed": "2", "compare_n": "5", "compare_seed": "3"}
pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture(scope="module")
def folder(small_run, tmp_path_factory):
    """A small run with a map and a reference, without a comparison and without estimators that take long."""
    path = shutil.copytree(small_run, tmp_path_factory.mktemp("page") / "small")
    map_plainly(path)
    run = load_run(path)
    store_reference(run, own_reference(run, []))
    return path


def map_plainly(path):
    """A map that takes no time: the first two numbers of each latent."""
    run = load_run(path)
    z = mapped_latents(run)
    places = np.ascontiguousarray(z[:, :2])
    save_map(
        LatentMap("tsne", {"metric": "euclidean"}, z, places, np.zeros((0, z.shape[1]), np.float32)), run.maps_path
    )


@pytest.fixture
def model(folder, monkeypatch):
    """The same as the app's only model, with three samplers that are fitted at once."""
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"small": folder})
    with few_samplers("kde", "gaussian", "prior"):
        yield folder
    (folder / comparisons.FILE).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def stored(folder):
    """A comparison of few samples."""
    run = load_run(folder)
    rng, known = np.random.default_rng(0), frozenset()
    rows = []
    for name in ("test", "kde", "gaussian"):
        z = rng.standard_normal((12, run.model.latent)).astype(np.float32)
        for variant, judged in zip(
            comparisons.VARIANTS, judge_latents(run, known, comparisons.VARIANTS, z), strict=True
        ):
            about = {"estimator": name, "decoding": variant.decoding.value, "polished": variant.polished}
            rows.append({**about, "log_likelihood": -3.0, "seconds": 0.5, **row(judged, judged.properties)})
    return comparisons.comparison(run, own_reference(run, []), rows, n=12, seed=9)


def opened(**params):
    """The page, and the server's caches as they are."""
    return open_app("estimators", {**FEW, **params})


def push(test, label):
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception


def labels(elements):
    return [element.label for element in elements]


def tables(test):
    return {
        name: element.value
        for element in test.get("html")
        for name in ("yield", "more", "table3")
        if f'data-table="{name}"' in element.value
    }


def said(test):
    return "\n".join(element.value for kind in (test.caption, test.markdown) for element in kind)


def first(value):
    return value[0] if isinstance(value, list) else value


def test_a_stored_comparison_shows_at_once(model, stored):
    comparisons.store_comparison(load_run(model), stored)
    test = opened()
    assert not test.error
    assert not test.info
    found = tables(test)
    assert set(found) == {"yield", "more", "table3"}
    assert "98.79 %" in found["table3"]
    assert samplers.label("gaussian") in found["yield"]
    assert "12 samples of each sampler, seed 9" in said(test)
    assert "Table (CSV)" in labels(test.download_button)
    assert "Learned prior" in said(test), "it is said that this model has none"
    before = found["yield"]
    test.button_group(key="decoding").set_value("free").run()
    assert not test.exception
    assert tables(test)["yield"] != before
    assert first(test.query_params["decoding"]) == "free"


def test_without_a_comparison_the_page_says_what_to_do(model):
    test = opened()
    assert tables(test) == {}
    assert "Recompute" in test.info[0].value
    assert "disgen compare" in test.info[0].value
    assert not test.error


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"run": 1, "n": 1, "seed": 0, "rows": [{}], "ceiling": {}}'])
def test_a_damaged_comparison_is_one_sentence(model, content):
    (model / comparisons.FILE).write_text(content)
    test = opened()
    assert len(test.error) == 1
    assert "disgen compare --store" in test.error[0].value
    assert tables(test) == {}


def test_a_new_comparison_replaces_the_stored_one_in_this_session_alone(model, stored):
    comparisons.store_comparison(load_run(model), stored)
    test = opened()
    test.button_group(key="compare_samplers_small").set_value(["gaussian"]).run()
    push(test, "Recompute")
    until(test, lambda page: "Stop" not in labels(page.button))
    assert "Recomputed" in test.success[0].value
    assert "5 samples of each sampler, seed 3" in said(test)
    found = tables(test)
    assert samplers.label("gaussian") in found["yield"]
    assert ">KDE<" not in found["yield"]
    assert (model / comparisons.FILE).is_file()
    other = opened()
    assert "12 samples of each sampler, seed 9" in said(other)
    push(test, "Show the stored table")
    assert "12 samples of each sampler, seed 9" in said(test)


def test_a_comparison_is_stopped_half_way_and_keeps_its_rows(model, stored, monkeypatch):
    reached, ended = threading.Event(), threading.Event()

    def rows(*_, progress, **__):
        try:
            yield from (found for found in stored["rows"][:6] if not found["polished"])
            reached.set()
            while True:
                progress(200, 400)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(comparisons, "comparison_rows", rows)
    test = opened()
    push(test, "Recompute")
    until(test, lambda _: reached.is_set())
    test.run()
    assert "Stop" in labels(test.button)
    assert "Recompute" not in labels(test.button)
    assert "1 of 2 samplers finished" in test.get("progress")[0].proto.text
    assert ">KDE<" in tables(test)["yield"]
    push(test, "Stop")
    until(test, lambda page: "Recompute" in labels(page.button))
    assert ended.is_set()
    assert "Stopped: 1 of 2 samplers finished" in test.info[0].value
    assert ">KDE<" in tables(test)["yield"]
    assert samplers.label("gaussian") not in tables(test)["yield"]


def test_a_comparison_that_ends_while_the_page_is_drawn_is_shown_as_over(model, monkeypatch):
    """The page's first look is from before the end, all others from after it."""
    test = opened()
    test.button_group(key="compare_samplers_small").set_value(["gaussian"]).run()
    push(test, "Recompute")
    job = test.session_state["_comparison_job"][1]
    assert not job.wait(PATIENCE).goes_on
    late, looks = Job.look, []

    def look(self):
        seen = late(self)
        if self is not job:  # the sets of samples below
            return seen
        looks.append(seen)
        return replace(seen, state=JobState.RUNNING) if len(looks) == 1 else seen

    monkeypatch.setattr(Job, "look", look)
    test.run()
    assert not test.exception
    assert "Stop" not in labels(test.button)
    assert "Recomputed" in test.success[0].value
    assert not test.number_input(key="compare_n").disabled


def test_a_comparison_that_fails_is_one_sentence(model, monkeypatch):
    def rows(*_, **__):
        msg = "It broke."
        raise comparisons.ComparisonError(msg)

    monkeypatch.setattr(comparisons, "comparison_rows", rows)
    test = opened()
    push(test, "Recompute")
    until(test, lambda page: "Stop" not in labels(page.button))
    assert [error.value for error in test.error] == ["It broke."]


def test_nothing_chosen_is_nothing_to_compute(model):
    test = opened()
    test.button_group(key="compare_samplers_small").set_value([]).run()
    assert not test.exception
    assert next(button for button in test.button if button.label == "Recompute").disabled


def ready(test):
    return {"KDE", "N(0, I)"} <= set(labels(test.download_button))


def test_sets_of_samples_come_in_and_one_is_opened_by_its_address(model):
    test = until(opened(sampler="gaussian", sample="3"), ready)
    assert not test.warning
    number = test.number_input(key="sample")
    assert number.value == 3
    assert "data-formula" in said(test) or test.warning
    push(test, "Next")
    assert test.number_input(key="sample").value == 4
    assert first(test.query_params["sample"]) == "4"
    assert first(test.query_params["sampler"]) == "gaussian"


def test_a_test_crystal_is_opened_too(model):
    test = opened(sampler="test", sample="5")
    assert test.number_input(key="sample").value == 5
    assert not test.exception


def test_nonsense_in_the_address_is_ignored(model):
    test = opened(sampler="evil", sample="-1", shown_n="0", compare_n="x", decoding="?")
    assert not test.error
    assert test.number_input(key="compare_n").value == 1000
    test = until(opened(sampler="kde", sample="99999"), ready)
    assert test.number_input(key="sample").value == 5


def test_a_model_without_a_map_still_shows_its_comparison(model, stored, tmp_path, monkeypatch):
    copy = shutil.copytree(model, tmp_path / "bare")
    shutil.rmtree(copy / "maps")
    comparisons.store_comparison(load_run(copy), stored)
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"bare": copy})
    test = opened()
    assert len(test.error) == 1
    assert "disgen map" in test.error[0].value
    assert "yield" in tables(test)


def test_a_light_model_without_training_split_still_shows_what_is_stored(model, stored, tmp_path, monkeypatch):
    from safetensors.numpy import load_file, save_file

    copy = shutil.copytree(model, tmp_path / "light")
    save_file({"test": load_file(copy / "latents.safetensors")["test"]}, copy / "latents.safetensors")
    map_plainly(copy)
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"light": copy})
    test = opened()
    assert not test.error
    assert [info.value for info in test.info if "light" in info.value]
    assert "Recompute" not in labels(test.button)
    assert tables(test) == {}
    comparisons.store_comparison(load_run(copy), stored)
    assert "yield" in tables(opened())
