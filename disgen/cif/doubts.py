"""What is doubtful about a reading: a plain sentence for people, a kind for counting."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DoubtKind(StrEnum):
    """Kinds of doubts; each has its line in ``docs/reading.md``."""

    SYNTAX = "file repaired"
    BLOCKS = "several blocks"
    CELL = "cell completed"
    ELEMENT = "element names"
    OCCUPANCY = "occupancies"
    ORIGIN = "origin or setting"
    OPERATIONS = "symmetry operations"
    EQUIVALENTS = "equivalent atoms listed"
    POSITION = "moved to a special position"
    MAGNETIC = "magnetic structure"
    MODULATED = "modulated structure"
    FORMULA = "formula"
    CONTENTS = "formula units"
    DENSITY = "density"
    VOLUME = "cell volume"
    MULTIPLICITY = "multiplicities"
    DISTANCE = "short distance"
    SPACE_GROUP = "space group"
    HYDROGEN = "hydrogen missing"


@dataclass(frozen=True)
class Doubt:
    """One doubt.

    Attributes:
        kind: what it is about.
        sentence: what is doubtful, with the values that disagree.
    """

    kind: DoubtKind
    sentence: str
