"""Crystals to pymatgen, ASE, OPTIMADE and PyXtal, and back: the same crystals."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.bench.inputs import amcsd_texts
from disgen.canonical import canonicalise
from disgen.cif import CifError, read_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.export.adapters import (
    AdapterError,
    from_ase,
    from_optimade,
    from_pymatgen,
    from_pyxtal,
    to_ase,
    to_optimade,
    to_pymatgen,
    to_pyxtal,
)

OXIDE = WyckoffCrystal(
    225,
    (4.2, 4.2, 4.2, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("O", 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Fe", 0.3), ("Ni", 0.5))),
    ),
)
WAYS = {
    "pymatgen": (to_pymatgen, from_pymatgen),
    "ase": (to_ase, from_ase),
    "optimade": (lambda crystal: json.loads(json.dumps(to_optimade(crystal))), from_optimade),
}


@pytest.fixture(scope="module")
def crystals():
    """Forty real crystals, half of them disordered."""
    found = []
    for _, text in amcsd_texts(1):
        try:
            found.append(read_cif(text))
        except CifError:
            continue
        if len(found) == 100:
            break
    disordered = [crystal for crystal in found if crystal.disordered_sites][:20]
    return disordered + [crystal for crystal in found if not crystal.disordered_sites][:20]


@pytest.mark.parametrize("way", WAYS)
def test_real_crystals_come_back_the_same(crystals, way):
    there, back = WAYS[way]
    for crystal in (*crystals, OXIDE):
        found = back(there(crystal))
        assert found.key == crystal.key
        assert [(site.letter, site.occupancies) for site in found.sites] == [
            (site.letter, site.occupancies) for site in crystal.sites
        ]
        np.testing.assert_allclose(found.cell, crystal.cell, atol=1e-3)


@given(iron=st.integers(1, 9), nickel=st.integers(0, 9), a=st.floats(3.5, 6.0))
def test_any_filling_comes_back_the_same(iron, nickel, a):
    nickel = min(nickel, 10 - iron)
    content = tuple((symbol, tenths / 10) for symbol, tenths in (("Fe", iron), ("Ni", nickel)) if tenths)
    sites = (OXIDE.sites[0], WyckoffSite("b", 4, (0.5, 0.5, 0.5), content))
    crystal = canonicalise(WyckoffCrystal(225, (a, a, a, 90.0, 90.0, 90.0), sites))
    for there, back in WAYS.values():
        assert back(there(crystal)).key == crystal.key


def test_a_left_handed_basis_is_not_read_as_the_mirror_image():
    from pymatgen.core import Lattice, Structure

    quartz = read_cif(_quartz())
    structure = to_pymatgen(quartz)
    swapped = Structure(
        Lattice(structure.lattice.matrix[[1, 0, 2]]),
        structure.species,
        structure.frac_coords[:, [1, 0, 2]],
    )
    assert np.linalg.det(swapped.lattice.matrix) < 0.0
    assert from_pymatgen(swapped).space_group == quartz.space_group


def _quartz():
    """Right-handed quartz, P3_221: its mirror image is P3_121."""
    return """data_quartz
_cell_length_a 4.9137
_cell_length_b 4.9137
_cell_length_c 5.4047
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_space_group_IT_number 154
_space_group_name_H-M_alt 'P 32 2 1'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 0.4697 0 0.666667
O1 0.4135 0.2669 0.7858
"""


def test_ase_writes_the_occupancies_that_we_read():
    from ase.io import write

    text = io.BytesIO()
    write(text, to_ase(OXIDE), format="cif")
    assert read_cif(text.getvalue()).key == OXIDE.key


def test_pymatgen_counts_the_same_atoms(crystals):
    for crystal in crystals:
        amounts = to_pymatgen(crystal).composition.get_el_amt_dict()
        assert amounts == pytest.approx(crystal.composition, abs=1e-3)


def test_optimade_tells_what_the_specification_asks():
    attributes = to_optimade(OXIDE, "x-1")["attributes"]
    assert attributes["elements"] == ["Fe", "Ni", "O"]
    assert attributes["elements_ratios"] == pytest.approx([0.3 / 1.8, 0.5 / 1.8, 1.0 / 1.8])
    assert attributes["chemical_formula_reduced"] == "Fe3Ni5O10"
    assert attributes["chemical_formula_anonymous"] == "A10B5C3"
    assert attributes["structure_features"] == ["disorder"]
    assert attributes["nsites"] == 8
    assert attributes["species"][1] == {
        "name": "site2",
        "chemical_symbols": ["Fe", "Ni", "vacancy"],
        "concentration": [0.3, 0.5, 0.2],
    }


def test_pyxtal_holds_ordered_crystals_on_the_same_positions():
    quartz = read_cif(_quartz())
    made = to_pyxtal(quartz)
    assert made.group.number == quartz.space_group
    assert from_pyxtal(made).key == quartz.key


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: to_pyxtal(OXIDE), "ordered cell"),
        (lambda: from_optimade({"attributes": {}}), "lattice_vectors"),
        (
            lambda: from_optimade({"attributes": to_optimade(OXIDE)["attributes"] | {"dimension_types": [1, 1, 0]}}),
            "three",
        ),
        (lambda: from_ase(_slab()), "basis vectors"),
        (lambda: from_ase(_without_kind()), "Kind 1"),
        (lambda: from_pymatgen(_dummy()), "no element"),
    ],
)
def test_what_cannot_be_held_is_refused_in_a_sentence(attempt, sentence):
    with pytest.raises(AdapterError, match=sentence):
        attempt()


def _layer():
    return {"attributes": to_optimade(OXIDE)["attributes"] | {"dimension_types": [1, 1, 0]}}


def _slab():
    from ase import Atoms

    return Atoms("C", cell=[3, 3, 0])


def _without_kind():
    atoms = to_ase(OXIDE)
    del atoms.info["occupancy"]["1"]
    return atoms


def _dummy():
    from pymatgen.core import DummySpecies, Lattice, Structure

    return Structure(Lattice.cubic(3.0), [DummySpecies("X")], [[0, 0, 0]])
