"""The file against itself, and what its numbers may mean: repeated atoms, shares, places beside special positions."""

import re
from pathlib import Path

import pytest
from doubtful import DOUBTFUL
from test_cif_settings import CUBE, FORMULA, SALT, Z, cif, kinds

from disgen.cif import CifError, DoubtKind, read, read_cif
from disgen.corpus import amcsd
from disgen.corpus.filters import read_entry

DOCS = Path(__file__).parent.parent / "docs"
CORNERS = [(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
SODIUM = [f"Na{n} Na {x} {y} {z} 1" for n, (x, y, z) in enumerate(CORNERS)]
CHLORINE = [f"Cl{n} Cl {x + 0.5} {y} {z} 1" for n, (x, y, z) in enumerate(CORNERS)]
QUARTERS = [f"{row[:-2]} 0.25" for row in SODIUM]
NACL = "_chemical_formula_sum 'Cl Na'\n"
BOX = (4.0, 4.1, 4.2, 90, 90, 90)


@pytest.mark.parametrize(
    ("atoms", "more", "formula"),
    [
        (SODIUM + CHLORINE, "", "NaCl"),
        (SODIUM + CHLORINE, NACL + Z, "NaCl"),
        (SODIUM[:2] + CHLORINE[:1], NACL, "NaCl"),
        (QUARTERS + CHLORINE[:1], "_chemical_formula_sum 'Cl Na0.25'\n", "Na0.25Cl"),
        (QUARTERS + CHLORINE[:1], NACL, "NaCl"),
        (QUARTERS + CHLORINE, "", "Na0.25Cl"),
    ],
)
def test_atoms_listed_at_equivalent_positions(atoms, more, formula):
    reading = read(cif(*atoms, name="F m -3 m", more=more))
    assert (reading.crystal.formula, reading.crystal.space_group) == (formula, 225)
    assert DoubtKind.EQUIVALENTS in kinds(reading)


def test_a_multiplicity_column_tells_that_atoms_are_repeated():
    columns = "label type_symbol fract_x fract_y fract_z occupancy symmetry_multiplicity"
    rows = [f"{row} 4" for row in (*QUARTERS, *CHLORINE[:1])]
    more = "_chemical_formula_sum 'Cl Na0.25'\n"
    assert read_cif(cif(*rows, name="F m -3 m", columns=columns, more=more)).formula == "Na0.25Cl"
    wrong = [f"{row} 8" for row in SALT]
    assert DoubtKind.MULTIPLICITY in kinds(read(cif(*wrong, name="F m -3 m", columns=columns)))


def test_full_atoms_at_equivalent_positions_are_one_atom_whatever_is_stated():
    text = cif(*SODIUM[:2], CHLORINE[0], name="F m -3 m")
    reading = read(text)
    assert reading.crystal.formula == "NaCl"
    assert DoubtKind.EQUIVALENTS in kinds(reading)
    assert read_entry(text).over_full


def test_different_elements_at_equivalent_positions_stay_refused():
    with pytest.raises(CifError, match=r"sum to 2, more than 1\.02"):
        read_cif(cif(SODIUM[0], SODIUM[1].replace("Na", "K"), CHLORINE[0], name="F m -3 m"))


@pytest.mark.parametrize(("code", "formula", "amount"), [("0014080", "B", 50), ("0015417", "O", 10)])
def test_boron_and_ice_list_an_atom_twice(code, formula, amount):
    """Tetragonal boron: four icosahedra and two single atoms, which P-4n2 makes equivalent. Ice VI: ten molecules."""
    reading = read(amcsd.cif(code))
    assert (reading.crystal.formula, reading.over_full) == (formula, False)
    assert reading.crystal.n_atoms == pytest.approx(amount)
    assert DoubtKind.EQUIVALENTS in kinds(reading)
    assert read_entry(amcsd.cif(code)).over_full


@pytest.mark.parametrize(
    ("shares", "more", "formula", "told"),
    [
        ((0.04167, 0.08333, 0.16667), "_chemical_formula_sum 'Mg Al2 O4'\n", "MgAl2O4", True),
        ((0.04167, 0.08333, 0.16667), "", "Mg0.042Al0.167O0.667", True),
        ((0.02, 0.08333, 0.16667), "_chemical_formula_sum 'Mg0.48 Al2 O4'\n", "Mg0.48Al2O4", True),
        ((1, 1, 1), "", "MgAl2O4", False),
    ],
)
def test_shares_relative_to_the_general_position(shares, more, formula, told):
    places = ("0.125 0.125 0.125", "0.5 0.5 0.5", "0.2624 0.2624 0.2624")
    atoms = [f"{e}1 {e} {xyz} {share}" for e, xyz, share in zip(("Mg", "Al", "O"), places, shares, strict=True)]
    reading = read(cif(*atoms, name="F d -3 m:2", cell=(8.08, 8.08, 8.08, 90, 90, 90), more=more))
    assert reading.crystal.formula == formula
    assert (DoubtKind.OCCUPANCY in kinds(reading)) is told


@pytest.mark.parametrize(
    ("x", "more", "formula", "told"),
    [
        ("0.005", "_chemical_formula_sum 'Pb Ti O'\n_cell_formula_units_Z 1\n", "TiPbO", True),
        ("0.005", "_chemical_formula_sum 'Pb0.5 Ti O'\n_cell_formula_units_Z 1\n", "TiPb0.5O", True),
        ("0.005", "_chemical_formula_sum 'Pb Ti O'\n", "TiPbO", True),
        ("0.005", "_chemical_formula_sum 'Pb0.5 Ti O'\n", "TiPb0.5O", True),
        ("0.005", "_exptl_crystal_density_diffrn 4.0\n", "TiPb0.5O", True),
        ("0.005", "", "TiPbO", True),
        ("0.005(9)", "", "TiPb0.5O", False),
        ("0.00", "", "TiPb0.5O", False),
    ],
)
def test_half_an_atom_beside_a_mirror(x, more, formula, told):
    atoms = (f"Pb1 Pb {x} 0 0 0.5", "Ti1 Ti 0.5 0.5 0.5 1", "O1 O 0.5 0.5 0 1")
    reading = read(cif(*atoms, name="P m m m", cell=BOX, more=more))
    assert reading.crystal.formula == formula
    assert (DoubtKind.POSITION in kinds(reading)) is told


@pytest.mark.parametrize(
    ("code", "formula", "as_listed"),
    [
        ("0007694", "Ca2Al2.055Si0.945O7", "Ca2Al1.53Si0.475O7"),
        ("0015574", "Cu1.6Hg0.875Zn0.28SnS4", "Cu0.8Hg0.875Zn0.14SnS4"),
        ("0015630", "KAl4As3O23", "KAl4As3O20.333"),
        ("0015721", "BaCaCO6.72", "BaCaCO5.43"),
        ("0014580", "Fe3NH10S2O14", "Fe3NH7S2O14"),
        ("0016351", "Zr2NiH3.776", "Zr2NiH3.72"),
    ],
)
def test_minerals_with_atoms_beside_special_positions_have_their_own_formulas(code, formula, as_listed):
    text = amcsd.cif(code)
    reading = read(text)
    assert reading.crystal.formula == formula
    assert DoubtKind.POSITION in kinds(reading)
    assert DoubtKind.FORMULA not in kinds(reading)
    assert read_entry(text).crystal.formula == as_listed, "the corpus stays as models have learnt it"


@pytest.mark.parametrize("third", ["0.33", "0.333", "0.3333", "1/3"])
def test_two_digits_mean_the_special_position_where_atoms_would_clash(third):
    two_thirds = {"0.33": "0.67", "0.333": "0.667", "0.3333": "0.6667", "1/3": "2/3"}[third]
    text = cif(f"Mg1 Mg {third} {two_thirds} 0.25 1", name="P 63/m m c", cell=(5.2, 5.2, 5.2, 90, 90, 120))
    reading = read(text)
    assert [(site.multiplicity, site.letter) for site in reading.crystal.sites] == [(2, "c")]
    assert (DoubtKind.POSITION in kinds(reading)) is (third == "0.33")


@pytest.mark.parametrize(
    ("more", "kind", "sentence"),
    [
        (
            "_chemical_formula_sum 'Cl2 K0.1 Na0.9'\n",
            DoubtKind.FORMULA,
            "stated formula is K0.1Na0.9Cl2, but the listed",
        ),
        (
            FORMULA + "_cell_formula_units_Z 2\n",
            DoubtKind.CONTENTS,
            "states 2 formula units of K0.1Na0.9Cl in its cell",
        ),
        (
            "_exptl_crystal_density_diffrn 4.1\n",
            DoubtKind.DENSITY,
            "density is 4.1 g/cm³, but the listed atoms give 2.22",
        ),
        ("_cell_volume 200\n", DoubtKind.VOLUME, "volume is 200 Å³, but the cell has 179.4 Å³"),
        ("_chemical_formula_sum 'Cl K0.1 Na0.9 H'\n", DoubtKind.HYDROGEN, "tells of hydrogen"),
    ],
)
def test_each_disagreement_is_told_with_both_values(more, kind, sentence):
    (doubt,) = read(cif(*SALT, name="F m -3 m", more=more)).doubts
    assert doubt.kind is kind
    assert sentence in doubt.sentence


@pytest.mark.parametrize("kind", DoubtKind)
def test_there_is_a_file_for_every_kind_of_doubt(kind):
    reading = read(DOUBTFUL[kind])
    assert kind in kinds(reading)
    assert all(re.fullmatch(r"[A-Z].{20,280}\.", doubt.sentence) for doubt in reading.doubts)
    assert str(kind) in (DOCS / "reading.md").read_text(encoding="utf-8")


def test_agreement_is_silent():
    stated = FORMULA + Z + "_exptl_crystal_density_diffrn 2.22\n_cell_volume 179.41\n_symmetry_Int_Tables_number 225\n"
    assert read(cif(*SALT, name="F m -3 m", more=stated)).doubts == ()
    assert read(cif(*SODIUM, *CHLORINE, name="P 1", cell=CUBE)).doubts == (), (
        "a list of the whole cell states no symmetry"
    )


def test_atoms_that_are_there_at_the_same_time():
    near = ("Na1 Na 0 0 0 1", "K1 K 0.05 0 0 {}", "Cl1 Cl 0.5 0.5 0.5 1")
    for share, told in ((1, True), (0.01, False)):
        rows = [row.format(share) for row in near]
        rows[0] = rows[0] if told else "Na1 Na 0 0 0 0.9"
        assert (DoubtKind.DISTANCE in kinds(read(cif(*rows, name="P m -3 m")))) is told


def test_more_symmetry_than_stated_is_told_where_the_digits_do_not_have_it():
    off, exact = ("Ti1 Ti 0.5 0.5 {} 1", "Ba1 Ba 0 0 0 1", "O1 O 0.5 0.5 0 1"), (4.0, 4.0, 4.01, 90, 90, 90)
    for z, told in (("0.507", True), ("0.5", False)):
        reading = read(cif(*(row.format(z) for row in off), name="P 4 m m", cell=exact))
        assert reading.crystal.space_group != 99
        assert (DoubtKind.SPACE_GROUP in kinds(reading)) is told
