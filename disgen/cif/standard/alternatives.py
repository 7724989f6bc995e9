"""Positional alternatives as a CIF states them: atoms of one assembly and of different groups.

They are never there at the same time where they are near each other. A negative group says the same of the equivalent
positions of one atom, about a special position.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import lattice_vectors
from disgen.symmetry import expand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.cif.standard.sites import Site
    from disgen.crystal import WyckoffCrystal

FARTHEST = 3.0  # Å; what is farther apart is no alternative, whatever groups it has
_SAME_DISTANCE = 0.15  # Å, in the file's cell and in the refined one


@dataclass(frozen=True)
class Alternative:
    """Two sites of a crystal of which near positions are never filled together.

    Attributes:
        first: number of a site, from 0.
        second: the same; `first` again if its own positions exclude each other.
        reach: Å, up to which they do.
    """

    first: int
    second: int
    reach: float


def are_alternatives(one: Site, other: Site) -> bool:
    """True if a file says of two sites, or of the positions of one, that they exclude each other."""
    if one is other:
        return bool(one.groups) and all(group.startswith("-") for _, group in one.groups)
    return (
        bool(one.groups)
        and bool(other.groups)
        and all(a == b and m.lstrip("-") != n.lstrip("-") for a, m in one.groups for b, n in other.groups)
    )


def alternatives_of(
    sites: Sequence[tuple[Site, tuple[tuple[str, float], ...]]], basis: np.ndarray, crystal: WyckoffCrystal
) -> tuple[Alternative, ...]:
    """The stated alternatives among the sites of a crystal, found again by contents and distance.

    Args:
        sites: as placed in the stated cell, each with its content in the crystal.
        basis: (3, 3) vectors of that cell as rows, Å.
        crystal: that was made of them.
    """
    if not any(site.groups for site, _ in sites):
        return ()
    positions, owners = expand(crystal)
    vectors = lattice_vectors(crystal.cell)
    points = [positions[owners == number] for number in range(len(crystal.sites))]
    found = []
    for (one, first), (other, second) in combinations_with_replacement(sites, 2):
        if not are_alternatives(one, other):
            continue
        distance = shortest(one.points, other.points, basis)
        for s, t in combinations_with_replacement(range(len(points)), 2):
            same = sorted((first, second)) == sorted((crystal.sites[s].occupancies, crystal.sites[t].occupancies))
            near = same and abs(shortest(points[s], points[t], vectors) - distance) < _SAME_DISTANCE
            if near and distance <= FARTHEST:
                found.append(Alternative(s, t, distance + _SAME_DISTANCE))
    return tuple(dict.fromkeys(found))


def shortest(points: np.ndarray, others: np.ndarray, basis: np.ndarray) -> float:
    """Shortest distance (Å) between different positions, to the nearest image along each axis; infinite if none.

    Args:
        points: (m, 3) fractional coordinates.
        others: (n, 3) the same.
        basis: (3, 3) cell vectors as rows, Å.
    """
    gap = points[:1, None] - others[None]
    gap -= np.rint(gap)
    distances = np.linalg.norm(gap @ basis, axis=-1)
    return float(np.min(distances[distances > 1e-3], initial=np.inf))  # noqa: PLR2004 (Å: itself)
