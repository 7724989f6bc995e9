"""The domain object: what a crystal says about itself."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice
from synthetic import random_crystals

from disgen.crystal import (
    ATOMIC_NUMBER,
    ELEMENTS,
    DisorderClass,
    WyckoffCrystal,
    WyckoffSite,
    cell_parameters,
    lattice_vectors,
    reduced_formula,
)

CELL = (3.78, 3.78, 13.2, 90.0, 90.0, 90.0)


def site(letter: str, multiplicity: int, **occupancies: float) -> WyckoffSite:
    pairs = sorted(occupancies.items(), key=lambda pair: ATOMIC_NUMBER[pair[0]])
    return WyckoffSite(letter, multiplicity, (0.0, 0.0, 0.0), tuple(pairs))


LSCO = WyckoffCrystal(
    139, CELL, (site("a", 2, Cu=1.0), site("c", 4, O=1.0), site("e", 4, O=1.0), site("e", 4, Sr=0.085, La=0.915))
)


def test_elements_are_the_first_hundred():
    assert len(ELEMENTS) == 100
    assert (ELEMENTS[0], ELEMENTS[25], ELEMENTS[-1]) == ("H", "Fe", "Fm")
    assert all(ATOMIC_NUMBER[symbol] == number for number, symbol in enumerate(ELEMENTS, start=1))


def test_crystals_are_values():
    with pytest.raises(dataclasses.FrozenInstanceError):
        LSCO.space_group = 1  # type: ignore[misc]
    assert hash(LSCO) == hash(dataclasses.replace(LSCO))
    assert dataclasses.replace(LSCO, space_group=140) != LSCO


def test_a_known_crystal():
    assert LSCO.composition == pytest.approx({"Cu": 2, "O": 8, "Sr": 0.34, "La": 3.66})
    assert LSCO.elements == ("O", "Cu", "Sr", "La")
    assert LSCO.formula == "Sr0.17La1.83CuO4"
    assert LSCO.n_positions == 14
    assert LSCO.n_atoms == pytest.approx(14.0)
    assert LSCO.disordered_sites == 1
    assert LSCO.disorder_class is DisorderClass.SUBSTITUTIONAL
    assert LSCO.volume == pytest.approx(3.78 * 3.78 * 13.2)
    assert LSCO.key == "139|aCu1.00|cO1.00|eO1.00|eSr0.10La0.90"


@pytest.mark.parametrize(
    ("occupancies", "disordered", "vacancy", "main"),
    [
        ({"Fe": 1.0}, False, 0.0, "Fe"),
        ({"Fe": 0.9995}, False, 0.0, "Fe"),
        ({"Fe": 0.998}, True, 0.002, "Fe"),
        ({"Fe": 0.3, "Ni": 0.7}, True, 0.0, "Ni"),
        ({"Fe": 0.5, "Ni": 0.5}, True, 0.0, "Fe"),
        ({"O": 0.2, "Fe": 0.3}, True, 0.5, "Fe"),
    ],
)
def test_sites(occupancies, disordered, vacancy, main):
    one = site("a", 1, **occupancies)
    assert one.is_disordered is disordered
    assert one.vacancy == pytest.approx(vacancy)
    assert one.filling == pytest.approx(sum(occupancies.values()))
    assert one.main_element == main


@pytest.mark.parametrize(
    ("sites", "kind"),
    [
        ([site("a", 1, Fe=1.0)], DisorderClass.ORDERED),
        ([site("a", 1, Fe=1.0), site("b", 1, O=0.5)], DisorderClass.VACANCY),
        ([site("a", 1, Fe=0.5, Ni=0.5)], DisorderClass.SUBSTITUTIONAL),
        ([site("a", 1, Fe=0.5, Ni=0.4)], DisorderClass.BOTH),
        ([site("a", 1, Fe=0.5, Ni=0.5), site("b", 1, O=0.5)], DisorderClass.BOTH),
    ],
)
def test_disorder_classes(sites, kind):
    assert WyckoffCrystal(221, CELL, tuple(sites)).disorder_class is kind


@pytest.mark.parametrize(
    ("sites", "formula"),
    [
        ([site("a", 4, Na=1.0), site("b", 4, Cl=1.0)], "NaCl"),
        ([site("a", 8, Mg=1.0), site("d", 16, Al=1.0), site("e", 32, O=1.0)], "MgAl2O4"),
        ([site("a", 4, Fe=0.9478), site("b", 4, O=1.0)], "Fe0.948O"),
        ([site("a", 1, Ba=1.0), site("b", 1, Ti=1.0), site("c", 3, O=1.0)], "BaTiO3"),
        ([site("a", 1, Zr=0.85, Y=0.15), site("c", 2, O=0.9625)], "Y0.15Zr0.85O1.925"),
        ([site("a", 2, Li=1.0), site("b", 2, Fe=0.5, Mn=0.5)], "LiMn0.5Fe0.5"),
        ([site("a", 1, Cu=0.9997, Cr=0.0003)], "Cr0.0003Cu"),
    ],
)
def test_formulas(sites, formula):
    crystal = WyckoffCrystal(221, CELL, tuple(sites))
    assert crystal.formula == formula
    amounts = Composition(formula).fractional_composition
    ours = Composition(crystal.composition).fractional_composition
    assert amounts.almost_equals(ours, rtol=0.0, atol=1e-3)


@pytest.mark.parametrize("crystal", random_crystals(40, seed=2), ids=lambda crystal: str(crystal.space_group))
def test_formulas_are_compositions(crystal):
    """A formula, read by pymatgen, is the composition to the three decimals that it has."""
    total = crystal.n_atoms
    unit = math.gcd(*(one.multiplicity for one in crystal.sites))
    amounts = Composition(crystal.formula).get_el_amt_dict()
    scale = sum(amounts.values()) / total
    assert set(amounts) == set(crystal.elements)
    for symbol, amount in crystal.composition.items():
        assert amounts[symbol] == pytest.approx(amount * scale, abs=2e-3 * max(1.0, unit * scale))


def test_formula_of_nothing():
    assert reduced_formula({}, []) == ""
    assert WyckoffCrystal(1, CELL, ()).formula == ""


def test_keys_ignore_site_order_cell_and_small_changes_of_occupancy():
    reordered = dataclasses.replace(LSCO, sites=LSCO.sites[::-1], cell=(4.0, 4.0, 14.0, 90.0, 90.0, 90.0))
    assert reordered.key == LSCO.key
    for share, same in ((0.07, False), (0.08, True), (0.12, True), (0.13, False)):
        other = dataclasses.replace(LSCO, sites=(*LSCO.sites[:3], site("e", 4, Sr=share, La=1.0 - share)))
        assert (other.key == LSCO.key) is same
    assert dataclasses.replace(LSCO, space_group=140).key != LSCO.key


@given(
    st.tuples(*[st.floats(1.0, 100.0)] * 3),
    st.tuples(*[st.floats(60.0, 120.0)] * 3).filter(lambda angles: 2 * max(angles) + 5 < sum(angles) < 355),
)
def test_vectors_agree_with_pymatgen(lengths, angles):
    vectors = lattice_vectors((*lengths, *angles))
    reference = Lattice.from_parameters(*lengths, *angles)
    assert vectors @ vectors.T == pytest.approx(reference.matrix @ reference.matrix.T, rel=1e-9, abs=1e-9)
    assert abs(np.linalg.det(vectors)) == pytest.approx(reference.volume, rel=1e-9)
    assert vectors[0, 1:] == pytest.approx([0.0, 0.0])
    assert vectors[1, 2] == 0.0
    assert cell_parameters(vectors) == pytest.approx((*lengths, *angles), rel=1e-9)


@pytest.mark.parametrize("angles", [(170, 170, 170), (30, 30, 90), (120, 120, 121), (10, 90, 170)])
def test_impossible_angles(angles):
    with pytest.raises(ValueError, match="do not form a cell"):
        lattice_vectors((5.0, 5.0, 5.0, *angles))
