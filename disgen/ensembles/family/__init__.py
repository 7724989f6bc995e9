"""To which family of known crystals a crystal belongs: ordered child, disordered parent, sibling, isotype, or new."""

from disgen.ensembles.family.known import FamilyError, KnownCrystal, KnownCrystals, known_of_corpus, known_of_run
from disgen.ensembles.family.relation import Family, Relation, Relative, family_of

__all__ = [
    "Family",
    "FamilyError",
    "KnownCrystal",
    "KnownCrystals",
    "Relation",
    "Relative",
    "family_of",
    "known_of_corpus",
    "known_of_run",
]
