"""What symmetry does with a supercell's positions, and which decorations it makes the same: against another library."""

import numpy as np
import pytest
from ensemble_crystals import AGSBTE2, CU3AU, CUAU, LLZO

from disgen.ensembles.cells import random_cells, wanted_counts
from disgen.ensembles.distinct import distinct_cells
from disgen.ensembles.moves import first_alike, labels, permutations
from disgen.export import ordered_structure
from disgen.generation.ordered.supercell import supercell_of


@pytest.mark.parametrize(("crystal", "repeats", "number"), [(CUAU, (1, 1, 1), 192), (CUAU, (2, 1, 1), 128)])
def test_operations_are_a_group_of_permutations(crystal, repeats, number):
    supercell = supercell_of(crystal, repeats)
    moves = permutations(supercell)
    assert {tuple(sorted(move)) for move in moves.tolist()} == {tuple(range(len(supercell)))}
    rows = {tuple(move) for move in moves.tolist()}
    assert all(tuple(one[other]) in rows for one in moves[:6] for other in moves)
    assert number % len(moves) == 0  # translations of the centring that leave all positions alone are one with none


def test_decorations_that_symmetry_makes_the_same_are_one_for_another_library():
    from pymatgen.analysis.structure_matcher import StructureMatcher

    supercell = supercell_of(CU3AU, (2, 1, 1))
    cells = random_cells(supercell, wanted_counts(supercell), 16, 0)
    matcher = StructureMatcher(primitive_cell=False, scale=False, ltol=1e-4, stol=1e-3, angle_tol=0.1)
    structures = [ordered_structure(cell) for cell in cells.cells]
    assert cells.different < 16
    for place, first in enumerate(cells.alike.tolist()):
        assert first <= place
        assert cells.alike[first] == first
        assert matcher.fit(structures[place], structures[first])


def test_no_more_differ_than_there_are_distinct_ones_and_many_draws_meet_all():
    supercell = supercell_of(AGSBTE2, (2, 1, 1))
    wanted = wanted_counts(supercell)
    assert random_cells(supercell, wanted, 300, 0).different == len(distinct_cells(supercell, wanted)) == 8


def test_shares_of_the_draw_are_those_of_the_degeneracies():
    supercell = supercell_of(AGSBTE2, (2, 1, 1))
    wanted = wanted_counts(supercell)
    drawn, distinct = random_cells(supercell, wanted, 2000, 0), distinct_cells(supercell, wanted)
    counts = np.sort(np.unique(drawn.alike, return_counts=True)[1]) / len(drawn)
    expected = np.sort(distinct.degeneracies) / distinct.degeneracies.sum()
    assert counts == pytest.approx(expected, abs=0.03)


def test_of_very_many_decorations_each_stands_for_itself():
    supercell = supercell_of(AGSBTE2, (3, 3, 3))
    assert random_cells(supercell, wanted_counts(supercell), 20, 0).alike.tolist() == list(range(20))


def test_a_cell_so_full_that_atoms_leave_their_sites_has_few_decorations():
    supercell = supercell_of(LLZO, (1, 1, 1))
    cells = random_cells(supercell, wanted_counts(supercell), 4, 0)
    assert len({tuple(cell.places) for cell in cells.cells}) == 4
    assert cells.alike.tolist() == [0, 0, 0, 3]
    assert first_alike(supercell, cells.cells[:1] * 2).tolist() == [0, 0]


def test_labels_are_always_the_same():
    assert np.array_equal(labels(5, 3), labels(5, 3))
