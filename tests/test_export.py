"""Other formats: what other programs read is the crystal that was written."""

import io
import json
from collections import Counter
from pathlib import Path

import gemmi
import numpy as np
import pytest

from disgen.cif import read_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.export import (
    CrystalJsonError,
    crystal_from_json,
    crystal_to_json,
    extended_xyz,
    ordered_cif,
    ordered_structure,
    p1_cif,
    poscar,
    structure_json,
)
from disgen.generation.ordered.cell import draw_ordered_cell

ZIRCONIA = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)
CELL = draw_ordered_cell(ZIRCONIA, (2, 1, 1), seed=3)


def test_a_p1_cif_lists_every_position_and_is_the_same_crystal():
    text = p1_cif(ZIRCONIA)
    assert "'P 1'" in text
    assert sum(line.split()[-1:] == ["0.92"] for line in text.splitlines()) == 8
    assert read_cif(text).key == ZIRCONIA.key  # its symmetry is found again
    from pymatgen.core import Structure

    structure = Structure.from_str(text, fmt="cif")
    assert len(structure) == 12
    assert structure.composition.get_el_amt_dict() == pytest.approx(ZIRCONIA.composition)


def test_json_gives_the_crystal_back_exactly():
    cifs = [Path(__file__).parent / "data" / f"{name}.cif" for name in ("lsco", "olivine_amcsd", "rock_salt", "spinel")]
    for crystal in (ZIRCONIA, *(read_cif(path.read_bytes()) for path in cifs)):
        assert crystal_from_json(crystal_to_json(crystal, "test")) == crystal
    content = json.loads(crystal_to_json(ZIRCONIA, "kde-n300-seed0-12"))
    assert content["origin"] == "kde-n300-seed0-12"
    assert content["sites"][1]["vacancy"] == 0.08


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "something else"),
        (("version",), 2),
        (("space_group",), 231),
        (("space_group",), "x"),
        (("cell",), [1, 2, 3]),
        (("cell", "a"), None),
        (("sites",), None),
        (("sites", 0, "letter"), "?"),
        (("sites", 0, "multiplicity"), 3),
        (("sites", 0, "coordinates"), [0.0, 0.0]),
        (("sites", 0, "coordinates"), [0.0, 0.0, float("nan")]),
        (("sites", 0, "occupancies"), {}),
        (("sites", 0, "occupancies"), {"Xx": 1.0}),
        (("sites", 0, "occupancies"), {"Zr": 1.5}),
    ],
)
def test_json_that_is_no_crystal_is_one_sentence(path, value):
    content = json.loads(crystal_to_json(ZIRCONIA))
    part = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(CrystalJsonError, match=r"\.$"):
        crystal_from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "1", '"x"', "{}", "[" * 100_000])
def test_text_that_is_no_json_is_one_sentence(text):
    with pytest.raises(CrystalJsonError, match=r"\.$"):
        crystal_from_json(text)


def test_pymatgen_reads_its_json_with_partial_occupancies():
    from pymatgen.core import Structure

    structure = Structure.from_dict(json.loads(structure_json(ZIRCONIA)))
    assert not structure.is_ordered
    assert structure.composition.get_el_amt_dict() == pytest.approx(ZIRCONIA.composition)


@pytest.mark.parametrize(("text", "kind"), [(poscar(CELL), "vasp"), (extended_xyz(CELL), "extxyz")])
def test_ase_reads_the_ordered_cell(text, kind):
    from ase.io import read

    atoms = read(io.StringIO(text), format=kind)
    assert atoms.symbols.formula.count() == {symbol: count for symbol, count in CELL.composition.items() if count}
    np.testing.assert_allclose(atoms.cell, CELL.vectors, atol=1e-9)
    assert atoms.pbc.all()
    expected = sorted(zip(CELL.symbols, np.round(CELL.positions, 6).tolist(), strict=True))
    found = sorted(zip(atoms.symbols, np.round(atoms.get_scaled_positions(), 6).tolist(), strict=True))
    assert found == expected


def test_ordered_files_say_what_they_are():
    sentence = "One ordered 2x1x1 cell sampled with seed 3 from disordered Y0.16Zr0.84O1.84, Fm-3m (225)"
    assert poscar(CELL).startswith(sentence)
    assert f'comment="{sentence}; not the average structure"' in extended_xyz(CELL).splitlines()[1]


def test_ordered_files_say_what_they_leave_out():
    crystal = read_cif((Path(__file__).parent / "data" / "lgps.cif").read_bytes())
    for complete, said in ((False, "25 of 162 Li left out"), (True, "2 of 162 Li left out")):
        cell = draw_ordered_cell(crystal, (2, 2, 2), 0, complete=complete)
        assert ("23 of 162 Li moved to other sites" in poscar(cell).splitlines()[0]) is complete
        assert said in poscar(cell).splitlines()[0]
        assert said in extended_xyz(cell).splitlines()[1]
        block = gemmi.cif.read_string(ordered_cif(cell)).sole_block()
        assert said in gemmi.cif.as_string(block.find_value("_audit_creation_method"))


def test_an_ordered_cif_holds_the_atoms_of_the_cell():
    text = ordered_cif(CELL)
    small = gemmi.make_small_structure_from_block(gemmi.cif.read_string(text).sole_block())
    assert all(site.occ == 1.0 for site in small.sites)
    assert Counter(site.element.name for site in small.sites) == CELL.composition
    found = sorted((site.element.name, *np.round(site.fract.tolist(), 5).tolist()) for site in small.sites)
    expected = sorted(
        (symbol, *np.round(point, 5).tolist()) for symbol, point in zip(CELL.symbols, CELL.positions, strict=True)
    )
    assert found == expected
    from pymatgen.core import Structure

    assert Structure.from_str(text, fmt="cif").is_ordered


def test_an_ordered_structure_knows_its_disordered_sites():
    structure = ordered_structure(CELL)
    assert structure.is_ordered
    sites = {(str(site.specie), site.properties["site"]) for site in structure}
    assert {number for symbol, number in sites if symbol == "O"} == {2}
    assert {number for symbol, number in sites if symbol in ("Y", "Zr")} == {1}
