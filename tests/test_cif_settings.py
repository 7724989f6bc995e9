"""Names, origins and operations: what a file may mean, and how its own statements decide."""

import gemmi
import numpy as np
import pytest

from disgen.cif import CifError, CifReason, DoubtKind, read
from disgen.cif.symmetry.operations import completed, is_group, operations_of
from disgen.cif.symmetry.symbols import settings_of_number, settings_of_symbol
from disgen.symmetry import constrain_cells

CUBE = (5.64, 5.64, 5.64, 90, 90, 90)
SALT = ("Na1 Na 0 0 0 0.9", "K1 K 0 0 0 0.1", "Cl1 Cl 0.5 0.5 0.5 1")
FORMULA = "_chemical_formula_sum 'Cl K0.1 Na0.9'\n"
Z = "_cell_formula_units_Z 4\n"
TWO_ORIGINS = [n for n in range(1, 231) if any(one.name.endswith(":2") for one in settings_of_number(n))]


def cif(*atoms, name="", cell=CUBE, more="", columns="label type_symbol fract_x fract_y fract_z occupancy"):
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_x", *(f"_cell_{tag} {value}" for tag, value in zip(names, cell, strict=True))]
    lines += [f"_symmetry_space_group_name_H-M '{name}'"] if name else []
    return "\n".join([*lines, more, "loop_", *(f"_atom_site_{column}" for column in columns.split()), *atoms]) + "\n"


def listed(triplets):
    return "loop_\n_symmetry_equiv_pos_as_xyz\n" + "\n".join(f"'{triplet}'" for triplet in triplets) + "\n"


def rock_salt():
    return [operation.triplet() for operation in gemmi.find_spacegroup_by_name("F m -3 m").operations()]


def kinds(reading):
    return {doubt.kind for doubt in reading.doubts}


@pytest.mark.parametrize(
    ("symbol", "names"),
    [
        ("F d -3 m", "F d -3 m:1|F d -3 m:2"), ("F d -3 m Z", "F d -3 m:2"), ("Fd-3mS", "F d -3 m:1"),
        ("F d 3 m", "F d -3 m:1|F d -3 m:2"), ("Fd3m:2", "F d -3 m:2"), ("F d -3 m (origin 2)", "F d -3 m:2"),
        ("P n n n O2", "P n n n:2"), ("F 4/m -3 2/m", "F m -3 m"), ("F 41/d -3 2/m Z", "F d -3 m:2"),
        ("P 1 21/n 1", "P 1 21/n 1"), ("P2_1/n", "P 1 21/n 1|P 1 1 21/n|P 21/n 1 1"),
        ("P 2(1)/c", "P 1 21/c 1|P 21/c 1 1"), ("I 2/a", "I 1 2/a 1|I 1 1 2/a"),
        ("R -3 c", "R -3 c:H|R -3 c:R"), ("R 3 2 R", "R 3 2:R|R 3 2:H"), ("H 3", "R 3:H"), ("f m -3 m", "F m -3 m"),
        ("FM3M", "F m -3 m"), ("F_m_-3_m", "F m -3 m"), ("Fm\\bar{3}m", "F m -3 m"), ("$Fm\\bar3m$", "F m -3 m"),
        ("Fm-3m (225)", "F m -3 m"), ("Fm-3m (No. 225)", "F m -3 m"), ("F m 3bar m", "F m -3 m"),
        ("P6_3/mmc", "P 63/m m c"),
        ("P 21/n 21/m 21/a", "P n m a"), ("C m c e", "C m c a"), ("A b m a", "A b m a"), ("C -1", "C -1"),
        ("C 4/m m m", "C 4/m m m (P 4/m m m)"), ("F 41/d", "F 41/d (I 41/a)|F 41/d (I 41/a)"), ("Q 9", ""), ("", ""),
    ],
)  # fmt: skip
def test_symbols(symbol, names):
    found = {one.name for one in settings_of_symbol(symbol)}
    assert found == set(names.split("|")) - {""}


def test_doubled_cells_have_the_operations_of_gemmi():
    def wrapped(triplets):
        return {gemmi.Op(triplet).wrap().triplet() for triplet in triplets}

    for symbol in ("F 4/m m m", "C 4 2 2", "C 4 2 21", "F 4 2 2", "C -4 2 m", "C -4 2 b", "F 1 2/m 1"):
        known = gemmi.find_spacegroup_by_name(symbol).operations()
        ours, *_ = settings_of_symbol(symbol)
        assert wrapped(ours.triplets) == wrapped(operation.triplet() for operation in known), symbol


def in_both_origins(number):
    """Cell, and for each origin its setting with atoms that have the same coordinates in it."""
    rng = np.random.default_rng(number)
    (cell,) = constrain_cells(np.array([number]), np.array([[7.1, 8.3, 9.7, 81.0, 97.0, 107.0]]))
    for setting in settings_of_number(number):
        operations = operations_of(setting.triplets)
        grid = np.array(list(np.ndindex(8, 8, 8))) / 8
        images = np.einsum("mij,nj->nmi", operations.rotations, grid) + operations.translations
        orbits = [len(np.unique(np.round(points % 1.0, 6) % 1.0, axis=0)) for points in images]
        special = grid[rng.choice(np.flatnonzero(np.array(orbits) == min(orbits)))]
        rows = [("Zr1 Zr", special, 0.9), ("O1 O", rng.random(3), 1.0)]
        atoms = [f"{label} {x:.5f} {y:.5f} {z:.5f} {share}" for label, (x, y, z), share in rows]
        yield setting, tuple(round(value, 5) for value in cell), atoms


@pytest.mark.parametrize("number", TWO_ORIGINS)
def test_whatever_names_the_origin_is_heard(number):
    assert len(TWO_ORIGINS) == 24
    for setting, cell, atoms in in_both_origins(number):
        plain, choice = setting.name.split(":")
        hall = gemmi.find_spacegroup_by_name(setting.name).hall
        code = f"_space_group_IT_coordinate_system_code {choice}"
        by_operations = read(cif(*atoms, cell=cell, more=listed(setting.triplets))).crystal
        texts = [
            cif(*atoms, cell=cell, name=setting.name),
            cif(*atoms, cell=cell, name=f"{plain} {'SZ'[int(choice) - 1]}"),
            cif(*atoms, cell=cell, name=plain, more=code),
            cif(*atoms, cell=cell, more=f"_space_group_IT_number {number}\n{code}"),
            cif(*atoms, cell=cell, name=plain, more=f"_symmetry_space_group_name_Hall '{hall}'"),
        ]
        for text in texts:
            reading = read(text)
            assert reading.crystal == by_operations
            assert DoubtKind.ORIGIN not in kinds(reading)


def test_an_origin_that_nothing_tells_is_told():
    atoms = ("Si1 Si 0 0 0 1", "O1 O 0.3 0.3 0.3 0.5")
    (doubt,) = read(cif(*atoms, name="F d -3 m", cell=(8.1, 8.1, 8.1, 90, 90, 90))).doubts
    assert doubt.kind is DoubtKind.ORIGIN
    assert "F d -3 m:1 was used" in doubt.sentence
    assert "F d -3 m:2 would give" in doubt.sentence


@pytest.mark.parametrize(
    ("operations", "more", "told"),
    [
        (slice(48), FORMULA + Z, DoubtKind.OPERATIONS),
        (slice(48), "_exptl_crystal_density_diffrn 2.22\n", DoubtKind.OPERATIONS),
        (slice(1), FORMULA + Z, DoubtKind.OPERATIONS),
        (slice(1), "", DoubtKind.ORIGIN),
        (slice(191), FORMULA, DoubtKind.OPERATIONS),
        (slice(1, None), FORMULA, DoubtKind.OPERATIONS),
    ],
)
def test_missing_operations_are_completed(operations, more, told):
    reading = read(cif(*SALT, name="F m -3 m", more=more + listed(rock_salt()[operations])))
    assert (reading.crystal.space_group, reading.crystal.formula) == (225, "K0.1Na0.9Cl")
    assert told in kinds(reading)


def test_few_operations_and_a_name_that_nothing_decides_between_are_both_named():
    reading = read(cif(*SALT, name="F m -3 m", more=listed(rock_salt()[:48])))
    (doubt,) = [doubt for doubt in reading.doubts if doubt.kind is DoubtKind.ORIGIN]
    assert "gives K0.1Na0.9Cl (221; 1a 1b), but F m -3 m would give K0.1Na0.9Cl (225; 4a 4b)" in doubt.sentence


def test_groups_and_their_completion():
    generators = ("x,y,z", "x,y+1/2,z+1/2", "x+1/2,y,z+1/2", "-x,-y,z", "-x,y,-z", "z,x,y", "y,x,-z", "-x,-y,-z")
    assert is_group(tuple(rock_salt()))
    assert not is_group(generators)
    assert len(completed(generators)) == 192
    assert completed(("-y,x-y,z", "-y,x,z")) is None, "turns by a third and by a quarter do not go together"


def test_a_cell_that_does_not_fit_is_refused_or_told():
    tetragonal = (5.64, 5.64, 6.64, 90, 90, 90)
    with pytest.raises(CifError, match="does not fit the stated space group F m -3 m") as error:
        read(cif(*SALT, name="F m -3 m", cell=tetragonal))
    assert error.value.reason is CifReason.BAD_CELL
    assert DoubtKind.OPERATIONS in kinds(read(cif(*SALT, cell=tetragonal, more=listed(rock_salt()))))
    assert DoubtKind.OPERATIONS in kinds(read(cif(*SALT, name="F m -3 m", cell=(5.64, 5.64, 5.66, 90, 90, 90))))


def test_symbol_and_number_of_two_groups():
    reading = read(cif(*SALT, name="F m -3 m", more="_symmetry_Int_Tables_number 227\n"))
    assert "states the space group F m -3 m (225), but the number 227" in reading.notes[0]


@pytest.mark.parametrize(
    ("name", "cell", "setting"),
    [
        ("P 21/c", (5, 6, 7, 90, 100, 90), "P 1 21/c 1"),
        ("P 21/b", (5, 6, 7, 90, 90, 100), "P 1 1 21/b"),
        ("P 21/m", (5, 6, 7, 90, 90, 100), "P 1 1 21/m"),
        ("P 21/m", (5, 6, 7, 90, 90, 90), "P 1 21/m 1"),
        ("C 2", (5, 6, 7, 90, 100, 90), "C 1 2 1"),
    ],
)
def test_a_short_monoclinic_symbol_means_the_axis_that_fits(name, cell, setting):
    atoms = ("Zr1 Zr 0.1 0.2 0.3 1", "O1 O 0.42 0.13 0.05 1")
    assert read(cif(*atoms, name=name, cell=cell)) == read(cif(*atoms, name=setting, cell=cell))


MOMENTS = "_space_group_magn.number_BNS 1.1\n"
WAVES = "loop_\n_space_group_symop_ssg_operation_algebraic\nx1,x2,x3,x4\n"


@pytest.mark.parametrize(
    ("more", "name", "group", "kind"),
    [
        (MOMENTS, "F m -3 m", 225, DoubtKind.MAGNETIC),
        ("loop_\n_atom_site_moment_label\nNa1\n", "F m -3 m", 225, DoubtKind.MAGNETIC),
        ("_cell_modulation_dimension 1\n", "F m -3 m", 225, DoubtKind.MODULATED),
        ("_space_group_ssg_name 'Fm-3m(00g)'\n", "", 225, DoubtKind.MODULATED),
        (f"{WAVES}-x1,-x2,-x3,-x4+1/2\n", "", 221, DoubtKind.MODULATED),
    ],
)
def test_moments_and_modulations_are_left_aside_and_told(more, name, group, kind):
    reading = read(cif(*SALT, name=name, more=more))
    assert reading.crystal.space_group == group
    assert kind in kinds(reading)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (MOMENTS, "The structure is magnetic, and it lists no operations"),
        (f"{WAVES}x1+x4,x2,x3,x4\n", "its operations mix the modulation with the places"),
    ],
)
def test_what_they_leave_open_is_refused_by_name(more, sentence):
    with pytest.raises(CifError, match=sentence):
        read(cif(*SALT, more=more))
