"""The form of the Conditioning page: texts, presets, the periodic table's lists, and the targets that are stated."""

import pytest

from disgen.search.target import TargetError
from disgen.search.targets import (
    AllowedElements,
    CellRange,
    CompositionRatio,
    CrystalSystems,
    DisorderedSites,
    ForbiddenElements,
    RequiredElements,
    SiteCount,
    SiteMix,
    SpaceGroups,
    Targets,
    VolumePerAtom,
)
from disgen.ui.base.urlstate import read, written
from disgen.ui.conditioning import form_state
from disgen.ui.conditioning.form_state import FORM, PARAMETERS, PRESETS, FormError, amounts, ends, symbols, targets_of


def form(**values):
    return {name: parameter.default for name, parameter in PARAMETERS.items()} | values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Li P O", ("Li", "P", "O")),
        ("Li, P; O / Li", ("Li", "P", "O")),
        ("Li–P–O", ("Li", "P", "O")),
        ("Li3PO4", ("Li", "P", "O")),
        ("LiFe0.5Mn0.5PO4", ("Li", "Fe", "Mn", "P", "O")),
        ("li zn", ("Li", "Zn")),
        ("Co CO", ("Co", "C", "O")),
        ("8 Xx", ("8", "Xx")),
        ("", ()),
    ],
)
def test_elements_are_read_as_people_write_them(text, found):
    assert symbols(text) == found


@pytest.mark.parametrize("text", ["Zn 0.5, V 0.5", "Zn=0.5,V=0.5", "Zn0.5V.5", "Zn: 0.5; V: 0.50", " Zn 0.5 V 0.5 "])
def test_amounts_are_read_as_people_write_them(text):
    assert amounts(text, "") == (("Zn", 0.5), ("V", 0.5))


def test_a_vacancy_has_several_names():
    assert amounts("Na 0.7, vacancy 0.3", "") == amounts("Na 0.7 □ 0.3", "") == (("Na", 0.7), ("vacancy", 0.3))


@pytest.mark.parametrize("text", ["Zn", "0.5 Zn", "Zn 50%", "Zn 0.5 V", "1", "Zn <b>1</b>"])
def test_amounts_that_make_no_sense_are_refused_in_a_sentence(text):
    with pytest.raises(FormError, match="such as “Zn 1”"):
        amounts(text, "Zn 1")


@pytest.mark.parametrize("text", ["3.8-4.2", "3.8–4.2", "3.8 : 4.2", " 3.8 to 4.2 "])
def test_ranges_are_read_as_people_write_them(text):
    assert ends(text, "a / Å") == (3.8, 4.2)


@pytest.mark.parametrize("text", ["4", "4-", "-1-2", "a-b", "1-2-3"])
def test_ranges_that_make_no_sense_are_refused_in_a_sentence(text):
    with pytest.raises(FormError, match=r"The range of a, “.*”, cannot be read"):
        ends(text, "a / Å")


def test_everything_that_can_be_asked_for_becomes_a_target():
    state = form(
        elements="Na Mn O",
        forbidden="Pb",
        groups=[194, 166],
        systems=["trigonal", "hexagonal"],
        sites=(2, 5),
        disordered=(1, 9),
        mix="Na 0.7, vacancy 0.3; Mn 0.8",
        ratio="Mn 1, O 2",
        tolerance=0.1,
        cell_a="2.5-3.5",
        cell_gamma="119-121",
        atom_volume="8-20",
    )
    assert targets_of(state) == Targets(
        (
            RequiredElements(("Na", "Mn", "O")),
            ForbiddenElements(("Pb",)),
            SiteMix((("Na", 0.7), ("vacancy", 0.3)), 0.1),
            SiteMix((("Mn", 0.8),), 0.1),
            CompositionRatio((("Mn", 1.0), ("O", 2.0)), 0.1),
            SpaceGroups((166, 194)),
            CrystalSystems(("trigonal", "hexagonal")),
            SiteCount(2, 5),
            DisorderedSites(1, 9),
            CellRange("a", 2.5, 3.5),
            CellRange("gamma", 119.0, 121.0),
            VolumePerAtom(8.0, 20.0),
        )
    )


def test_nothing_else_means_nothing_but_what_is_named_anywhere():
    state = form(elements="O", only=True, also="F", forbidden="Pb", mix="Zn 0.5, vacancy 0.2", ratio="V 1, O 2")
    wanted, allowed, *_ = targets_of(state)
    assert wanted == RequiredElements(("O",))
    assert allowed == AllowedElements(("O", "Zn", "V", "F"))
    assert not any(isinstance(target, ForbiddenElements) for target in targets_of(state))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "There is no target"),
        ({"elements": "Xx"}, "There is no element 'Xx'"),
        ({"elements": "Li", "forbidden": "Li"}, "Li is required and forbidden"),
        ({"sites": (1, 2), "disordered": (3, 9)}, "3 disordered sites among 2"),
        ({"only": True}, "allowed elements is empty"),
        ({"groups": [225], "systems": ["hexagonal"]}, "No space group is"),
        ({"mix": "Zn 0.8, V 0.5"}, "adds up to 1.3"),
        ({"cell_a": "5-4"}, "cannot be from 5 to 4"),
        ({"groups": [225], "cell_alpha": "100-120"}, "symmetry fixes"),
    ],
)
def test_the_impossible_is_one_sentence(values, sentence):
    with pytest.raises((TargetError, FormError), match=sentence) as caught:
        targets_of(form(**values))
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_form_and_a_link_brings_it_back(name):
    state = form(elements="H", forbidden="He", cell_b="1-2", search_n=7)
    form_state.apply_preset(state, name)
    assert not form_state.is_empty(state)
    assert state["cell_b"] == state["forbidden"] == ""
    assert state["search_n"] == 7
    linked = form() | read(written(state, PARAMETERS), PARAMETERS)
    assert targets_of(linked) == targets_of(state)
    state["groups"].append(1)
    form_state.apply_preset(state, name)
    assert 1 not in state["groups"], "the preset itself is left as it is"


def test_clearing_leaves_nothing():
    state = form(elements="Li", only=True, groups=[3], sites=(2, 2), search_n=9)
    form_state.clear(state)
    assert form_state.is_empty(state)
    assert state == form(search_n=9)
    assert set(FORM) < set(PARAMETERS)


def test_the_table_shows_what_is_typed_and_writes_what_is_clicked():
    state = form(elements="LiPO li Xx", forbidden="Pb O")
    assert form_state.marked(state) == {"first": ["Li", "P", "O"], "second": ["Pb"]}
    form_state.mark(state, {"edit": 1, "first": ["Na", "Cl", "<b>"], "second": ["K"]})
    assert (state["elements"], state["forbidden"], state["also"]) == ("Na Cl", "K", "")


def test_without_others_the_second_list_is_what_is_allowed_too():
    state = form(only=True, forbidden="Pb")
    form_state.mark(state, {"edit": 1, "first": ["Na"], "second": ["K"]})
    assert (state["forbidden"], state["also"]) == ("Pb", "K")
    assert form_state.marked(state) == {"first": ["Na"], "second": ["K"]}


@pytest.mark.parametrize("chosen", [None, 3, {}, {"first": "Li"}, {"first": None, "second": {}}])
def test_a_message_that_makes_no_sense_changes_nothing(chosen):
    state = form(elements="Li")
    form_state.mark(state, chosen)
    assert state == form(elements="Li")


def test_settings_are_those_of_the_form():
    settings = form_state.settings_of(form(search_n=5, search_steps=0, search_seed=3, search_rate=0.2))
    assert (settings.n, settings.steps, settings.seed, settings.learning_rate) == (5, 0, 3, 0.2)
    assert form_state.settings_of(form(search_n=None)).n == 1, "an emptied field is the least"


@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize(
    "text", ["a" * 299 + "!", "A1111" * 59 + "!", "1" * 299 + "!", "Zn " * 99 + "!", "□" * 299 + "!"]
)
def test_no_text_keeps_the_server_busy(text):
    symbols(text)
    with pytest.raises(FormError):
        amounts(text, "Zn 1")
    with pytest.raises(FormError):
        ends(text, "a")
    with pytest.raises(FormError):
        ends(f"{text[:150]}-{text[:149]}!", "a")
