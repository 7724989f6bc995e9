"""What sits on a site: words and colours."""

import pytest

from disgen.crystal import ELEMENTS, WyckoffCrystal, WyckoffSite
from disgen.drawing.contents import COLOURS, colour_distance, number_text, occupancy_text, site_labels, species

MIXED = WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Fe", 0.3), ("Ni", 0.5)))
FULL = WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("O", 1.0),))


def test_every_element_has_a_colour():
    assert list(COLOURS) == list(ELEMENTS)
    assert COLOURS["O"] == "#ff0d0d"
    assert COLOURS["Fm"] == "#b31fba"
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in COLOURS.values())


def test_species_come_by_falling_occupancy_the_vacancy_last():
    assert [symbol for symbol, _ in species(MIXED)] == ["Ni", "Fe", "□"]
    assert species(FULL) == (("O", 1.0),)


def test_texts_of_a_site():
    assert occupancy_text(MIXED) == "Ni 0.5, Fe 0.3, □ 0.2"


def test_labels_are_those_of_our_cifs():
    crystal = WyckoffCrystal(225, (4, 4, 4, 90, 90, 90), (MIXED, FULL))
    assert site_labels(crystal) == ["Ni1", "O2"]


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.25, "0.25"), (0.1236, "0.124"), (10.0, "10"), (0.0, "0"), (100.0, "100")]
)
def test_numbers_have_no_trailing_zeros(value, text):
    assert number_text(value) == text


def test_whole_numbers_keep_their_zeros_without_decimals():
    assert number_text(120.0, 0) == "120"


def test_elements_of_like_colours_are_hard_to_tell_apart():
    assert colour_distance(["Pb", "O"], "jmol") > 0.4
    assert colour_distance(["Ti", "Ni", "O"], "jmol") > colour_distance(["Ti", "V", "O"], "jmol")
    assert colour_distance(["La", "La"], "jmol") == 0.0
    assert colour_distance(["La"], "vesta") == 1.0
