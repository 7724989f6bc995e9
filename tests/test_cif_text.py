"""Encodings, spellings and slips of grammar: one crystal whatever program has written the file."""

import pytest

from disgen.cif import CifError, DoubtKind, read
from disgen.cif.text import decoded

TEXT = """data_x
_chemical_formula_sum 'Cl K0.1 Na0.9'
_symmetry_space_group_name_H-M 'F m -3 m'
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 Na 0 0 0 0.9
K1 K 0 0 0 0.1
Cl1 Cl 0.5 0.5 0.5 1
"""
PARTIAL = "data_p\n_cell_length_a 3\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\nA ? ?\n"
SILENT = {
    "UTF-8 with its mark": TEXT.encode("utf-8-sig"),
    "UTF-16 with its mark": TEXT.encode("utf-16"),
    "UTF-16 without, little end first": TEXT.encode("utf-16-le"),
    "UTF-16 without, big end first": TEXT.encode("utf-16-be"),
    "a space that does not break, in Latin 1": TEXT.replace("F m -3 m", "F m -3\xa0m").encode("latin-1"),
    "a minus of typesetters": TEXT.replace("F m -3 m", "F m \u22123 m"),
    "the end of a file under DOS": TEXT.replace("\n", "\r\n").encode() + b"\x1a",
    "a form feed": TEXT.replace("loop_", "\x0cloop_"),
    "an overbar": TEXT.replace("F m -3 m", "Fm3\u0305m"),
    "fractions": TEXT.replace("0.5 0.5 0.5", "1/2 1/2 ½"),
    "a licence before the block": '(C) 2020 by X\'s Institute. All "rights" reserved.\n' + TEXT,
    "words before the block": "Downloaded from x_y\n\n" + TEXT,
    "another block before it": "data_pub\n_journal 'x'\n" + TEXT,
    "a name twice": TEXT.replace("_cell_length_a 5.64", "_cell_length_a 5.64\n_cell_length_a 5.64"),
    "a name twice, first empty": TEXT.replace("_chemical", "_chemical_formula_sum ''\n_chemical", 1),
    "dotted names": TEXT.replace("_cell_", "_cell.").replace("_atom_site_", "_atom_site."),
    "lists and tables": TEXT.replace("data_x", "#\\#CIF_2.0\ndata_x\n_a [1 [2 'x']]\n_b {'k':[1]}\n_c '''it's\nso'''"),
    "a save frame's end": TEXT + "save_\n",
    "keywords of STAR": "global_\n" + TEXT + "stop_\n",
    "a block name in Swedish": TEXT.replace("data_x", "data_Å"),
}
TOLD = {
    "no block at all": (TEXT.replace("data_x\n", ""), "it has no data_ line"),
    "a symbol without quotes": (TEXT.replace("'F m -3 m'", "F m -3 m"), "several words follow _symmetry"),
    "a quote that does not close": (TEXT.replace("-3 m'", "-3 m"), "several words follow _symmetry"),
    "a text that does not close": (TEXT + "_title\n;\nnever closed\n", "a text field at its end is not closed"),
    "a template before it": (PARTIAL + TEXT, "the first whole one, 'x', was read"),
}
REFUSED = {
    "a row that is too short": TEXT.rsplit(" ", 1)[0] + "\n",
    "words after the atoms": TEXT + "End of file\n",
    "a loop without its keyword": TEXT.replace("loop_\n", ""),
}


@pytest.fixture(scope="module")
def crystal():
    return read(TEXT).crystal


@pytest.mark.parametrize("name", SILENT)
def test_spellings_are_read_in_silence(crystal, name):
    reading = read(SILENT[name])
    assert reading.crystal == crystal
    assert reading.doubts == ()


@pytest.mark.parametrize("name", TOLD)
def test_what_was_mended_is_told(crystal, name):
    text, told = TOLD[name]
    reading = read(text)
    assert reading.crystal == crystal
    (doubt,) = reading.doubts
    assert doubt.kind in {DoubtKind.SYNTAX, DoubtKind.BLOCKS}
    assert told in doubt.sentence


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_clear_is_refused(name):
    with pytest.raises(CifError, match="The file is not a valid CIF"):
        read(REFUSED[name])


def test_nul_bytes_are_not_text():
    with pytest.raises(CifError, match="NUL bytes"):
        decoded(TEXT.encode().replace(b"Na1", b"Na\0"))
