"""What several tests share: real crystals, and how examples are drawn."""

import pytest
from hypothesis import settings

from disgen.cif import CifError, read_cif
from disgen.corpus import amcsd
from disgen.crystal import WyckoffCrystal

# The same examples every time, however slow the machine.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

MINERALS = 1250
EVERY = 6  # of the database's 9,275 entries, so that all kinds of mineral are there


@pytest.fixture(scope="session")
def minerals() -> list[WyckoffCrystal]:
    """Crystals of AMCSD in the representation's limits, in the database's order."""
    kept = []
    for number, (_, text) in enumerate(amcsd.cifs()):
        if number % EVERY:
            continue
        try:
            kept.append(read_cif(text))
        except CifError:
            continue
        if len(kept) == MINERALS:
            break
    return kept
