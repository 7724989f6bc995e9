"""What the geometry's network is told of the elements, against pymatgen."""

import math
import warnings

from pymatgen.core import Element

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.prior.elements import properties


def test_numbers_are_those_of_pymatgen():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for symbol in ELEMENTS:
            element, (_, _, negativity, row, column) = Element(symbol), properties()[ATOMIC_NUMBER[symbol]]
            expected = 1.5 if math.isnan(element.X) else element.X
            assert math.isclose(negativity, expected, rel_tol=1e-6), symbol
            assert round(10 * row) == element.row
            assert round(10 * column) == element.group
