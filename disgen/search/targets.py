"""All kinds of target, and sets of them that make sense together.

| kind | class | the crystal … |
|---|---|---|
| required elements | `RequiredElements` | has each of them on some site |
| allowed elements | `AllowedElements` | has no others |
| forbidden elements | `ForbiddenElements` | has none of them |
| site mix | `SiteMix` | has a site with these occupancies, a vacancy's among them |
| ratio | `CompositionRatio` | has these elements in this ratio |
| space group, crystal system | `SpaceGroups`, `CrystalSystems` | is one of these |
| sites, disordered sites | `SiteCount`, `DisorderedSites` | has so many |
| cell, volume per atom | `CellRange`, `VolumePerAtom` | has it in this range |
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Self, TypeVar

from disgen import wyckoff
from disgen.crystal import ELEMENTS
from disgen.representation import MAX_SITES
from disgen.search.target import ROUNDING, Target, TargetError, listed
from disgen.search.target_chemistry import (
    MAX_SPECIES,
    VACANCY,
    AllowedElements,
    CompositionRatio,
    ForbiddenElements,
    RequiredElements,
    SiteMix,
)
from disgen.search.target_structure import (
    LENGTHS,
    CellRange,
    CrystalSystems,
    DisorderedSites,
    SiteCount,
    SpaceGroups,
    VolumePerAtom,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.crystal import WyckoffCrystal

__all__ = [
    "TARGETS",
    "VACANCY",
    "AllowedElements",
    "CellRange",
    "CompositionRatio",
    "CrystalSystems",
    "DisorderedSites",
    "ForbiddenElements",
    "RequiredElements",
    "SiteCount",
    "SiteMix",
    "SpaceGroups",
    "Target",
    "TargetError",
    "Targets",
    "VolumePerAtom",
    "target_from_dict",
]

T = TypeVar("T", bound=Target)

TARGETS: dict[str, type[Target]] = {
    target.kind: target
    for target in (
        RequiredElements,
        AllowedElements,
        ForbiddenElements,
        SiteMix,
        CompositionRatio,
        SpaceGroups,
        CrystalSystems,
        SiteCount,
        DisorderedSites,
        CellRange,
        VolumePerAtom,
    )
}

# Angles in degrees that a crystal system fixes, and the lengths that it makes equal, in the standard setting.
_RIGHT = {"alpha": 90.0, "beta": 90.0, "gamma": 90.0}
_FIXED_ANGLES = {
    "triclinic": {},
    "monoclinic": {"alpha": 90.0, "gamma": 90.0},
    "orthorhombic": _RIGHT,
    "tetragonal": _RIGHT,
    "trigonal": _RIGHT | {"gamma": 120.0},
    "hexagonal": _RIGHT | {"gamma": 120.0},
    "cubic": _RIGHT,
}
_EQUAL_LENGTHS = {"tetragonal": "ab", "trigonal": "ab", "hexagonal": "ab", "cubic": "abc"}


@dataclass(frozen=True)
class Targets:
    """Conditions that a crystal shall meet all at once; contradictions are refused when the set is made.

    Attributes:
        items: the targets, at least one.
    """

    items: tuple[Target, ...]

    def __post_init__(self) -> None:
        """Refuse an empty set, and targets that no crystal can meet together.

        Raises:
            TargetError: naming the contradiction.
        """
        object.__setattr__(self, "items", tuple(self.items))
        if not self.items:
            msg = "There is no target: say at least one thing that the crystals shall be, for example their elements."
            raise TargetError(msg)
        self._check_elements()
        self._check_ratios()
        self._check_counts()
        self._check_cell(self._check_groups())

    def __iter__(self) -> Iterator[Target]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def text(self) -> str:
        """All conditions in one line."""
        return "; ".join(target.text for target in self)

    @property
    def excluded(self) -> frozenset[str]:
        """Symbols of the elements that may not occur."""
        forbidden = {symbol for target in self._of(ForbiddenElements) for symbol in target.elements}
        others = set(ELEMENTS) - self._allowed() if self._of(AllowedElements) else set()
        return frozenset(forbidden | others)

    def met(self, crystal: WyckoffCrystal) -> tuple[bool, ...]:
        """For each target whether a crystal meets it exactly."""
        return tuple(target.is_met(crystal) for target in self)

    def to_dict(self) -> list[dict[str, Any]]:
        """Plain values for JSON, the inverse of `from_dict`."""
        return [target.to_dict() for target in self]

    @classmethod
    def from_dict(cls, values: object) -> Self:
        """Targets from plain values.

        Raises:
            TargetError: if they are not what `to_dict` gives, or make no sense.
        """
        if not isinstance(values, list):
            msg = "Targets are a list of objects, each with its 'kind'."
            raise TargetError(msg)
        return cls(tuple(map(target_from_dict, values)))

    def _of(self, kind: type[T]) -> list[T]:
        return [target for target in self if isinstance(target, kind)]

    def _check_elements(self) -> None:
        wanted = {symbol: "required" for target in self._of(RequiredElements) for symbol in target.elements}
        for mix in self._of(SiteMix):
            wanted |= {name: "part of the mix on one site" for name, _ in mix.shares if name != VACANCY}
        for ratio in self._of(CompositionRatio):
            wanted |= {name: "part of the ratio" for name, _ in ratio.amounts}
        forbidden = {symbol for target in self._of(ForbiddenElements) for symbol in target.elements}
        for symbol, role in wanted.items():
            if symbol in forbidden:
                msg = f"{symbol} is {role} and forbidden at once: choose one."
                raise TargetError(msg)
        for allowed in self._of(AllowedElements):
            missing = [symbol for symbol in wanted if symbol not in allowed.elements]
            if missing:
                verb, roles = ("is", wanted[missing[0]]) if len(missing) == 1 else ("are", "wanted")
                msg = f"{listed(missing)} {verb} {roles} but not among the allowed elements: allow them too."
                raise TargetError(msg)
        if self._of(AllowedElements) and not self._allowed() - forbidden:
            msg = "No element is left that is allowed and not forbidden: allow more."
            raise TargetError(msg)

    def _allowed(self) -> set[str]:
        return set.intersection(*(set(target.elements) for target in self._of(AllowedElements)))

    def _check_ratios(self) -> None:
        for one, other in combinations(self._of(CompositionRatio), 2):
            first, second = (dict(zip((name for name, _ in r.amounts), r.fractions, strict=True)) for r in (one, other))
            slack = one.tolerance + other.tolerance + ROUNDING
            if first.keys() == second.keys() and any(abs(first[name] - second[name]) > slack for name in first):
                msg = f"The ratios {one.text} and {other.text} exclude each other: keep one."
                raise TargetError(msg)

    def _check_counts(self) -> None:
        _, most_sites = self._overlap(SiteCount, 1, MAX_SITES)
        least_disordered, most_disordered = self._overlap(DisorderedSites, 0, MAX_SITES)
        if least_disordered > most_sites:
            msg = f"There cannot be {least_disordered} disordered sites among {most_sites} sites: ask for fewer."
            raise TargetError(msg)
        if most_disordered == 0 and any(mix.is_mixture for mix in self._of(SiteMix)):
            msg = "A mix on one site makes that site disordered, but no disordered site is allowed: allow one."
            raise TargetError(msg)
        required = len({symbol for target in self._of(RequiredElements) for symbol in target.elements})
        mixed = min(most_sites, most_disordered)
        room = MAX_SPECIES * mixed + most_sites - mixed
        if required > room:
            msg = (
                f"Not all of {required} required elements fit on {most_sites} sites, {mixed} of them disordered: "
                f"at most {room} do."
            )
            raise TargetError(msg)

    def _overlap(self, kind: type[SiteCount | DisorderedSites], low: int, high: int) -> tuple[int, int]:
        """What all targets of a kind leave of a range."""
        for target in self._of(kind):
            low, high = max(low, target.low), min(high, target.high)
            if low > high:
                msg = f"No number of {kind.noun}s meets all that is asked of it: ask once."
                raise TargetError(msg)
        return low, high

    def _check_groups(self) -> set[int]:
        """The space groups that all targets leave."""
        groups = set(range(1, wyckoff.SPACE_GROUPS + 1))
        for target in self:
            if isinstance(target, SpaceGroups | CrystalSystems):
                groups &= set(target.groups)
        if not groups:
            wishes = [target.text for target in self if isinstance(target, SpaceGroups | CrystalSystems)]
            msg = f"No space group is {listed(wishes, 'and')} at once: drop one of these."
            raise TargetError(msg)
        return groups

    def _check_cell(self, groups: set[int]) -> None:
        volumes = self._of(VolumePerAtom)
        if volumes and max(volume.low for volume in volumes) > min(volume.high for volume in volumes):
            msg = "No volume per atom is in all ranges that are asked for: ask once."
            raise TargetError(msg)
        ranges: dict[str, tuple[float, float]] = {}
        for target in self._of(CellRange):
            low, high = ranges.get(target.parameter, (target.low, target.high))
            ranges[target.parameter] = max(low, target.low), min(high, target.high)
            if low > target.high or high < target.low:
                msg = f"No value of {target.parameter} is in all ranges that are asked for: ask once."
                raise TargetError(msg)
        systems = {wyckoff.crystal_system(group) for group in groups}
        if not any(_cell_fits(ranges, system) for system in systems):
            names = listed((system for system in wyckoff.CRYSTAL_SYSTEMS if system in systems), "or")
            msg = f"No {names} cell has {listed(sorted(ranges))} in the ranges given: symmetry fixes some of them."
            raise TargetError(msg)


def target_from_dict(values: object) -> Target:
    """A target from plain values.

    Raises:
        TargetError: if they are not what `Target.to_dict` gives, or make no sense.
    """
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(values, dict) or kind not in TARGETS:
        msg = f"There is no kind of target {kind!r}: it is one of {', '.join(TARGETS)}."
        raise TargetError(msg)
    settings = {
        name: tuple(tuple(item) if isinstance(item, list) else item for item in value)
        if isinstance(value, list)
        else value
        for name, value in values.items()
        if name != "kind"
    }
    try:
        return TARGETS[kind](**settings)
    except TargetError:
        raise
    except (TypeError, ValueError) as error:
        msg = f"The target {kind!r} cannot be read from {settings}: give what a target of this kind has."
        raise TargetError(msg) from error


def _cell_fits(ranges: dict[str, tuple[float, float]], system: str) -> bool:
    """Whether a crystal system has a cell in these ranges."""
    angles = _FIXED_ANGLES[system].items()
    if not all(ranges[name][0] <= angle <= ranges[name][1] for name, angle in angles if name in ranges):
        return False
    equal = [ranges[name] for name in LENGTHS if name in _EQUAL_LENGTHS.get(system, "") and name in ranges]
    return not equal or max(low for low, _ in equal) <= min(high for _, high in equal)
