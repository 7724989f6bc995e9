import gc
import threading

from disgen.ui.base.kept import Shelf


class Value:
    def __init__(self, text):
        self.text = text


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


def test_what_is_let_go_is_told_and_the_last_used_stays():
    shelf, state, gone = Shelf("samples", 100), {}, []
    for key in ("a", "b", "a", "c"):
        shelf.get(state, key, lambda key=key: Value(key), 50, gone.append)
    assert gone == ["b"]
    shelf.get(state, "large", lambda: Value("large"), 500, gone.append)
    assert gone == ["b", "a", "c"]
    assert shelf.get(state, "large", lambda: Value("anew"), 500, gone.append).text == "large"


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
