"""Crystals in the formats that other programs read, beside the CIF of `disgen.cif`."""

from disgen.export.crystals import CrystalJsonError, crystal_from_json, crystal_to_json, p1_cif, structure_json
from disgen.export.ordered import extended_xyz, ordered_cif, ordered_structure, poscar

__all__ = [
    "CrystalJsonError",
    "crystal_from_json",
    "crystal_to_json",
    "extended_xyz",
    "ordered_cif",
    "ordered_structure",
    "p1_cif",
    "poscar",
    "structure_json",
]
