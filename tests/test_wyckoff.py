"""The tables of the 230 groups against independent ones: moyo, gemmi, PyXtal's own reading, and spglib's searches."""

import gemmi
import moyopy
import numpy as np
import pytest
import spglib
from hypothesis import given
from hypothesis import strategies as st
from pyxtal.symmetry import Group

from disgen import wyckoff
from disgen.crystal import lattice_vectors
from disgen.normaliser import normaliser
from disgen.symmetry import constrain_cells
from disgen.wyckoff import LETTERS, parse_triplet, tables

GROUPS = range(1, wyckoff.SPACE_GROUPS + 1)
# Free coordinates of three orbits without accidental symmetry, and a cell without any.
GENERIC = np.array([[0.1337, 0.2719, 0.0823], [0.3141, 0.1593, 0.4331], [0.2236, 0.4142, 0.1732]])
GENERIC_CELL = np.array([7.1, 8.3, 9.7, 81.0, 97.0, 107.0])

# Symbols with the e glide of the newer International Tables, and those of gemmi without.
E_GLIDES = {"Aem2": "Abm2", "Aea2": "Aba2", "Cmce": "Cmca", "Cmme": "Cmma", "Ccce": "Ccca"}


def operation_set(rotations, translations) -> set[tuple[int, ...]]:
    """Operations as comparable integers, translations in steps of 1/24 modulo the lattice."""
    steps = np.rint(np.asarray(translations) * 24).astype(int) % 24
    return {
        (*np.asarray(rotation).ravel().tolist(), *step)
        for rotation, step in zip(rotations, steps.tolist(), strict=True)
    }


def test_there_are_1731_positions():
    table = tables()
    assert len(table.letter) == len(table.group) == len(table.multiplicity) == len(table.freedom) == 1731
    assert table.first[1] == 0
    assert table.first[231] == 1731
    assert np.bincount(table.freedom).tolist() == [616, 718, 167, 230]
    assert (table.multiplicity_of > 0).sum() == 1731
    assert not table.multiplicity_of[0].any()
    assert not table.multiplicity_of[:, 0].any()


def test_rows_of_a_group_run_from_a_to_the_general_position():
    table = tables()
    for group in GROUPS:
        rows = slice(table.first[group], table.first[group + 1])
        assert np.all(table.group[rows] == group)
        assert table.letter[rows].tolist() == list(range(1, rows.stop - rows.start + 1))
        assert table.freedom[rows][-1] == 3
        assert np.all(table.multiplicity[rows][-1] % table.multiplicity[rows] == 0)
        assert np.all(table.multiplicity[rows][:-1] < table.multiplicity[rows][-1])


def test_tables_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        tables().multiplicity[0] = 7
    rotations, translations = wyckoff.operations(62)
    with pytest.raises(ValueError, match="read-only"):
        rotations[0, 0, 0] = 7
    with pytest.raises(ValueError, match="read-only"):
        translations[0, 0] = 7


@pytest.mark.parametrize(
    ("group", "letter", "multiplicity", "freedom"),
    [(225, "a", 4, 0), (225, "l", 192, 3), (62, "c", 4, 2), (166, "c", 6, 1), (227, "e", 32, 1), (47, "A", 8, 3)],
)
def test_known_positions(group, letter, multiplicity, freedom):
    row = wyckoff.row(group, letter)
    table = tables()
    assert (table.multiplicity[row], table.freedom[row]) == (multiplicity, freedom)
    assert table.multiplicity_of[group, LETTERS.index(letter) + 1] == multiplicity


def test_only_group_47_has_a_27th_letter():
    table = tables()
    assert table.group[table.letter == 27].tolist() == [47]


@pytest.mark.parametrize(
    ("group", "letter", "sentence"),
    [
        (225, "m", "Space group 225 has no Wyckoff letter 'm': its letters are a to l."),
        (1, "b", "Space group 1 has no Wyckoff letter 'b': its letters are a to a."),
        (62, "", "Space group 62 has no Wyckoff letter ''"),
        (62, "A", "no Wyckoff letter 'A'"),
        (0, "a", "Space groups are numbered 1 to 230, got 0."),
        (231, "a", "got 231"),
    ],
)
def test_wrong_positions_are_named(group, letter, sentence):
    with pytest.raises(ValueError, match=sentence):
        wyckoff.row(group, letter)


@pytest.mark.parametrize("function", [wyckoff.crystal_system, wyckoff.symbol, wyckoff.operations])
@pytest.mark.parametrize("group", [-1, 0, 231])
def test_groups_are_numbered_1_to_230(function, group):
    with pytest.raises(ValueError, match="numbered 1 to 230"):
        function(group)


def test_crystal_systems_and_symbols_agree_with_gemmi():
    for group in GROUPS:
        reference = gemmi.find_spacegroup_by_number(group)
        assert wyckoff.crystal_system(group) == reference.crystal_system_str()
        symbol = wyckoff.symbol(group)
        assert E_GLIDES.get(symbol, symbol.replace("_", "")) == reference.short_name().replace("H", "R", 1)
    assert list(wyckoff.CRYSTAL_SYSTEMS) == list(dict.fromkeys(map(wyckoff.crystal_system, GROUPS)))


def test_operations_are_those_of_moyo_and_gemmi():
    for group in GROUPS:
        ours = operation_set(*wyckoff.operations(group))
        moyo = moyopy.operations_from_number(group, setting=moyopy.Setting.standard())
        centred = operation_set(moyo.rotations, moyo.translations)
        assert ours == centred
        listed = [parse_triplet(o.triplet()) for o in gemmi.get_spacegroup_reference_setting(group).operations()]
        assert ours == operation_set([r.astype(int) for r, _ in listed], [t for _, t in listed])
        assert len(ours) == tables().multiplicity[tables().first[group + 1] - 1]


def test_operation_strings_are_the_operations():
    for group in (2, 14, 62, 146, 166, 194, 227, 230):
        parsed = [parse_triplet(text) for text in wyckoff.operation_strings(group)]
        assert operation_set([r.astype(int) for r, _ in parsed], [t for _, t in parsed]) == operation_set(
            *wyckoff.operations(group)
        )
        assert all(gemmi.Op(text).triplet() for text in wyckoff.operation_strings(group))


def test_positions_are_those_that_pyxtal_reads():
    for group in GROUPS:
        theirs = {position.letter: position for position in Group(group)}
        rows = range(tables().first[group], tables().first[group + 1])
        assert len(theirs) == len(rows)
        for row in rows:
            position = theirs[LETTERS[tables().letter[row] - 1]]
            assert tables().multiplicity[row] == position.multiplicity
            assert tables().freedom[row] == position.get_dof()
            maps, shifts = wyckoff.position_maps(row)
            assert np.allclose(maps, [operation.rotation_matrix for operation in position.ops])
            gap = shifts - [operation.translation_vector for operation in position.ops]
            assert np.allclose(gap, np.rint(gap), atol=1e-9)


def test_positions_are_orbits_of_the_group():
    """The operations map a point of a position onto exactly the points that the table lists."""
    for row in range(0, 1731, 3):
        group = int(tables().group[row])
        rotations, translations = wyckoff.operations(group)
        maps, shifts = wyckoff.position_maps(row)
        listed = maps @ GENERIC[0] + shifts
        images = rotations @ listed[0] + translations
        gap = images[:, None] - listed
        hits = np.abs(gap - np.rint(gap)).max(axis=2) < 1e-9
        assert np.all(hits.sum(axis=1) == 1)
        assert np.all(hits.sum(axis=0) == len(images) // len(listed))


@pytest.mark.parametrize("system", wyckoff.CRYSTAL_SYSTEMS)
def test_spglib_finds_every_position_where_it_was_put(system):
    """Each position, occupied beside two general orbits: spglib finds the group, multiplicity and letter.

    The letter may be another one of the same set, because the finder is free to choose the origin and the axes: one
    that an operation of the normaliser leads to, which for chiral groups is a proper one.
    """
    table = tables()
    checked = 0
    for row in range(1731):
        group, letter, count = int(table.group[row]), int(table.letter[row]), int(table.multiplicity[row])
        if wyckoff.crystal_system(group) != system:
            continue
        general = int(table.first[group + 1]) - 1
        maps = [wyckoff.position_maps(position) for position in (row, general, general)]
        points = [m @ p + t for (m, t), p in zip(maps, GENERIC, strict=True)]
        species = np.repeat([1, 2, 3], [len(orbit) for orbit in points])
        lattice = lattice_vectors(constrain_cells(np.array([group]), GENERIC_CELL[None])[0])
        found = spglib.get_symmetry_dataset((lattice, np.concatenate(points), species), symprec=1e-4)
        name = f"{count}{LETTERS[letter - 1]} of {group}"
        assert found is not None, name
        assert found.number == group, name
        assert (found.std_types == 1).sum() == count, name
        assert len(set(found.crystallographic_orbits[:count].tolist())) == 1, name
        assert len(set(found.wyckoffs[:count])) == 1, name
        allowed = {LETTERS[index - 1] for index in normaliser(group).letters[:, letter]}
        assert found.wyckoffs[0] in allowed, name
        checked += 1
    assert checked == sum(
        table.first[group + 1] - table.first[group] for group in GROUPS if wyckoff.crystal_system(group) == system
    )


def term(coefficient: int, variable: str) -> str:
    sign = "-" if coefficient < 0 else "+"
    return sign + ("" if abs(coefficient) == 1 else str(abs(coefficient))) + variable if coefficient else ""


@given(
    st.lists(st.integers(-3, 3), min_size=9, max_size=9),
    st.lists(st.tuples(st.integers(-30, 30), st.integers(1, 24)), min_size=3, max_size=3),
    st.booleans(),
)
def test_triplets_come_back(coefficients, fractions, spaced):
    matrix = np.array(coefficients).reshape(3, 3)
    parts = []
    for row, (numerator, denominator) in zip(matrix, fractions, strict=True):
        text = "".join(term(int(c), v) for c, v in zip(row, "xyz", strict=True))
        parts.append(f"{text}{numerator:+d}/{denominator}")
    text = (" , " if spaced else ",").join(parts)
    linear, shift = parse_triplet(text.upper() if spaced else text)
    assert np.array_equal(linear, matrix)
    assert shift == pytest.approx([n / d for n, d in fractions], abs=1e-15)


@pytest.mark.parametrize(
    ("text", "linear", "shift"),
    [
        ("x,y,z", np.eye(3), (0, 0, 0)),
        ("-y, x-y, z+1/3", [[0, -1, 0], [1, -1, 0], [0, 0, 1]], (0, 0, 1 / 3)),
        ("1/2+X,.25-Y,-Z+0.75", np.diag([1, -1, -1]), (0.5, 0.25, 0.75)),
        ("2x,2*x,1/4", [[2, 0, 0], [2, 0, 0], [0, 0, 0]], (0, 0, 0.25)),
        ("x+x-1/2-1/2,0,0", [[2, 0, 0], [0, 0, 0], [0, 0, 0]], (-1, 0, 0)),
    ],
)
def test_triplet_spellings(text, linear, shift):
    found = parse_triplet(text)
    assert np.array_equal(found[0], linear)
    assert found[1] == pytest.approx(shift)


@pytest.mark.parametrize(
    "text", ["", "x,y", "x,y,z,x", "x,y,", "x,y,q", "x,,z", "x y z", "x,y,z;", "x+,y,z", "(x),y,z"]
)
def test_other_texts_are_no_triplets(text):
    with pytest.raises(ValueError, match=r"Expected three|Cannot read|is empty"):
        parse_triplet(text)


@given(st.text(alphabet="xyzXYZ0123456789+-*/., ", max_size=20))
def test_a_text_is_a_triplet_or_an_error(text):
    try:
        linear, shift = parse_triplet(text)
    except (ValueError, ZeroDivisionError):
        return
    assert linear.shape == (3, 3)
    assert np.isfinite(shift).all()
