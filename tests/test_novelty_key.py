"""The key that says when two crystals are the same, against SWORDlib's labels, an independent implementation."""

from collections import defaultdict

import pymatgen.core.structure
import pymatgen.electronic_structure.core
import pytest

from disgen.cif import write_cif
from disgen.crystal import WyckoffCrystal

# SWORDlib 0.1 looks for Magmom where pymatgen used to keep it.
pymatgen.core.structure.Magmom = pymatgen.electronic_structure.core.Magmom
import sword  # noqa: E402

SAMPLE = 500
VACANCY = 0.01  # SWORD names a vacancy from this share on


def species_key(crystal: WyckoffCrystal) -> tuple:
    """Our key without the amounts, which SWORD's labels do not hold either."""
    sites = (
        (
            site.letter,
            *(symbol for symbol, _ in site.occupancies),
            *(("VAC",) if site.vacancy >= VACANCY else ()),
        )
        for site in crystal.sites
    )
    return crystal.space_group, *sorted(sites)


@pytest.mark.filterwarnings("ignore")
def test_the_key_groups_crystals_as_swordlib_does(minerals):
    crystals = minerals[:SAMPLE]
    labels, keys = defaultdict(set), defaultdict(set)
    for crystal in crystals:
        label = sword.get_sword_info(write_cif(crystal), parser_occ_tolerance=1.05, symprec=0.01)[1]["disorder_label"]
        labels[label].add(species_key(crystal))
        keys[species_key(crystal)].add(label)
    assert len(crystals) == SAMPLE
    assert len(keys) < SAMPLE  # there are crystals to be grouped
    assert {label: found for label, found in labels.items() if len(found) > 1} == {}
    assert {key: found for key, found in keys.items() if len(found) > 1} == {}
