"""A comparison in the background: rows as they come, stopping, failing, and ending when nobody wants it."""

import gc
import logging
import threading
import time

import pytest

from disgen.evaluation import comparison as comparisons
from disgen.evaluation import reference as references
from disgen.evaluation.judging import ComparisonError
from disgen.evaluation.reference import OWN, Reference, own_reference
from disgen.generation.sampling import draw
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.ui.base.jobs import JobState
from disgen.ui.base.line import Line
from disgen.ui.estimators.job import ComparisonProgress, ComparisonRequest, start_comparison

PATIENCE = 120.0  # s
VARIANTS = 2


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


def wait(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def finished(job):
    seen = job.wait(PATIENCE)
    assert not seen.goes_on, "it took too long"
    return seen


def test_a_comparison_is_the_one_that_the_command_makes(run, monkeypatch):
    reference = own_reference(run, [])
    monkeypatch.setattr(references, "find_reference", lambda _: reference)
    seen = finished(start_comparison(run, ComparisonRequest(("gaussian",), 20, 3)))
    assert seen.state is JobState.FINISHED
    assert seen.problem == ""
    progress = seen.progress
    assert progress.compared == ("test", "gaussian")
    assert progress.done == progress.total == len(run.latents["test"]) + 20
    result = progress.result
    assert (result["run"], result["n"], result["seed"]) == (run.name, 20, 3)
    assert [row["polished"] for row in result["rows"]] == [False] * 4
    counts = draw(run, fitted_estimator(run, "gaussian"), 20, 3).reconstructions.crystals
    assert result["rows"][3]["counts"]["legal"] == sum(crystal is not None for crystal in counts)
    assert result["ceiling"]["crystals"] == OWN
    exact = [found for found in result["rows"] if found["decoding"] == "exact"]
    assert all(0.0 <= found["verdict"]["credible"] <= 1.0 for found in exact)
    assert not any("verdict" in found for found in result["rows"] if found["decoding"] == "free")


class Slow:
    """Stands for the comparison: the rows of one more sampler whenever a test says so."""

    def __init__(self, monkeypatch):
        self.go_on = threading.Semaphore(0)
        self.closed = threading.Event()
        monkeypatch.setattr(comparisons, "comparison_rows", self.rows)
        monkeypatch.setattr(references, "find_reference", lambda _: Reference(OWN, {"n": 1}, {}))

    def rows(self, _run, _reference, *, estimators, variants, progress, **_):
        try:
            for place, name in enumerate(("test", *estimators)):
                while not self.go_on.acquire(timeout=0.01):
                    progress(place, 1 + len(estimators))
                for variant in variants:
                    yield {"estimator": name, "decoding": variant.decoding.value, "polished": variant.polished}
        finally:
            self.closed.set()


@pytest.fixture
def slow(monkeypatch):
    return Slow(monkeypatch)


def test_rows_come_one_sampler_after_the_other_and_stay_when_it_is_stopped(run, slow):
    job = start_comparison(run, ComparisonRequest(("kde", "gmm"), 5, 0))
    wait(lambda: job.look().progress.total)
    assert job.look().state is JobState.RUNNING
    assert job.look().progress.result is None
    slow.go_on.release()
    wait(lambda: job.look().progress.compared == ("test",))
    slow.go_on.release()
    wait(lambda: job.look().progress.compared == ("test", "kde"))
    assert job.look().goes_on
    assert not job.look().stopping
    job.stop()
    assert job.look().stopping
    seen = finished(job)
    assert seen.state is JobState.STOPPED
    assert seen.progress.compared == ("test", "kde")
    assert len(seen.progress.result["rows"]) == 2 * VARIANTS
    wait(slow.closed.is_set)


def test_repaired_crystals_are_compared_on_demand(run, slow):
    slow.go_on.release(2)
    seen = finished(start_comparison(run, ComparisonRequest(("kde",), 5, 0, repaired=True)))
    assert [row["polished"] for row in seen.progress.result["rows"]] == [False, False, True] * 2


def test_it_ends_when_its_session_does(run, slow):
    session = {"job": start_comparison(run, ComparisonRequest(("kde",), 5, 0))}
    wait(lambda: session["job"].look().progress.total)
    session.clear()
    gc.collect()
    wait(slow.closed.is_set)


def test_two_sessions_have_their_own_results(run, slow):
    one, other = (start_comparison(run, ComparisonRequest((name,), 5, seed)) for name, seed in (("kde", 1), ("gmm", 2)))
    slow.go_on.release(4)
    assert finished(one).progress.result["seed"] == 1
    assert finished(other).progress.result["seed"] == 2
    assert one.look().progress.compared == ("test", "kde")
    assert other.look().progress.compared == ("test", "gmm")


def test_others_wait_for_their_turn_and_can_be_stopped_there(run, slow, monkeypatch):
    monkeypatch.setattr("disgen.ui.base.jobs.LONG_JOBS", Line(1))
    first = start_comparison(run, ComparisonRequest(("kde",), 5, 0))
    wait(lambda: first.look().progress.total)
    second, third = (
        start_comparison(run, ComparisonRequest(("kde",), 5, 0)),
        start_comparison(run, ComparisonRequest(("kde",), 5, 0)),
    )
    second.stop()
    assert finished(second).state is JobState.STOPPED
    assert third.look().state is JobState.WAITING
    first.stop()
    wait(lambda: third.look().state is JobState.RUNNING)
    third.stop()
    assert finished(third).progress.result is None


@pytest.mark.parametrize(("error", "sentence"), [(ComparisonError("It broke."), "It broke."), (KeyError("x"), "log")])
def test_a_failure_is_one_sentence(run, monkeypatch, error, sentence, caplog):
    def fail(_):
        raise error

    monkeypatch.setattr(references, "find_reference", fail)
    with caplog.at_level(logging.ERROR):
        seen = finished(start_comparison(run, ComparisonRequest(("kde",), 5, 0)))
    assert seen.state is JobState.FAILED
    assert sentence in seen.problem
    assert seen.problem.endswith(".")
    assert bool(caplog.records) is isinstance(error, KeyError)


def test_nothing_is_compared_at_first():
    assert ComparisonProgress(ComparisonRequest(("kde",), 5, 0)).compared == ()
