"""A file's own setting on the viewer's page: what is written about it."""

from test_cif_stated import FORSTERITE, SPINEL

from disgen.cif.isolated import read_isolated
from disgen.ui.upload.as_uploaded import atoms_html, cells_html, change_text


def test_atoms_keep_their_labels_and_their_digits():
    reading = read_isolated(FORSTERITE.encode())
    assert [atom.label for atom in reading.stated.atoms] == ["Mg1", "Mg2", "Si", "O1", "O2", "O3"]
    table = atoms_html(reading.stated)
    assert "<td>Mg2</td><td>Mg</td><td>0.9915</td><td>0.2774</td><td>0.25</td><td>1</td>" in table
    cells = cells_html(reading.stated, reading.crystal)
    assert cells.index("as uploaded") < cells.index("10.207") < cells.index("standard")


def test_the_change_is_written_out():
    reading = read_isolated(FORSTERITE.encode())
    assert reading.change
    text = change_text(reading.stated, reading.crystal, reading.change)
    assert "Pnma (62)" in text
    assert f"**{reading.change.split('; ')[0]}**" in text
    assert "No change of setting" in change_text(reading.stated, read_isolated(SPINEL.encode()).crystal, "")


def test_labels_are_no_markup():
    odd = FORSTERITE.replace("Si Si", "Si<b> Si")
    reading = read_isolated(odd.encode())
    assert "<b>" not in atoms_html(reading.stated)
