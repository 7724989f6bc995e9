"""Families of chemistry by anions, on minerals and compounds whose family textbooks name."""

import numpy as np
import pytest

from disgen.corpus.families import FAMILIES, anion_families
from disgen.corpus.search import atom_shares


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
