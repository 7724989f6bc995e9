"""Why a CIF cannot be used: one plain sentence for people, one reason for counting."""

from __future__ import annotations

from enum import StrEnum

from disgen.errors import DisgenError


class CifReason(StrEnum):
    """Reasons for refusing a CIF; the values stand in the corpus's filter table."""

    UNREADABLE = "not readable"
    NO_ATOMS = "no atoms"
    NO_SYMMETRY = "no symmetry given"
    BAD_CELL = "impossible cell"
    UNKNOWN_ELEMENT = "unknown element"
    BAD_OCCUPANCY = "impossible occupancy"
    TOO_LARGE = "too many atoms"
    P1 = "space group P1"
    HEAVY_ELEMENT = "atomic number > 100"
    TOO_MANY_SITES = "more than 9 Wyckoff sites"
    HIGH_MULTIPLICITY = "a multiplicity > 50"
    TOO_MANY_DISORDERED = "more than 6 disordered sites"
    TOO_MANY_SPECIES = "more than 6 species on a site"
    CHARGE_DISORDER = "one element twice on a site, with different charges"
    OVER_FULL = "occupancies of a site sum to more than 1.02"
    LETTER_27 = "27th Wyckoff letter"


class CifError(DisgenError):
    """A CIF cannot be used. The message is one sentence: what is wrong, where, what to do."""

    def __init__(self, reason: CifReason, sentence: str) -> None:
        """Keep the reason beside the sentence."""
        super().__init__(sentence)
        self.reason = reason

    def __reduce__(self) -> tuple[type[CifError], tuple[CifReason, str]]:
        """Travel between processes whole."""
        return type(self), (self.reason, str(self))
