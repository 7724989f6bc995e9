"""Distinct decorations: against brute force, Burnside's count, known numbers and pymatgen's structure matcher."""

from itertools import combinations
from itertools import permutations as orders

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ensembles.cells import random_cells, wanted_counts
from disgen.ensembles.distinct import (
    MOST_DECORATIONS,
    count_text,
    distinct_cells,
    distinct_number,
)
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.moves import permutations
from disgen.export import ordered_structure
from disgen.generation.ordered.species_counts import all_number
from disgen.generation.ordered.supercell import supercell_of

ALLOY = WyckoffCrystal(
    225, (3.9, 3.9, 3.9, 90.0, 90.0, 90.0), (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.5), ("Au", 0.5))),)
)
ROCK_SALT = WyckoffCrystal(
    225,
    (6.076, 6.076, 6.076, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Ag", 0.5), ("Sb", 0.5))),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Te", 0.75), ("Se", 0.25))),
    ),
)
TETRAGONAL = WyckoffCrystal(
    139, (3.8, 3.8, 13.2, 90.0, 90.0, 90.0), (WyckoffSite("e", 4, (0.0, 0.0, 0.36), (("La", 0.5), ("Sr", 0.25))),)
)
# Oxygen on alternative positions 0.6 Å apart, of which one in two is filled.
SPLIT = WyckoffCrystal(
    221,
    (4.2, 4.2, 4.2, 90.0, 90.0, 90.0),
    (WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Ba", 1.0),)), WyckoffSite("f", 6, (0.0714, 0.5, 0.5), (("O", 0.5),))),
)


def test_a_face_centred_alloy_has_one_ordered_cell_of_four_atoms():
    supercell = supercell_of(ALLOY, (1, 1, 1))
    wanted = wanted_counts(supercell)
    assert (all_number(wanted), distinct_number(supercell, wanted)) == (6, 1)
    cells = distinct_cells(supercell, wanted)
    assert (len(cells), cells.degeneracies.tolist()) == (1, [6])  # L1_0, with its axis along a, b or c, twice each


@pytest.mark.parametrize(
    ("crystal", "repeats"),
    [(ALLOY, (2, 1, 1)), (ALLOY, (2, 2, 1)), (ROCK_SALT, (1, 1, 1)), (TETRAGONAL, (2, 1, 1)), (TETRAGONAL, (1, 1, 1))],
)
def test_burnside_counts_what_is_found(crystal, repeats):
    supercell = supercell_of(crystal, repeats)
    wanted = wanted_counts(supercell)
    cells = distinct_cells(supercell, wanted)
    assert len(cells) == distinct_number(supercell, wanted)
    assert int(cells.degeneracies.sum()) == all_number(wanted)
    for cell in cells.cells:
        assert cell.composition == random_cells(supercell, wanted, 1, 0).cells[0].composition


def test_classes_are_those_of_brute_force():
    supercell = supercell_of(TETRAGONAL, (2, 1, 1))
    wanted = wanted_counts(supercell)
    moves = permutations(supercell)
    assert wanted == [{"Sr": 2, "La": 4, "": 2}]
    every = set(orders("LLLLSS.."))
    classes = {min("".join(np.array(one)[np.argsort(move)]) for move in moves) for one in every}
    assert len(classes) == len(distinct_cells(supercell, wanted))


def test_another_library_finds_the_same_classes():
    from pymatgen.analysis.structure_matcher import StructureMatcher

    supercell = supercell_of(ALLOY, (2, 1, 1))
    cells = distinct_cells(supercell, wanted_counts(supercell))
    structures = [ordered_structure(cell) for cell in cells.cells]
    matcher = StructureMatcher(primitive_cell=False, scale=False, ltol=1e-4, stol=1e-3, angle_tol=0.1)
    # The matcher also knows symmetries of the lattice that turn the supercell; ours never join what it tells apart.
    assert len(matcher.group_structures(structures)) <= len(structures)
    drawn = [ordered_structure(cell) for cell in random_cells(supercell, cells.wanted, 12, 0).cells]
    assert all(any(matcher.fit(one, structure) for structure in structures) for one in drawn)


def test_no_excluded_pair_is_filled_and_mirrors_are_found():
    supercell = supercell_of(SPLIT, (1, 1, 1))
    wanted = wanted_counts(supercell)
    assert distinct_number(supercell, wanted) is None
    cells = distinct_cells(supercell, wanted)
    # One of two places on each of three faces; mirrors make them all the same.
    assert (len(cells), cells.degeneracies.tolist()) == (1, [8])
    for cell in cells.cells:
        assert len(cell) == 4
        oxygen = cell.positions[np.array(cell.symbols) == "O"]
        assert all(np.linalg.norm((a - b + 0.5) % 1.0 - 0.5) > 0.2 for a, b in combinations(oxygen, 2))


def test_too_many_are_refused_with_their_number():
    supercell = supercell_of(ALLOY, (2, 2, 2))
    wanted = wanted_counts(supercell)
    assert all_number(wanted) == 601_080_390 > MOST_DECORATIONS
    with pytest.raises(EnsembleError, match=r"has 6\.01 × 10⁸ decorations.*\.$"):
        distinct_cells(supercell, wanted)


def test_numbers_of_decorations_are_written_whatever_their_size():
    assert [count_text(count) for count in (12_870, 601_080_390, 10**400)] == ["12,870", "6.01 × 10⁸", "1.00 × 10⁴⁰⁰"]
