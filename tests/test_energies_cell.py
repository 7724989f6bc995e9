"""Cells for potentials: primitive ones, digests, decorations."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.energies.cell import Cell, cell_of, primitive
from disgen.energies.decorate import MOST_ATOMS, NO_CELL, POSITIONS, TOO_LARGE, decorations
from disgen.generation.geometry.pairs import near_pairs
from disgen.generation.ordered.cell import draw_ordered_cell
from disgen.generation.ordered.supercell import suggest_repeats

ALLOY = WyckoffCrystal(
    229, (3.0, 3.0, 3.0, 90.0, 90.0, 90.0), (WyckoffSite("a", 2, (0.0, 0.0, 0.0), (("V", 0.75), ("Nb", 0.25))),)
)


def _site(letter, multiplicity, coordinates, *occupancies):
    return WyckoffSite(letter, multiplicity, coordinates, occupancies)


CENTRED = {
    "F": WyckoffCrystal(
        225,
        (5.64, 5.64, 5.64, 90.0, 90.0, 90.0),
        (_site("a", 4, (0.0, 0.0, 0.0), ("Na", 1.0)), _site("b", 4, (0.5, 0.5, 0.5), ("Cl", 1.0))),
    ),
    "I": WyckoffCrystal(229, (2.87, 2.87, 2.87, 90.0, 90.0, 90.0), (_site("a", 2, (0.0, 0.0, 0.0), ("Fe", 1.0)),)),
    "R": WyckoffCrystal(
        167,
        (4.76, 4.76, 12.99, 90.0, 90.0, 120.0),
        (_site("c", 12, (0.0, 0.0, 0.352), ("Al", 1.0)), _site("e", 18, (0.306, 0.0, 0.25), ("O", 1.0))),
    ),
    "C": WyckoffCrystal(63, (2.85, 5.87, 4.95, 90.0, 90.0, 90.0), (_site("c", 4, (0.0, 0.1, 0.25), ("U", 1.0)),)),
    "A": WyckoffCrystal(38, (4.0, 5.0, 6.0, 90.0, 90.0, 90.0), (_site("a", 2, (0.0, 0.0, 0.1), ("Ba", 1.0)),)),
}


def _distances(cell):
    """Sorted distances below 5 Å, an atom."""
    found = np.sort(near_pairs(cell.fractional, cell.vectors, 5.0).distance)
    return len(found) / len(cell), found[:1], found.sum() / len(cell)


@pytest.mark.parametrize("centring", CENTRED)
def test_a_primitive_cell_is_the_same_crystal(centring):
    crystal = CENTRED[centring]
    ordered = draw_ordered_cell(crystal, (1, 1, 1), 0)
    cell = cell_of(ordered)
    assert len(ordered) / len(cell) == {"F": 4, "I": 2, "R": 3, "C": 2, "A": 2}[centring]
    assert cell.volume / len(cell) == pytest.approx(crystal.volume / crystal.n_atoms)
    whole = Cell(np.repeat(cell.numbers[:1], len(ordered)), ordered.positions @ ordered.vectors, ordered.vectors)
    for one, other in zip(_distances(cell), _distances(whole), strict=True):
        assert one == pytest.approx(other, rel=1e-6)


def test_a_decoration_keeps_its_cell():
    assert len(cell_of(draw_ordered_cell(ALLOY, (2, 1, 1), 0))) == 4


def test_a_lattice_that_is_not_centred_keeps_its_cell():
    crystal = CENTRED["I"]
    cell = Cell(np.array([26, 26]), np.array([[0.0, 0.0, 0.0], [1.2, 1.3, 1.4]]), np.eye(3) * 2.87)
    assert primitive(cell, "I") is cell
    assert primitive(cell_of(draw_ordered_cell(crystal, (1, 1, 1), 0)), "P").composition == {26: 1}


@given(st.tuples(*[st.integers(-3, 3)] * 3), st.floats(-4e-6, 4e-6))
def test_a_digest_does_not_see_whole_cells_or_noise(shift, noise):
    cell = Cell(np.array([11, 17]), np.array([[0.0, 0.0, 0.0], [1.2, 1.3, 1.4]]), np.diag([4.0, 5.0, 6.0]))
    moved = replace(cell, positions=cell.positions + np.array(shift) @ cell.vectors + noise)
    assert moved.digest == cell.digest
    shifted = cell.positions + np.array([[0.0, 0.0, 0.0], [0.01, 0.0, 0.0]])
    assert replace(cell, positions=shifted).digest != cell.digest
    assert replace(cell, numbers=np.array([11, 35])).digest != cell.digest


def test_decorations_have_exact_counts_and_differ():
    cells = decorations(ALLOY, 4, 0)
    assert {tuple(cell.composition.items()) for cell in cells} == {((23, 3), (41, 1))}
    larger = replace(ALLOY, sites=(WyckoffSite("a", 2, (0.0, 0.0, 0.0), (("V", 0.6), ("Nb", 0.4))),))
    found = decorations(larger, 4, 0)
    assert len({cell.digest for cell in found}) == 4
    assert found[0].digest == decorations(larger, 1, 0)[0].digest
    assert len(decorations(CENTRED["F"], 4, 0)) == 1


def test_repeats_hold_the_composition_within_the_limit():
    rare = replace(ALLOY, sites=(WyckoffSite("a", 2, (0.0, 0.0, 0.0), (("V", 0.95), ("Nb", 0.05))),))
    cells = int(np.prod(suggest_repeats(rare, POSITIONS)))
    assert 2 * cells <= POSITIONS
    assert 2 * cells * 0.05 == pytest.approx(round(2 * cells * 0.05), rel=0.12)  # 20 cells are no product of 1 to 4


def test_cells_that_are_too_large_or_empty_are_words():
    site = WyckoffSite("i", 192, (0.05, 0.12, 0.21), (("Si", 0.5), ("Ge", 0.5)))
    large = WyckoffCrystal(227, (20.0, 20.0, 20.0, 90.0, 90.0, 90.0), (site,))
    assert site.multiplicity > MOST_ATOMS
    assert decorations(large, 1, 0) == TOO_LARGE
    assert decorations(replace(ALLOY, sites=()), 1, 0) == NO_CELL
