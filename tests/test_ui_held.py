"""What a session has asked for stays with it, whatever others do, and is computed once."""

from streamlit.testing.v1 import AppTest

from disgen.ui.base import kept

ASKS = """
import streamlit as st
from disgen.ui.data.held import held_by_sessions

@held_by_sessions(2, "squares")
def squared(number):
    asked.append(number)
    return number**2

asked = st.session_state["asked"]
st.write(squared(st.session_state["number"]))
"""


def session(asked):
    test = AppTest.from_string(ASKS)
    test.session_state["asked"] = asked
    return test


def ask(test, number):
    test.session_state["number"] = number
    test.run()
    assert not test.exception
    assert str(number**2) in test.markdown[0].value


def test_others_do_not_overrun_what_a_session_holds():
    asked = []
    mine = session(asked)
    ask(mine, 3)
    others = [session(asked) for _ in range(30)]
    for number, other in enumerate(others, start=100):
        ask(other, number)
    ask(mine, 3)
    assert asked.count(3) == 1


def test_equal_requests_are_computed_once_and_a_sessions_are_bounded():
    asked = []
    one, other = session(asked), session(asked)
    ask(one, 5)
    ask(other, 5)
    assert asked == [5]
    for number in range(200, 230):  # more than session and server hold
        ask(one, number)
    ask(one, 200)
    assert asked.count(200) == 2


def test_who_loses_something_for_its_bytes_is_told(monkeypatch):
    asked = []
    mine = session(asked)
    monkeypatch.setattr(kept.let_go, "__defaults__", (1, kept.MOST_OF_ALL))
    ask(mine, 1000)
    assert not mine.toast
    ask(mine, 1001)
    assert mine.toast[0].value.startswith("Let go: squares. A session holds up to 54,016 samples and 500 MB")
    ask(mine, 1001)
    assert not mine.toast
