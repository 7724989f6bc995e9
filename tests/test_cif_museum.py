"""A museum of nasty CIFs: each is read to the right crystal, or refused with one plain sentence. Nothing hangs."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disgen.cif import CifError, CifReason, DoubtKind, read, read_cif, write_cif

MUSEUM = Path(__file__).parent / "data" / "nasty"
UNCLOSED = (
    "The file is not a valid CIF (a text field at its end is not closed); compare the result with what you expect."
)

# What each file is read as: formula, space group, and the letters with their contents.
NACL = ("NaCl", 225, "a Na1.0; b Cl1.0")
CALCITE = ("CaCO3", 167, "a C1.0; b Ca1.0; e O1.0")
ZIRCON = ("ZrSiO4", 141, "a Si1.0; b Zr1.0; h O1.0")
READ = {
    "01_sum_1.02": ("K0.392Na0.608Cl", 225, "a Na0.6078 K0.3922; b Cl1.0"),
    "07_operations_unknown": NACL,
    "08_hexagonal_axes": CALCITE,
    "08_rhombohedral_axes": CALCITE,
    "08_rhombohedral_axes_unsaid": CALCITE,
    "08_rhombohedral_axes_by_number": CALCITE,
    "08_origin_1": ZIRCON,
    "08_origin_2": ZIRCON,
    "09_thirds_of_four_digits": ("Mg", 194, "c Mg1.0"),
    "10_label_and_symbol_disagree": ("CaO", 225, "a O1.0; b Ca1.0"),
    "12_hydroxyl_as_symbol": ("MgO2", 164, "a Mg1.0; d O1.0"),
    "13_uncertain_occupancy": ("K0.3Na0.7Cl", 225, "a Na0.7 K0.3; b Cl1.0"),
    "14_occupancy_point": NACL,
    "14_occupancy_zero": NACL,
    "15_isotopes": ("LiH", 225, "a H1.0; b Li1.0"),
    "16_vacancy": ("Na0.8Cl", 225, "a Na0.8; b Cl1.0"),
    "16_water": ("KO", 225, "a O1.0; b K1.0"),
    "17_shared_with_hydrogen": ("Li0.4H0.6Cl", 225, "a H0.6 Li0.4; b Cl1.0"),
    "18_block_in_a_text_field": NACL,
    "21_block_name_not_ascii": NACL,
    "21_byte_order_mark": NACL,
    "21_latin_1": NACL,
    "21_utf_16": NACL,
    "23_two_blocks": NACL,
    "23_two_blocks_of_one_name": NACL,
    "25_split_position": ("NaCl", 99, "a Cl0.5; a Cl0.5; b Na1.0"),
    "26_script": NACL,
    "27_fractional_charge": ("CuO", 225, "a O1.0; b Cu1.0"),
    "28_unterminated_text_after": NACL,
    "29_one_label_for_all": ("K0.5Na0.5Cl", 225, "a Na0.5 K0.5; b Cl1.0"),
    "30_path_as_name": NACL,
    "32_values_without_a_loop": ("W", 229, "a W1.0"),
    "33_decimal_commas": NACL,
}
FLAT = "The cell is too flat or thin for a crystal"
NO_LIST = "The CIF lists no atoms with fractional coordinates: add an atom loop."
NO_SYMMETRY = "The CIF states no symmetry operations and no known space group: add one of them."
NO_NUMBERS = "Atom 'Na1' has no numerical coordinates: add or remove it."
REFUSED = {
    "02_sum_14": (CifReason.OVER_FULL, "The occupancies of a site sum to 14, more than 1.02: correct them."),
    "03_flat_cell": (CifReason.BAD_CELL, FLAT),
    "03_thin_cell": (CifReason.BAD_CELL, FLAT),
    "03_impossible_angles": (
        CifReason.BAD_CELL,
        "The cell angles 170, 170, 170 degrees do not form a cell: check them.",
    ),
    "06_code_in_operation": (CifReason.UNREADABLE, "write it like '-x, y+1/2, -z'."),
    "06_division_by_zero": (CifReason.UNREADABLE, "The symmetry operation 'x+1/0, y, z' cannot be read"),
    "06_huge_number": (CifReason.UNREADABLE, "The symmetry operation 'x+999"),
    "06_shear": (CifReason.UNREADABLE, "'x+y, y, z' is not a symmetry operation: correct it."),
    "07_no_symmetry": (CifReason.NO_SYMMETRY, NO_SYMMETRY),
    "07_unknown_names": (
        CifReason.NO_SYMMETRY,
        "The CIF states no symmetry operations and no known space group ('Q 9' is none): add one of them.",
    ),
    "11_formula_as_symbol": (CifReason.UNKNOWN_ELEMENT, "Atom 'Si1' is '0.75Si + 0.25Al', which is no element"),
    "14_all_zero": (CifReason.NO_ATOMS, "The CIF's atom list is empty: add atoms with coordinates."),
    "14_occupancy_infinite": (CifReason.BAD_OCCUPANCY, "Atom 'Na1' has the occupancy '1e400'"),
    "14_occupancy_nan": (CifReason.BAD_OCCUPANCY, "Atom 'Na1' has the occupancy 'nan': give a number from 0 to 1."),
    "14_occupancy_negative": (CifReason.BAD_OCCUPANCY, "Atom 'Na1' has the occupancy '-0.2'"),
    "16_dummy": (
        CifReason.UNKNOWN_ELEMENT,
        "Atom 'X1' is 'X', which is no element: give it a type symbol from H to Fm.",
    ),
    "16_metal": (CifReason.UNKNOWN_ELEMENT, "Atom 'M1' is 'M'"),
    "19_empty_loop": (CifReason.NO_ATOMS, NO_LIST),
    "19_loop_misspelt": (CifReason.UNREADABLE, "The file is not a valid CIF (line 16:4"),
    "19_short_row": (CifReason.UNREADABLE, "Wrong number of values in loop"),
    "20_infinite_coordinate": (CifReason.UNREADABLE, NO_NUMBERS),
    "20_no_atoms": (CifReason.NO_ATOMS, NO_LIST),
    "20_unknown_coordinate": (CifReason.UNREADABLE, NO_NUMBERS),
    "22_error_page": (CifReason.UNREADABLE, "The file is not a valid CIF (line 1:0"),
    "22_macromolecule": (CifReason.NO_ATOMS, NO_LIST),
    "24_cell_in_words": (CifReason.BAD_CELL, "The CIF gives no number for _cell_length_a: add it."),
    "24_enormous_cell": (CifReason.BAD_CELL, "_cell_length_a is 1e+09 Å, outside 0.5 to 500: check the cell."),
    "24_negative_cell": (CifReason.BAD_CELL, "_cell_length_a is -5.6402 Å, outside 0.5 to 500: check the cell."),
    "24_nul_byte": (CifReason.UNREADABLE, "The file is not plain text (it contains NUL bytes): save it as a CIF."),
    "25_atoms_on_one_place": (CifReason.OVER_FULL, "The occupancies of a site sum to 3, more than 1.02: correct them."),
    "27_two_charges": (CifReason.CHARGE_DISORDER, "An element stands twice on one site with different charges"),
    "28_unterminated_text_before": (CifReason.UNREADABLE, "unterminated text field"),
    "31_label_over_two_lines": (CifReason.UNKNOWN_ELEMENT, "Atom 'Xq\\nsecond line' is 'Xq', which is no element"),
    "34_only_an_underscore": (CifReason.UNREADABLE, "The file is not a valid CIF"),
    "35_nothing": (CifReason.NO_ATOMS, NO_LIST),
}


def is_one_plain_sentence(text: str) -> bool:
    """Starts like a sentence, has one full stop at its end, is short, and shows nothing of the program."""
    stops = re.findall(r"[.!?](?= [A-ZÅ])", re.sub(r"\([^)]*\)|'[^']*'", "", text))
    shown = re.search(r"Traceback|Error\b|Exception|\bNone\b|0x[0-9a-f]{6}|\n", text)
    return text.endswith(".") and not text.endswith("..") and not stops and not shown and 20 < len(text) < 300


def described(crystal) -> tuple[str, int, str]:
    sites = (f"{s.letter} " + " ".join(f"{e}{x}" for e, x in s.occupancies) for s in crystal.sites)
    return crystal.formula, crystal.space_group, "; ".join(sites)


def test_every_exhibit_has_its_label():
    assert {path.stem for path in MUSEUM.glob("*.cif")} == READ.keys() | REFUSED.keys()
    assert not READ.keys() & REFUSED.keys()


@pytest.mark.parametrize("name", sorted(READ))
def test_read(name):
    crystal = read_cif((MUSEUM / f"{name}.cif").read_bytes())
    assert described(crystal) == READ[name]
    assert read_cif(write_cif(crystal, "data_../../etc/passwd")) == crystal


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(name):
    reason, sentence = REFUSED[name]
    with pytest.raises(CifError, match=re.escape(sentence)) as error:
        read_cif((MUSEUM / f"{name}.cif").read_bytes())
    assert error.value.reason is reason
    assert is_one_plain_sentence(str(error.value)), str(error.value)


def test_settings_and_axes_are_the_same_crystal():
    for formula in (CALCITE, ZIRCON):
        names = [name for name, expected in READ.items() if expected is formula]
        assert len(names) > 1
        assert len({read_cif((MUSEUM / f"{name}.cif").read_bytes()) for name in names}) == 1


def test_readers_are_told_what_was_done():
    doubts = {name: read((MUSEUM / f"{name}.cif").read_bytes()).doubts for name in READ}
    kinds = {name: tuple(doubt.kind for doubt in found) for name, found in doubts.items() if found}
    assert kinds == {
        "12_hydroxyl_as_symbol": (DoubtKind.HYDROGEN,),
        "15_isotopes": (DoubtKind.ELEMENT,),
        "16_water": (DoubtKind.HYDROGEN,),
        "23_two_blocks": (DoubtKind.BLOCKS,),
        "23_two_blocks_of_one_name": (DoubtKind.BLOCKS,),
        "28_unterminated_text_after": (DoubtKind.SYNTAX,),
    }
    assert doubts["28_unterminated_text_after"][0].sentence == UNCLOSED
    first = "The file holds 2 structures; the first one, 'nasty', was read."
    assert doubts["23_two_blocks"][0].sentence == first
    assert all(is_one_plain_sentence(doubt.sentence) for found in doubts.values() for doubt in found)


def test_a_mended_file_is_read_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "28_unterminated_text_after"
    assert described(read_cif((MUSEUM / f"{name}.cif").read_bytes())) == READ[name]


def test_hydrogen_that_only_a_name_tells_of():
    flagged = {name for name in READ if read((MUSEUM / f"{name}.cif").read_bytes()).h_missing}
    assert flagged == {"12_hydroxyl_as_symbol", "16_water"}


def test_code_in_an_operation_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CifError):
        read_cif((MUSEUM / "06_code_in_operation.cif").read_bytes())
    assert not list(tmp_path.iterdir())


# --- large and random files -------------------------------------------------------------------------------------------

CUBE = "".join(f"_cell_length_{axis} 30\n" for axis in "abc") + "".join(
    f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma")
)
COLUMNS = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"


def many_atoms(count: int, symmetry: str) -> str:
    points = np.random.default_rng(4).random((count, 3))
    rows = "".join(f"Si{number} {x:.5f} {y:.5f} {z:.5f}\n" for number, (x, y, z) in enumerate(points))
    return f"data_x\n{CUBE}{symmetry}{COLUMNS}{rows}"


P1 = "loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (many_atoms(20_000, P1), CifReason.TOO_LARGE),
        (many_atoms(20, "_space_group_name_H-M_alt 'F m -3 m'\n"), CifReason.TOO_MANY_SITES),
        (many_atoms(30, "_space_group_name_H-M_alt 'F m -3 m'\n"), CifReason.TOO_LARGE),
        (many_atoms(60, P1), CifReason.P1),
        (many_atoms(2, P1 + "".join(f"'x+{k}/2003,y,z'\n" for k in range(1, 2003))), CifReason.TOO_LARGE),
        ("data_x\n" + "_a 'long'\n# more\n" * 400_000, CifReason.TOO_LARGE),
    ],
    ids=["20,000 atoms", "3,840 positions", "5,760 positions", "60 atoms in P1", "2,003 operations", "6 MB"],
)
def test_large_files_are_refused_soon(text, reason):
    start = time.perf_counter()
    with pytest.raises(CifError) as error:
        read_cif(text)
    assert time.perf_counter() - start < 10.0
    assert error.value.reason is reason
    assert is_one_plain_sentence(str(error.value))


LINES = (MUSEUM.parent / "spinel.cif").read_text().splitlines()
JUNK = [
    "",
    "?",
    ".",
    "'",
    '"',
    "loop_",
    "data_",
    "save_",
    ";",
    "nan",
    "-1",
    "1e9",
    "0.5(",
    "x,y,z",
    "#",
    "_tag",
    "Ü",
    "\a",
]
DAMAGES = st.tuples(
    st.integers(0, len(LINES) - 1), st.sampled_from(["drop", "double", "junk", "cut"]), st.sampled_from(JUNK)
)


def refusal(text: str | bytes) -> str:
    """Why a text is refused, or "" if it is read."""
    try:
        crystal = read(text).crystal
    except CifError as error:
        return str(error)
    assert 1 <= crystal.space_group <= 230
    assert crystal.sites
    return ""


@given(st.lists(DAMAGES, max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_read_or_refused(damages):
    """Lines dropped, doubled, cut or spoiled: no other exception than `CifError`, whatever comes of it."""
    lines = list(LINES)
    for number, kind, junk in damages:
        words = lines[number].split(" ")
        change = {
            "drop": "",
            "double": f"{lines[number]}\n{lines[number]}",
            "junk": " ".join([*words[:-1], junk]),
            "cut": lines[number][: len(lines[number]) // 2],
        }
        lines[number] = change[kind]
    sentence = refusal("\n".join(lines))
    assert not sentence or is_one_plain_sentence(sentence), sentence


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(content):
    assert is_one_plain_sentence(refusal(content))


@given(st.text(max_size=100))
def test_any_text_is_refused(content):
    assert is_one_plain_sentence(refusal("data_x\n_a " + content))
