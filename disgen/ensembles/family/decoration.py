"""Whether one crystal is an order on the sites of another, more disordered one, and how."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import lattice_vectors
from disgen.ensembles.family.isotypism import Match, match
from disgen.ensembles.family.projection import MOBILE_REACH, Projection, projections
from disgen.generation.nearest import composition_shares
from disgen.symmetry import expand

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.crystal import WyckoffCrystal

SAME_AMOUNT = 0.05  # of an occupancy, as two crystals are called the same
_ELEMENT_RATIO = 0.02  # of the amounts of kinds on full sites between a child and its parent


@dataclass(frozen=True)
class Decoration:
    """How an ordered crystal decorates another one's sites.

    Attributes:
        projection: the ordered crystal's average.
        match: how the other one lies on the average, without mobile atoms.
        same_amounts: the average holds the same amounts.
    """

    projection: Projection
    match: Match
    same_amounts: bool


def remembering(crystal: WyckoffCrystal) -> Callable[[dict[str, int], frozenset[int]], list[Projection]]:
    """`projections` of one crystal as a function of kinds and mobile kinds, each way of merging computed once."""
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


def decoration_of(
    child: WyckoffCrystal,
    parent: WyckoffCrystal,
    project: Callable[[dict[str, int], frozenset[int]], list[Projection]],
) -> Decoration | None:
    """How one crystal decorates another's sites; None if it does not, or is as disordered as the other.

    Args:
        child: canonical, with no elements but the parent's.
        parent: canonical, disordered.
        project: averages of the child, as `remembering` makes them.
    """
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
) -> Decoration | None:
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
    return Decoration(projection, found, same)


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


def _is_more_ordered(child: WyckoffCrystal, parent: WyckoffCrystal, found: Decoration) -> bool:
    """Whether the child has lost symmetry, or has fewer species, vacancies counted, to a position."""
    per_position = [
        sum(site.multiplicity * (len(site.occupancies) + (site.vacancy > 0.0)) for site in crystal.sites)
        / crystal.n_positions
        for crystal in (child, parent)
    ]
    return found.projection.index > 1 or per_position[0] < per_position[1] - 1e-6
