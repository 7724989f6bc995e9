"""Crystallographic Information Files: reading to canonical crystals, and writing."""

from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason
from disgen.cif.read import read, read_cif
from disgen.cif.standard.standardise import Reading
from disgen.cif.write import write_cif

__all__ = ["CifError", "CifReason", "Doubt", "DoubtKind", "Reading", "read", "read_cif", "write_cif"]
