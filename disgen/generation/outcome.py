"""What became of a sample, and how it was decoded: the words that every table and file uses."""

from enum import StrEnum


class Outcome(StrEnum):
    """Why a sample was rejected, or that it was not; in the order in which the reasons are looked for.

    The first six come from the reconstruction, the others from the screening of the crystals that it gives.
    """

    OK = "ok"
    EMPTY = "empty"
    ILLEGAL_LETTER = "illegal letter"
    MULTIPLICITY_MISMATCH = "multiplicity mismatch"
    FIXED_SITE_REUSED = "fixed site reused"
    DEGENERATE_CELL = "degenerate cell"
    TOO_CLOSE = "too close"
    NOT_NEUTRAL = "not neutral"
    PSEUDO_SYMMETRIC = "pseudo-symmetric"
    DUPLICATE = "duplicate"
    KNOWN = "known"


class Decoding(StrEnum):
    """How letters and multiplicities are read off the decoder's output.

    EXACT picks letters among those that the space group allows and takes multiplicities from the tables; FREE takes
    each output's own most probable value, as in the paper.
    """

    EXACT = "exact"
    FREE = "free"
