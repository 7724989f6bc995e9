"""The rules of reading: occupancies, merging, labels, charges, operations and settings."""

import pytest

from disgen.cif import CifError, CifReason, read, read_cif
from disgen.cif.atoms.element_names import charge_of, element_of
from disgen.cif.symmetry.operations import operation
from disgen.crystal import ATOMIC_NUMBER
from disgen.wyckoff import operations

CUBE = (5.0, 5.0, 5.0, 90, 90, 90)
BOX = (5.0, 6.0, 7.0, 90, 90, 90)


def cif(
    *atoms: str, group: str = "P m -3 m", cell=CUBE, columns="label fract_x fract_y fract_z occupancy", more=""
) -> str:
    """A CIF of atom rows, with the operations that belong to the group's name unless `more` lists some."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_test", *(f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True))]
    lines += [f"_space_group_name_H-M_alt '{group}'"] if group else []
    lines += [more, "loop_", *(f"_atom_site_{column}" for column in columns.split()), *atoms]
    return "\n".join(lines) + "\n"


def contents(text: str) -> dict[str, dict[str, float]]:
    """Contents by letter, of a crystal whose letters are all different."""
    crystal = read(text).crystal
    assert len({site.letter for site in crystal.sites}) == len(crystal.sites)
    return {site.letter: dict(site.occupancies) for site in crystal.sites}


# --- occupancies (rule 7) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"Fe": 1.0}, {"Fe": 1.0}),
        ({"Fe": 0.5}, {"Fe": 0.5}),
        ({"Fe": 0.99}, {"Fe": 0.99}),
        ({"Fe": 0.9949}, {"Fe": 0.9949}),
        ({"Fe": 0.995}, {"Fe": 1.0}),
        ({"Fe": 1.02}, {"Fe": 1.0}),
        ({"Fe": 0.6, "Ni": 0.3899}, {"Fe": 0.6, "Ni": 0.3899}),
        ({"Fe": 0.6, "Ni": 0.39}, {"Fe": 0.6061, "Ni": 0.3939}),
        ({"Fe": 0.99, "Ni": 0.01}, {"Fe": 0.99, "Ni": 0.01}),
        ({"Fe": 0.98, "Ni": 0.009}, {"Fe": 0.98, "Ni": 0.009}),
        ({"Fe": 0.51, "Ni": 0.51}, {"Fe": 0.5, "Ni": 0.5}),
        ({"Fe": 0.3333, "Ni": 0.3333, "Co": 0.3333}, {"Fe": 0.3333, "Ni": 0.3333, "Co": 0.3333}),
        ({"Fe": 0.33334, "Ni": 0.33333, "Co": 0.33333}, {"Fe": 0.3333, "Ni": 0.3333, "Co": 0.3333}),
        ({"Fe": 0.99999, "Ni": 0.00001}, {"Fe": 1.0}),
    ],
)
def test_occupancies_are_cleaned(stated, expected):
    rows = [f"{symbol}1 0 0 0 {occupancy}" for symbol, occupancy in stated.items()]
    found = contents(cif(*rows, "Cl1 0.5 0.5 0.5 1"))["b"]
    assert found == pytest.approx(expected, abs=1e-9)
    assert list(found) == sorted(found, key=ATOMIC_NUMBER.__getitem__)
    assert sum(found.values()) <= 1.0 + 1e-9


@pytest.mark.parametrize(("share", "refused"), [(0.5, False), (0.52, False), (0.521, True), (0.9, True)])
def test_more_than_full_sites_are_refused(share, refused):
    text = cif("Fe1 0 0 0 0.5", f"Ni1 0 0 0 {share}", "Cl1 0.5 0.5 0.5 1")
    assert read(text).over_full is refused
    assert read(text).largest_sum == pytest.approx(0.5 + share) or share < 0.5
    if refused:
        with pytest.raises(CifError, match=f"sum to {0.5 + share:.3g}, more than 1.02: correct them"):
            read_cif(text)
    else:
        assert contents(text)["b"] == pytest.approx({"Fe": 0.5 / (0.5 + share), "Ni": share / (0.5 + share)}, abs=1e-4)


def test_a_missing_occupancy_is_one():
    columns = "label fract_x fract_y fract_z"
    assert contents(cif("Cs1 0 0 0", "Cl1 0.5 0.5 0.5", columns=columns)) == {"a": {"Cl": 1.0}, "b": {"Cs": 1.0}}
    assert contents(cif("Cs1 0 0 0 ?", "Cl1 0.5 0.5 0.5 .")) == {"a": {"Cl": 1.0}, "b": {"Cs": 1.0}}


@pytest.mark.parametrize("occupancy", ["0.70(2)", "'0.70(2)'", "0.70(12)", "0,70", ".70", "0.70,", "7.0e-1"])
def test_uncertainties_and_commas(occupancy):
    text = cif(f"Cs1 0 0 0 {occupancy}", "Cl1 0.5(3) '0,5' 0.5000(1) 1.", cell=("5.00(2)", "5,00", "5.00,", 90, 90, 90))
    assert contents(text) == {"a": {"Cl": 1.0}, "b": {"Cs": 0.7}}
    assert read(text).crystal.cell == (5.0, 5.0, 5.0, 90.0, 90.0, 90.0)


def test_an_element_listed_twice_on_a_site_is_added_up():
    text = cif("Fe1 0 0 0 0.25", "Fe2 0 0 0 0.5", "Ni 0 0 0 0.25", "Cl1 0.5 0.5 0.5 1")
    assert contents(text) == {"a": {"Cl": 1.0}, "b": {"Fe": 0.75, "Ni": 0.25}}
    assert read_cif(text).formula == "Fe0.75Ni0.25Cl"


@pytest.mark.parametrize(
    ("charges", "refused"),
    [(("2+", "3+"), True), (("2+", "2+"), False), (("", "3+"), False), (("", ""), False), (("+2", "+3"), True)],
)
def test_one_element_with_two_charges_on_a_site(charges, refused):
    rows = [f"Fe{number} Fe{charge} 0 0 0 0.5" for number, charge in enumerate(charges)]
    text = cif(*rows, "Cl1 Cl1- 0.5 0.5 0.5 1", columns="label type_symbol fract_x fract_y fract_z occupancy")
    assert read(text).charge_disorder is refused
    assert contents(text)["b"] == {"Fe": 1.0}
    if refused:
        with pytest.raises(CifError, match="twice on one site with different charges") as error:
            read_cif(text)
        assert error.value.reason is CifReason.CHARGE_DISORDER


# --- merging (rule 6) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap", "sites"), [(0.0, 1), (0.01, 1), (0.049, 1), (0.051, 2), (0.3, 2)])
def test_atoms_within_five_hundredths_are_one_site(gap, sites):
    text = cif("Fe1 0 0 0.3 0.5", f"Ni1 0 0 {0.3 + gap / 7.0:.7f} 0.5", "O1 0 0 0.9 1", group="P m m 2", cell=BOX)
    assert len(read(text).crystal.sites) == sites + 1


def test_split_positions_stay_apart():
    crystal = read_cif(cif("Pb1 0.03 0 0 0.1666", "O1 0.5 0.5 0.5 1"))
    assert [(site.letter, site.multiplicity, site.filling) for site in crystal.sites] == [
        ("a", 1, 1.0),
        ("f", 6, 0.1666),
    ]


@pytest.mark.parametrize("digits", [2, 3, 4, 5, 6])
def test_rounded_coordinates_are_put_on_their_special_position(digits):
    text = cif(
        f"Zn1 {1 / 3:.{digits}f} {2 / 3:.{digits}f} 0 1",
        f"O1 {1 / 3:.{digits}f} {2 / 3:.{digits}f} 0.382 1",
        group="P 63 m c",
        cell=(3.25, 3.25, 5.207, 90, 90, 120),
    )
    crystal = read_cif(text)
    assert crystal.space_group == 186
    assert [(site.letter, site.multiplicity) for site in crystal.sites] == [("b", 2), ("b", 2)]
    assert crystal.sites[0].coordinates[:2] == pytest.approx((1 / 3, 2 / 3), abs=1e-9)


def test_symmetry_is_found_not_taken_from_the_name():
    """Rock salt in P1 is cubic; and zero and one, or beyond, are the same place."""
    rows = [
        f"Na{n} {x} {y} {z} 1" for n, (x, y, z) in enumerate([(0, 0, 0), (0, 1.5, 0.5), (-0.5, 0, 3.5), (0.5, 0.5, 1)])
    ]
    rows += [
        f"Cl{n} {x} {y} {z} 1" for n, (x, y, z) in enumerate([(0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5), (0.5, 0.5, 0.5)])
    ]
    crystal = read_cif(cif(*rows, group="P 1"))
    assert crystal == read_cif(cif("Na 0 0 0 1", "Cl 0.5 0 0 1", group="F m -3 m"))
    assert crystal.space_group == 225
    assert crystal.formula == "NaCl"


# --- labels (rule 8) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "element"),
    [
        ("Fe1", "Fe"), ("FeM1", "Fe"), ("FE1", "F"), ("O", "O"), ("OH1", "O"), ("O-H", "O"), ("O-h2", "O"), ("Oh", "O"),
        ("Ow", "O"), ("OW2", "O"), ("Wat", "O"), ("Wat12", "O"), ("WatM", "O"), ("W1", "W"), ("Fl", "F"), ("F2", "F"),
        ("D", "H"), ("D1", "H"), ("T2", "H"), ("Dy1", "Dy"), ("Tb", "Tb"), ("NH4", "N"), ("NH", "N"), ("CO3", "C"),
        ("CO", "C"), ("Co1", "Co"), ("CaM2", "Ca"), ("SiT", "Si"), ("SITE", "S"), ("Oa1", "O"), ("KA", "K"),
        ("Fe2+", "Fe"), ("O2-", "O"), ("Md", "Md"), ("Og", "Og"), ("X1", None), ("M", None), ("", None), ("1", None),
        ("HgCO", "Hg"), ("Q", None), ("(Fe)", None),
    ],
)  # fmt: skip
def test_elements_of_labels(label, element):
    assert element_of(label) == element


@pytest.mark.parametrize(
    ("name", "charge"),
    [
        ("Fe3+", 3), ("Fe+3", 3), ("O2-", -2), ("O-2", -2), ("Na+", 1), ("Cl-", -1), ("Na1+", 1), ("Fe", None),
        ("Fe1", None), ("O1-2", None), ("O-H", None), ("Cu2.33+", None), ("Fe2+M1", 2),
    ],
)  # fmt: skip
def test_charges_of_names(name, charge):
    assert charge_of(name) == charge


def test_labels_of_old_files():
    rows = ("CA1 0 0 0 1", "O 0.5 0.5 0.5 1")
    carbon, calcium = ({"a": {"C": 1.0}, "b": {"O": 1.0}}, {"a": {"O": 1.0}, "b": {"Ca": 1.0}})
    assert contents(cif(*rows, more="_chemical_formula_sum 'C O'")) == carbon, "as AMCSD writes CA for a carbon"
    assert contents(cif(*rows, more="_chemical_formula_sum 'Ca O'")) == calcium
    with pytest.raises(CifError, match="'CA1' may be C or Ca: give it a type symbol, or the file a formula"):
        read(cif(*rows))
    typed = cif("X1 CA 0 0 0 1", "X2 O 0.5 0.5 0.5 1", columns="label type_symbol fract_x fract_y fract_z occupancy")
    assert contents(typed) == calcium, "a type symbol in capitals"
    assert contents(cif("ZR 0 0 0 1", "O 0.5 0.5 0.5 1")) == {"a": {"O": 1.0}, "b": {"Zr": 1.0}}


@pytest.mark.parametrize(
    ("rows", "formula", "missing"),
    [
        (["Mg1 0 0 0 1", "Wat 0.5 0.5 0.5 1"], "", True),
        (["Mg1 0 0 0 1", "O-H 0.5 0.5 0.5 1"], "", True),
        (["Mg1 0 0 0 1", "Ow1 0.5 0.5 0.5 1"], "", True),
        (["Mg1 0 0 0 1", "O1 0.5 0.5 0.5 1"], "", False),
        (["Mg1 0 0 0 1", "O1 0.5 0.5 0.5 1"], "Mg O H2", True),
        (["Mg1 0 0 0 1", "O1 0.5 0.5 0.5 1"], "Mg O", False),
        (["Mg1 0 0 0 1", "O1 0.5 0.5 0.5 1", "H1 0.5 0.5 0 1"], "Mg O H3", False),
        (["Mg1 0 0 0 1", "O1 0.5 0.5 0.5 1", "D1 0.5 0.5 0 1"], "Mg O D3", False),
        (["Mg1 0 0 0 1", "O1 0.5 0.5 0.5 1", "H1 0.5 0.5 0 0.5"], "Mg O H3", True),
        (["Mg1 0 0 0 1", "Wat 0.5 0.5 0.5 1", "H1 0.5 0.5 0 1"], "Mg O H3", False),
    ],
)
def test_missing_hydrogen_is_flagged(rows, formula, missing):
    more = f"_chemical_formula_sum '{formula}'" if formula else ""
    assert read(cif(*rows, more=more)).h_missing is missing


# --- operations and settings (rules 3 to 5) ---------------------------------------------------------------------------


def with_operations(group: int, change, name: str = "P 1") -> str:
    """Atoms of a structure in a group's operations, each written by `change` from its rotation and translation."""
    rotations, translations = operations(group)
    listed = [change(r, t) for r, t in zip(rotations.tolist(), translations.tolist(), strict=True)]
    more = "loop_\n_symmetry_equiv_pos_as_xyz\n" + "\n".join(f"'{triplet}'" for triplet in listed)
    return cif("Zn1 0.1 0.2 0.3 1", "O1 0.4 0.1 0.15 1", group=name, cell=(5, 5, 9, 90, 90, 120), more=more)


def terms(row) -> str:
    return "".join(("+" if c > 0 else "-") + v for c, v in zip(row, "xyz", strict=True) if c)


def exact(rotation, translation) -> str:
    return ",".join(f"{terms(row)}{round(t * 12):+d}/12" for row, t in zip(rotation, translation, strict=True))


def odd_fractions(rotation, translation) -> str:
    return ",".join(f"{terms(row)}{round(t * 893 + 0.3):+d}/893" for row, t in zip(rotation, translation, strict=True))


def decimals(digits: int):
    return lambda rotation, translation: ",".join(
        f"{t:.{digits}f}{terms(row)}" for row, t in zip(rotation, translation, strict=True)
    )


@pytest.mark.parametrize("change", [odd_fractions, decimals(3), decimals(4), decimals(6), decimals(12)])
def test_spellings_of_translations(change):
    crystal = read_cif(with_operations(161, exact))
    assert crystal.space_group == 161
    assert read_cif(with_operations(161, change)) == crystal


def test_listed_operations_count_for_more_than_the_name():
    crystal = read_cif(with_operations(161, exact, name="R 3 c :H"))
    assert read_cif(with_operations(161, exact, name="P m -3 m")) == crystal
    assert read_cif(with_operations(161, exact, name="")) == crystal


@pytest.mark.parametrize(
    ("triplet", "translation"),
    [
        ("x+447/893,y,z", 0.5),
        ("x+0.333,y,z", 1 / 3),
        ("x+0.3333,y,z", 1 / 3),
        ("x+.5,y,z", 0.5),
        ("x+1/5,y,z", 0.2),
        ("x+0.2,y,z", 0.2),
        ("x+0.3339,y,z", 0.3339),
        ("x+0.041934,y,z", 0.041934),
        ("x+0.5004,y,z", 0.5004),
        ("x+0.333333333,y,z", 1 / 3),
        ("x+0.66666,y,z", 2 / 3),
    ],
)
def test_which_translations_mean_a_simple_fraction(triplet, translation):
    """Up to the last digit that is given; an origin that was moved by a little stays moved by a little."""
    assert operation(triplet)[1][0] == pytest.approx(translation, abs=1e-12)


def test_settings_of_one_crystal():
    """Forsterite in Pnma, Pbnm and Pmcn; the cell is that of the standard setting, not the stated one."""
    atoms = {
        "P n m a": [("Mg1", 0, 0, 0), ("Mg2", 0.2774, 0.25, 0.9915), ("Si1", 0.094, 0.25, 0.4262)],
        "P b n m": [("Mg1", 0, 0, 0), ("Mg2", 0.9915, 0.2774, 0.25), ("Si1", 0.4262, 0.094, 0.25)],
        "P m c n": [("Mg1", 0, 0, 0), ("Mg2", 0.25, 0.9915, 0.2774), ("Si1", 0.25, 0.4262, 0.094)],
    }
    cells = {"P n m a": (10.19, 5.98, 4.75), "P b n m": (4.75, 10.19, 5.98), "P m c n": (5.98, 4.75, 10.19)}
    found = [
        read_cif(cif(*(" ".join(map(str, (*row, 1))) for row in rows), group=name, cell=(*cells[name], 90, 90, 90)))
        for name, rows in atoms.items()
    ]
    assert found[0] == found[1] == found[2]
    assert found[0].space_group == 62
    assert found[0].cell[:3] == (10.19, 5.98, 4.75)


@pytest.mark.parametrize("tag", ["_space_group_IT_number", "_symmetry_Int_Tables_number"])
def test_a_number_alone_names_the_group(tag):
    text = cif("Cs1 0 0 0 1", "Cl1 0.5 0.5 0.5 1", group="", more=f"{tag} 221")
    assert contents(text) == {"a": {"Cl": 1.0}, "b": {"Cs": 1.0}}
    hall = cif("Cs1 0 0 0 1", "Cl1 0.5 0.5 0.5 1", group="", more="_space_group_name_Hall '-P 4 2 3'")
    assert read_cif(hall) == read_cif(text)


def test_text_bytes_and_line_ends_are_the_same():
    text = cif("Cs1 0 0 0 1", "Cl1 0.5 0.5 0.5 1")
    variants = [
        text.encode(),
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        "\ufeff" + text,
        text.upper().replace("CS1", "Cs1").replace("CL1", "Cl1").replace("P M -3 M", "P m -3 m"),
    ]
    assert all(read_cif(variant) == read_cif(text) for variant in variants)
