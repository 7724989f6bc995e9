import gc
import threading
import weakref

from disgen.ui.base import kept
from disgen.ui.base.kept import Shelf, let_go


class Value:
    def __init__(self, text, weight=0):
        self.text, self.weight = text, weight


def test_a_session_keeps_what_it_has_whatever_others_do():
    shelf, states, made = Shelf("samples", 100), [{} for _ in range(20)], []

    def make(text):
        made.append(text)
        return Value(text)

    for _ in range(3):
        for number, state in enumerate(states):
            assert shelf.get(state, number, lambda number=number: make(number), 60).text == number
    assert made == list(range(20))


def test_equal_requests_are_made_once_and_shared():
    shelf, one, other = Shelf("samples", 100), {}, {}
    first = shelf.get(one, "a", lambda: Value("a"), 60)
    assert shelf.get(other, "a", lambda: Value("another"), 60) is first
    assert shelf.get({}, "b", lambda: Value("b"), 60) is not first


def hold(shelf, state, *names, weight=0, size=1):
    for name in names:
        assert shelf.get(state, name, lambda name=name: Value(name, weight), size, f"set {name}").text == name


def test_what_is_let_go_is_told_and_the_last_used_stays():
    shelf, state = Shelf("samples", 100), {}
    hold(shelf, state, "a", "b", "a", "c", size=50)
    assert let_go(state) == ["set b"]
    hold(shelf, state, "large", size=500)
    assert let_go(state) == ["set a", "set c"]
    assert let_go(state) == []
    assert shelf.get(state, "large", lambda: Value("anew"), 500).text == "large"


def test_nobody_is_told_of_values_that_come_and_go():
    shelf, state = Shelf("figures", 2, tells=False), {}
    hold(shelf, state, "a", "b", "c", weight=1)
    assert let_go(state) == []
    assert let_go(state, most=0) == ["set b"]


def test_the_bytes_of_all_kinds_together_are_bounded():
    samples, figures, state = Shelf("samples", 100), Shelf("figures", 100), {}
    hold(samples, state, "a", "b", weight=40)
    hold(figures, state, "map", weight=15)
    assert let_go(state, most=100) == []
    hold(samples, state, "a")  # used last now
    hold(figures, state, "other map", weight=15)
    assert let_go(state, most=100) == ["set b"]
    assert let_go(state, most=1) == ["set map", "set a"]
    assert samples.get(state, "a", lambda: Value("anew"), 1).text == "anew"


def test_what_is_still_being_made_is_weighed_once_it_is_there():
    shelf, state = Shelf("samples", 100), {}
    late = Value("late")
    shelf.get(state, "late", lambda: late, 1, "set late")
    hold(shelf, state, "last")
    assert let_go(state, most=100) == []
    late.weight = 200
    assert let_go(state, most=100) == ["set late"]


def test_the_bytes_of_all_sessions_are_bounded_and_each_hears_of_its_own(monkeypatch):
    monkeypatch.setattr(kept, "_SESSIONS", weakref.WeakSet())  # without those of other tests
    shelf, one, other = Shelf("samples", 100), {}, {}
    hold(shelf, one, "shared", "a", "b", weight=40)
    hold(shelf, other, "shared", "c", weight=40)
    everyone = sum(entry.value.weight for held in (one, other) for entry in held["_held"].entries.values()) - 40
    assert let_go(other, most_of_all=everyone) == []  # what both hold counts once
    assert let_go(other, most_of_all=everyone - 1) == []
    assert let_go(one) == ["set shared", "set a"]  # the other one holds the shared set, so that its end frees nothing
    assert let_go(other) == []
    del one
    gc.collect()
    assert let_go(other, most_of_all=80) == []


def test_a_value_ends_with_the_last_session_that_holds_it():
    shelf, one, other = Shelf("samples", 100), {}, {}
    shelf.get(one, "a", lambda: Value("a"), 60)
    shelf.get(other, "a", lambda: Value("-"), 60)
    one.clear()
    gc.collect()
    assert shelf.get({}, "a", lambda: Value("anew"), 60).text == "a"
    other.clear()
    gc.collect()
    assert shelf.get({}, "a", lambda: Value("anew"), 60).text == "anew"


def test_many_threads_get_one_value():
    shelf, found = Shelf("samples", 100), []
    threads = [
        threading.Thread(target=lambda state=state: found.append(shelf.get(state, "a", lambda: Value("a"), 1)))
        for state in [{} for _ in range(30)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(value) for value in found}) == 1
