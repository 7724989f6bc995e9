"""Neighbours of the cases: the same troubles in other words, each read right, told of, or refused with the reason."""

import re

import gemmi
import pytest
from test_cif_settings import CUBE, FORMULA, SALT, Z, cif, kinds, listed, rock_salt

from disgen.cif import CifError, CifReason, DoubtKind, read

FM = "F m -3 m"
BY_LABEL = "label fract_x fract_y fract_z occupancy"
SODIUM_CHLORIDE = ("K0.1Na0.9Cl", 225)
WHOLE = cif(*SALT, name=FM, more=FORMULA + Z)
HEXAGONAL = (3.2, 3.2, 5.2, 90, 90, 120)


def two(cation, anion, formula="", columns="label type_symbol fract_x fract_y fract_z occupancy"):
    """Rock salt of two names, each a label or a label with its type symbol."""
    more = f"_chemical_formula_sum '{formula}'\n" if formula else ""
    return cif(f"{cation} 0 0 0 1", f"{anion} 0.5 0.5 0.5 1", name=FM, more=more, columns=columns)


def labels(cation, anion, formula=""):
    return two(cation, anion, formula, BY_LABEL)


def described(reading):
    return reading.crystal.formula, reading.crystal.space_group


def refusal(text):
    with pytest.raises(CifError) as error:
        read(text)
    return error.value


# --- names of elements ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        (labels("CO1", "O1", "Co O"), "CoO"),
        (labels("CO1", "O1", "CO O"), "CoO"),
        (labels("NI1", "O1", "Ni O"), "NiO"),
        (labels("HO1", "SB1", "Ho Sb"), "HoSb"),
        (labels("MG1", "O1"), "MgO"),
        (labels("Sn2+", "Te1"), "SnTe"),
        (labels("CaM", "O1"), "CaO"),
        (labels("NO1", "O1"), "NO"),
        (two("A ca", "B o"), "CaO"),
        (two("Pb1 Pb+2", "S1 S-2"), "PbS"),
        (two("Fe1 Fe2.5+", "O1 O2-"), "FeO"),
        (two("Fe1 Fe(II)", "O1 O"), "FeO"),
        (two("Fe1 57Fe3+", "N1 N"), "FeN"),
        (two("U1 U238", "O1 O"), "UO"),
        (two("Li1 6Li", "D1 2H"), "LiH"),
        (two("Co1 CO3+", "O1 O"), "CoO"),
        (two("Co1 CO3", "O1 O", "Co O"), "CoO"),
    ],
)
def test_names_that_are_clear_are_read_in_silence(text, formula):
    reading = read(text)
    assert (described(reading), reading.doubts) == ((formula, 225), ())


@pytest.mark.parametrize("water", ["OH", "H2O", "OH2", "D2O", "Wat"])
def test_water_and_hydroxyl_are_oxygen_without_its_hydrogen(water):
    reading = read(two("Cs1 Cs", f"W1 {water}"))
    assert (described(reading), kinds(reading)) == (("CsO", 225), {DoubtKind.HYDROGEN})


@pytest.mark.parametrize("label", ["WAT1", "WATER1", "Water2", "wat", "OW1"])
def test_a_label_that_says_water_is_no_tungsten(label):
    reading = read(labels("Cs1", label))
    assert (described(reading), kinds(reading)) == (("CsO", 225), {DoubtKind.HYDROGEN})


def test_tungsten_stays_tungsten():
    assert described(read(labels("W1", "N1"))) == ("WN", 225)


@pytest.mark.parametrize("name", ["Mn/Fe", "MnFe", "Mn,Fe", "Mn0.5Fe0.5", "'(Mn,Fe)'", "Mn+Fe", "NH4", "CN", "SO4"])
def test_a_type_symbol_of_several_elements_is_refused(name):
    assert refusal(two(f"M1 {name}", "O1 O")).reason is CifReason.UNKNOWN_ELEMENT


@pytest.mark.parametrize("label", ["Ca/Sr", "Al/Si1", "(Ca,Sr)1", "Na&K", "Fe0.5/Ni0.5", "CaSr1"])
def test_a_label_of_several_elements_is_refused(label):
    error = refusal(labels(label, "O1"))
    assert error.reason is CifReason.UNKNOWN_ELEMENT
    assert "mixture" in str(error)


def test_a_type_symbol_that_may_be_a_molecule_is_told():
    reading = read(two("K1 K", "C1 CO3"))
    assert kinds(reading) == {DoubtKind.ELEMENT}
    assert "'CO3', which was read as Co" in reading.notes[0]


@pytest.mark.parametrize("text", [labels("NB1", "N1"), labels("M1", "O1"), two("Na1 Na", "Q1 Q")])
def test_names_that_nothing_decides_are_refused(text):
    assert refusal(text).reason is CifReason.UNKNOWN_ELEMENT


@pytest.mark.parametrize("name", ["Vac", "VA", "vacancy", "X", "□"])
def test_empty_places_are_left_out(name):
    rows = ("Na1 Na 0 0 0 0.8", f"V1 {name} 0 0 0 0.2", "Cl1 Cl 0.5 0.5 0.5 1")
    assert described(read(cif(*rows, name=FM))) == ("Na0.8Cl", 225)


# --- origins, settings and operations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "more", "origin"),
    [
        ("F d -3 m :2", "", 2),
        ("Fd-3m:2", "", 2),
        ("F d -3 m Z", "", 2),
        ("F d 3 m z", "", 2),
        ("Fd-3mZ", "", 2),
        ("F d -3 m S", "", 1),
        ("F d -3 m (origin choice 2)", "", 2),
        ("F d -3 m {origin 2}", "", 2),
        ("F d -3 m, origin 2", "", 2),
        ("F 41/d -3 2/m :2", "", 2),
        ("F d -3 m", "_space_group_IT_coordinate_system_code 2\n", 2),
        ("F d -3 m", "_space_group_IT_coordinate_system_code 1\n", 1),
        ("", "_space_group_IT_number 227\n_space_group_IT_coordinate_system_code 2\n", 2),
        ("", "_space_group_name_Hall '-F 4vw 2vw 3'\n", 2),
        ("", "_space_group_name_Hall 'F 4d 2 3 -1d (x-1/8,y-1/8,z-1/8)'\n", 2),
        ("", "_symmetry_space_group_name_Hall 'F 4d 2 3 -1d'\n", 1),
    ],
)
def test_origins_by_name(name, more, origin):
    second = ("Mg1 Mg 0.125 0.125 0.125 1", "Al1 Al 0.5 0.5 0.5 1", "O1 O 0.2624 0.2624 0.2624 1")
    first = ("Mg1 Mg 0 0 0 1", "Al1 Al 0.625 0.625 0.625 1", "O1 O 0.3874 0.3874 0.3874 1")
    rows = second if origin == 2 else first
    reading = read(cif(*rows, name=name, cell=(8.0892, 8.0892, 8.0892, 90, 90, 90), more=more))
    assert (described(reading), reading.doubts) == (("MgAl2O4", 227), ())


@pytest.mark.parametrize("name", ["R -3 c", "R -3 c :H", "R -3 c H", "R -3 2/c H", "H -3 c", "R -3 c (hexagonal axes)"])
def test_hexagonal_axes_by_name(name):
    rows = ("Al1 Al 0 0 0.35216 1", "O1 O 0.31 0 0.25 1")
    assert described(read(cif(*rows, name=name, cell=(4.76, 4.76, 12.99, 90, 90, 120)))) == ("Al2O3", 167)


@pytest.mark.parametrize("name", ["P b n m", "Pbnm", "P 21/b 21/n 21/m", "P_b_n_m", "pbnm"])
def test_a_setting_that_is_not_the_standard_one_by_name(name):
    rows = (
        "Ca1 Ca 0.9932 0.0361 0.25 1",
        "Ti1 Ti 0 0.5 0 1",
        "O1 O 0.0714 0.4838 0.25 1",
        "O2 O 0.7108 0.2888 0.0371 1",
    )
    reading = read(cif(*rows, name=name, cell=(5.38, 5.442, 7.64, 90, 90, 90), more="_symmetry_Int_Tables_number 62\n"))
    assert (described(reading), reading.doubts) == (("CaTiO3", 62), ())


CELLS = {
    "triclinic": (5.1, 6.2, 7.3, 82, 95, 101),
    "a": (5.1, 6.2, 7.3, 98, 90, 90),
    "b": (5.1, 6.2, 7.3, 90, 98, 90),
    "c": (5.1, 6.2, 7.3, 90, 90, 98),
    "orthorhombic": (5.1, 6.2, 7.3, 90, 90, 90),
    "tetragonal": (5.1, 5.1, 7.3, 90, 90, 90),
    "trigonal": (5.1, 5.1, 7.3, 90, 90, 120),
    "hexagonal": (5.1, 5.1, 7.3, 90, 90, 120),
    "rhombohedral": (5.1, 5.1, 5.1, 75, 75, 75),
    "cubic": (7.1, 7.1, 7.1, 90, 90, 90),
}


@pytest.mark.parametrize("number", [3, 5, 9, 14, 15, 36, 39, 48, 52, 64, 68, 70, 88, 134, 146, 155, 167, 203, 222, 228])
def test_every_setting_by_its_name_is_what_its_operations_say(number):
    for group in gemmi.spacegroup_table():
        if group.number != number:
            continue
        system = "rhombohedral" if group.ext == "R" else group.crystal_system_str()
        cell = CELLS[group.monoclinic_unique_axis() if system == "monoclinic" else system]
        triplets = [operation.triplet() for operation in group.operations()]
        rows = ("Na1 Na 0.117 0.233 0.341 0.5", "Cl1 Cl 0.361 0.107 0.219 0.5")
        rows = rows[: 1 if len(triplets) > 50 else 2]
        by_operations = read(cif(*rows, cell=cell, more=listed(triplets))).crystal
        for name in (group.xhm(), group.xhm().replace(" ", "")):
            crystal = read(cif(*rows, cell=cell, name=name)).crystal
            assert (crystal.key, crystal.volume) == (by_operations.key, pytest.approx(by_operations.volume)), name


@pytest.mark.parametrize(
    "spelled",
    [
        lambda triplet, _: triplet.replace("1/2", "0.5"),
        lambda triplet, _: triplet.upper().replace(",", " , "),
        lambda triplet, _: re.sub("([xyz])", r"1*\1", triplet),
        lambda triplet, number: f"{number} {triplet}",
        lambda triplet, number: f"({number}) {triplet}",
        lambda triplet, number: f"{number}: {triplet}",
        lambda triplet, _: triplet.replace("-", "\N{MINUS SIGN}"),
    ],
    ids=["decimals", "capitals", "stars", "numbers", "numbers in brackets", "numbers with colons", "minus signs"],
)
def test_operations_in_other_spellings(spelled):
    triplets = [spelled(triplet, number) for number, triplet in enumerate(rock_salt(), start=1)]
    reading = read(cif(*SALT, name=FM, more=listed(triplets) + FORMULA + Z))
    assert (described(reading), reading.doubts) == (SODIUM_CHLORIDE, ())


WITHOUT_CENTRING = [triplet for triplet in rock_salt() if "/2" not in triplet]
GENERATORS = ["x,y,z", "-x,-y,z", "z,x,y", "y,x,-z", "-x,-y,-z", "x,y+1/2,z+1/2", "x+1/2,y,z+1/2"]


@pytest.mark.parametrize("triplets", [WITHOUT_CENTRING, GENERATORS, ["x,y,z"]], ids=["no centring", "few", "one"])
def test_too_few_operations_are_completed_by_the_name_and_told(triplets):
    reading = read(cif(*SALT, name=FM, more=listed(triplets) + FORMULA + Z))
    assert (described(reading), kinds(reading)) == (SODIUM_CHLORIDE, {DoubtKind.OPERATIONS})


def test_operations_that_the_cell_does_not_have_are_told():
    reading = read(cif(*SALT, name=FM, cell=(5.64, 5.64, 5.9, 90, 90, 90), more=listed(rock_salt())))
    assert DoubtKind.OPERATIONS in kinds(reading)
    assert reading.crystal.space_group == 139


# --- atoms that are listed again, and coordinates ---------------------------------------------------------------------

CORNERS = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
FACES = [(0.5, 0.5, 0), (0.5, 0.5, 1), (0.5, 0, 0.5), (0.5, 1, 0.5), (0, 0.5, 0.5), (1, 0.5, 0.5)]
EDGES = [(0.5, y, z) for y in (0, 1) for z in (0, 1)]
EDGES = [*EDGES, *((y, 0.5, z) for _, y, z in EDGES), *((y, z, 0.5) for _, y, z in EDGES), (0.5, 0.5, 0.5)]


def test_atoms_on_all_faces_of_the_cell_are_counted_once():
    rows = [f"Na{n} Na {x} {y} {z} 1" for n, (x, y, z) in enumerate(CORNERS + FACES)]
    rows += [f"Cl{n} Cl {x} {y} {z} 1" for n, (x, y, z) in enumerate(EDGES)]
    reading = read(cif(*rows, name="P 1"))
    assert (described(reading), reading.crystal.n_atoms) == (("NaCl", 225), 8)
    assert kinds(reading) == {DoubtKind.EQUIVALENTS}


@pytest.mark.parametrize(("stated", "formula"), [("Na0.5 Cl", "Na0.5Cl"), ("Na Cl", "NaCl")])
def test_halves_at_equivalent_positions_are_counted_as_the_formula_says(stated, formula):
    rows = ("Na1 Na 0 0 0 0.5", "Na2 Na 0.5 0.5 0 0.5", "Cl1 Cl 0.5 0.5 0.5 1")
    reading = read(cif(*rows, name=FM, more=f"_chemical_formula_sum '{stated}'\n"))
    assert (described(reading), kinds(reading)) == ((formula, 225), {DoubtKind.EQUIVALENTS})


@pytest.mark.parametrize("xyz", ["1/3 2/3 1/4", "'1/3' '2/3' '1/4'", "⅓ ⅔ ¼", "-1/3 1/3 1/4", "0.3333 0.6667 0.25"])
def test_thirds_in_other_spellings(xyz):
    reading = read(cif(f"Mg1 Mg {xyz} 1", name="P 63/m m c", cell=HEXAGONAL))
    assert (described(reading), reading.doubts) == (("Mg", 194), ())
    assert [(site.multiplicity, site.letter) for site in reading.crystal.sites] == [(2, "c")]


def test_sixths_of_two_digits():
    reading = read(cif("V1 V 0.17 0.33 0.5 1", name="P 6/m m m", cell=(5.2, 5.2, 4.2, 90, 90, 120)))
    assert sum(site.multiplicity for site in reading.crystal.sites) == 6
    assert kinds(reading) == {DoubtKind.POSITION}


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "*data for ICSD #12345\nCopyright 2020 FIZ\n" + WHOLE,
        WHOLE.replace("\n", "\r\n"),
        WHOLE + "\x1a\n",
        WHOLE.replace("Na1 Na 0", "Na1\N{NO-BREAK SPACE}Na\N{NO-BREAK SPACE}0"),
        WHOLE.replace("Na1 Na 0", "Na1\N{NO-BREAK SPACE}Na\N{NO-BREAK SPACE}0").encode("latin-1"),
        WHOLE.replace("F m -3 m", "F m 3\N{COMBINING OVERLINE} m"),
        WHOLE.encode("utf-16"),
        b"\xfe\xff" + WHOLE.encode("utf-16-be"),
        WHOLE.encode("utf-16-le"),
        b"\xef\xbb\xbf" + WHOLE.encode(),
        re.sub("_cell_(length|angle)_", r"_cell.\1_", WHOLE).replace("_atom_site_", "_atom_site."),
        "data_global\n_cell_length_a 5\n" + WHOLE,
        WHOLE.replace(" 5.64", " 5,64"),
        re.sub(r"_[a-z_]\S*", lambda match: match[0].upper(), WHOLE),
        WHOLE.replace("Cl1 Cl", "#K2 K 0.25 0.25 0.25 1\nCl1 Cl"),
    ],
)
def test_whatever_wrote_the_text(content):
    reading = read(content)
    assert (described(reading), reading.doubts) == (SODIUM_CHLORIDE, ())


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ("loop_\n_cell_wave_vector_seq_id\n_cell_wave_vector_x\n1 0.1\n", DoubtKind.MODULATED),
        ("_cell_modulation_dimension 1\n", DoubtKind.MODULATED),
        ("_cell_subsystems_number 2\n", DoubtKind.MODULATED),
        ("loop_\n_atom_site_moment.label\n_atom_site_moment.crystalaxis_x\nNa1 2.0\n", DoubtKind.MAGNETIC),
        ("loop_\n_atom_site_moment_label\n_atom_site_moment_crystalaxis_x\nNa1 2.0\n", DoubtKind.MAGNETIC),
    ],
)
def test_modulations_and_moments_are_told(more, kind):
    reading = read(WHOLE + more)
    assert (described(reading), kinds(reading)) == (SODIUM_CHLORIDE, {kind})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (WHOLE.encode("utf-32"), CifReason.UNREADABLE),
        ("<html><body>404</body></html>", CifReason.UNREADABLE),
        (WHOLE.replace("fract_", "Cartn_"), CifReason.NO_ATOMS),
        (cif(*SALT, name=FM, cell=(0.564, 0.564, 0.564, 90, 90, 90)), CifReason.BAD_CELL),
        (cif(*SALT, name=FM, cell=(564, 564, 564, 90, 90, 90)), CifReason.BAD_CELL),
        (cif("Mg1 Mg 0 0 0 1", name="P 6/m m m", cell=(3.2, 3.2, 5.2, 90, 90, 60)), CifReason.BAD_CELL),
        (cif(*SALT, name="P 4/m m m", cell=(5.64, 5.9, 6.2, 90, 90, 90)), CifReason.BAD_CELL),
        (cif(*SALT, name=FM, cell=(*CUBE[:3], 91, 91, 91)), CifReason.BAD_CELL),
        (re.sub(r"_cell_length_c \S+\n", "", cif(*SALT, name="P 4/m m m")), CifReason.BAD_CELL),
        (WHOLE.replace(" 0.9", " <0.9"), CifReason.BAD_OCCUPANCY),
        (WHOLE.replace(" 0.9", " 90%"), CifReason.BAD_OCCUPANCY),
        (WHOLE.replace(" 0.5 0.5 0.5 1", " 0.5 0.5 0.5"), CifReason.UNREADABLE),
    ],
)
def test_what_cannot_be_read_is_refused_for_the_right_reason(text, reason):
    assert refusal(text).reason is reason
