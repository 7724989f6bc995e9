"""Sampled ordered cells: counts, places, seeds."""

from pathlib import Path

import numpy as np
import pytest

from disgen.cif import read_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite, lattice_vectors
from disgen.generation.ordered.cell import draw_ordered_cell
from disgen.generation.ordered.supercell import OrderedCellError, exclusions
from disgen.symmetry import expand

ZIRCONIA = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)
# Oxygen on alternative positions 0.6 Å apart, of which one in two is filled.
SPLIT = WyckoffCrystal(
    221,
    (4.2, 4.2, 4.2, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Ba", 1.0),)),
        WyckoffSite("b", 1, (0.5, 0.5, 0.5), (("Ti", 1.0),)),
        WyckoffSite("f", 6, (0.0714, 0.5, 0.5), (("O", 0.5),)),
    ),
)


def test_counts_are_the_nearest_to_the_composition():
    cell = draw_ordered_cell(ZIRCONIA, (2, 2, 2), seed=0)
    assert cell.composition == {"O": 59, "Y": 5, "Zr": 27}  # of 58.88, 5.12 and 26.88
    assert len(cell) == 91
    assert cell.left_out == {}
    np.testing.assert_allclose(cell.vectors, 2 * lattice_vectors(ZIRCONIA.cell))


def test_every_atom_stands_on_a_position_of_its_site_that_may_hold_it():
    cell = draw_ordered_cell(ZIRCONIA, (2, 1, 3), seed=4)
    unit, owners = expand(ZIRCONIA)
    places = {tuple(np.round(point, 6)): owner for point, owner in zip(unit, owners, strict=True)}
    folded = np.round(cell.positions * cell.repeats % 1.0, 6) % 1.0
    assert len(np.unique(cell.positions, axis=0)) == len(cell)
    for point, symbol, owner in zip(folded, cell.symbols, cell.owners, strict=True):
        assert places[tuple(point)] == owner
        assert symbol in dict(ZIRCONIA.sites[owner].occupancies)


def test_a_seed_repeats_and_another_gives_another_cell():
    first, again, other = (draw_ordered_cell(ZIRCONIA, (2, 2, 2), seed) for seed in (7, 7, 8))
    assert first.symbols == again.symbols
    np.testing.assert_array_equal(first.positions, again.positions)
    assert (first.symbols, first.positions.tolist()) != (other.symbols, other.positions.tolist())
    assert first.composition == other.composition


def test_seeds_fill_all_positions_alike():
    filled = np.zeros((8, 2))
    unit, _ = expand(ZIRCONIA)
    for seed in range(60):
        cell = draw_ordered_cell(ZIRCONIA, (1, 1, 1), seed)
        for symbol, point in zip(cell.symbols, cell.positions, strict=True):
            if symbol == "O":
                filled[int(np.argmin(np.abs(unit[4:] - point).sum(axis=1))), 0] += 1
    assert filled[:, 0].sum() == 60 * 7
    assert filled[:, 0].min() > 40  # 52.5 on average


def test_alternatives_of_a_split_position_are_never_filled_together():
    for seed in range(10):
        cell = draw_ordered_cell(SPLIT, (2, 2, 2), seed)
        assert cell.composition == {"O": 24, "Ti": 8, "Ba": 8}
        assert cell.left_out == {}
        oxygen = cell.positions[[symbol == "O" for symbol in cell.symbols]]
        step = oxygen[:, None] - oxygen[None]
        distance = np.linalg.norm((step - np.rint(step)) @ cell.vectors, axis=-1) + 10 * np.eye(len(oxygen))
        assert distance.min() > 1.0


def test_what_finds_no_place_is_left_out_and_counted():
    crowded = WyckoffCrystal(
        SPLIT.space_group, SPLIT.cell, (*SPLIT.sites[:2], WyckoffSite("f", 6, (0.0714, 0.5, 0.5), (("O", 0.6),)))
    )
    cell = draw_ordered_cell(crowded, (2, 2, 2), seed=0)
    assert cell.composition["O"] == 24
    assert cell.left_out == {"O": 5}  # 28.8 oxygens were wanted
    assert cell.remarks == ("5 of 29 O left out, because positions too close to each other are never filled together",)
    positions, owners = expand(crowded)
    assert len(exclusions(crowded, positions, owners, lattice_vectors(crowded.cell))) == 3


def closest(cell, first, second):
    """Shortest distance between the atoms of two sites, Å; of one site, between different atoms."""
    one, other = (cell.positions[cell.owners == number] for number in (first, second))
    step = one[:, None] - other[None]
    distance = np.linalg.norm((step - np.rint(step)) @ cell.vectors, axis=-1)
    return distance[distance > 1e-6].min()


def test_lgps_keeps_its_lithium_if_asked():
    """Pairs of 16h, 1.78 Å apart, hold 64 of the 89 lithium atoms that belong there; 23 others find room on 8f."""
    crystal = read_cif((Path(__file__).parent / "data" / "lgps.cif").read_bytes())
    plain, complete = (draw_ordered_cell(crystal, (2, 2, 2), 0, complete=wish) for wish in (False, True))
    assert plain.wanted == complete.wanted == {"Li": 162, "Ge": 16, "P": 32, "S": 192}
    assert (plain.left_out, plain.moved) == ({"Li": 25}, {})
    assert (complete.left_out, complete.moved) == ({"Li": 2}, {"Li": 23})
    assert complete.composition == {"Li": 160, "P": 32, "S": 192, "Ge": 16}
    lithium = [number for number, site in enumerate(crystal.sites) if site.main_element == "Li"]
    assert min(closest(complete, one, other) for one in lithium for other in lithium) > 1.8
    for number, site in enumerate(crystal.sites):
        here = {complete.symbols[place] for place in np.flatnonzero(complete.owners == number)}
        assert here <= {symbol for symbol, _ in site.occupancies}
    assert draw_ordered_cell(crystal, (1, 1, 1), 0, complete=True).left_out == {}


def test_a_complete_cell_is_repeated_by_its_seed_and_is_the_plain_one_where_nothing_is_left_out():
    crystal = read_cif((Path(__file__).parent / "data" / "lgps.cif").read_bytes())
    first, again, other = (draw_ordered_cell(crystal, (2, 2, 1), seed, complete=True) for seed in (3, 3, 4))
    assert first.positions.tolist() == again.positions.tolist() != other.positions.tolist()
    plain, complete = (draw_ordered_cell(SPLIT, (2, 2, 2), 0, complete=wish) for wish in (False, True))
    assert plain.positions.tolist() == complete.positions.tolist()


def test_full_sites_exclude_nobody_however_close():
    close = WyckoffCrystal(
        221,
        (4.0, 4.0, 4.0, 90.0, 90.0, 90.0),
        (WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Fe", 1.0),)), WyckoffSite("e", 6, (0.1, 0.0, 0.0), (("O", 1.0),))),
    )
    assert len(draw_ordered_cell(close, (1, 1, 1), seed=0)) == 7


@pytest.mark.parametrize(
    ("crystal", "repeats"),
    [
        (ZIRCONIA, (0, 1, 1)),
        (ZIRCONIA, (10, 10, 10)),
        (WyckoffCrystal(2, (3.0, 3.0, 3.0, 90.0, 90.0, 90.0), ()), (1, 1, 1)),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(crystal, repeats):
    with pytest.raises(OrderedCellError, match=r"\.$"):
        draw_ordered_cell(crystal, repeats, seed=0)
