"""The canonical description: idempotent, and the same for all that the (complete) normaliser makes of a crystal."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from disgen import symmetry, wyckoff
from disgen.canonical import canonicalise
from disgen.crystal import ELEMENTS, WyckoffCrystal, WyckoffSite, cell_parameters, lattice_vectors
from disgen.export.adapters.pymatgen import to_pymatgen
from disgen.normaliser import normaliser

GROUPS = range(1, 231)
SIGNED_AXES = [
    np.array([[sign[row] * (column == order[row]) for column in range(3)] for row in range(3)])
    for order in itertools.permutations(range(3))
    for sign in itertools.product((1, -1), repeat=3)
]


def is_chiral(group: int) -> bool:
    return not np.any(np.linalg.det(wyckoff.operations(group)[0]) < 0)


# --- the normaliser ---------------------------------------------------------------------------------------------------


def steps_of(translations: np.ndarray) -> np.ndarray:
    return np.rint(np.asarray(translations) * 24).astype(int) % 24


def test_normalisers_map_the_group_onto_itself():
    for group in GROUPS:
        rotations, translations = wyckoff.operations(group)
        own = {(*r.ravel(), *t) for r, t in zip(rotations, steps_of(translations), strict=True)}
        for linear, shift in zip(normaliser(group).linear, normaliser(group).shift, strict=True):
            turned = np.rint(linear @ rotations @ np.linalg.inv(linear)).astype(int)
            moved = translations @ linear.T + shift - turned @ shift
            assert {(*r.ravel(), *t) for r, t in zip(turned, steps_of(moved), strict=True)} == own, group


def search_normaliser(group: int) -> int:
    """Number of cosets of the group in its normaliser, by trying all changes of axes and of origin."""
    rotations, translations = wyckoff.operations(group)
    steps = steps_of(translations)
    polar = list(normaliser(group).polar)
    hexagonal = wyckoff.crystal_system(group) in {"trigonal", "hexagonal"}
    axes = list(wyckoff.operations(191)[0]) if hexagonal else SIGNED_AXES
    divisions = (6, 6, 12) if hexagonal else (8, 8, 8)
    ranges = [[0] if axis in polar else range(0, 24, 24 // n) for axis, n in enumerate(divisions)]
    origins = np.array(list(itertools.product(*ranges)))

    first_of: dict[bytes, np.ndarray] = {}
    for rotation, step in zip(rotations, steps, strict=True):
        first_of.setdefault(rotation.tobytes(), step)
    centring = steps[np.all(rotations == np.eye(3, dtype=int), axis=(1, 2))]
    is_lattice = np.zeros((24, 24, 24), dtype=bool)
    is_lattice[tuple(centring.T)] = True
    found = 0
    for matrix in axes:
        if not is_lattice[tuple((centring @ matrix.T % 24).T)].all():
            continue
        fits = np.ones(len(origins), dtype=bool)
        for key, step in first_of.items():
            rotation = np.frombuffer(key, dtype=rotations.dtype).reshape(3, 3)
            turned = np.rint(matrix @ rotation @ np.linalg.inv(matrix)).astype(rotations.dtype)
            if turned.tobytes() not in first_of:
                fits[:] = False
                break
            moved = matrix @ step + origins @ (np.eye(3, dtype=int) - turned).T - first_of[turned.tobytes()]
            fits &= is_lattice[tuple((moved % 24).T)]
        found += int(fits.sum()) * (not is_chiral(group) or round(np.linalg.det(matrix)) == 1)
    steps[:, polar] = 0
    own = {(*r.ravel(), *t) for r, t in zip(rotations, steps, strict=True)}
    assert found % len(own) == 0
    return found // len(own)


@pytest.mark.parametrize("system", wyckoff.CRYSTAL_SYSTEMS[2:])
def test_normalisers_are_complete(system):
    """As many operations as a search over all axes and origins finds (monoclinic and triclinic ones are infinite)."""
    for group in GROUPS:
        if wyckoff.crystal_system(group) == system:
            assert len(normaliser(group).linear) == search_normaliser(group), group


def test_normalisers_of_chiral_groups_are_proper():
    chiral = [group for group in GROUPS if is_chiral(group)]
    assert len(chiral) == 65
    for group in GROUPS:
        determinants = np.rint(np.linalg.det(normaliser(group).linear))
        assert set(determinants.tolist()) <= ({1.0} if group in chiral else {1.0, -1.0})


@pytest.mark.parametrize(
    ("group", "polar"), [(1, (0, 1, 2)), (2, ()), (3, (1,)), (6, (0, 2)), (33, (2,)), (62, ()), (161, (2,)), (225, ())]
)
def test_polar_directions(group, polar):
    assert normaliser(group).polar == polar


def test_letters_after_each_operation_are_those_of_the_moved_points():
    table = wyckoff.tables()
    generic = np.array([0.1337, 0.2719, 0.0823])
    for group in GROUPS:
        norm = normaliser(group)
        rows = range(table.first[group], table.first[group + 1])
        assert np.all(np.sort(norm.letters[:, 1:], axis=1) == table.letter[rows.start : rows.stop])
        for row in rows:
            maps, shifts = wyckoff.position_maps(row)
            points = norm.linear @ (maps[0] @ generic + shifts[0]) + norm.shift
            becomes = rows.start + norm.letters[:, table.letter[row]] - 1
            assert np.all(table.multiplicity[becomes] == table.multiplicity[row])
            free = symmetry.free_coordinates(becomes, points)
            for point, new, p in zip(points, becomes.tolist(), free, strict=True):
                new_maps, new_shifts = wyckoff.position_maps(new)
                gap = new_maps @ p + new_shifts - point
                assert np.abs(gap - np.rint(gap)).max(axis=1).min() < 1e-9, (group, row)


# --- descriptions of one crystal in one setting -----------------------------------------------------------------------


def random_crystal(group: int, rng: np.random.Generator) -> WyckoffCrystal:
    """One to five sites anywhere in a group, fixed ones at most once, of three species, in a random order."""
    table = wyckoff.tables()
    rows: list[int] = []
    for row in rng.integers(table.first[group], table.first[group + 1], rng.integers(1, 6)).tolist():
        if table.freedom[row] or row not in rows:
            rows.append(row)
    elements = rng.choice(ELEMENTS, 3, replace=False).tolist()
    sites = []
    for row in rows:
        maps, shifts = wyckoff.position_maps(row)
        point = maps[0] @ np.round(rng.random(3), 5) + shifts[0]
        share = round(float(rng.choice([1.0, 0.75, 0.5])), 4)
        letter = wyckoff.LETTERS[table.letter[row] - 1]
        content = ((str(rng.choice(elements)), share),)
        sites.append(WyckoffSite(letter, int(table.multiplicity[row]), tuple(point % 1.0), content))
    cell = np.array([[*rng.uniform(3, 9, 3), *rng.uniform(75, 105, 3)]])
    return WyckoffCrystal(group, tuple(symmetry.constrain_cells(np.array([group]), cell)[0]), tuple(sites))


def redescribed(crystal: WyckoffCrystal, rng: np.random.Generator) -> WyckoffCrystal:
    """The same crystal after a random operation of the normaliser, shift along polar axes, and choice of points."""
    norm, table = normaliser(crystal.space_group), wyckoff.tables()
    choice = rng.integers(len(norm.linear))
    linear, shift = norm.linear[choice], norm.shift[choice].copy()
    shift[list(norm.polar)] += rng.random(len(norm.polar))
    rows = symmetry.site_rows(crystal)
    free = symmetry.free_coordinates(rows, np.array([site.coordinates for site in crystal.sites]))
    sites = []
    for site, row, p in zip(crystal.sites, rows.tolist(), free, strict=True):
        maps, shifts = wyckoff.position_maps(row)
        point = rng.integers(len(maps))
        letter = wyckoff.LETTERS[norm.letters[choice, table.letter[row]] - 1]
        moved = linear @ (maps[point] @ p + shifts[point]) + shift
        sites.append(replace(site, letter=letter, coordinates=tuple(moved)))
    axes = np.linalg.inv(linear).T @ lattice_vectors(crystal.cell)
    order = rng.permutation(len(sites))
    return WyckoffCrystal(crystal.space_group, cell_parameters(axes), tuple(sites[index] for index in order))


@pytest.mark.parametrize("system", wyckoff.CRYSTAL_SYSTEMS)
def test_canonical_crystals_do_not_depend_on_their_description(system):
    rng = np.random.default_rng(17)
    for group in GROUPS:
        if wyckoff.crystal_system(group) != system:
            continue
        for _ in range(2):
            canonical = canonicalise(random_crystal(group, rng))
            assert canonicalise(canonical) == canonical
            for _ in range(4):
                assert canonicalise(redescribed(canonical, rng)) == canonical


def test_canonical_crystals_are_on_the_grid_and_in_order():
    rng = np.random.default_rng(3)
    for group in GROUPS:
        start = random_crystal(group, rng)
        crystal = canonicalise(start)
        assert crystal.composition == pytest.approx(start.composition)
        assert crystal.volume == pytest.approx(start.volume, rel=1e-4)
        assert np.array_equal(np.round(crystal.cell, 4), crystal.cell)
        rows = symmetry.site_rows(crystal)
        coordinates = np.array([site.coordinates for site in crystal.sites])
        assert np.array_equal(symmetry.snap(rows, coordinates), coordinates)
        order = [
            (site.letter, ELEMENTS.index(site.occupancies[0][0]), site.occupancies[0][1]) for site in crystal.sites
        ]
        assert order == sorted(order)
        assert [site.multiplicity for site in crystal.sites] == wyckoff.tables().multiplicity[rows].tolist()


def distances(crystal: WyckoffCrystal) -> np.ndarray:
    """Sorted distances of all pairs of positions, of nearest images, by pymatgen (Å)."""
    return np.sort(to_pymatgen(crystal).distance_matrix.ravel())


def test_the_canonical_description_is_the_same_structure():
    rng = np.random.default_rng(8)
    for group in (2, 5, 14, 15, 19, 33, 62, 82, 122, 146, 152, 161, 176, 198, 205, 214):
        start = random_crystal(group, rng)
        assert distances(canonicalise(start)) == pytest.approx(distances(start), abs=3e-3)


def test_descriptions_without_sites_and_with_wrong_letters():
    empty = canonicalise(WyckoffCrystal(225, (4.00004, 4.0, 4.00002, 90.0, 90.0, 90.0), ()))
    assert empty == WyckoffCrystal(225, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), ())
    wrong = WyckoffSite("z", 4, (0.0, 0.0, 0.0), (("Na", 1.0),))
    with pytest.raises(ValueError, match="no Wyckoff letter 'z'"):
        canonicalise(WyckoffCrystal(225, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), (wrong,)))


def test_rock_salt_has_one_description():
    cell = (5.64, 5.64, 5.64, 90.0, 90.0, 90.0)
    corner, centre = (0.0, 0.0, 0.0), (0.5, 0.5, 0.5)
    one = (WyckoffSite("a", 4, corner, (("Na", 1.0),)), WyckoffSite("b", 4, centre, (("Cl", 1.0),)))
    other = (WyckoffSite("b", 4, centre, (("Na", 1.0),)), WyckoffSite("a", 4, corner, (("Cl", 1.0),)))
    canonical = canonicalise(WyckoffCrystal(225, cell, one))
    assert canonical == canonicalise(WyckoffCrystal(225, cell, other))
    assert [(site.letter, site.main_element) for site in canonical.sites] == [("a", "Na"), ("b", "Cl")]


def test_monoclinic_axes_are_the_shortest_with_obtuse_angle():
    rng = np.random.default_rng(5)
    for group in range(3, 16):
        for _ in range(2):
            crystal = canonicalise(random_crystal(group, rng))
            a, _, c, _, beta, _ = crystal.cell
            assert beta > 89.97
            basis = lattice_vectors(crystal.cell)
            for p, q, r, s in itertools.product(range(-2, 3), repeat=4):
                if abs(p * s - q * r) == 1:
                    turned = np.array([[p, 0, q], [0, 1, 0], [r, 0, s]]) @ basis
                    linear = np.linalg.inv([[p, 0, q], [0, 1, 0], [r, 0, s]]).T
                    if any(np.array_equal(np.rint(linear), known) for known in normaliser(group).linear):
                        lengths = np.linalg.norm(turned, axis=1)
                        assert a + c < lengths[0] + lengths[2] + 3e-3
