"""Long work in steps: interrupted, gone on with, shared."""

import threading

import pytest

from disgen.ui.base.resumable import Resumable


class CalledAwayError(Exception):
    pass


def counting(done, n=4):
    for step in range(n):
        done.append(step)
        yield (step + 1) / n
    return sum(done)


def test_progress_is_told_and_the_result_kept():
    done, told = [], []
    work = Resumable(counting(done))
    assert not work.done
    assert work.result(told.append) == 6
    assert told == [0.25, 0.5, 0.75, 1.0]
    assert work.done
    assert work.result(told.append) == 6
    assert len(told) == 4


def test_who_is_called_away_loses_nothing():
    done = []
    work = Resumable(counting(done))

    def leave(share):
        if share == 0.5:
            raise CalledAwayError

    with pytest.raises(CalledAwayError):
        work.result(leave)
    assert done == [0, 1]
    assert work.result() == 6
    assert done == [0, 1, 2, 3]


def test_an_error_is_told_to_all():
    def failing():
        yield 0.5
        msg = "no estimator"
        raise ValueError(msg)

    work = Resumable(failing())
    for _ in range(2):
        with pytest.raises(ValueError, match="no estimator"):
            work.result()


def test_two_who_ask_at_once_get_one_result():
    done, found = [], []
    work = Resumable(counting(done))
    threads = [threading.Thread(target=lambda: found.append(work.result())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [6] * 4
    assert done == [0, 1, 2, 3]
