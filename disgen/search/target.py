"""A condition that a generated crystal shall meet: what all kinds of target have in common.

A target is a loss on decoder outputs and an exact check of the crystal (paper, Section 4.5 and Appendix D). The loss is
smooth, and close to zero where exact decoding gives a crystal that meets the target; the check looks at the crystal
alone. Targets are values: equal by content, validated when they are made, and plain in JSON.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from disgen import wyckoff
from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

    from disgen.crystal import WyckoffCrystal
    from disgen.search.soft import SoftCrystals

ROUNDING = 1e-6  # slack of exact checks: occupancies are multiples of 1e-4, cell parameters too
# How sharply the best of several sites or space groups counts when one suffices: nine equal sites are worth log(9) / 4
# more than one.
_SHARPNESS = 4.0
_LONGEST = 40  # characters of a value in a sentence


class TargetError(DisgenError):
    """A target is impossible, or contradicts another; the message is one sentence."""


@dataclass(frozen=True)
class Target(ABC):
    """One condition; subclasses are frozen dataclasses of plain values.

    Attributes:
        kind: name.
        structural: it is about the structure, whatever is on the sites.
    """

    kind: ClassVar[str]
    structural: ClassVar[bool] = False

    @property
    @abstractmethod
    def text(self) -> str:
        """The condition in a few words."""

    @abstractmethod
    def loss(self, soft: SoftCrystals) -> Tensor:
        """How far each of n decoded points is from the target, (n,): nats, or deviations in units of what is small."""

    def site_scores(self, soft: SoftCrystals) -> Tensor | None:
        """How much each site has of each of k things that the target wants on some site, (n, 9, k); None if nothing."""
        del soft
        return None

    @abstractmethod
    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether a crystal meets the target exactly."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, the inverse of `disgen.search.targets.target_from_dict`."""
        return {"kind": self.kind} | {name: _plain(value) for name, value in asdict(self).items()}


def best(scores: Tensor, dim: int) -> Tensor:
    """The highest log-probability along an axis, smoothed so that those close behind it have a gradient too."""
    return ((_SHARPNESS * scores).logsumexp(dim) / _SHARPNESS).clamp(max=0.0)


def miss(found: Tensor, wanted: Tensor, tolerance: float) -> Tensor:
    """By how many tolerances numbers miss, beyond half of one; they are exact enough where this is 0."""
    return ((found - wanted).abs() / tolerance - 0.5).relu()


def shown(value: object) -> str:
    """A value as far as a sentence can hold it."""
    text = str(value).strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def element_symbol(value: object) -> str:
    """Symbol of an element given by symbol or atomic number.

    Raises:
        TargetError: if it is not one of the first hundred.
    """
    text = str(value).strip()
    if re.fullmatch(r"-?\d{1,9}", text):
        text = ELEMENTS[int(text) - 1] if 1 <= int(text) <= len(ELEMENTS) else text
    else:
        text = text.capitalize()
    if text not in ATOMIC_NUMBER:
        msg = f"There is no element {shown(value)!r} here: name one of H to Fm, atomic numbers 1 to 100."
        raise TargetError(msg)
    return text


def space_group_number(value: object) -> int:
    """Number of a space group given by number or by short Hermann-Mauguin symbol (blanks do not matter).

    Raises:
        TargetError: if there is none.
    """
    text = re.sub(r"[\s_]", "", str(value))
    if re.fullmatch(r"-?\d{1,9}", text):
        if 1 <= int(text) <= wyckoff.SPACE_GROUPS:
            return int(text)
        msg = f"There is no space group {text}: they are numbered 1 to {wyckoff.SPACE_GROUPS}."
        raise TargetError(msg)
    for group in range(1, wyckoff.SPACE_GROUPS + 1):
        if wyckoff.symbol(group).replace("_", "").lower() == text.lower():
            return group
    msg = f"There is no space group {shown(value)!r}: give a number from 1 to 230, or a symbol such as Pnma."
    raise TargetError(msg)


def finite(value: object, what: str) -> float:
    """A number given as number or text.

    Raises:
        TargetError: if it is none, or not finite; the sentence begins with `what`.
    """
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        msg = f"{what} must be a number, got {shown(value)!r}."
        raise TargetError(msg)
    return number


def check_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that is none.

    Raises:
        TargetError: if it is not between 0 and 0.5.
    """
    if not 0.0 < finite(tolerance, "A tolerance") < 0.5:  # noqa: PLR2004 (half of all)
        msg = f"A tolerance of {tolerance:g} makes no sense: it must be above 0 and below 0.5."
        raise TargetError(msg)


def listed(names: Iterable[object], last: str = "and") -> str:
    """Names as in a sentence: "Li, P and O"."""
    words = [str(name) for name in names]
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def amounts_text(pairs: Sequence[tuple[str, float]]) -> str:
    """Names with amounts: "Zn 0.5, V 0.5"."""
    return ", ".join(f"{name} {amount:g}" for name, amount in pairs)


def _plain(value: Any) -> Any:  # noqa: ANN401 (values of dataclasses)
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value
