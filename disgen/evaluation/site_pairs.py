"""Which site of one crystal is which of another's, and by how much the two differ.

Sites are paired so that the sum of a cost over all pairs is smallest (the assignment problem):

    cost = 2 [letters differ] + ½ Σₑ |pₑ − qₑ| + min(1, s / 1 Å),

| symbol | variable | unit |
|---|---|---|
| pₑ, qₑ | occupancies of element e on the two sites, and of the vacancy | share |
| s | `shift`, between a position of the one and the nearest equivalent one of the other | Å |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from disgen.crystal import lattice_vectors
from disgen.symmetry import expand

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal, WyckoffSite

OTHER_LETTER = 2.0  # cost of unlike letters, more than that of unlike contents and places together
FAR = 1.0  # Å, beyond which a shift costs no more


@dataclass(frozen=True)
class SitePair:
    """A site of the first crystal and the one of the second that it is compared with.

    Attributes:
        first: number of the site; None for a site that only the second crystal has.
        second: the same of the second.
        same_letter: both sit on the same Wyckoff position.
        occupancy: largest difference of a species' or the vacancy's share; 1 for a site without a counterpart.
        shift: Å in the first crystal's cell, between its position and the nearest equivalent one of the second's;
            None without a counterpart, or in another space group, whose origin may lie elsewhere.
    """

    first: int | None
    second: int | None
    same_letter: bool = False
    occupancy: float = 1.0
    shift: float | None = None


def site_pairs(first: WyckoffCrystal, second: WyckoffCrystal) -> tuple[SitePair, ...]:
    """Pairs of sites in the order of the first crystal's, then what only the second has."""
    shifts = _shifts(first, second)
    occupancies = np.array([[_apart(one, other) for other in second.sites] for one in first.sites])
    occupancies = occupancies.reshape(len(first.sites), len(second.sites), 2)
    letters = np.array([[one.letter == other.letter for other in second.sites] for one in first.sites], dtype=bool)
    letters = letters.reshape(shifts.shape)
    cost = OTHER_LETTER * ~letters + occupancies[..., 0] / 2.0 + np.minimum(1.0, shifts / FAR)
    comparable = first.space_group == second.space_group
    partner = dict(zip(*(found.tolist() for found in linear_sum_assignment(cost)), strict=True))
    pairs = [
        SitePair(
            one,
            partner[one],
            bool(letters[one, partner[one]]),
            float(occupancies[one, partner[one], 1]),
            float(shifts[one, partner[one]]) if comparable else None,
        )
        if one in partner
        else SitePair(one, None)
        for one in range(len(first.sites))
    ]
    left = sorted(set(range(len(second.sites))) - set(partner.values()))
    return (*pairs, *(SitePair(None, other) for other in left))


def _shifts(first: WyckoffCrystal, second: WyckoffCrystal) -> np.ndarray:
    """Å from each site's position to the nearest of each of the other's, (sites, sites)."""
    basis = lattice_vectors(first.cell)
    points, owners = expand(second)
    places = np.array([site.coordinates for site in first.sites]).reshape(-1, 3)
    gap = places[:, None] - points
    gap -= np.rint(gap)
    distance = np.linalg.norm(gap @ basis, axis=2)
    columns = [distance[:, owners == number].min(axis=1) for number in range(len(second.sites))]
    return np.array(columns).reshape(len(second.sites), len(first.sites)).T


def _apart(one: WyckoffSite, other: WyckoffSite) -> tuple[float, float]:
    """Sum and largest of the differences of the shares of everything on two sites."""
    mine, others = dict(one.occupancies), dict(other.occupancies)
    gaps = [abs(mine.get(symbol, 0.0) - others.get(symbol, 0.0)) for symbol in {*mine, *others}]
    gaps.append(abs(one.vacancy - other.vacancy))
    return sum(gaps), max(gaps)
