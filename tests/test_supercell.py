"""Positions of supercells, which of them exclude each other, and which supercell holds a composition well."""

import numpy as np
import pytest
from test_ordered_cell import SPLIT, ZIRCONIA

from disgen.crystal import WyckoffCrystal, WyckoffSite, lattice_vectors
from disgen.generation.ordered.supercell import SUGGESTED_POSITIONS, OrderedCellError, suggest_repeats, supercell_of


def test_a_suggested_cell_holds_every_element_near_its_amount():
    repeats = suggest_repeats(ZIRCONIA)
    cells = int(np.prod(repeats))
    assert cells * ZIRCONIA.n_positions <= SUGGESTED_POSITIONS
    for amount in ZIRCONIA.composition.values():
        assert abs(amount * cells - round(amount * cells)) <= 0.05 * amount * cells
    ordered = WyckoffCrystal(225, ZIRCONIA.cell, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Zr", 1.0),)),))
    assert suggest_repeats(ordered) == (1, 1, 1)


def test_a_limit_of_positions_is_kept():
    assert int(np.prod(suggest_repeats(ZIRCONIA, 30))) <= 2
    assert suggest_repeats(ZIRCONIA, 5) == (1, 1, 1)


def test_positions_are_those_of_the_unit_cells():
    supercell = supercell_of(ZIRCONIA, (2, 1, 3))
    assert len(supercell) == 6 * 12
    assert supercell.sizes.tolist() == [24, 48]
    np.testing.assert_allclose(supercell.vectors, lattice_vectors(ZIRCONIA.cell) * np.array([[2], [1], [3]]))
    unit = np.unique(np.round(supercell.positions * (2, 1, 3) % 1.0, 6) % 1.0, axis=0)
    assert len(unit) == 12
    assert len(supercell.excluded) == 0


def test_alternatives_exclude_each_other_across_the_cell_and_every_pair_stands_once():
    supercell = supercell_of(SPLIT, (2, 2, 2))
    assert len(supercell.excluded) == 24  # one pair about each of 24 places of oxygen
    assert len(np.unique(np.sort(supercell.excluded, axis=1), axis=0)) == 24


@pytest.mark.parametrize("repeats", [(0, 1, 1), (10, 10, 10)])
def test_sizes_that_make_no_sense_are_refused(repeats):
    with pytest.raises(OrderedCellError, match=r"1 to 5,000 positions.*\.$"):
        supercell_of(ZIRCONIA, repeats)


def test_a_crystal_without_sites_is_refused():
    with pytest.raises(OrderedCellError, match="no sites"):
        supercell_of(WyckoffCrystal(2, ZIRCONIA.cell, ()), (1, 1, 1))
