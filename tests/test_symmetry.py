"""Snapping, expansion and lattice restrictions, for every Wyckoff position and every crystal system."""

import gemmi
import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from synthetic import random_crystals

from disgen import symmetry, wyckoff
from disgen.crystal import WyckoffCrystal, WyckoffSite, cell_parameters, lattice_vectors

GRID = 1e-5
ROWS = np.arange(1731)
GROUPS = np.arange(1, 231)
unit = st.floats(0.0, 1.0, allow_nan=False)
points = arrays(float, 3, elements=st.floats(-3.0, 3.0, allow_nan=False, width=32))


def periodic(gap: np.ndarray) -> np.ndarray:
    """Largest component of each difference, modulo the lattice."""
    return np.abs(gap - np.rint(gap)).max(axis=-1)


def orbit(row: int, free: np.ndarray) -> np.ndarray:
    maps, shifts = wyckoff.position_maps(row)
    return maps @ free + shifts


@pytest.fixture(scope="module")
def scattered() -> tuple[np.ndarray, np.ndarray]:
    """Five random points for each position, and their snapped images."""
    rows = np.repeat(ROWS, 5)
    given_points = np.random.default_rng(0).uniform(-2.0, 2.0, (len(rows), 3))
    return rows, symmetry.snap(rows, given_points)


def test_snapped_points_lie_on_their_position(scattered):
    rows, snapped = scattered
    assert np.all((snapped >= 0.0) & (snapped < 1.0))
    for row, point in zip(rows.tolist(), snapped, strict=True):
        free = symmetry.free_coordinates(np.array([row]), point[None])[0]
        assert periodic(orbit(row, free) - point).min() < 1e-9
        maps, shifts = wyckoff.position_maps(row)
        assert periodic(maps[0] @ free + shifts[0] - point) < 1e-9, "the representative lies on the first map"
        on_grid = maps[0] @ free / GRID
        assert np.abs(on_grid - np.rint(on_grid)).max() < 1e-6


def test_snapping_again_changes_nothing(scattered):
    rows, snapped = scattered
    assert np.array_equal(symmetry.snap(rows, snapped), snapped)


def test_snapping_does_not_depend_on_the_company_nor_on_the_lattice(scattered):
    rows, snapped = scattered
    chosen = np.random.default_rng(1).permutation(len(rows))[:300]
    shifted = snapped[chosen] + np.random.default_rng(2).integers(-3, 4, (300, 3))
    assert np.array_equal(symmetry.snap(rows[chosen], shifted), snapped[chosen])
    for index in chosen[:40]:
        alone = symmetry.snap(rows[index : index + 1], snapped[index : index + 1])
        assert np.array_equal(alone[0], snapped[index])


@pytest.mark.parametrize("seed", [0, 1])
def test_all_points_of_an_orbit_snap_to_one_representative(seed):
    rng = np.random.default_rng(seed)
    for row in ROWS:
        images = orbit(row, np.round(rng.random(3), 5))
        images += rng.integers(-2, 3, images.shape)
        found = symmetry.snap(np.full(len(images), row), images)
        assert np.array_equal(found, np.broadcast_to(found[0], found.shape)), row
        assert periodic(found[0] - images).min() < GRID, "the representative is a point of the orbit, on the grid"


def test_the_representative_is_the_smallest_on_the_first_map():
    rng = np.random.default_rng(3)
    for row in ROWS[::7]:
        images = orbit(row, np.round(rng.random(3), 5))
        wrapped = symmetry.wrap(images)
        first_map, first_shift = (part[0] for part in wyckoff.position_maps(row))
        inverse = np.linalg.pinv(first_map)
        steps = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3), axis=-1).reshape(-1, 1, 3)
        gap = wrapped + steps - first_shift
        on_first = np.any(np.abs(gap - gap @ (first_map @ inverse).T).max(axis=2) < 1e-9, axis=0)
        found = symmetry.snap(np.array([row]), images[:1])[0]
        candidates = [tuple(np.round(point, 9)) for point in wrapped[on_first]]
        assert np.abs(found - min(candidates)).max() < GRID


def test_snapping_moves_a_point_little():
    """A point that is off by at most 1e-3 comes back to where it was (in the orbit)."""
    rng = np.random.default_rng(4)
    free = np.array([0.1337, 0.2719, 0.0823])
    for row in ROWS:
        images = orbit(row, free)
        disturbed = images[rng.integers(len(images))] + rng.uniform(-1e-3, 1e-3, 3)
        found = symmetry.snap(np.array([row]), disturbed[None])
        again = symmetry.free_coordinates(np.array([row]), found)[0]
        assert periodic(orbit(row, again) - disturbed).min() < 3e-3


@given(points, st.integers(0, 1730))
def test_snapping_is_idempotent(point, row):
    rows = np.array([row])
    once = symmetry.snap(rows, point[None].astype(float))
    assert np.all((once >= 0.0) & (once < 1.0))
    assert np.array_equal(symmetry.snap(rows, once), once)


@given(points, st.integers(1, 230), st.integers(0, 191))
def test_equivalent_points_snap_to_one_representative(point, group, choice):
    rotations, translations = wyckoff.operations(group)
    general = np.array([wyckoff.tables().first[group + 1] - 1])
    start = np.round(point.astype(float), 5)
    image = rotations[choice % len(rotations)] @ start + translations[choice % len(rotations)]
    assert np.array_equal(symmetry.snap(general, start[None]), symmetry.snap(general, image[None]))


def test_arguments_are_left_alone():
    rows = np.array([0, 5, 1700])
    given_points = np.array([[1.2, -0.3, 0.5]] * 3)
    cells = np.array([[3.0, 4.0, 5.0, 80.0, 95.0, 100.0]] * 3)
    before = rows.copy(), given_points.copy(), cells.copy()
    symmetry.snap(rows, given_points)
    symmetry.free_coordinates(rows, given_points)
    symmetry.wrap(given_points.copy())
    symmetry.constrain_cells(np.array([1, 62, 225]), cells)
    assert all(np.array_equal(a, b) for a, b in zip(before, (rows, given_points, cells), strict=True))


@pytest.mark.parametrize(
    ("groups", "cell"),
    [
        ((1, 2), (3, 4, 5, 80, 95, 100)),
        ((3, 15), (3, 4, 5, 90, 95, 90)),
        ((16, 74), (3, 4, 5, 90, 90, 90)),
        ((75, 142), (3.5, 3.5, 5, 90, 90, 90)),
        ((143, 167), (3.5, 3.5, 5, 90, 90, 120)),
        ((168, 194), (3.5, 3.5, 5, 90, 90, 120)),
        ((195, 230), (4, 4, 4, 90, 90, 90)),
    ],
)
def test_cells_of_each_system(groups, cell):
    start = np.array([[3.0, 4.0, 5.0, 80.0, 95.0, 100.0]] * 2)
    assert symmetry.constrain_cells(np.array(groups), start) == pytest.approx(np.array([cell] * 2, dtype=float))


@given(
    arrays(float, (230, 3), elements=st.floats(2.0, 40.0)),
    arrays(float, (230, 3), elements=st.floats(65.0, 115.0)),
)
@settings(max_examples=20)
def test_every_operation_keeps_the_restricted_metric(lengths, angles):
    cells = symmetry.constrain_cells(GROUPS, np.concatenate([lengths, angles], axis=1))
    assert np.array_equal(symmetry.constrain_cells(GROUPS, cells), cells)
    for group, cell in zip(GROUPS, cells, strict=True):
        basis = lattice_vectors(cell)
        metric = basis @ basis.T
        rotations, _ = wyckoff.operations(int(group))
        turned = np.einsum("mji,jk,mkl->mil", rotations, metric, rotations)
        assert np.abs(turned - metric).max() < 1e-9 * metric.max()


def test_restricting_is_the_identity_on_allowed_cells():
    cells = np.array([crystal.cell for crystal in random_crystals(100)])
    groups = np.array([crystal.space_group for crystal in random_crystals(100)])
    assert np.abs(symmetry.constrain_cells(groups, cells) - cells).max() < 1e-12


@given(arrays(float, (4, 3), elements=st.floats(-1e3, 1e3)))
def test_wrapped_points_are_in_the_cell(values):
    wrapped = symmetry.wrap(values.copy())
    assert np.all((wrapped >= 0.0) & (wrapped < 1.0))
    assert np.all(periodic(wrapped - values) <= 0.5 * GRID + 1e-9)
    assert np.array_equal(symmetry.wrap(wrapped.copy()), wrapped)


def test_wrapping_the_edge():
    values = np.array([1.0, -1e-14, 0.999999, 0.99999, -1e-6, 2.0 + 1e-13])
    assert symmetry.wrap(values).tolist() == [0.0, 0.0, 0.0, 0.99999, 0.0, 0.0]


@given(arrays(np.int64, (12, 3), elements=st.integers(0, 99_999)))
def test_codes_sort_as_the_points_do(steps):
    coordinates = steps * GRID
    codes = symmetry.lexicographic(coordinates)
    assert [tuple(steps[i]) for i in np.argsort(codes, kind="stable")] == sorted(map(tuple, steps))


def crystal_on(row: int, free: np.ndarray) -> WyckoffCrystal:
    table = wyckoff.tables()
    group = int(table.group[row])
    cell = symmetry.constrain_cells(np.array([group]), np.array([[7.1, 8.3, 9.7, 81.0, 97.0, 107.0]]))[0]
    coordinates = symmetry.snap(np.array([row]), orbit(row, free)[:1])[0]
    letter = wyckoff.LETTERS[table.letter[row] - 1]
    site = WyckoffSite(letter, int(table.multiplicity[row]), tuple(coordinates), (("Fe", 1.0),))
    return WyckoffCrystal(group, tuple(cell), (site,))


def test_expansion_is_the_orbit_of_gemmi_operations():
    """For each position: as many points as the multiplicity says, the images of one under the group, all distinct."""
    free = np.array([0.1337, 0.2719, 0.0823])
    for row in ROWS[1::4]:
        crystal = crystal_on(row, free)
        positions, index = symmetry.expand(crystal)
        assert len(positions) == crystal.sites[0].multiplicity
        assert not index.any()
        assert np.all((positions >= 0.0) & (positions < 1.0))
        operations = gemmi.get_spacegroup_reference_setting(crystal.space_group).operations()
        images = np.array([operation.apply_to_xyz(list(crystal.sites[0].coordinates)) for operation in operations])
        near = periodic(images[:, None] - positions) < 1e-9
        assert np.all(near.sum(axis=1) == 1)
        assert near.any(axis=0).all()


def test_expansion_of_crystals_fits_spglib():
    for crystal in random_crystals(60, seed=5):
        positions, index = symmetry.expand(crystal)
        assert np.bincount(index).tolist() == [site.multiplicity for site in crystal.sites]
        assert crystal.n_positions == len(positions)
        for number, site in enumerate(crystal.sites):
            assert periodic(positions[index == number] - site.coordinates).min() < 1e-9
        # With every site a species of its own, spglib finds at least this symmetry: orbits are not split.
        found = spglib.get_symmetry_dataset((lattice_vectors(crystal.cell), positions, index + 1), symprec=1e-4)
        assert found is not None
        for number in range(len(crystal.sites)):
            assert len(set(found.crystallographic_orbits[index == number].tolist())) == 1
        assert len(found.rotations) >= len(wyckoff.operations(crystal.space_group)[0])


def test_an_empty_crystal_has_no_positions():
    positions, index = symmetry.expand(WyckoffCrystal(62, (4.0, 5.0, 6.0, 90.0, 90.0, 90.0), ()))
    assert positions.shape == (0, 3)
    assert index.shape == (0,)


def test_letters_must_be_of_the_group():
    site = WyckoffSite("e", 4, (0.1, 0.2, 0.3), (("Fe", 1.0),))
    with pytest.raises(ValueError, match="Space group 62 has no Wyckoff letter 'e'"):
        symmetry.site_rows(WyckoffCrystal(62, (4.0, 5.0, 6.0, 90.0, 90.0, 90.0), (site,)))


@given(
    st.tuples(*[st.floats(2.0, 50.0)] * 3),
    st.tuples(*[st.floats(65.0, 115.0)] * 3),
)
def test_cell_parameters_come_back_from_the_vectors(lengths, angles):
    assert cell_parameters(lattice_vectors((*lengths, *angles))) == pytest.approx((*lengths, *angles), rel=1e-9)
