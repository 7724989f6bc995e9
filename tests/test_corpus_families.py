"""Families of chemistry by anions, on minerals and compounds whose family textbooks name."""

import numpy as np
import pytest

from disgen.corpus.families import FAMILIES, METALS, anion_families, metal_families
from disgen.corpus.search import atom_shares
from disgen.crystal import ELEMENTS


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("La1.85Sr0.15CuO4", "oxide"),
        ("MgAl2O4", "oxide"),
        ("Mg2SiO4", "silicate"),
        ("NaAlSi3O8", "silicate"),
        ("Ca5(PO4)3F", "other oxo salt"),
        ("CaCO3", "other oxo salt"),
        ("LiFePO4", "other oxo salt"),
        ("SiO2", "silicate"),
        ("LaFeAsO", "oxide"),  # of equal amounts the first
        ("La2O2S", "oxide"),
        ("TeO2", "oxide"),
        ("Na2SO3", "other oxo salt"),
        ("LiBO2", "other oxo salt"),
        ("NaCl", "halide"),
        ("PbS", "chalcogenide"),
        ("FeS2", "chalcogenide"),
        ("GaN", "pnictide or carbide"),
        ("TiC", "pnictide or carbide"),
        ("Mg17Al12", "metallic"),
    ],
)
def test_a_compound_is_of_its_textbook_s_family(formula, family):
    assert anion_families(atom_shares([formula])).tolist() == [family]


def test_every_composition_has_a_family_whatever_the_company():
    shares = np.random.default_rng(0).dirichlet(np.full(100, 0.02), size=200)
    together = anion_families(shares)
    assert set(together.tolist()) <= set(FAMILIES)
    assert together.tolist() == [anion_families(row[None])[0] for row in shares]


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("Na0.67MnO2", "3d"),
        ("NaCl", "alkali"),
        ("LiFePO4", "alkali"),  # of equal amounts the first
        ("CaTiO3", "alkaline earth"),
        ("La1.85Sr0.15CuO4", "rare earth or actinide"),
        ("Nb3Sn", "4d or 5d"),
        ("Al2O3", "p block"),
        ("SiO2", "none"),
        ("GeTe", "none"),
    ],
)
def test_the_metal_in_the_majority_is_the_one_that_a_chemist_would_name(formula, family):
    assert metal_families(atom_shares([formula])).tolist() == [family]


def test_every_metal_is_of_one_family():
    found = metal_families(np.eye(100))
    assert set(found.tolist()) == set(METALS)
    metalloids_and_others = "H He B C N O F Ne Si P S Cl Ar Ge As Se Br Kr Sb Te I Xe At Rn"
    assert [ELEMENTS[row] for row in np.flatnonzero(found == "none")] == metalloids_and_others.split()
