"""One thread for several who overlap: limits hold until the last of them ends, and leave nothing behind."""

import threading

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from disgen.threads import one_thread

MANY = 3


def blas():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def _many():
    before = torch.get_num_threads()
    torch.set_num_threads(MANY)
    with threadpool_limits(MANY):
        yield
    torch.set_num_threads(before)


def in_a_new_thread(task):
    found = []
    thread = threading.Thread(target=lambda: found.append(task()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.usefixtures("_many")
def test_two_that_overlap_leave_everything_as_it_was():
    inside, go_on = threading.Event(), threading.Event()

    def other():
        with one_thread():
            inside.set()
            assert go_on.wait(30.0)
            seen.append(torch.get_num_threads())

    seen = []
    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(30.0)
    with one_thread():
        go_on.set()
        thread.join()
        assert (torch.get_num_threads(), blas()) == (1, {1})
    assert seen == [1]
    assert (torch.get_num_threads(), blas()) == (MANY, {MANY})
    assert in_a_new_thread(torch.get_num_threads) == MANY


@pytest.mark.usefixtures("_many")
def test_one_that_ends_first_leaves_the_other_its_one_thread():
    inside, go_on = threading.Event(), threading.Event()
    seen = []

    def other():
        with one_thread():
            inside.set()
            assert go_on.wait(30.0)
            seen.append(torch.get_num_threads())

    thread = threading.Thread(target=other)
    with one_thread():
        thread.start()
        assert inside.wait(30.0)
    assert torch.get_num_threads() == MANY
    go_on.set()
    thread.join()
    assert seen == [1]
    assert in_a_new_thread(torch.get_num_threads) == MANY


@pytest.mark.usefixtures("_many")
def test_one_within_another_changes_nothing():
    with one_thread():
        with one_thread():
            assert torch.get_num_threads() == 1
        assert (torch.get_num_threads(), blas()) == (1, {1})
    assert (torch.get_num_threads(), blas()) == (MANY, {MANY})
