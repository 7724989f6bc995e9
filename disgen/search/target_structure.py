"""Targets about symmetry, the number of sites, and the cell."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from disgen import wyckoff
from disgen.representation import MAX_SITES
from disgen.search.soft import log_complement, log_count_between
from disgen.search.target import ROUNDING, Target, TargetError, best, finite, listed, space_group_number

if TYPE_CHECKING:
    from torch import Tensor

    from disgen.crystal import WyckoffCrystal
    from disgen.search.soft import SoftCrystals

LENGTHS, ANGLES = ("a", "b", "c"), ("alpha", "beta", "gamma")
CELL_LIMITS = {"length": (1.0, 200.0), "angle": (20.0, 160.0)}  # Å, degrees: cells that exact decoding accepts
_LENGTH_UNIT, _ANGLE_UNIT, _VOLUME_UNIT = 0.05, 2.0, 0.1  # what counts 1 in the loss: in ln(Å), degrees, ln(Å³)
_MARGIN = 0.1  # of a range's width: the loss aims that far inside it


@dataclass(frozen=True)
class _Groups(Target):
    """A target about the space group."""

    structural: ClassVar[bool] = True

    @property
    @abstractmethod
    def groups(self) -> tuple[int, ...]:
        """Numbers of the space groups that meet it."""

    def loss(self, soft: SoftCrystals) -> Tensor:
        """Minus the log-probability of the likeliest of the space groups."""
        return -best(soft.log_space_group[:, [group - 1 for group in self.groups]], dim=1)

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal has one of them."""
        return crystal.space_group in self.groups


@dataclass(frozen=True)
class SpaceGroups(_Groups):
    """The space group is one of these.

    Attributes:
        numbers: in International Tables, 1 to 230; symbols are turned into numbers.
    """

    kind: ClassVar[str] = "space group"
    numbers: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what is no space group, and an empty list."""
        object.__setattr__(self, "numbers", tuple(sorted({space_group_number(value) for value in self.numbers})))
        if not self.numbers:
            msg = "The list of space groups is empty: name at least one, or leave it out."
            raise TargetError(msg)

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"space group {listed((f'{group} ({wyckoff.symbol(group)})' for group in self.numbers), 'or')}"

    @property
    def groups(self) -> tuple[int, ...]:
        """Numbers of the space groups that meet it."""
        return self.numbers


@dataclass(frozen=True)
class CrystalSystems(_Groups):
    """The crystal system is one of these.

    Attributes:
        systems: names, as in `disgen.wyckoff.CRYSTAL_SYSTEMS`.
    """

    kind: ClassVar[str] = "crystal system"
    systems: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is no crystal system, and an empty list."""
        object.__setattr__(self, "systems", tuple(dict.fromkeys(str(name).strip().lower() for name in self.systems)))
        unknown = [name for name in self.systems if name not in wyckoff.CRYSTAL_SYSTEMS]
        if unknown or not self.systems:
            msg = f"There is no crystal system {''.join(unknown[:1])!r}: name one of {listed(wyckoff.CRYSTAL_SYSTEMS)}."
            raise TargetError(msg)

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return listed(self.systems, "or")

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Numbers of the space groups that meet it."""
        numbers = range(1, wyckoff.SPACE_GROUPS + 1)
        return tuple(group for group in numbers if wyckoff.crystal_system(group) in self.systems)


@dataclass(frozen=True)
class _Count(Target):
    """A target about a number of sites.

    Attributes:
        low: smallest number.
        high: largest number.
    """

    smallest: ClassVar[int]
    noun: ClassVar[str]
    low: int
    high: int

    def __post_init__(self) -> None:
        """Refuse numbers that no crystal has."""
        low, high = (finite(value, f"The number of {self.noun}s") for value in (self.low, self.high))
        if not (low.is_integer() and high.is_integer() and self.smallest <= low <= high <= MAX_SITES):
            wish = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            msg = (
                f"A crystal cannot have {wish} {self.noun}s here: "
                f"give a number, or a rising range, from {self.smallest} to {MAX_SITES}."
            )
            raise TargetError(msg)
        object.__setattr__(self, "low", int(low))
        object.__setattr__(self, "high", int(high))

    @property
    def text(self) -> str:
        """The condition in a few words."""
        plural = "" if self.high == 1 else "s"
        return f"{self.low if self.low == self.high else f'{self.low} to {self.high}'} {self.noun}{plural}"


@dataclass(frozen=True)
class DisorderedSites(_Count):
    """The number of disordered sites is in a range, both ends included."""

    kind: ClassVar[str] = "disordered sites"
    smallest: ClassVar[int] = 0
    noun: ClassVar[str] = "disordered site"

    def loss(self, soft: SoftCrystals) -> Tensor:
        """Minus the log-probability of such a number, the sites taken as independent."""
        return -log_count_between(soft.log_sound_mixture, log_complement(soft.log_mixture), self.low, self.high)

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal has such a number."""
        return self.low <= crystal.disordered_sites <= self.high


@dataclass(frozen=True)
class SiteCount(_Count):
    """The number of Wyckoff sites is in a range, both ends included."""

    kind: ClassVar[str] = "sites"
    structural: ClassVar[bool] = True
    smallest: ClassVar[int] = 1
    noun: ClassVar[str] = "site"

    def loss(self, soft: SoftCrystals) -> Tensor:
        """Minus the log-probability of such a number, the sites taken as independent."""
        return -log_count_between(soft.log_real, log_complement(soft.log_real), self.low, self.high)

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal has such a number."""
        return self.low <= len(crystal.sites) <= self.high


@dataclass(frozen=True)
class CellRange(Target):
    """A cell parameter of the conventional cell is in a range.

    Attributes:
        parameter: "a", "b" or "c" (Å), "alpha", "beta" or "gamma" (degrees).
        low: lower end.
        high: upper end.
    """

    kind: ClassVar[str] = "cell"
    structural: ClassVar[bool] = True
    parameter: str
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a parameter that there is not, and ranges outside what cells have."""
        if self.parameter not in LENGTHS + ANGLES:
            msg = f"A cell has no parameter {self.parameter!r}: name one of {listed(LENGTHS + ANGLES)}."
            raise TargetError(msg)
        limits = CELL_LIMITS["angle" if self.parameter in ANGLES else "length"]
        check_range(self, f"The cell parameter {self.parameter}", limits)

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"{self.parameter} from {self.low:g} to {self.high:g}{'°' if self.parameter in ANGLES else ' Å'}"

    def loss(self, soft: SoftCrystals) -> Tensor:
        """How far the parameter is outside the range, in steps of 5 % or 2°."""
        value = soft.cell[:, (LENGTHS + ANGLES).index(self.parameter)]
        if self.parameter in ANGLES:
            return _outside(value, self.low, self.high, _ANGLE_UNIT)
        return _outside(value.clamp(min=ROUNDING).log(), math.log(self.low), math.log(self.high), _LENGTH_UNIT)

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal's parameter is in the range."""
        return self.low - ROUNDING <= crystal.cell[(LENGTHS + ANGLES).index(self.parameter)] <= self.high + ROUNDING


@dataclass(frozen=True)
class VolumePerAtom(Target):
    """The volume per atom, atoms counted with their occupancies, is in a range.

    Attributes:
        low: lower end in Å³.
        high: upper end in Å³.
    """

    kind: ClassVar[str] = "volume per atom"
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse volumes that no crystal has."""
        check_range(self, "The volume per atom", (1.0, 1000.0))

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"{self.low:g} to {self.high:g} Å³ per atom"

    def loss(self, soft: SoftCrystals) -> Tensor:
        """How far the volume is outside the range, in steps of 10 %."""
        value = soft.volume.clamp(min=ROUNDING).log() - soft.amounts.sum(1).clamp(min=ROUNDING).log()
        return _outside(value, math.log(self.low), math.log(self.high), _VOLUME_UNIT)

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal's volume per atom is in the range."""
        return self.low - ROUNDING <= crystal.volume / crystal.n_atoms <= self.high + ROUNDING


def check_range(target: CellRange | VolumePerAtom, what: str, limits: tuple[float, float]) -> None:
    """Turn a target's ends into numbers.

    Raises:
        TargetError: if they are none, do not rise, or lie outside the limits.
    """
    low, high = (finite(value, what) for value in (target.low, target.high))
    if not limits[0] <= low < high <= limits[1]:
        msg = f"{what} cannot be from {low:g} to {high:g}: give a rising range from {limits[0]:g} to {limits[1]:g}."
        raise TargetError(msg)
    object.__setattr__(target, "low", low)
    object.__setattr__(target, "high", high)


def _outside(value: Tensor, low: float, high: float, unit: float) -> Tensor:
    margin = _MARGIN * min(high - low, 10.0 * unit)
    return ((low + margin - value).relu() + (value - high + margin).relu()) / unit
