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
from disgen.ui.estimators import job as comparison_job
from disgen.ui.estimators.job import ComparisonJob, Progress, State, Wish

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
    wait(lambda: not job.progress.goes_on)
    return job.progress


def test_a_comparison_is_the_one_that_the_command_makes(run, monkeypatch):
    reference = own_reference(run, [])
    monkeypatch.setattr(references, "find_reference", lambda _: reference)
    progress = finished(ComparisonJob(run, Wish(("gaussian",), 20, 3)))
    assert progress.state is State.FINISHED
    assert progress.problem == ""
    assert progress.compared == ("test", "gaussian")
    assert progress.done == progress.total == len(run.latents["test"]) + 20
    result = progress.result
    assert (result["run"], result["n"], result["seed"]) == (run.name, 20, 3)
    assert [row["polished"] for row in result["rows"]] == [False] * 4
    counts = draw(run, fitted_estimator(run, "gaussian"), 20, 3).reconstructions.crystals
    assert result["rows"][3]["counts"]["legal"] == sum(crystal is not None for crystal in counts)
    assert result["ceiling"]["crystals"] == OWN


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
    job = ComparisonJob(run, Wish(("kde", "gmm"), 5, 0))
    wait(lambda: job.progress.total)
    assert job.progress.state is State.RUNNING
    assert job.progress.result is None
    slow.go_on.release()
    wait(lambda: job.progress.compared == ("test",))
    slow.go_on.release()
    wait(lambda: job.progress.compared == ("test", "kde"))
    assert job.progress.goes_on
    assert not job.stopping
    job.stop()
    assert job.stopping
    progress = finished(job)
    assert progress.state is State.STOPPED
    assert progress.compared == ("test", "kde")
    assert len(progress.result["rows"]) == 2 * VARIANTS
    wait(slow.closed.is_set)


def test_repaired_crystals_are_compared_on_demand(run, slow):
    slow.go_on.release(2)
    progress = finished(ComparisonJob(run, Wish(("kde",), 5, 0, repaired=True)))
    assert [row["polished"] for row in progress.result["rows"]] == [False, False, True] * 2


def test_it_ends_when_its_session_does(run, slow):
    session = {"job": ComparisonJob(run, Wish(("kde",), 5, 0))}
    wait(lambda: session["job"].progress.total)
    session.clear()
    gc.collect()
    wait(slow.closed.is_set)


def test_two_sessions_have_their_own_results(run, slow):
    one, other = (ComparisonJob(run, Wish((name,), 5, seed)) for name, seed in (("kde", 1), ("gmm", 2)))
    slow.go_on.release(4)
    assert finished(one).result["seed"] == 1
    assert finished(other).result["seed"] == 2
    assert one.progress.compared == ("test", "kde")
    assert other.progress.compared == ("test", "gmm")


def test_others_wait_for_their_turn_and_can_be_stopped_there(run, slow, monkeypatch):
    monkeypatch.setattr(comparison_job, "_TURNS", threading.BoundedSemaphore(1))
    first = ComparisonJob(run, Wish(("kde",), 5, 0))
    wait(lambda: first.progress.total)
    second, third = ComparisonJob(run, Wish(("kde",), 5, 0)), ComparisonJob(run, Wish(("kde",), 5, 0))
    second.stop()
    assert finished(second).state is State.STOPPED
    assert third.progress.state is State.WAITING
    first.stop()
    wait(lambda: third.progress.state is State.RUNNING)
    third.stop()
    assert finished(third).result is None


@pytest.mark.parametrize(("error", "sentence"), [(ComparisonError("It broke."), "It broke."), (KeyError("x"), "log")])
def test_a_failure_is_one_sentence(run, monkeypatch, error, sentence, caplog):
    def fail(_):
        raise error

    monkeypatch.setattr(references, "find_reference", fail)
    with caplog.at_level(logging.ERROR):
        progress = finished(ComparisonJob(run, Wish(("kde",), 5, 0)))
    assert progress.state is State.FAILED
    assert sentence in progress.problem
    assert progress.problem.endswith(".")
    assert bool(caplog.records) is isinstance(error, KeyError)


def test_nothing_is_compared_at_first():
    assert Progress().compared == ()
    assert Progress().goes_on
