"""Bonds and polyhedra of structures that everybody knows."""

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite, lattice_vectors
from disgen.generation.geometry.bonds import bonds, polyhedra
from disgen.generation.geometry.radii import IONIC_RADII, mean_radius
from disgen.symmetry import expand


def site(letter, multiplicity, coordinates, **occupancies):
    return WyckoffSite(letter, multiplicity, coordinates, tuple(occupancies.items()))


def cubic(group, a, *sites):
    return WyckoffCrystal(group, (a, a, a, 90.0, 90.0, 90.0), sites)


ROCK_SALT = cubic(225, 5.64, site("a", 4, (0, 0, 0), Na=1.0), site("b", 4, (0.5, 0.5, 0.5), Cl=1.0))
FLUORITE = cubic(225, 5.46, site("a", 4, (0, 0, 0), Ca=1.0), site("c", 8, (0.25, 0.25, 0.25), F=1.0))
SPINEL = cubic(
    227,
    8.08,
    site("a", 8, (0.125, 0.125, 0.125), Mg=0.8, Al=0.2),
    site("d", 16, (0.5, 0.5, 0.5), Al=0.9, Mg=0.1),
    site("e", 32, (0.2624, 0.2624, 0.2624), O=1.0),
)
PEROVSKITE = cubic(
    221,
    3.905,
    site("a", 1, (0, 0, 0), Sr=1.0),
    site("b", 1, (0.5, 0.5, 0.5), Ti=1.0),
    site("c", 3, (0, 0.5, 0.5), O=1.0),
)
COPPER = cubic(225, 3.61, site("a", 4, (0, 0, 0), Cu=1.0))


GALENA = cubic(225, 5.936, site("a", 4, (0, 0, 0), Pb=1.0), site("b", 4, (0.5, 0.5, 0.5), S=1.0))
# La2CuO4 above its transition, with strontium: J. D. Jorgensen et al., Phys. Rev. Lett. 58, 1024 (1987).
CUPRATE = WyckoffCrystal(
    139,
    (3.779, 3.779, 13.2, 90.0, 90.0, 90.0),
    (
        site("a", 2, (0, 0, 0), Cu=1.0),
        site("e", 4, (0, 0, 0.3605), La=0.925, Sr=0.075),
        site("c", 4, (0, 0.5, 0), O=1.0),
        site("e", 4, (0, 0, 0.1824), O=1.0),
    ),
)


def neighbours(crystal):
    """Number of bonds of each site's positions."""
    positions, owners = expand(crystal)
    found = bonds(crystal, positions, owners)
    number = np.bincount(np.concatenate([found.first, found.second]), minlength=len(positions))
    return [set(number[owners == index].tolist()) for index in range(len(crystal.sites))]


@pytest.mark.parametrize(
    ("crystal", "expected"),
    [
        (ROCK_SALT, [{6}, {6}]),
        (FLUORITE, [{8}, {4}]),
        (SPINEL, [{4}, {6}, {4}]),
        (PEROVSKITE, [{12}, {6}, {6}]),
        (COPPER, [{12}]),
        (GALENA, [{6}, {6}]),
        (CUPRATE, [{6}, {9}, {6}, {6}]),
    ],
)
def test_coordination_numbers(crystal, expected):
    assert neighbours(crystal) == expected


def test_metals_are_not_bonded_to_the_middle_of_an_anion():
    # Barite: barium lies 3.5 Å from sulphur, within the sum of radii, but is bonded to oxygen alone.
    barite = WyckoffCrystal(
        62,
        (8.88, 5.45, 7.15, 90.0, 90.0, 90.0),
        (
            site("c", 4, (0.1845, 0.25, 0.1585), Ba=1.0),
            site("c", 4, (0.0625, 0.75, 0.1914), S=1.0),
            site("c", 4, (0.0870, 0.75, 0.3930), O=1.0),
            site("c", 4, (0.1907, 0.75, 0.0497), O=1.0),
            site("d", 8, (0.9195, 0.5291, 0.1883), O=1.0),
        ),
    )
    positions, owners = expand(barite)
    pairs = bonds(barite, positions, owners)
    kinds = {tuple(sorted((int(owners[i]), int(owners[j])))) for i, j in zip(pairs.first, pairs.second, strict=True)}
    assert (0, 1) not in kinds
    assert neighbours(barite)[1] == {4}
    centres = {int(owners[found.centre]) for found in polyhedra(barite, positions, owners, pairs)}
    assert 1 in centres


def test_alternatives_of_a_split_position_are_not_bonded():
    split = cubic(221, 4.0, site("e", 6, (0.05, 0, 0), Fe=0.16), site("b", 1, (0.5, 0.5, 0.5), O=1.0))
    positions, owners = expand(split)
    found = bonds(split, positions, owners)
    assert not any(owners[i] == owners[j] == 0 for i, j in zip(found.first, found.second, strict=True))


@pytest.mark.parametrize(("crystal", "centres"), [(GALENA, {"Pb"}), (CUPRATE, {"Cu"})])
def test_ionic_neighbours_make_octahedra(crystal, centres):
    positions, owners = expand(crystal)
    found = polyhedra(crystal, positions, owners, bonds(crystal, positions, owners))
    assert {crystal.sites[owners[one.centre]].main_element for one in found} == centres
    assert {len(one.corners) for one in found} == {6}


def test_like_atoms_that_are_never_there_together_are_not_bonded():
    """Two half-filled oxygens 1.3 Å apart are alternatives; two full ones a peroxide."""
    for filling, count in ((0.5, 0), (1.0, 1)):
        crystal = cubic(221, 5.0, site("e", 6, (0.13, 0, 0), O=filling))
        positions, owners = expand(crystal)
        found = bonds(crystal, positions, owners)
        across = np.isclose(found.distance, 1.3, atol=0.01)
        assert across.sum() == 3 * count


def test_polyhedra_are_closed_convex_and_hold_their_centre():
    positions, owners = expand(SPINEL)
    vectors = lattice_vectors(SPINEL.cell)
    found = polyhedra(SPINEL, positions, owners, bonds(SPINEL, positions, owners))
    assert sorted(len(one.corners) for one in found) == [4] * 8 + [6] * 16
    for one in found:
        points = (positions[one.corners] + one.shifts - positions[one.centre]) @ vectors
        corners = points[one.faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert (np.einsum("ij,ij->i", normals, corners[:, 0]) > 0.0).all()  # the centre is behind every face
        edges = np.concatenate([one.faces[:, [0, 1]], one.faces[:, [1, 2]], one.faces[:, [2, 0]]])
        assert {tuple(edge) for edge in edges} == {tuple(edge[::-1]) for edge in edges}


def test_a_square_of_ligands_is_no_polyhedron():
    square = WyckoffCrystal(
        123,
        (3.85, 3.85, 6.0, 90.0, 90.0, 90.0),
        (site("a", 1, (0, 0, 0), Cu=1.0), site("f", 2, (0, 0.5, 0), O=1.0)),
    )
    positions, owners = expand(square)
    pairs = bonds(square, positions, owners)
    assert neighbours(square)[0] == {4}
    assert polyhedra(square, positions, owners, pairs) == ()


def test_nothing_is_bonded_in_an_empty_or_a_flat_cell():
    empty = WyckoffCrystal(2, (3.0, 3.0, 3.0, 90.0, 90.0, 90.0), ())
    assert len(bonds(empty, *expand(empty))) == 0
    flat = WyckoffCrystal(2, (5.0, 5.0, 1e-4, 90.0, 90.0, 90.0), (site("i", 2, (0.1, 0.2, 0.3), Fe=1.0),))
    assert len(bonds(flat, *expand(flat))) == 0


def test_ionic_radii_are_those_of_shannon_and_a_vacancy_does_not_shrink_a_site():
    from pymatgen.core import Element

    for symbol, charge in (("Li", 1), ("O", -2), ("Ti", 4), ("La", 3), ("Mn", 2), ("Fe", 3), ("I", -1), ("U", 4)):
        table = Element(symbol).data["Shannon radii"][str(charge)]["VI"]
        assert IONIC_RADII[symbol] == pytest.approx(max(entry["ionic_radius"] for entry in table.values()))
    half, whole = (WyckoffSite("a", 1, (0, 0, 0), (("Fe", share),)) for share in (0.5, 1.0))
    assert mean_radius(half, IONIC_RADII) == pytest.approx(mean_radius(whole, IONIC_RADII))
