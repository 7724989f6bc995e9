"""Shortest distances against pymatgen and against brute force, in all crystal systems and in skewed cells."""

from itertools import product

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from disgen import wyckoff
from disgen.crystal import ATOMIC_NUMBER, ELEMENTS, WyckoffCrystal, WyckoffSite, lattice_vectors
from disgen.generation.geometry.distances import COVALENT_RADII, bases, measure
from disgen.symmetry import constrain_cells, expand, snap

TRICLINIC_CELLS = [
    (4.0, 5.0, 6.0, 80.0, 95.0, 105.0),
    (3.0, 14.0, 15.0, 40.0, 45.0, 50.0),
    (9.0, 9.5, 2.0, 25.0, 30.0, 20.0),
    (12.0, 3.1, 7.7, 70.0, 135.0, 115.0),
    (3.0, 30.0, 31.0, 12.0, 100.0, 95.0),
    (5.0, 5.0, 5.0, 33.0, 33.0, 33.0),
]


def crystal(space_group, cell, *sites):
    """A crystal from (letter, coordinates, occupancies) triples."""
    made = []
    for letter, coordinates, occupancies in sites:
        row = wyckoff.row(space_group, letter)
        point = snap(np.array([row]), np.array([coordinates], dtype=float))[0]
        multiplicity = int(wyckoff.tables().multiplicity[row])
        made.append(WyckoffSite(letter, multiplicity, tuple(point.tolist()), occupancies))
    return WyckoffCrystal(space_group, tuple(map(float, cell)), tuple(made))


def random_crystals(n, seed, groups=range(1, 231)):
    rng = np.random.default_rng(seed)
    table = wyckoff.tables()
    crystals = []
    while len(crystals) < n:
        group = int(rng.choice(list(groups)))
        cell = np.concatenate([rng.uniform(3.0, 12.0, 3), rng.uniform(50.0, 125.0, 3)])
        cell = constrain_cells(np.array([group]), cell[None])[0]
        if not bases(cell[None])[1][0]:
            continue
        rows = rng.integers(table.first[group], table.first[group + 1], size=rng.integers(1, 4))
        rows = rows[table.multiplicity[rows] <= 48]
        sites = [
            (wyckoff.LETTERS[table.letter[row] - 1], rng.random(3), ((str(rng.choice(ELEMENTS)), 1.0),)) for row in rows
        ]
        if sites and "A" not in [letter for letter, _, _ in sites]:
            crystals.append(crystal(group, cell, *sites))
    return crystals


def shortest_by_brute_force(made, reach):
    vectors = lattice_vectors(made.cell)
    points, _ = expand(made)
    points = points - np.floor(points)
    images = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    gaps = (points[:, None, None] - points[None, :, None] + images) @ vectors
    lengths = np.linalg.norm(gaps, axis=-1)
    same = np.eye(len(points), dtype=bool)[:, :, None] & (images == 0).all(axis=1)
    return lengths[~same].min()


def test_agrees_with_pymatgen_over_all_kinds_of_space_groups():
    crystals = random_crystals(150, seed=1)
    found = measure(crystals).min_distance
    expected = []
    for made in crystals:
        points, _ = expand(made)
        structure = Structure(Lattice(lattice_vectors(made.cell)), ["H"] * len(points), points)
        gaps = structure.distance_matrix
        np.fill_diagonal(gaps, min(structure.lattice.get_niggli_reduced_lattice().abc))
        expected.append(gaps.min())
    assert len({made.space_group for made in crystals}) > 90
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_agrees_with_pymatgen_on_a_thousand_minerals(minerals):
    crystals = [made for made in minerals if made.n_positions <= 120][:1000]
    expected = []
    for made in crystals:
        points, _ = expand(made)
        lattice = Lattice(lattice_vectors(made.cell))
        gaps = lattice.get_all_distances(points, points)
        np.fill_diagonal(gaps, min(lattice.get_niggli_reduced_lattice().abc))
        expected.append(gaps.min())
    assert len(crystals) == 1000
    np.testing.assert_allclose(measure(crystals).min_distance, expected, atol=1e-6)


@pytest.mark.parametrize("cell", TRICLINIC_CELLS)
def test_exact_in_skewed_cells(cell):
    rng = np.random.default_rng(3)
    sites = [("a", rng.random(3), (("O", 1.0),)) for _ in range(3)]
    made = crystal(1, cell, *sites)
    reach = 4 if cell[3] > 13.0 else 12
    assert measure([made]).min_distance[0] == pytest.approx(shortest_by_brute_force(made, reach), abs=1e-9)


def test_exact_for_many_random_lattices_and_single_atoms():
    crystals = random_crystals(60, seed=2, groups=range(1, 16))
    found = measure(crystals).min_distance
    for made, value in zip(crystals, found, strict=True):
        assert value == pytest.approx(shortest_by_brute_force(made, 4), abs=1e-9)


def test_order_of_sites_and_company_do_not_matter():
    crystals = random_crystals(40, seed=4)
    together = measure(crystals)
    for index in (0, 17, 39):
        made = crystals[index]
        turned = WyckoffCrystal(made.space_group, made.cell, made.sites[::-1])
        assert measure([turned]).min_distance[0] == pytest.approx(together.min_distance[index], abs=1e-12)


def test_rock_salt():
    salt = crystal(225, (5.64,) * 3 + (90,) * 3, ("a", (0, 0, 0), (("Na", 1.0),)), ("b", (0.5,) * 3, (("Cl", 1.0),)))
    geometry = measure([salt])
    assert geometry.min_distance[0] == pytest.approx(2.82)
    assert geometry.min_distance_split_aware[0] == pytest.approx(2.82)
    assert geometry.volume_per_atom[0] == pytest.approx(5.64**3 / 8)
    assert geometry.min_contact[0] == pytest.approx(2.82 / (1.66 + 1.02))


def test_one_atom_is_measured_against_its_own_images():
    polonium = crystal(221, (3.35,) * 3 + (90,) * 3, ("a", (0, 0, 0), (("Po", 1.0),)))
    geometry = measure([polonium])
    assert geometry.min_distance[0] == pytest.approx(3.35)
    assert geometry.min_contact[0] == pytest.approx(3.35 / 2.80)


def split(first, second):
    """Two sites 0.3 Å apart in a large cell, with these occupancies."""
    cell = (10.0,) * 3 + (90.0,) * 3
    return crystal(1, cell, ("a", (0, 0, 0), (("Na", first),)), ("a", (0.03, 0, 0), (("K", second),)))


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [(0.5, 0.5, 10.0), (0.6, 0.401, 10.0), (0.6, 0.41, 0.3), (1.0, 1.0, 0.3), (1.0, 0.001, 10.0), (0.3, 0.2, 10.0)],
)
def test_alternatives_of_a_split_position_are_no_clash(first, second, distance):
    geometry = measure([split(first, second)])
    assert geometry.min_distance[0] == pytest.approx(0.3)
    assert geometry.min_distance_split_aware[0] == pytest.approx(distance)


def test_a_half_occupied_orbit_around_a_centre_is_a_split_position():
    cell = (8.0, 8.0, 8.0, 90.0, 90.0, 90.0)
    for occupancy, distance in ((0.5, 8.0), (0.52, 0.4)):
        made = crystal(2, cell, ("i", (0.025, 0, 0), (("Li", occupancy),)))
        geometry = measure([made])
        assert geometry.min_distance[0] == pytest.approx(0.4)
        assert geometry.min_distance_split_aware[0] == pytest.approx(distance)


def test_copies_in_the_next_cell_are_never_alternatives():
    thin = crystal(1, (0.4, 9.0, 9.0, 90, 90, 90), ("a", (0, 0, 0), (("H", 0.2),)))
    geometry = measure([thin])
    assert geometry.min_distance_split_aware[0] == pytest.approx(0.4)


def test_an_orbit_that_folds_onto_itself_is_a_clash():
    # The general position of P-1 at the inversion centre: its two points coincide.
    made = crystal(2, (5.0, 6.0, 7.0, 90, 90, 90), ("i", (0, 0, 0), (("Fe", 1.0),)))
    assert measure([made]).min_distance[0] == pytest.approx(0.0, abs=1e-12)


def test_contact_weights_the_radii_by_occupancy():
    cell = (4.0, 20.0, 20.0, 90, 90, 90)
    made = crystal(1, cell, ("a", (0, 0, 0), (("Li", 0.6), ("Cs", 0.2))))
    radius = (0.6 * 1.28 + 0.2 * 2.44) / 0.8
    assert measure([made]).min_contact[0] == pytest.approx(4.0 / (2 * radius))
    assert measure([made]).volume_per_atom[0] == pytest.approx(1600.0 / 0.8)


@pytest.mark.parametrize(
    "cell", [(5, 5, 5, 30, 30, 100), (0, 5, 5, 90, 90, 90), (np.nan, 5, 5, 90, 90, 90), (5, 5, 5, 90, 90, 180)]
)
def test_impossible_cells_and_empty_crystals_have_no_measurements(cell):
    broken = WyckoffCrystal(1, cell, (WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("O", 1.0),)),))
    empty = WyckoffCrystal(1, (5.0, 5.0, 5.0, 90.0, 90.0, 90.0), ())
    good = split(1.0, 1.0)
    geometry = measure([good, broken, empty, good])
    assert np.isnan(geometry.min_distance).tolist() == [False, True, True, False]
    assert np.isnan(geometry.volume_per_atom).tolist() == [False, True, True, False]
    assert geometry.min_distance[3] == pytest.approx(0.3)


def test_nothing_measured_is_nothing():
    assert len(measure([])) == 0


def test_letters_that_the_group_lacks_are_refused():
    wrong = WyckoffCrystal(1, (5.0,) * 3 + (90.0,) * 3, (WyckoffSite("b", 1, (0.0, 0.0, 0.0), (("O", 1.0),)),))
    with pytest.raises(ValueError, match="no Wyckoff letter 'b'"):
        measure([wrong])


def test_bases_are_those_of_single_cells():
    cells = np.array([*TRICLINIC_CELLS, (3.0, 3.0, 5.0, 90.0, 90.0, 120.0)])
    vectors, good = bases(cells)
    assert good.all()
    for cell, rows in zip(cells, vectors, strict=True):
        np.testing.assert_allclose(rows, lattice_vectors(cell), atol=1e-12)


def test_radii_are_pymatgens_copy_of_cordero():
    from pymatgen.analysis.molecule_structure_comparator import CovalentRadius

    theirs = CovalentRadius.radius
    for symbol, radius in COVALENT_RADII.items():
        if ATOMIC_NUMBER[symbol] <= 96 and symbol in theirs:
            assert radius == pytest.approx(theirs[symbol], abs=0.31 if symbol in {"Mn", "Fe", "Co", "C"} else 1e-9)
