"""Reading CIFs: the two ways in, with and without the representation's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.cif.limits import require_within
from disgen.cif.parse import parse_cif
from disgen.cif.standard.standardise import Reading, standardise

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal


def read(text: str | bytes, *, likely: bool = True) -> Reading:
    """Read the first structure of a CIF, whatever its size, with the facts that the corpus's filters need.

    Args:
        text: the CIF's content.
        likely: where neither Z, density nor multiplicities are stated, take the likelier amount of an atom beside a
            special position, and count full atoms at equivalent positions once. Without it amounts stay as listed.

    Raises:
        CifError: if no crystal can be made of it.
    """
    return standardise(parse_cif(text), likely=likely)


def read_cif(text: str | bytes) -> WyckoffCrystal:
    """Read a crystal that the representation can hold, in canonical form.

    Args:
        text: the CIF's content.

    Raises:
        CifError: with one sentence, if the CIF cannot be read, or the crystal exceeds a limit (paper, Section 3.1).
    """
    reading = read(text)
    require_within(reading)
    return reading.crystal
