"""Polishing of single crystals that were thought out: what moves, what grows, what stays."""

import numpy as np
import pytest
import torch
from test_polish import crystal

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.geometry.distances import COVALENT_RADII, measure
from disgen.generation.geometry.motion import Bucket
from disgen.generation.geometry.polish import CONTACT, MOST_GROWTH, polish, polish_and_measure
from disgen.generation.geometry.relaxation import free_strains
from disgen.symmetry import constrain_cells


def test_a_crystal_of_fixed_positions_grows():
    salt = crystal(225, (3.7,) * 3 + (90,) * 3, ("a", (0, 0, 0), (("Na", 1.0),)), ("b", (0.5,) * 3, (("Cl", 1.0),)))
    (after,) = polish([salt])
    needed = CONTACT * (COVALENT_RADII["Na"] + COVALENT_RADII["Cl"])
    assert 2.0 * needed <= after.cell[0] < 2.0 * needed * 1.03
    assert after.sites == salt.sites


def test_free_sites_move_before_the_cell_grows():
    made = crystal(47, (8, 8, 8, 90, 90, 90), ("i", (0.06, 0, 0), (("Fe", 1.0),)))
    (after,) = polish([made])
    radius = COVALENT_RADII["Fe"]
    assert 2.0 * after.cell[0] * after.sites[0].coordinates[0] == pytest.approx(2.0 * CONTACT * radius, rel=0.03)
    assert after.volume / made.volume < 1.01


def test_alternatives_of_one_position_stay_where_they_are():
    half = (("O", 0.5),)
    split = crystal(1, (6, 6, 6, 90, 90, 90), ("a", (0, 0, 0), half), ("a", (0.05, 0, 0), half))
    assert polish([split])[0] is split
    clash = crystal(
        1,
        (6, 6, 6, 90, 90, 90),
        ("a", (0, 0, 0), half),
        ("a", (0.05, 0, 0), half),
        ("a", (0.5, 0.5, 0.5), (("Fe", 1.0),)),
        ("a", (0.6, 0.5, 0.5), (("Fe", 1.0),)),
    )
    (after,) = polish([clash])
    geometry = measure([after])
    assert geometry.min_contact[0] >= CONTACT
    assert geometry.min_distance[0] == pytest.approx(0.3, abs=0.05)


def test_a_position_is_no_alternative_to_its_own_copy_in_the_next_cell():
    made = crystal(221, (1.9, 1.9, 1.9, 90, 90, 90), ("a", (0, 0, 0), (("Fe", 0.5),)))
    assert measure(polish([made])).min_contact[0] >= CONTACT


def test_occupancies_weight_the_radii():
    mixture = (("Li", 0.5), ("Cs", 0.5))
    made = crystal(221, (2.3, 2.3, 2.3, 90, 90, 90), ("a", (0, 0, 0), mixture))
    needed = CONTACT * (COVALENT_RADII["Li"] + COVALENT_RADII["Cs"])
    assert made.cell[0] < needed < made.cell[0] * MOST_GROWTH ** (1 / 3) * 1.1
    (after,) = polish([made])
    assert after.cell[0] == pytest.approx(min(needed, 2.3 * MOST_GROWTH ** (1 / 3)), rel=0.03)


def test_hydrogen_keeps_half_an_angstrom():
    made = crystal(1, (4, 4, 4, 90, 90, 90), ("a", (0, 0, 0), (("H", 1.0),)), ("a", (0.12, 0, 0), (("H", 1.0),)))
    assert measure([made]).min_contact[0] >= CONTACT
    (after,) = polish([made])
    assert 0.51 <= measure([after]).min_distance[0] < 0.56


def test_atoms_on_one_point_come_apart():
    same = (0.3, 0.2, 0.1)
    made = crystal(2, (6, 7, 8, 80, 95, 100), ("i", same, (("Fe", 1.0),)), ("i", same, (("O", 1.0),)))
    assert measure([made]).min_distance[0] < 1e-6
    assert measure(polish([made])).min_contact[0] >= CONTACT


def test_what_cannot_be_improved_is_returned_as_it_is():
    full = (("Cs", 1.0),)
    twice = WyckoffCrystal(221, (5.0,) * 3 + (90.0,) * 3, (WyckoffSite("a", 1, (0.0, 0.0, 0.0), full),) * 2)
    assert polish([twice])[0] is twice
    impossible = WyckoffCrystal(1, (3.0, 3.0, 3.0, 90.0, 90.0, 190.0), (WyckoffSite("a", 1, (0.0,) * 3, full),))
    empty = WyckoffCrystal(1, (3.0,) * 3 + (90.0,) * 3, ())
    result = polish_and_measure([impossible, empty])
    assert result.crystals[0] is impossible
    assert result.crystals[1] is empty
    assert np.isnan(result.after.min_contact).all()
    assert len(polish_and_measure([])) == 0


@pytest.mark.parametrize(("edge", "expected"), [(4.2, 4.2), (4.6, 79.2 ** (1 / 3)), (4.9, 79.2 ** (1 / 3)), (5.1, 5.1)])
def test_only_dilute_cells_shrink(edge, expected):
    made = crystal(221, (edge,) * 3 + (90,) * 3, ("a", (0, 0, 0), (("Fe", 1.0),)))
    assert polish([made])[0].cell[0] == pytest.approx(expected, abs=1e-3)


def test_a_dilute_cell_stays_if_its_atoms_need_it():
    made = crystal(221, (3.8,) * 3 + (90,) * 3, ("a", (0, 0, 0), (("Cs", 0.6),)))
    assert measure([made]).volume_per_atom[0] > 80.0
    assert polish([made])[0] is made


@pytest.mark.parametrize("group", [1, 2, 14, 15, 62, 88, 136, 148, 160, 166, 194, 216, 225])
def test_strains_keep_the_crystal_system(group):
    rng = np.random.default_rng(group)
    cell = constrain_cells(np.array([group]), np.array([[5.0, 6.0, 7.0, 80.0, 95.0, 102.0]]))
    strains = free_strains(np.array([group]))[0]
    strain = np.einsum("k,kij->ij", rng.normal(scale=0.05, size=6), strains)
    strained = crystal(group, cell[0], ("a", (0, 0, 0), (("Fe", 1.0),)))
    bucket = Bucket.of([strained])
    (moved,) = bucket.displaced(torch.zeros((1, 1, 3), dtype=torch.float64), torch.from_numpy(strain[None]))
    assert moved.cell != strained.cell
    np.testing.assert_allclose(constrain_cells(np.array([group]), np.array([moved.cell]))[0], moved.cell, atol=1e-9)
    independent = np.linalg.matrix_rank(strains.reshape(6, 9))
    assert independent == np.linalg.matrix_rank(
        constrain_cells(np.full(6, group), cell + 0.01 * np.eye(6)) - constrain_cells(np.array([group]), cell)
    )
