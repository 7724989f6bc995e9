"""Many crystals as flat arrays: their sites, and what is on these, end to end.

Unlike the network's representation, it takes any number of sites. Amounts are in steps of 0.01, the precision that
structure reports have in common. Otherwise the digits after that, and not the crystal, would tell a computed occupancy
from a reported one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.crystal import ATOMIC_NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal

AMOUNT_STEP = 0.01


@dataclass(frozen=True, eq=False)
class Contents:
    """n crystals with s sites in all and p species on them.

    Attributes:
        space_group: (n,) numbers.
        cell: (n, 6) Å and degrees.
        crystal: (s,) which crystal a site belongs to, rising.
        row: (s,) of the site's Wyckoff position in `disgen.wyckoff.tables`.
        coordinates: (s, 3) fractional.
        site: (p,) which site a species is on, rising.
        number: (p,) its atomic number.
        share: (p,) its occupancy in steps of 0.01, at least one step.
    """

    space_group: np.ndarray
    cell: np.ndarray
    crystal: np.ndarray
    row: np.ndarray
    coordinates: np.ndarray
    site: np.ndarray
    number: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, crystals: Sequence[WyckoffCrystal]) -> Contents:
        """The contents of crystals with legal letters and at least one site each."""
        sites = [site for crystal in crystals for site in crystal.sites]
        species = [pair for site in sites for pair in site.occupancies]
        counts = np.array([len(crystal.sites) for crystal in crystals], dtype=np.intp)
        groups = np.array([crystal.space_group for crystal in crystals], dtype=np.intp)
        letters = np.array([wyckoff.LETTERS.index(site.letter) for site in sites], dtype=np.intp)
        crystal = np.repeat(np.arange(len(crystals)), counts)
        shares = np.array([share for _, share in species], dtype=float)
        return cls(
            groups,
            np.array([crystal.cell for crystal in crystals], dtype=float).reshape(-1, 6),
            crystal,
            wyckoff.tables().first[groups[crystal]] + letters,
            np.array([site.coordinates for site in sites], dtype=float).reshape(-1, 3),
            np.repeat(np.arange(len(sites)), [len(site.occupancies) for site in sites]),
            np.array([ATOMIC_NUMBER[symbol] for symbol, _ in species], dtype=np.intp),
            np.maximum(np.rint(shares / AMOUNT_STEP), 1.0) * AMOUNT_STEP,
        )

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.space_group)

    @property
    def multiplicity(self) -> np.ndarray:
        """(s,) positions of each site in the conventional cell."""
        multiplicity: np.ndarray = wyckoff.tables().multiplicity[self.row]
        return multiplicity
