"""To which family of known crystals a crystal belongs.

Many an ordered crystal that no database has is a decoration of a known disordered one: its atoms stand on the positions
of that one's sites, in an order that lowers the symmetry (a group-subgroup relation, as in a Bärnighausen tree).
Whether it does is asked for every known crystal that could be the parent by its elements: species that share sites
there are no longer told apart, the average over the symmetry that is gained is formed (`projection`), and must be of
the parent's structure type (`isotypism`) with no species on a site that the parent has not there. Atoms of partly
filled sites may be ordered with their vacancies.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from disgen.ensembles.family.charges import isovalent
from disgen.ensembles.family.decoration import decoration_of, remembering
from disgen.ensembles.family.isotypism import match, skeleton
from disgen.ensembles.family.known import KnownCrystal
from disgen.generation.nearest import composition_distance, composition_shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.crystal import WyckoffCrystal
    from disgen.ensembles.family.decoration import Decoration
    from disgen.ensembles.family.known import KnownCrystals

MORE_ELEMENTS = 3  # that a disordered parent may hold beside those of its child
_MOST_COMPARED = 100  # known crystals of one kind of relation, the nearest in composition first


class Relation(StrEnum):
    """How a crystal is related to a known one, the closest first."""

    SAME = "same crystal"
    CHILD = "ordered child"
    PARENT = "disordered parent"
    SIBLING = "sibling"
    ISOTYPE = "isotype"
    NEW = "new family"


@dataclass(frozen=True)
class Relative:
    """A known crystal and how the crystal that was asked about is related to it.

    Attributes:
        relation: what the crystal that was asked about is to the known one.
        known: the known crystal.
        index: of the group of the less symmetric in that of the more symmetric one, 1 if they are the same.
        point_index: its translationengleiche part.
        same_amounts: the sites hold the same species in the same amounts, on average.
        distortion: largest way of an atom of a decoration from its place in the average, Å; 0 for other relations.
        strain: largest stretch of a decoration's lattice to that of the average, or of the one cell to the other for
            crystals of one structure type, at one volume.
        distance: of the compositions, `disgen.generation.nearest`.
    """

    relation: Relation
    known: KnownCrystal
    index: int = 1
    point_index: int = 1
    same_amounts: bool = False
    distortion: float = 0.0
    strain: float = 0.0
    distance: float = 0.0


@dataclass(frozen=True)
class Family:
    """What a crystal is among known ones.

    Attributes:
        crystal: that was asked about.
        relation: the closest relation to any known crystal.
        relatives: by relation, then by distance of composition.
        compared: number of known crystals.
    """

    crystal: WyckoffCrystal
    relation: Relation
    relatives: tuple[Relative, ...] = field(repr=False)
    compared: int


def family_of(crystal: WyckoffCrystal, known: KnownCrystals, most: int = 5) -> Family:
    """The family of a crystal.

    Args:
        crystal: canonical, ordered or disordered, at least one site.
        known: what it is compared with.
        most: relatives of each relation that are named.
    """
    shares = composition_shares(crystal.composition)
    groups = [
        _same(crystal, known),
        _children(crystal, known, shares),
        _parents(crystal, known, shares),
        _isopointal(crystal, known, shares, most),
    ]
    by_relation: dict[Relation, list[Relative]] = defaultdict(list)
    for relative in (one for group in groups for one in group):
        by_relation[relative.relation].append(relative)
    relatives = [
        one
        for relation in Relation
        for one in sorted(by_relation[relation], key=lambda one: (not one.same_amounts, one.distance))[:most]
    ]
    first = next((one.relation for one in relatives), Relation.NEW)
    return Family(crystal, first, tuple(relatives), len(known))


def _same(crystal: WyckoffCrystal, known: KnownCrystals) -> list[Relative]:
    found = known.by_key.get(crystal.key)
    if found is None and crystal.key in known.names:
        found = KnownCrystal(crystal, *known.names[crystal.key])
    return [] if found is None else [Relative(Relation.SAME, found, same_amounts=True)]


def _children(crystal: WyckoffCrystal, known: KnownCrystals, shares: np.ndarray) -> Iterator[Relative]:
    """Known disordered crystals that this one is a decoration of."""
    rows = known.around(crystal, MORE_ELEMENTS)
    project = remembering(crystal)
    for row, distance in _nearest(rows[known.disordered[rows]], known, shares):
        entry = known.entries[row]
        if entry.crystal.key != crystal.key:
            found = decoration_of(crystal, entry.crystal, project)
            if found is not None:
                yield _relative(Relation.CHILD, entry, found, distance)


def _parents(crystal: WyckoffCrystal, known: KnownCrystals, shares: np.ndarray) -> Iterator[Relative]:
    """Known crystals that are decorations of this one."""
    if not crystal.disordered_sites:
        return
    for row, distance in _nearest(known.within(crystal), known, shares):
        entry = known.entries[row]
        if entry.crystal.key != crystal.key:
            found = decoration_of(entry.crystal, crystal, remembering(entry.crystal))
            if found is not None:
                yield _relative(Relation.PARENT, entry, found, distance)


def _isopointal(crystal: WyckoffCrystal, known: KnownCrystals, shares: np.ndarray, most: int) -> Iterator[Relative]:
    """Known crystals of the same structure type: siblings where the charges are the same site by site."""
    rows = known.by_skeleton.get(skeleton(crystal), np.zeros(0, dtype=np.int64))
    wanted = dict.fromkeys((Relation.SIBLING, Relation.ISOTYPE), most)
    for row, distance in _nearest(rows, known, shares):
        entry = known.entries[row]
        if entry.crystal.key == crystal.key:
            continue
        found = next(
            filter(None, (match(crystal, entry.crystal, may) for may in isovalent(crystal, entry.crystal))), None
        )
        relation = Relation.ISOTYPE if found is None else Relation.SIBLING
        found = found or (match(crystal, entry.crystal) if wanted[Relation.ISOTYPE] else None)
        if found is not None and wanted[relation]:
            wanted[relation] -= 1
            yield Relative(relation, entry, strain=found.strain, distance=distance)
        if not any(wanted.values()):
            return


def _nearest(rows: np.ndarray, known: KnownCrystals, shares: np.ndarray) -> list[tuple[int, float]]:
    """The rows whose compositions are nearest, with the distances."""
    if not len(rows):
        return []
    distances = composition_distance(shares, known.shares[rows])
    order = np.argsort(distances, kind="stable")[:_MOST_COMPARED]
    return list(zip(rows[order].tolist(), distances[order].tolist(), strict=True))


def _relative(relation: Relation, entry: KnownCrystal, found: Decoration, distance: float) -> Relative:
    projection = found.projection
    return Relative(
        relation,
        entry,
        projection.index,
        projection.point_index,
        found.same_amounts,
        projection.shift,
        projection.strain,
        distance,
    )
