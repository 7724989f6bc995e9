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

from disgen.crystal import lattice_vectors
from disgen.ensembles.family.charges import isovalent
from disgen.ensembles.family.isotypism import Match, match, skeleton
from disgen.ensembles.family.known import KnownCrystal
from disgen.ensembles.family.projection import MOBILE_REACH, Projection, projections
from disgen.generation.nearest import composition_distance, composition_shares
from disgen.symmetry import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disgen.crystal import WyckoffCrystal
    from disgen.ensembles.family.known import KnownCrystals

MORE_ELEMENTS = 3  # that a disordered parent may hold beside those of its child
SAME_AMOUNT = 0.05  # of an occupancy, as two crystals are called the same
_MOST_COMPARED = 100  # known crystals of one kind of relation, the nearest in composition first
_ELEMENT_RATIO = 0.02  # of the amounts of kinds on full sites between a child and its parent


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
    project = _remembering(crystal)
    for row, distance in _nearest(rows[known.disordered[rows]], known, shares):
        entry = known.entries[row]
        if entry.crystal.key != crystal.key:
            found = _decoration(crystal, entry.crystal, project)
            if found is not None:
                yield _relative(Relation.CHILD, entry, found, distance)


def _parents(crystal: WyckoffCrystal, known: KnownCrystals, shares: np.ndarray) -> Iterator[Relative]:
    """Known crystals that are decorations of this one."""
    if not crystal.disordered_sites:
        return
    for row, distance in _nearest(known.within(crystal), known, shares):
        entry = known.entries[row]
        if entry.crystal.key != crystal.key:
            found = _decoration(entry.crystal, crystal, _remembering(entry.crystal))
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


@dataclass(frozen=True)
class _Decoration:
    projection: Projection
    match: Match
    same_amounts: bool


def _relative(relation: Relation, entry: KnownCrystal, found: _Decoration, distance: float) -> Relative:
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


def _remembering(crystal: WyckoffCrystal) -> Callable[[dict[str, int], frozenset[int]], list[Projection]]:
    """`projections` of one crystal, each kind of merging computed once."""
    found: dict[tuple[frozenset[frozenset[str]], frozenset[str]], list[Projection]] = {}

    def project(kinds: dict[str, int], mobile: frozenset[int]) -> list[Projection]:
        merged: dict[int, set[str]] = defaultdict(set)
        for symbol in crystal.composition:
            merged[kinds[symbol]].add(symbol)
        name = (
            frozenset(map(frozenset, merged.values())),
            frozenset(symbol for kind in mobile for symbol in merged.get(kind, ())),
        )
        if name not in found:
            found[name] = projections(crystal, kinds, mobile)
        return found[name]

    return project


def _decoration(
    child: WyckoffCrystal,
    parent: WyckoffCrystal,
    project: Callable[[dict[str, int], frozenset[int]], list[Projection]],
) -> _Decoration | None:
    """How the child decorates the parent's sites; None if it does not, or if both hold the same species everywhere."""
    kinds = kinds_of(parent)
    partly = frozenset(kinds[site.main_element] for site in parent.sites if site.vacancy)
    full = {kind for kind in kinds.values() if kind not in partly}
    if not full or not _same_ratios(child, parent, kinds, full):
        return None
    for mobile in dict.fromkeys((frozenset[int](), partly)):
        for projection in project(kinds, mobile):
            found = _placed(projection, parent, kinds, mobile)
            if found is not None and _is_more_ordered(child, parent, found):
                return found
    return None


def kinds_of(crystal: WyckoffCrystal) -> dict[str, int]:
    """Number of its kind by element: elements that share a site, or sites with a common element, are of one kind."""
    kinds: dict[str, int] = {}
    for site in crystal.sites:
        symbols = [symbol for symbol, _ in site.occupancies]
        joined = {kinds[symbol] for symbol in symbols if symbol in kinds}
        kind = min(joined) if joined else len(crystal.composition) + len(kinds)
        kinds = {symbol: kind if number in joined else number for symbol, number in kinds.items()}
        kinds |= dict.fromkeys(symbols, kind)
    order = {kind: number for number, kind in enumerate(dict.fromkeys(kinds.values()))}
    return {symbol: order[kind] for symbol, kind in kinds.items()}


def _same_ratios(child: WyckoffCrystal, parent: WyckoffCrystal, kinds: dict[str, int], full: set[int]) -> bool:
    """Whether the kinds on the parent's full sites are there in the same ratio in the child."""
    amounts = np.zeros((2, len(full)))
    order = {kind: column for column, kind in enumerate(sorted(full))}
    for row, crystal in enumerate((child, parent)):
        for symbol, amount in crystal.composition.items():
            if kinds[symbol] in order:
                amounts[row, order[kinds[symbol]]] += amount
    if not amounts.all():
        return False
    first, second = amounts / amounts.sum(axis=1, keepdims=True)
    return bool((np.abs(first - second) <= _ELEMENT_RATIO * second).all())


def _placed(
    projection: Projection, parent: WyckoffCrystal, kinds: dict[str, int], mobile: frozenset[int]
) -> _Decoration | None:
    """The average of a child on the parent; None if it is of another type, or a species is where it must not be."""
    average = projection.crystal
    still = [_without(crystal, kinds, mobile) for crystal in (average, parent)]
    species = [[{symbol for symbol, _ in site.occupancies} for site in crystal.sites] for crystal in still]
    if not species[0] or len(species[0]) != len(species[1]):
        return None
    allowed = np.array([[one <= other for other in species[1]] for one in species[0]])
    found = match(still[0], still[1], allowed)
    if found is None or not (not mobile or _mobile_fits(average, parent, found, kinds, mobile)):
        return None
    pairs = [(still[0].sites[place], still[1].sites[other]) for place, other in enumerate(found.order)]
    same = not mobile and all(
        abs(dict(one.occupancies).get(symbol, 0.0) - occupancy) <= SAME_AMOUNT
        for one, other in pairs
        for symbol, occupancy in other.occupancies
    )
    if mobile:
        one, other = (composition_shares(crystal.composition) for crystal in (average, parent))
        same = bool(np.abs(one - other).max() <= SAME_AMOUNT)
    return _Decoration(projection, found, same)


def _without(crystal: WyckoffCrystal, kinds: dict[str, int], mobile: frozenset[int]) -> WyckoffCrystal:
    """The crystal without its mobile atoms."""
    if not mobile:
        return crystal
    kept = tuple(site for site in crystal.sites if kinds[site.main_element] not in mobile)
    return type(crystal)(crystal.space_group, crystal.cell, kept)


def _mobile_fits(
    average: WyckoffCrystal, parent: WyckoffCrystal, found: Match, kinds: dict[str, int], mobile: frozenset[int]
) -> bool:
    """Whether each mobile atom of the average lies near a position of the parent that holds its species."""
    there, owners = expand(parent)
    there = there @ found.linear.T + found.origin
    basis = lattice_vectors(average.cell)
    for site in average.sites:
        if kinds[site.main_element] not in mobile:
            continue
        symbols = {symbol for symbol, _ in site.occupancies}
        hosts = [symbols <= {symbol for symbol, _ in parent.sites[owner].occupancies} for owner in owners.tolist()]
        gaps = there[hosts] - np.array(site.coordinates)
        reach = np.linalg.norm((gaps - np.rint(gaps)) @ basis, axis=1)
        if reach.min(initial=np.inf) > 2.0 * MOBILE_REACH:
            return False
    return True


def _is_more_ordered(child: WyckoffCrystal, parent: WyckoffCrystal, found: _Decoration) -> bool:
    """Whether the child has lost symmetry, or has fewer species, vacancies counted, to a position."""
    per_position = [
        sum(site.multiplicity * (len(site.occupancies) + (site.vacancy > 0.0)) for site in crystal.sites)
        / crystal.n_positions
        for crystal in (child, parent)
    ]
    return found.projection.index > 1 or per_position[0] < per_position[1] - 1e-6
