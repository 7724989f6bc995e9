"""Places of visitors: found by their identifier alone, bounded in number, size and age, and who is at one."""

import gc
import math
import re

import pytest

from disgen.ui.base import visit
from disgen.ui.base.places import Place, Places


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def filled(size=1):
    place = Place()
    place["things"] = tuple(range(size))
    return place


def test_a_place_is_found_by_its_identifier_and_by_no_other(clock):
    places, one, other = Places(clock=clock), filled(), filled()
    for place in (one, other):
        places.hold(place)
    assert places.find(one.identifier) is one
    assert places.find(other.identifier) is other
    for guess in ("", "x", one.identifier[:-1], one.identifier + "x", Place().identifier):
        assert places.find(guess) is None


def test_identifiers_cannot_be_guessed_and_fit_a_cookie():
    found = {Place().identifier for _ in range(100)}
    assert len(found) == 100
    assert all(re.fullmatch(r"[\w-]{43}", identifier) for identifier in found), "256 bits, 6 a letter"


def test_who_has_put_nothing_aside_takes_no_room(clock):
    places = Places(clock=clock)
    places.hold(Place())
    assert len(places) == 0


def test_the_place_that_was_used_longest_ago_goes_first(clock):
    places, kept = Places(most=2, clock=clock), [filled() for _ in range(3)]
    for place in (kept[0], kept[1], kept[0], kept[2]):
        places.hold(place)
    assert [places.find(place.identifier) is place for place in kept] == [True, False, True]


def test_too_much_in_all_of_them_is_let_go_but_not_the_last(clock):
    places, small, large = Places(most_held=10, clock=clock), filled(5), filled(8)
    for place in (small, large):
        places.hold(place)
    assert [places.find(place.identifier) is place for place in (small, large)] == [False, True]
    large["more"] = tuple(range(100))
    places.hold(large)
    assert places.find(large.identifier) is large


def test_a_place_without_visits_is_dropped_in_time(clock):
    places, place = Places(longest=10.0, clock=clock), filled()
    places.hold(place)
    clock.now = 9.0
    assert places.find(place.identifier) is place
    places.hold(place)
    clock.now = 18.0
    assert places.find(place.identifier) is place
    clock.now = 20.0
    assert places.find(place.identifier) is None


def test_a_value_counts_as_it_says():
    place = filled(3)
    place.put("search", object(), 256)
    assert place.size == 259
    del place["search"]
    assert (place.size, list(place)) == (3, ["things"])


def test_somebody_is_there_as_long_as_one_session_is():
    place, there = Place(), {"a", "b"}
    for session in there:
        place.enter(session, there.__contains__)
    assert place.absent() == 0.0
    there.discard("a")
    assert place.absent() == 0.0
    there.clear()
    assert place.absent() >= 0.0
    there.add("c")
    assert place.absent() > 0.0
    place.enter("c", there.__contains__)
    assert place.absent() == 0.0


def test_absence_keeps_no_place_and_is_endless_once_it_has_gone():
    place = Place()
    place.enter("a", lambda _: True)
    absence = visit.presence(place).absent
    assert absence() == 0.0
    del place
    gc.collect()
    assert absence() == math.inf


def test_the_cookie_is_for_this_site_alone_and_is_taken_away_without_an_identifier():
    kept, gone = visit.cookie_html("disgen-8501", "abc"), visit.cookie_html("disgen-8501", "")
    assert 'disgen-8501=abc; path=/; max-age=604800; SameSite=Strict"' in kept
    assert "max-age=0;" in gone
