"""Names of structure types, on crystals whose type textbooks name, and on the minerals of the AMCSD."""

from pathlib import Path

import pandas as pd
import pytest

from disgen.corpus import amcsd
from disgen.corpus.structure_types import structure_names, structure_type

INDEX = Path(__file__).parent.parent / "assets" / "models" / "open" / "index.parquet"
# Minerals with the structure type that their entries have, and the least share that has to be called so: some entries
# are polymorphs under one name, or have split sites.
MINERALS = {
    "Halite": ("rock salt", 1.0),
    "Periclase": ("rock salt", 1.0),
    "Magnetite": ("spinel", 0.8),
    "Forsterite": ("olivine", 0.9),
    "Diopside": ("clinopyroxene", 0.95),
    "Calcite": ("calcite", 0.8),
    "Aragonite": ("aragonite", 0.9),
    "Corundum": ("corundum", 0.9),
    "Titanite": ("titanite", 0.7),
    "Pyrite": ("pyrite", 0.8),
    "Zircon": ("zircon", 0.7),
    "Fluorapatite": ("apatite", 0.8),
    "Diamond": ("diamond", 0.8),
}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("225|aCl1.00|bNa1.00", "rock salt"),
        ("194|aMg1.00|fZn1.00|hZn1.00", "Laves phase C14"),
        ("221|aSr1.00|bTi1.00|cO1.00", "cubic perovskite"),
        ("221|aMg1.00|bC1.00|cNi1.00", "antiperovskite"),
        ("194|aLa1.00|cLa1.00", "La"),
        ("194|aNi1.00|cAs1.00", "NiAs"),
        ("166|aNa0.70|bCo1.00|cO1.00", "α-NaFeO₂"),
        ("166|aCu1.00|bFe1.00|cO1.00", "delafossite"),
        ("167|aC1.00|bCa1.00|eO1.00", "calcite"),
        ("167|aAl1.00|bLa1.00|eO1.00", "rhombohedral perovskite"),
        ("139|aCu1.00|cO1.00|eLa0.90Sr0.10|eO1.00", "K₂NiF₄"),
        ("189|aP1.00|dP1.00|fFe1.00|gFe1.00", "Fe₂P"),
        ("129|aFe1.00|cSe1.00", "anti-PbO (FeSe)"),
        ("205|aC1.00|cO1.00", ""),  # dry ice stands on the positions of pyrite
        ("1|aO1.00", ""),
        ("225|", ""),
        ("", ""),
    ],
)
def test_a_structure_has_the_name_that_a_textbook_gives_it(key, name):
    assert structure_type(key) == name


@pytest.fixture(scope="module")
def named():
    """Entries of the AMCSD with their mineral and structure type."""
    index = pd.read_parquet(INDEX)
    index = index[index["source"] == "amcsd"]
    minerals = amcsd.mineral_names()
    return index.assign(mineral=[minerals.get(code, "") for code in index["id"]], type=index["key"].map(structure_type))


@pytest.mark.parametrize("mineral", MINERALS)
def test_minerals_are_of_their_type(named, mineral):
    name, least = MINERALS[mineral]
    types = named.loc[named["mineral"] == mineral, "type"]
    assert len(types) > 3
    assert (types == name).mean() >= least


def test_every_name_is_some_entry_s(named):
    index = pd.read_parquet(INDEX)
    assert set(structure_names()) <= set(index["key"].map(structure_type))
