"""Work in the background: one look at a time, stopping, turns, and one sentence when it fails."""

import gc
import threading

import pytest

from disgen.latent.protocol import EstimatorError
from disgen.ui.base.jobs import Job, JobState, Presence, StopError, waiting_text
from disgen.ui.base.line import Line

PATIENCE = 30.0  # s


def over(job):
    seen = job.wait(PATIENCE)
    assert not seen.goes_on
    return seen


def until_stopped(reporter):
    assert reporter._stop.wait(PATIENCE)


def test_what_is_said_is_seen_and_the_last_of_it_stays():
    go_on, said = threading.Event(), threading.Event()

    def work(reporter):
        reporter.say(1)
        said.set()
        assert go_on.wait(PATIENCE)
        reporter.say(reporter.progress + 1)

    job = Job(work, 0, name="The work")
    assert said.wait(PATIENCE)
    seen = job.look()
    assert (seen.state, seen.progress, seen.stopping, seen.goes_on) == (JobState.RUNNING, 1, False, True)
    go_on.set()
    end = over(job)
    assert (end.state, end.progress, end.problem) == (JobState.FINISHED, 2, "")
    assert end == job.look(), "its seconds stand still"
    assert seen.progress == 1, "a look does not change"


@pytest.mark.parametrize("leaves", [lambda: None, lambda: (_ for _ in ()).throw(StopError)])
def test_it_is_stopped_and_keeps_what_there_is(leaves):
    def work(reporter):
        reporter.say("some")
        until_stopped(reporter)
        next(iter(leaves() or ()), None)

    job = Job(work, "none", name="The work")
    assert not job.wait(0.01).stopping
    job.stop()
    seen = over(job)
    assert (seen.state, seen.progress, seen.stopping) == (JobState.STOPPED, "some", True)


def test_it_is_stopped_when_nobody_holds_it():
    ended = threading.Event()

    def work(reporter):
        until_stopped(reporter)
        ended.set()

    job = Job(work, None, name="The work")
    del job
    gc.collect()
    assert ended.wait(PATIENCE)


def test_others_wait_for_their_turn():
    line = Line(1)
    first, second, third = (Job(until_stopped, None, name="The work", line=line) for _ in range(3))
    while first.look().state is JobState.WAITING:
        first.wait(0.01)
    assert [job.look().ahead for job in (first, second, third)] == [0, 0, 1]
    assert waiting_text(third.look()).endswith(": 1 before it")
    assert waiting_text(second.look()).endswith(": it is the next one")
    third.stop()
    assert over(third).state is JobState.STOPPED
    assert second.look().state is JobState.WAITING
    first.stop()
    while second.look().state is JobState.WAITING:
        second.wait(0.01)
    second.stop()
    assert over(second).state is JobState.STOPPED


def test_what_finds_the_line_full_is_a_sentence():
    line = Line(1, longest=0)
    line.join("another")
    seen = over(Job(until_stopped, None, name="The work", line=line))
    assert seen.state is JobState.FAILED
    assert seen.problem == "0 jobs wait on this server already: try again when it is less busy."


@pytest.mark.parametrize(
    ("error", "sentence", "logged"),
    [
        (EstimatorError("It broke."), "It broke.", False),
        (
            ValueError("shapes"),
            "The work failed for a reason that was not foreseen: the server's log tells more.",
            True,
        ),
    ],
)
def test_a_failure_is_one_sentence_and_gives_back_the_turn(error, sentence, logged, caplog):
    def work(_):
        raise error

    line = Line(1)
    seen = over(Job(work, 7, name="The work", line=line))
    assert (seen.state, seen.progress, seen.problem) == (JobState.FAILED, 7, sentence)
    assert bool(caplog.records) is logged
    assert line.wait(line.join("another"), PATIENCE)


def test_work_that_nobody_has_seen_for_long_is_stopped_and_says_so():
    away = [0.0]

    def work(reporter):
        while not reporter.stopping:
            reporter.say(reporter.progress + 1)

    job = Job(work, 0, name="The work", presence=Presence(lambda: away[0], 10.0))
    while job.look().progress < 3:
        pass
    assert job.look().goes_on
    away[0] = 11.0
    seen = job.wait(PATIENCE)
    assert (seen.state, seen.abandoned, seen.stopping) == (JobState.STOPPED, True, True)
