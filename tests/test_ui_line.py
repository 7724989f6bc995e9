"""The line of long jobs: so many at once, fair turns, a place that can be told, and an end to it."""

import pytest

from disgen.ui.base.line import Line, LineFullError


def working(line, *tickets):
    return [line.wait(ticket, 0.0) for ticket in tickets]


def test_the_first_to_come_is_the_first_to_go():
    line = Line(2)
    tickets = [line.join(owner) for owner in "abcd"]
    assert working(line, *tickets) == [True, True, False, False]
    assert [line.ahead(ticket) for ticket in tickets] == [0, 0, 0, 1]
    line.leave(tickets[1])
    assert working(line, *tickets) == [True, False, True, False]
    assert line.ahead(tickets[3]) == 0


def test_who_has_a_turn_lets_others_pass():
    line = Line(1)
    first, again, third_of_a = line.join("a"), line.join("a"), line.join("a")
    other, more_of_other = line.join("b"), line.join("b")
    assert [line.ahead(ticket) for ticket in (other, again, more_of_other, third_of_a)] == [0, 1, 2, 3]
    line.leave(first)
    assert working(line, again, other) == [False, True]


def test_who_leaves_the_line_is_not_waited_for():
    line = Line(1)
    first, second, third = (line.join(owner) for owner in "abc")
    line.leave(second)
    assert line.ahead(third) == 0
    line.leave(first)
    line.leave(first)  # twice is once
    assert working(line, second, third) == [False, True]


def test_a_full_line_takes_nobody():
    line = Line(1, longest=2)
    first, _, _ = (line.join(owner) for owner in "abc")
    with pytest.raises(LineFullError, match="2 jobs wait on this server already"):
        line.join("d")
    line.leave(first)
    assert line.ahead(line.join("d")) == 1
