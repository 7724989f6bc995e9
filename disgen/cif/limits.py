"""What the representation can hold: the paper's filters (Section 3.1), in its order, each with its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.cif.errors import CifError, CifReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.cif.standard.standardise import Reading

MAX_SITES = 9
MAX_MULTIPLICITY = 50
MAX_DISORDERED_SITES = 6
MAX_SPECIES = 6
_SHELX_FIXED, _PERCENT = (10.0, 11.5), (50.0, 102.0)  # sums of occupancies that are not meant as such


@dataclass(frozen=True)
class Limit:
    """One filter: why, when, and what to tell the person whose crystal it stops."""

    reason: CifReason
    exceeded: Callable[[Reading], bool]
    sentence: Callable[[Reading], str]


def _correction(total: float) -> str:
    """What to do about a sum of occupancies, by what it looks like."""
    if _SHELX_FIXED[0] < total < _SHELX_FIXED[1]:
        return "SHELX's codes of fixed occupancies are ten too large, correct them"
    if _PERCENT[0] < total < _PERCENT[1]:
        return "if these are percentages, divide them by 100"
    return "correct them"


LIMITS: tuple[Limit, ...] = (
    Limit(
        CifReason.P1,
        lambda reading: reading.crystal.space_group == 1,
        lambda _: (
            "The crystal has no symmetry (space group P1), so it has no Wyckoff sites to encode: "
            "give a structure with at least an inversion centre."
        ),
    ),
    Limit(
        CifReason.TOO_MANY_SITES,
        lambda reading: len(reading.crystal.sites) > MAX_SITES,
        lambda reading: (
            f"The crystal has {len(reading.crystal.sites)} Wyckoff sites; "
            f"the representation holds at most {MAX_SITES}: give a simpler structure."
        ),
    ),
    Limit(
        CifReason.HIGH_MULTIPLICITY,
        lambda reading: max(site.multiplicity for site in reading.crystal.sites) > MAX_MULTIPLICITY,
        lambda reading: (
            f"A Wyckoff site has multiplicity {max(s.multiplicity for s in reading.crystal.sites)}; "
            f"the representation holds at most {MAX_MULTIPLICITY}: give a simpler structure."
        ),
    ),
    Limit(
        CifReason.TOO_MANY_DISORDERED,
        lambda reading: reading.crystal.disordered_sites > MAX_DISORDERED_SITES,
        lambda reading: (
            f"The crystal has {reading.crystal.disordered_sites} disordered sites; "
            f"at most {MAX_DISORDERED_SITES} are allowed: give a simpler structure."
        ),
    ),
    Limit(
        CifReason.TOO_MANY_SPECIES,
        lambda reading: max(len(site.occupancies) for site in reading.crystal.sites) > MAX_SPECIES,
        lambda reading: (
            f"A site is shared by {max(len(s.occupancies) for s in reading.crystal.sites)} elements; "
            f"at most {MAX_SPECIES} are allowed: leave out traces."
        ),
    ),
    Limit(
        CifReason.CHARGE_DISORDER,
        lambda reading: reading.charge_disorder,
        lambda _: (
            "An element stands twice on one site with different charges, which the representation cannot "
            "tell apart: give the element once, with the summed occupancy."
        ),
    ),
    Limit(
        CifReason.OVER_FULL,
        lambda reading: reading.over_full,
        lambda reading: (
            f"The occupancies of a site sum to {reading.largest_sum:.3g}, more than 1.02: "
            f"{_correction(reading.largest_sum)}."
        ),
    ),
    Limit(
        CifReason.LETTER_27,
        lambda reading: any(site.letter == "A" for site in reading.crystal.sites),
        lambda _: (
            "A site sits on the 27th Wyckoff position of space group 47 (Pmmm), "
            "which the representation's 26 letters cannot name: this crystal cannot be encoded."
        ),
    ),
)


# What no ordered cell can be drawn of; the other limits are the representation's alone.
NOT_DRAWN = frozenset({CifReason.CHARGE_DISORDER, CifReason.OVER_FULL, CifReason.LETTER_27})


def first_exceeded(reading: Reading) -> Limit | None:
    """The first filter that stops this crystal, or None if it can be encoded."""
    return next((limit for limit in LIMITS if limit.exceeded(reading)), None)


def require_within(reading: Reading) -> None:
    """Refuse a crystal that the representation cannot hold.

    Raises:
        CifError: with the first exceeded limit's sentence.
    """
    limit = first_exceeded(reading)
    if limit is not None:
        raise CifError(limit.reason, limit.sentence(reading))
