"""Whether the CIF of a crystal gives that crystal back.

A decoder's numbers may lie so near to a higher symmetry that a reading takes them for it (within 0.1 Å,
`disgen.cif.standard.standardise`), and atoms nearer to each other than it merges come back as one. Such a sample is
another crystal than it says. One search on its own positions finds nearly all crystals that come back; only the others
are written and read in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from disgen.cif import CifError, read, write_cif
from disgen.cif.cell import require_sound_cell
from disgen.cif.standard.sites import MERGE_DISTANCE
from disgen.cif.standard.standardise import FULL_MIXED, ROUNDING, has_no_more_symmetry
from disgen.generation.geometry.distances import measure
from disgen.generation.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal

_NOISE = 1e-9  # of sums of occupancies


@dataclass(frozen=True, eq=False)
class ReadBack:
    """What the CIFs of n crystals give.

    Attributes:
        same: (n,) True where it is the crystal that was written.
        group: (n,) space group that is read, 0 where nothing can be.
    """

    same: np.ndarray
    group: np.ndarray


def read_back(crystals: Sequence[WyckoffCrystal], min_distance: np.ndarray | None = None) -> ReadBack:
    """Write crystals and read them again, as far as that is needed to know what comes of it.

    Args:
        crystals: canonical crystals, n of them.
        min_distance: (n,) shortest distances between two positions (Å), if they are known.
    """
    nearest = measure(crystals).min_distance if min_distance is None else min_distance
    found = [_read(crystal, gap) for crystal, gap in zip(crystals, nearest.tolist(), strict=True)]
    return ReadBack(np.array([same for same, _ in found], bool), np.array([group for _, group in found], np.int16))


def outcomes_as_read(
    crystals: Sequence[WyckoffCrystal | None], reconstructed: Sequence[Outcome]
) -> tuple[Outcome, ...]:
    """The outcomes of n samples once their CIFs are read: of those that were good so far some are another crystal."""
    good = [
        index
        for index, (crystal, outcome) in enumerate(zip(crystals, reconstructed, strict=True))
        if crystal is not None and outcome is Outcome.OK
    ]
    result = list(reconstructed)
    same = read_back([crystals[index] for index in good]).same  # type: ignore[misc]
    for index in np.array(good, dtype=int)[~same].tolist():
        result[index] = Outcome.PSEUDO_SYMMETRIC
    return tuple(result)


def comes_back(crystal: WyckoffCrystal) -> bool:
    """True if the CIF of a canonical crystal gives the same crystal back."""
    return bool(read_back([crystal]).same[0])


def _has_sound_cell(crystal: WyckoffCrystal) -> bool:
    """True if a reading does not refuse the cell, as one that no crystal has."""
    try:
        require_sound_cell(crystal.cell)
    except CifError:
        return False
    return True


@lru_cache(maxsize=4096)  # searches and polishing ask again for crystals that have not changed
def _read(crystal: WyckoffCrystal, nearest: float) -> tuple[bool, int]:
    """Whether a crystal comes back, and the space group that is read; its positions are `nearest` Å apart or more."""
    if not crystal.sites:
        return False, 0
    # Reading fills nearly full sites up, and empties over-full ones.
    as_read = all(site.filling < FULL_MIXED or 1.0 - ROUNDING < site.filling < 1.0 + _NOISE for site in crystal.sites)
    if nearest > MERGE_DISTANCE and as_read and _has_sound_cell(crystal) and has_no_more_symmetry(crystal):
        return True, crystal.space_group
    try:
        found = read(write_cif(crystal)).crystal
    except CifError:
        return False, 0
    return found == crystal, found.space_group
