"""The periodic table as HTML: every element once, in its place."""

import re

from disgen.crystal import ELEMENTS
from disgen.ui.conditioning.periodic_table import PLACES, table_html


def test_every_element_has_one_place():
    assert set(PLACES) == set(ELEMENTS)
    assert len(set(PLACES.values())) == len(ELEMENTS)
    assert re.findall(r'data-symbol="(\w+)"', table_html()) == list(PLACES)


def test_elements_of_a_group_stand_below_each_other():
    groups = ("Li Na K Rb Cs Fr", "Be Mg Ca Sr Ba Ra", "Ti Zr Hf", "N P As Sb Bi", "F Cl Br I At", "He Ne Ar Kr Xe Rn")
    for group in groups:
        places = [PLACES[symbol] for symbol in group.split()]
        assert len({column for _, column in places}) == 1
        rows = [row for row, _ in places]
        assert rows == list(range(rows[0], rows[0] + len(rows)))
    assert (PLACES["H"], PLACES["He"]) == ((1, 1), (1, 18))
    assert PLACES["Lu"][0] == PLACES["La"][0] > PLACES["Fr"][0]
