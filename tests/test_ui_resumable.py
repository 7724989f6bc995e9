"""Long work in steps: interrupted, gone on with, shared."""

import threading

import pytest

from disgen.ui.base.resumable import Resumable, at_once


class CalledAwayError(Exception):
    pass


def counting(done, n=4):
    for step in range(n):
        done.append(step)
        yield (step + 1) / n
    return sum(done)


def test_progress_is_told_and_the_result_kept():
    done, told = [], []
    work = Resumable(lambda: counting(done))
    assert not work.done
    assert work.weight == 0
    assert work.result(told.append) == 6
    assert 0 < work.weight < 100
    assert told == [0.25, 0.5, 0.75, 1.0]
    assert work.done
    assert work.result(told.append) == 6
    assert len(told) == 4


def test_who_is_called_away_loses_nothing():
    done = []
    work = Resumable(lambda: counting(done))

    def leave(share):
        if share == 0.5:
            raise CalledAwayError

    with pytest.raises(CalledAwayError):
        work.result(leave)
    assert done == [0, 1]
    assert work.result() == 6
    assert done == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_what_ends_the_work_is_raised_and_the_next_one_begins_anew(kind):
    begun = []

    def failing_once():
        begun.append(True)
        yield 0.5
        if len(begun) == 1:
            raise kind
        return "found"

    work = Resumable(failing_once)
    with pytest.raises(kind):
        work.result()
    assert not work.done
    assert work.result() == "found"
    assert len(begun) == 2


def test_work_of_a_single_step():
    work = at_once(lambda: "found")
    assert not work.done
    assert work.result() == "found"
    assert work.done


def test_two_who_ask_at_once_get_one_result():
    done, found = [], []
    work = Resumable(lambda: counting(done))
    threads = [threading.Thread(target=lambda: found.append(work.result())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [6] * 4
    assert done == [0, 1, 2, 3]


def test_some_say_themselves_what_their_results_weigh():
    work = Resumable(lambda: counting([]), lambda result: 10 * result)
    assert (work.result(), work.weight) == (6, 60)
