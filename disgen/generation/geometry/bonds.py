"""Which neighbours of a disordered crystal count as bonded, and the coordination polyhedra that they form.

Bonds here are a convention of drawing, by distance and species, not a result. They are looked for between the
positions of the conventional cell, whatever share of each is filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from disgen.crystal import OCCUPANCY_TOLERANCE, lattice_vectors
from disgen.generation.checks import PLAUSIBLE_CONTACT
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.pairs import Pairs, PairsError, near_pairs
from disgen.generation.geometry.radii import IONIC_RADII, mean_radius

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

REACH = 1.15  # longest bond as a share of the sum of the two sites' radii, weighted by occupancy
CORNERS = range(4, 9)  # of a polyhedron that is drawn: larger ones hide what is inside them
# Non-metals and half metals, by rising electronegativity (IUPAC Red Book 2005, Table VI).
NON_METALS = tuple("B Ge Si C Sb As P N H Te Se S O I Br Cl F".split())  # noqa: SIM905
_RANK = {symbol: rank for rank, symbol in enumerate(NON_METALS)}
_LIGAND = _RANK["N"]  # elements from here on surround others
_OXO = (_RANK["O"], _RANK["F"])  # whoever is bonded to one of these is the middle of an anion, or water
_NONE = Pairs(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 3), int), np.zeros(0))


@dataclass(frozen=True)
class Polyhedron:
    """A position and its ligands.

    Attributes:
        centre: index of the position.
        corners: (n,) indices of the ligands' positions.
        shifts: (n, 3) whole cells by which each ligand is moved.
        faces: (f, 3) triangles of the hull as indices of corners, counter-clockwise as seen from outside.
    """

    centre: int
    corners: np.ndarray
    shifts: np.ndarray
    faces: np.ndarray


def bonds(crystal: WyckoffCrystal, positions: np.ndarray, owners: np.ndarray) -> Pairs:
    """Pairs of positions that are near enough to be called bonded.

    Two sites are bonded up to `REACH` times the sum of their covalent radii; a metal and a non-metal also up to that
    of their ionic radii, where it is larger (PbS, or copper's two farther oxygens in La2CuO4). Metals are bonded
    neither to each other in a crystal that has non-metals, nor to non-metals inside an anion (S of sulphate, H of
    water). Alternatives are not bonded: positions whose fillings sum to at most one, and which are too close to be
    filled together or hold the same kind of atom.

    Args:
        crystal: the crystal.
        positions: (m, 3) fractional coordinates of all its positions (`disgen.symmetry.expand`).
        owners: (m,) the site of each.

    Returns:
        The bonds; none where the cell is too flat to look for them.
    """
    if not len(positions):
        return _NONE
    radii, ionic = (
        np.array([mean_radius(site, table) for site in crystal.sites]) for table in (COVALENT_RADII, IONIC_RADII)
    )
    filling = np.array([site.filling for site in crystal.sites])
    metal = np.array([not any(symbol in _RANK for symbol, _ in site.occupancies) for site in crystal.sites])
    main = np.array([site.main_element for site in crystal.sites])
    rank = _ranks(crystal)
    try:
        reach = 2.0 * REACH * float(max(radii.max(), ionic.max()))
        pairs = near_pairs(positions, lattice_vectors(crystal.cell), reach)
    except PairsError:
        return _NONE
    one, other = owners[pairs.first], owners[pairs.second]
    sums = radii[one] + radii[other]
    longest = np.where(metal[one] != metal[other], np.maximum(sums, ionic[one] + ionic[other]), sums)
    near = pairs.distance <= REACH * longest
    alternatives = filling[one] + filling[other] <= 1.0 + OCCUPANCY_TOLERANCE
    alike = (metal[one] & metal[other]) | (main[one] == main[other])
    split = alternatives & (alike | (pairs.distance < PLAUSIBLE_CONTACT * sums))
    metals = metal[one] & metal[other] & (not metal.all())
    pairs = pairs.where(near & ~split & ~metals)
    one, other = owners[pairs.first], owners[pairs.second]
    covered = np.zeros(len(metal), dtype=bool)
    for a, b in ((one, other), (other, one)):
        covered[a[(rank[a] < rank[b]) & np.isin(rank[b], _OXO) & ~metal[a]]] = True
    return pairs.where(~((metal[one] & covered[other]) | (covered[one] & metal[other])))


def polyhedra(
    crystal: WyckoffCrystal, positions: np.ndarray, owners: np.ndarray, bonded: Pairs
) -> tuple[Polyhedron, ...]:
    """Coordination polyhedra of the positions that have four to eight more electronegative neighbours.

    Args:
        crystal: the crystal.
        positions: (m, 3) fractional coordinates of all its positions.
        owners: (m,) the site of each.
        bonded: its `bonds`.
    """
    rank = _ranks(crystal)[owners]
    vectors = lattice_vectors(crystal.cell)
    ends = (
        np.concatenate([bonded.first, bonded.second]),
        np.concatenate([bonded.second, bonded.first]),
        np.concatenate([bonded.shift, -bonded.shift]),
    )
    towards = (rank[ends[1]] >= _LIGAND) & (rank[ends[1]] > rank[ends[0]])
    centre, corner, shift = (values[towards] for values in ends)
    order = np.argsort(centre, kind="stable")
    found = []
    for group in np.split(order, np.flatnonzero(np.diff(centre[order])) + 1):
        if len(group) not in CORNERS:
            continue
        middle = int(centre[group[0]])
        points = (positions[corner[group]] + shift[group] - positions[middle]) @ vectors
        faces = _hull(points)
        if len(faces):
            found.append(Polyhedron(middle, corner[group], shift[group], faces))
    return tuple(found)


def _ranks(crystal: WyckoffCrystal) -> np.ndarray:
    """Place of each site's main element among `NON_METALS`, -1 for metals."""
    return np.array([_RANK.get(site.main_element, -1) for site in crystal.sites], dtype=int)


def _hull(points: np.ndarray) -> np.ndarray:
    """Triangles (f, 3) of the convex hull, turned outwards; none if the points lie in a plane."""
    try:
        hull = ConvexHull(points)
    except QhullError:
        return np.zeros((0, 3), dtype=np.int64)
    faces = hull.simplices.astype(np.int64)
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = np.einsum("ij,ij->i", normal, hull.equations[:, :3]) < 0.0
    faces[inward] = faces[inward][:, ::-1]
    result: np.ndarray = faces
    return result
