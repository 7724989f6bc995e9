"""A search in the background: its trace, stopping, failing, ending when nobody wants it, one core for all."""

import gc
import logging
import threading
import time

import numpy as np
import pytest
import torch

from disgen.judge.search_results import results_of
from disgen.latent import fitted
from disgen.latent.protocol import EstimatorError
from disgen.model.checkpoint import load_run
from disgen.search import conditioning, conditions
from disgen.search.conditioning import optimise
from disgen.search.conditions import Checker
from disgen.search.settings import Settings, Step
from disgen.search.targets import DisorderedSites, RequiredElements, Targets
from disgen.ui.base.jobs import JobState, Look
from disgen.ui.base.line import Line
from disgen.ui.conditioning.history import MOST, History
from disgen.ui.conditioning.job import SearchProgress, SearchRequest, Traced, seconds_left, start_search
from disgen.ui.conditioning.page import milestone

PATIENCE = 120.0  # s
TARGETS = Targets((RequiredElements(("O",)), DisorderedSites(1, 9)))


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@pytest.fixture(autouse=True)
def _few_plain_samples(monkeypatch):
    plain = Checker.base_rate
    monkeypatch.setattr(Checker, "base_rate", lambda checker, estimator, seed: plain(checker, estimator, seed, 20))


def asked(n=6, steps=3, seed=0, targets=TARGETS):
    return SearchRequest(targets, "gaussian", Settings(n=n, steps=steps, seed=seed, pool=2))


def wait(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def finished(job):
    seen = job.wait(PATIENCE)
    assert not seen.goes_on, "it took too long"
    return seen


def test_a_search_finds_what_the_engine_finds(run):
    request = asked()
    job = start_search(run, request)
    seen = finished(job)
    assert (seen.state, seen.problem) == (JobState.FINISHED, "")
    progress = seen.progress
    estimator, checker = fitted.fitted_estimator(run, "gaussian"), Checker.of(run, TARGETS)
    steps = list(optimise(run, TARGETS, estimator, checker, checker.mixing, request.settings))
    assert [traced.step for traced in progress.trace] == [step.step for step in steps]
    assert [traced.successes for traced in progress.trace] == [step.successes for step in steps]
    assert progress.trace[-1].losses == pytest.approx(steps[-1].losses, rel=1e-4, abs=1e-5)
    expected = results_of(checker, steps[-1], checker.check(steps[-1].z), estimator, request.settings)
    assert [result.latent for result in progress.found.results] == [result.latent for result in expected]
    assert progress.found.success == checker.success(checker.check(steps[-1].z))
    assert progress.base_rate == checker.base_rate(estimator, 0)
    assert "map" in progress.found.map_problem, "the small run has none, and it is said"
    assert progress.found.paths == ()
    assert job.look().seconds == seen.seconds > 0.0


class Slow:
    """Stands for the engine: another step whenever a test says so."""

    def __init__(self, monkeypatch):
        self.go_on = threading.Semaphore(0)
        self.closed = threading.Event()
        monkeypatch.setattr(conditioning, "optimise", self.optimise)

    def optimise(self, run, targets, estimator, judge, mixing, settings):
        z = estimator.sample(settings.n, np.random.default_rng(settings.seed))
        try:
            for step in range(settings.steps + 1):
                while step and not self.go_on.acquire(timeout=0.01):
                    yield Step(step - 1, {"x": 1.0}, z, np.zeros(len(z), int), np.zeros(len(z), int))
                yield Step(step, {"x": 1.0 / (1 + step)}, z, np.ones(len(z), int), np.zeros(len(z), int))
        finally:
            self.closed.set()


@pytest.fixture
def slow(monkeypatch):
    return Slow(monkeypatch)


def test_a_search_that_is_stopped_keeps_what_there_is(run, slow):
    job = start_search(run, asked(steps=50))
    slow.go_on.release(2)
    wait(lambda: job.look().progress.trace and job.look().progress.trace[-1].step == 2)
    assert job.look().state is JobState.RUNNING
    assert not job.look().stopping
    assert job.look().progress.found is None
    job.stop()
    assert job.look().stopping
    seen = finished(job)
    assert seen.state is JobState.STOPPED
    progress = seen.progress
    assert progress.trace[-1].step == 2
    assert len(progress.found.results) == 6
    assert progress.base_rate is not None
    wait(slow.closed.is_set)


def test_it_ends_when_its_session_does(run, slow):
    session = {"job": start_search(run, asked(steps=50))}
    wait(lambda: session["job"].look().progress.trace)
    session.clear()
    gc.collect()
    wait(slow.closed.is_set)


def test_two_sessions_have_their_own_results_and_one_core_each(run, slow, monkeypatch):
    seen = set()
    check = conditions.Checker.check

    def watched(checker, z):
        seen.add((threading.current_thread().name, torch.get_num_threads()))
        return check(checker, z)

    monkeypatch.setattr(conditions.Checker, "check", watched)
    other_targets = Targets((RequiredElements(("Na",)),))
    one, other = (
        start_search(run, asked(steps=1)),
        start_search(run, asked(n=4, steps=1, seed=5, targets=other_targets)),
    )
    wait(lambda: one.look().progress.trace and other.look().progress.trace)
    slow.go_on.release(2)
    assert {result.seed for result in finished(one).progress.found.results} == {0}
    assert {result.seed for result in finished(other).progress.found.results} == {5}
    assert [len(job.look().progress.found.results) for job in (one, other)] == [6, 4]
    assert {len(result.met) for result in other.look().progress.found.results} == {1}
    assert seen == {("The search", 1)}


def test_others_wait_for_their_turn_and_can_be_stopped_there(run, slow, monkeypatch):
    monkeypatch.setattr("disgen.ui.base.jobs.LONG_JOBS", Line(1))
    first = start_search(run, asked(steps=50))
    wait(lambda: first.look().progress.trace)
    second, third = start_search(run, asked()), start_search(run, asked())
    second.stop()
    over = finished(second)
    assert (over.state, over.progress.trace, over.progress.found) == (JobState.STOPPED, (), None)
    assert third.look().state is JobState.WAITING
    first.stop()
    wait(lambda: third.look().progress.trace)
    third.stop()
    assert finished(third).progress.found is not None


@pytest.mark.parametrize(("error", "sentence"), [(EstimatorError("It broke."), "It broke."), (KeyError("x"), "log")])
def test_a_failure_is_one_sentence(run, monkeypatch, error, sentence, caplog):
    def fail(*_):
        raise error

    monkeypatch.setattr(fitted, "fitted_estimator", fail)
    with caplog.at_level(logging.ERROR):
        seen = finished(start_search(run, asked()))
    assert seen.state is JobState.FAILED
    assert sentence in seen.problem
    assert seen.problem.endswith(".")
    assert bool(caplog.records) is isinstance(error, KeyError)


def test_a_new_search_has_nothing_to_show():
    assert milestone(Look(JobState.WAITING, SearchProgress(asked()))) == (True, -1, False)


def test_the_remaining_time_is_told_by_the_latest_steps():
    def trace(*seconds):
        return [Traced(step, {}, 0, second) for step, second in enumerate(seconds)]

    assert seconds_left(trace(), 10) is None
    assert seconds_left(trace(5.0), 10) is None
    assert seconds_left(trace(5.0, 6.0, 7.0), 10) == pytest.approx(8.0)
    slow_then_fast = trace(*(10.0 * step for step in range(20)), *(190.0 + 0.1 * step for step in range(1, 40)))
    assert seconds_left(slow_then_fast, 60) == pytest.approx(0.2)


def stepped(number, z):
    return Step(number, {}, z, np.zeros(len(z), int), np.zeros(len(z), int))


@pytest.mark.parametrize("steps", [0, 1, MOST, 10 * MOST + 3])
def test_a_path_begins_at_the_start_and_ends_at_the_end_and_has_few_corners(steps):
    history = History()
    for number in range(steps + 1):
        last = stepped(number, np.full((2, 3), float(number)))
        history.add(last)
    at, z = history.of(1, last)
    assert (at[0], at[-1]) == (0, steps)
    assert len(at) == len(z) <= MOST + 1
    assert (np.diff(at) > 0).all()
    assert (z[:, 0] == at).all()


def test_steps_at_which_a_point_did_not_change_are_left_out():
    history = History()
    for number, value in enumerate((1.0, 1.0, 2.0, 2.0, 1.0)):
        last = stepped(number, np.array([[value], [7.0]]))
        history.add(last)
    at, z = history.of(0, last)
    assert at.tolist() == [0, 2, 4]
    assert z.tolist() == [[1.0], [2.0], [1.0]]
    assert history.of(1, last)[0].tolist() == [0]
