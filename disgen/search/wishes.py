"""What targets say to the learned prior: the part of them that the beginning of a sentence decides.

| targets | wishes |
|---|---|
| required elements, those of mixtures and ratios | required |
| allowed and forbidden elements | allowed |
| space groups and crystal systems | groups |
| sites, disordered sites; a mixture makes a site disordered | sites, disordered |

Occupancies, ratios and the cell are left to the choice among what is drawn, and to the search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.crystal import ATOMIC_NUMBER
from disgen.prior.language.grammar import MOST_DISORDERED
from disgen.prior.language.wishes import Wishes
from disgen.representation import MAX_SITES
from disgen.search.target_chemistry import CompositionRatio, RequiredElements, SiteMix
from disgen.search.target_structure import CrystalSystems, DisorderedSites, SiteCount, SpaceGroups
from disgen.search.targets import VACANCY

if TYPE_CHECKING:
    from disgen.search.targets import Targets


def named_elements(targets: Targets) -> frozenset[str]:
    """Symbols of the elements that crystals shall have: required, on one site, or in a ratio."""
    names: set[str] = set()
    for target in targets:
        if isinstance(target, RequiredElements):
            names |= set(target.elements)
        elif isinstance(target, SiteMix):
            names |= {name for name, _ in target.shares if name != VACANCY}
        elif isinstance(target, CompositionRatio):
            names |= {name for name, _ in target.amounts}
    return frozenset(names)


def wishes_of(targets: Targets) -> Wishes:
    """Wishes that every crystal meeting the targets fulfils."""
    required = frozenset(ATOMIC_NUMBER[symbol] for symbol in named_elements(targets))
    excluded = {ATOMIC_NUMBER[symbol] for symbol in targets.excluded}
    allowed = frozenset(set(ATOMIC_NUMBER.values()) - excluded) if excluded else None
    groups: frozenset[int] | None = None
    for target in targets:
        if isinstance(target, SpaceGroups | CrystalSystems):
            groups = frozenset(target.groups) if groups is None else groups & frozenset(target.groups)
    sites = _counts(targets, SiteCount, 1, MAX_SITES)
    mixed = any(isinstance(target, SiteMix) and target.is_mixture for target in targets)
    disordered = _counts(targets, DisorderedSites, int(mixed), MOST_DISORDERED)
    return Wishes(required, allowed, groups, sites, disordered)


def _counts(targets: Targets, kind: type[SiteCount | DisorderedSites], low: int, high: int) -> frozenset[int] | None:
    """Numbers that the targets of a kind leave of those that a sentence can announce; None for all of these, or none.

    What no sentence can announce is no wish: the search has to do without.
    """
    possible = frozenset(range(high + 1)) if kind is DisorderedSites else frozenset(range(1, high + 1))
    left = possible & frozenset(range(low, high + 1))
    for target in targets:
        if isinstance(target, kind):
            left &= frozenset(range(target.low, target.high + 1))
    return None if left in {possible, frozenset()} else left
