"""Targets about elements: in the crystal, on one site, and in proportion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch.nn.functional import logsigmoid

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.representation import Rows
from disgen.search.soft import MIN_SHARE
from disgen.search.target import (
    ROUNDING,
    Target,
    TargetError,
    amounts_text,
    best,
    check_tolerance,
    element_symbol,
    finite,
    listed,
    miss,
)

if TYPE_CHECKING:
    from torch import Tensor

    from disgen.crystal import WyckoffCrystal, WyckoffSite
    from disgen.search.soft import SoftCrystals

VACANCY = "vacancy"
MAX_SPECIES = 6  # that share a site, as in exact decoding
_LOG_UNNOTICED = math.log(0.5 * MIN_SHARE)


@dataclass(frozen=True)
class _Elements(Target):
    """A target about a set of elements, kept in the order in which they are given."""

    elements: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is no element, and an empty set."""
        object.__setattr__(self, "elements", tuple(dict.fromkeys(map(element_symbol, self.elements))))
        if not self.elements:
            msg = f"The list of {self.kind} is empty: name at least one element, or leave it out."
            raise TargetError(msg)

    @property
    def rows(self) -> list[int]:
        """Rows of the elements in the occupancies."""
        return [ATOMIC_NUMBER[symbol] - 1 for symbol in self.elements]


@dataclass(frozen=True)
class RequiredElements(_Elements):
    """Each of these elements is on some site.

    Attributes:
        least: smallest occupancy that counts; exact decoding sees traces from 1 % on, which are hardly what is wanted.
    """

    kind: ClassVar[str] = "required elements"
    least: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what is no element, an empty set, and an occupancy that is none."""
        super().__post_init__()
        if not MIN_SHARE <= finite(self.least, "The least occupancy") <= 1.0:
            msg = f"The least occupancy of required elements is from {MIN_SHARE:g} to 1, got {self.least:g}."
            raise TargetError(msg)

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"contains {listed(self.elements)}"

    def loss(self, soft: SoftCrystals) -> Tensor:
        """Sum over the elements of minus the log-probability of the site where each most likely is."""
        return -best(self.site_scores(soft), dim=1).sum(1)

    def site_scores(self, soft: SoftCrystals) -> Tensor:
        """Log-probability of each of the elements being on each site."""
        return soft.log_present[:, :, self.rows]

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether all are in the crystal."""
        pairs = (pair for site in crystal.sites for pair in site.occupancies)
        return set(self.elements) <= {symbol for symbol, share in pairs if share >= self.least - ROUNDING}


@dataclass(frozen=True)
class AllowedElements(_Elements):
    """No element but these; not all need to be there."""

    kind: ClassVar[str] = "allowed elements"

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"nothing but {listed(self.elements)}"

    def loss(self, soft: SoftCrystals) -> Tensor:
        """What others have on the sites, summed."""
        return _presence(soft, [row for row in range(len(ELEMENTS)) if ELEMENTS[row] not in self.elements])

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal has no other element."""
        return set(crystal.composition) <= set(self.elements)


@dataclass(frozen=True)
class ForbiddenElements(_Elements):
    """None of these elements."""

    kind: ClassVar[str] = "forbidden elements"

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"no {listed(self.elements, 'or')}"

    def loss(self, soft: SoftCrystals) -> Tensor:
        """What these have on the sites, summed."""
        return _presence(soft, self.rows)

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal has none of them."""
        return not set(self.elements) & set(crystal.composition)


@dataclass(frozen=True)
class SiteMix(Target):
    """Some site has these species with these occupancies; species that are not named are free.

    Attributes:
        shares: (element symbol or "vacancy", occupancy) pairs.
        tolerance: largest difference of each occupancy.
    """

    kind: ClassVar[str] = "site mix"
    shares: tuple[tuple[str, float], ...]
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what no site can have."""
        pairs = tuple(
            (VACANCY if name == VACANCY else element_symbol(name), finite(share, "An occupancy"))
            for name, share in self.shares
        )
        object.__setattr__(self, "shares", pairs)
        names = {name for name, _ in pairs}
        if not names or len(names) < len(pairs) or len(names - {VACANCY}) > MAX_SPECIES:
            msg = f"A mix on one site is of one to {MAX_SPECIES} different elements, got {len(pairs)}."
            raise TargetError(msg)
        if not all(MIN_SHARE <= share <= 1.0 for _, share in pairs) or (VACANCY, 1.0) in pairs:
            msg = (
                f"The mix {amounts_text(pairs)} cannot be: occupancies are from {MIN_SHARE:g} to 1, a vacancy below 1."
            )
            raise TargetError(msg)
        total = math.fsum(share for _, share in pairs)
        if total > 1.0 + ROUNDING:
            msg = f"The mix {amounts_text(pairs)} adds up to {total:g}: occupancies of one site add up to at most 1."
            raise TargetError(msg)
        check_tolerance(self.tolerance)

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"a site with {amounts_text(self.shares)} (±{self.tolerance:g})"

    @property
    def is_mixture(self) -> bool:
        """Whether such a site is disordered; else it may be, within the tolerance."""
        return len(self.shares) > 1 or self.shares[0][1] + self.tolerance < 1.0

    def loss(self, soft: SoftCrystals) -> Tensor:
        """Relative entropy, and what misses beyond half the tolerance, of the site that fits best."""
        return -best(self.site_scores(soft)[:, :, 0], dim=1)

    def site_scores(self, soft: SoftCrystals) -> Tensor:
        """How well each site fits: a log-probability less the deviations."""
        rows = [Rows.VACANCY if name == VACANCY else ATOMIC_NUMBER[name] - 1 for name, _ in self.shares]
        wanted = soft.log_share.new_tensor([share for _, share in self.shares])
        log_found = soft.log_share[:, :, rows]
        found = log_found.exp()
        deviation = miss(found, wanted, self.tolerance).sum(-1) + (wanted * (wanted.log() - log_found)).sum(-1)
        rest = 1.0 - float(wanted.sum())
        if rest >= MIN_SHARE:
            deviation = deviation + rest * (math.log(rest) - (1.0 - found.sum(-1)).clamp(min=1e-6).log())
        flag = logsigmoid(soft.flag if self.is_mixture else -soft.flag)
        return (soft.log_real + flag - deviation)[:, :, None]

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether a site of the crystal has them."""
        return any(self._fits(site) for site in crystal.sites)

    def _fits(self, site: WyckoffSite) -> bool:
        found = dict(site.occupancies) | {VACANCY: site.vacancy}
        return all(
            name in found and abs(found[name] - share) <= self.tolerance + ROUNDING for name, share in self.shares
        )


@dataclass(frozen=True)
class CompositionRatio(Target):
    """The amounts of elements in the whole crystal stand in this ratio; elements that are not named are free.

    Attributes:
        amounts: (element symbol, amount) pairs, for example Na 2 and Fe 1.
        tolerance: largest difference of an element's share of all atoms of the named elements.
    """

    kind: ClassVar[str] = "ratio"
    amounts: tuple[tuple[str, float], ...]
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what is no ratio."""
        pairs = tuple((element_symbol(name), finite(amount, "An amount")) for name, amount in self.amounts)
        object.__setattr__(self, "amounts", pairs)
        if len({name for name, _ in pairs}) < max(len(pairs), 2) or any(amount <= 0.0 for _, amount in pairs):
            msg = f"A ratio is of at least two different elements with amounts above 0, got {amounts_text(pairs)!r}."
            raise TargetError(msg)
        check_tolerance(self.tolerance)

    @property
    def text(self) -> str:
        """The condition in a few words."""
        names = ":".join(name for name, _ in self.amounts)
        return f"{names} = {':'.join(f'{amount:g}' for _, amount in self.amounts)} (±{self.tolerance:g})"

    @property
    def fractions(self) -> tuple[float, ...]:
        """Wanted share of each named element in the atoms of all of them."""
        total = math.fsum(amount for _, amount in self.amounts)
        return tuple(amount / total for _, amount in self.amounts)

    def loss(self, soft: SoftCrystals) -> Tensor:
        """Relative entropy, and what misses beyond half the tolerance, of the expected shares."""
        amounts = soft.amounts[:, [ATOMIC_NUMBER[name] - 1 for name, _ in self.amounts]] + ROUNDING
        found, wanted = amounts / amounts.sum(1, keepdim=True), amounts.new_tensor(self.fractions)
        return (miss(found, wanted, self.tolerance) + wanted * (wanted / found).log()).sum(1)

    def is_met(self, crystal: WyckoffCrystal) -> bool:
        """Whether the crystal's composition has the ratio."""
        amounts = [crystal.composition.get(name, 0.0) for name, _ in self.amounts]
        total = math.fsum(amounts)
        return all(amounts) and all(
            abs(amount / total - wanted) <= self.tolerance + ROUNDING
            for amount, wanted in zip(amounts, self.fractions, strict=True)
        )


def _presence(soft: SoftCrystals, rows: list[int]) -> Tensor:
    """How much the elements of some rows are on the sites, (n,); about 0 where exact decoding sees none of them."""
    log_share = soft.log_share[:, :, rows].logsumexp(-1)
    others = (1.0 - log_share.exp()).clamp(min=1e-6).log()
    mixture = (log_share - _LOG_UNNOTICED).relu()
    flag = soft.flag.sigmoid()
    return (soft.log_real.exp() * (flag * mixture - (1.0 - flag) * others)).sum(1)
