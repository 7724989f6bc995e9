"""Values of URLs: switches, texts, several of a set, spans."""

import pytest

from disgen.ui.base.urlstate import Several, Span, Switch, Text, read, written

KNOWN = {"only": Switch(), "mix": Text(12), "groups": Several(range(1, 231)), "sites": Span(1, 9)}


@pytest.mark.parametrize(
    ("params", "state"),
    [
        ({"only": "yes"}, {"only": True}),
        ({"only": "no"}, {"only": False}),
        ({"only": "True"}, {}),
        ({"mix": "Zn 0.5, □"}, {"mix": "Zn 0.5, □"}),
        ({"mix": "x" * 13}, {}),
        ({"mix": "a\nb"}, {}),
        ({"groups": "62"}, {"groups": [62]}),
        ({"groups": "194,62,194"}, {"groups": [194, 62]}),
        ({"groups": "62,231"}, {}),
        ({"groups": ""}, {}),
        ({"groups": "٦"}, {}),
        ({"sites": "2,4"}, {"sites": (2, 4)}),
        ({"sites": "4,2"}, {}),
        ({"sites": "0,2"}, {}),
        ({"sites": "2"}, {}),
        ({"sites": "2,3,4"}, {}),
        ({"sites": "2,"}, {}),
    ],
)
def test_only_what_makes_sense_is_read(params, state):
    assert read(params, KNOWN) == state


def test_what_is_written_is_read_again():
    state = {"only": True, "mix": "Zn 0.5", "groups": [62, 194], "sites": (1, 3)}
    assert written(state, KNOWN) == {"only": "yes", "mix": "Zn 0.5", "groups": "62,194", "sites": "1,3"}
    assert read(written(state, KNOWN), KNOWN) == state
    defaults = {name: parameter.default for name, parameter in KNOWN.items()}
    assert written(defaults, KNOWN) == {}


def test_a_default_that_is_changed_stays_the_default():
    KNOWN["groups"].default.append(3)
    assert KNOWN["groups"].default == []
