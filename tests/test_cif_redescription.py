"""One crystal in many CIFs: other origins, axes and supercells are read as the same crystal, mirror images are not."""

import itertools

import numpy as np
import pytest

from disgen import symmetry, wyckoff
from disgen.canonical import canonicalise
from disgen.cif import read, read_cif, write_cif
from disgen.corpus import amcsd
from disgen.crystal import WyckoffCrystal, WyckoffSite, cell_parameters, lattice_vectors
from disgen.export.adapters.pymatgen import to_pymatgen

ENANTIOMORPHS = {76: 78, 91: 95, 92: 96, 144: 145, 151: 153, 152: 154, 169: 170, 171: 172, 178: 179, 180: 181, 212: 213}
# Disordered minerals, one of each of these groups: triclinic to cubic, polar, chiral, centred.
MINERALS = {
    "0009944": 2, "0010601": 4, "0012821": 5, "0010874": 7, "0017799": 9, "0014642": 12, "0012085": 14, "0004146": 15,
    "0010090": 19, "0014919": 33, "0013384": 36, "0012446": 43, "0010191": 62, "0012757": 88, "0019605": 122,
    "0012671": 141, "0014206": 146, "0004321": 148, "0008558": 154, "0000022": 160, "0014207": 161, "0014908": 166,
    "0014385": 176, "0016225": 182, "0015441": 186, "0000576": 198, "0014321": 206, "0020517": 212, "0016504": 225,
    "0014784": 227,
}  # fmt: skip
PROPER = [
    matrix
    for order in itertools.permutations(range(3))
    for sign in itertools.product((1, -1), repeat=3)
    if np.linalg.det(matrix := np.diag(sign)[list(order)]) > 0
]


def is_chiral(group: int) -> bool:
    return not np.any(np.linalg.det(wyckoff.operations(group)[0]) < 0)


def cif_text(cell, operations, atoms) -> str:
    """A CIF of operations as text and atoms as (element, occupancy, coordinates)."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_x", *(f"_cell_{name} {value:.9f}" for name, value in zip(names, cell, strict=True))]
    lines += ["loop_", "_space_group_symop_operation_xyz", *(f"'{operation}'" for operation in operations), "loop_"]
    columns = ("label", "type_symbol", "occupancy", "fract_x", "fract_y", "fract_z")
    lines += [f"_atom_site_{column}" for column in columns]
    for number, (element, occupancy, (x, y, z)) in enumerate(atoms):
        lines.append(f"{element}{number} {element} {occupancy} {x:.9f} {y:.9f} {z:.9f}")
    return "\n".join(lines) + "\n"


def triplet(rotation: np.ndarray, translation: np.ndarray) -> str:
    parts = []
    for row, shift in zip(rotation.tolist(), translation.tolist(), strict=True):
        terms = [("+" if c > 0 else "-") + v for c, v in zip(row, "xyz", strict=True) for _ in range(abs(c))]
        parts.append(f"{shift:+.9f}" + "".join(terms))
    return ",".join(parts)


def in_other_axes(crystal: WyckoffCrystal, rng: np.random.Generator) -> str:
    """Another origin, other axes, operations to match, another point for each orbit, atoms in another order."""
    axes = PROPER[rng.integers(len(PROPER))]
    if rng.random() < 0.5:
        shear = np.eye(3, dtype=int)
        one, other = rng.choice(3, 2, replace=False)
        shear[one, other] = rng.choice([-1, 1])
        axes = shear @ axes
    origin = rng.random(3)
    rotations, translations = wyckoff.operations(crystal.space_group)
    turned = np.rint(axes @ rotations @ np.linalg.inv(axes)).astype(int)
    moved = translations @ axes.T + origin - turned @ origin
    positions, index = symmetry.expand(crystal)
    atoms = []
    for number, site in enumerate(crystal.sites):
        point = axes @ positions[rng.choice(np.flatnonzero(index == number))] + origin
        atoms += [(element, occupancy, point) for element, occupancy in site.occupancies]
    cell = cell_parameters(np.linalg.inv(axes).T @ lattice_vectors(crystal.cell))
    return cif_text(cell, map(triplet, turned, moved), [atoms[i] for i in rng.permutation(len(atoms))])


def without_symmetry(crystal: WyckoffCrystal, basis: np.ndarray, positions: np.ndarray, index: np.ndarray) -> str:
    atoms = [
        (element, occupancy, point)
        for point, number in zip(positions, index.tolist(), strict=True)
        for element, occupancy in crystal.sites[number].occupancies
    ]
    return cif_text(cell_parameters(basis), ["x,y,z"], atoms)


def doubled(crystal: WyckoffCrystal, rng: np.random.Generator) -> str:
    """All atoms of two cells side by side, in P1, origin anywhere."""
    axis = rng.integers(3)
    basis = lattice_vectors(crystal.cell)
    basis[axis] *= 2.0
    positions, index = symmetry.expand(crystal)
    positions[:, axis] /= 2.0
    second = positions + 0.5 * np.eye(3)[axis]
    together = np.concatenate([positions, second]) + rng.random(3)
    return without_symmetry(crystal, basis, together, np.concatenate([index, index]))


def primitive(crystal: WyckoffCrystal, rng: np.random.Generator) -> str:
    """All atoms of a primitive cell, in P1, origin anywhere."""
    rotations, translations = wyckoff.operations(crystal.space_group)
    centring = translations[np.all(rotations == np.eye(3), axis=(1, 2))]
    conventional = lattice_vectors(crystal.cell)
    nearby = (centring[:, None] + np.array(list(itertools.product((-1, 0, 1), repeat=3)))).reshape(-1, 3)
    nearby = nearby[np.argsort(np.linalg.norm(nearby @ conventional, axis=1))][1:30]
    basis = next(
        np.array(three)
        for three in itertools.combinations(nearby, 3)
        if abs(abs(np.linalg.det(three)) * len(centring) - 1.0) < 1e-6
    )
    basis *= np.sign(np.linalg.det(basis))  # a left-handed one would mirror the crystal
    positions, index = symmetry.expand(crystal)
    points = (positions + rng.random(3)) @ np.linalg.inv(basis)
    points -= np.floor(points)
    keep: list[int] = []
    for number, point in enumerate(points):
        gap = points[keep] - point
        if not np.any(np.abs(gap - np.rint(gap)).max(axis=1, initial=0.0)[index[keep] == index[number]] < 1e-5):
            keep.append(number)
    assert len(keep) * len(centring) == len(points)
    return without_symmetry(crystal, basis @ conventional, points[keep], index[keep])


@pytest.fixture(scope="module")
def by_code() -> dict[str, WyckoffCrystal]:
    return {code: read_cif(text) for code, text in amcsd.cifs() if code in MINERALS}


@pytest.mark.parametrize("code", MINERALS)
def test_twenty_cifs_of_one_mineral_are_one_crystal(by_code, code):
    crystal = by_code[code]
    assert crystal.space_group == MINERALS[code]
    rng = np.random.default_rng(int(code))
    for number in range(20):
        write = (in_other_axes, in_other_axes, doubled, primitive)[number % 4]
        assert read_cif(write(crystal, rng)) == crystal, write.__name__


def distances(crystal: WyckoffCrystal) -> np.ndarray:
    """Sorted distances of all pairs of positions, of nearest images, by pymatgen (Å)."""
    return np.sort(to_pymatgen(crystal).distance_matrix.ravel())


def mirrored(crystal: WyckoffCrystal) -> WyckoffCrystal:
    """The mirror image, read from all its atoms in P1."""
    positions, index = symmetry.expand(crystal)
    return read(without_symmetry(crystal, lattice_vectors(crystal.cell), -positions, index)).crystal


def quartz(group: int, side: int) -> str:
    atoms = [("Si", 1.0, (0.4697, 0.0, side / 3)), ("O", 1.0, (0.4133, 0.2672, side * 0.1188))]
    return cif_text((4.9134, 4.9134, 5.4052, 90, 90, 120), wyckoff.operation_strings(group), atoms)


def test_left_and_right_quartz_are_two_crystals():
    one, other = read_cif(quartz(152, 1)), read_cif(quartz(154, -1))
    assert (one.space_group, other.space_group) == (152, 154)
    assert mirrored(one) == other
    assert mirrored(other) == one
    assert other.cell == one.cell
    assert distances(other) == pytest.approx(distances(one), abs=1e-3)


@pytest.mark.parametrize("group", [4, 5, 19, 18, 92, 150, 152, 173, 182, 196, 198, 212, 213])
def test_a_chiral_crystal_and_its_mirror_image_are_two(group):
    rng = np.random.default_rng(group)
    general = wyckoff.LETTERS[wyckoff.tables().first[group + 1] - wyckoff.tables().first[group] - 1]
    count = len(wyckoff.operations(group)[0])
    cell = symmetry.constrain_cells(np.array([group]), np.array([[7.1, 8.3, 9.7, 81.0, 97.0, 107.0]]))[0]
    sites = [WyckoffSite(general, count, tuple(rng.random(3)), ((e, 1.0),)) for e in ("Fe", "O")]
    crystal = canonicalise(WyckoffCrystal(group, tuple(cell), tuple(sites)))
    assert read(write_cif(crystal)).crystal == crystal
    image = mirrored(crystal)
    pair = ENANTIOMORPHS | {two: one for one, two in ENANTIOMORPHS.items()}
    assert image.space_group == pair.get(group, group)
    assert image != crystal
    assert mirrored(image) == crystal
    assert image.volume == pytest.approx(crystal.volume)
    assert distances(image) == pytest.approx(distances(crystal), abs=1e-3)


@pytest.mark.parametrize("code", [code for code, group in MINERALS.items() if not is_chiral(group)])
def test_an_achiral_crystal_is_its_mirror_image(by_code, code):
    assert mirrored(by_code[code]) == by_code[code]
