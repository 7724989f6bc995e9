"""Which sites of a crystal are alternatives: positions too close to each other that hold at most one atom together.

CIFs have two columns for it. Sites of one assembly and of different groups exclude each other where they are near; a
negative group means that the positions of one site exclude each other.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from disgen import symmetry
from disgen.cif.standard.sites import OVER_FULL
from disgen.crystal import lattice_vectors
from disgen.generation.ordered.supercell import exclusions

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

NO_GROUP = (".", ".")


def disorder_groups(crystal: WyckoffCrystal) -> tuple[tuple[str, str], ...]:
    """Assembly and group of each site, such as ("A", "1"), for `disgen.cif.write_cif`; (".", ".") without alternatives.

    Raises:
        PairsError: if the cell is too flat to tell which positions are too close.
    """
    near = _excluding(crystal)
    found = [NO_GROUP] * len(crystal.sites)
    letters = iter(ascii_uppercase)
    for start in range(len(crystal.sites)):
        if near[start] and found[start] == NO_GROUP:
            assembly = next(letters)
            for site, group in _groups(_together(start, near), near).items():
                found[site] = (assembly, str(-group if site in near[site] else group))
    return tuple(found)


def _excluding(crystal: WyckoffCrystal) -> list[set[int]]:
    """Of each site the sites, itself among them, of which positions are its alternatives."""
    positions, owners = symmetry.expand(crystal)
    pairs = exclusions(crystal, positions, owners, lattice_vectors(crystal.cell))
    near: list[set[int]] = [set() for _ in crystal.sites]
    for one, other in {tuple(pair) for pair in owners[pairs].tolist()}:
        if crystal.sites[one].filling + crystal.sites[other].filling <= OVER_FULL:
            near[one].add(other)
            near[other].add(one)
    return near


def _together(start: int, near: list[set[int]]) -> list[int]:
    """The sites that are linked to one by alternatives, in their order."""
    found, waiting = {start}, [start]
    while waiting:
        waiting += (new := near[waiting.pop()] - found)
        found |= new
    return sorted(found)


def _groups(sites: list[int], near: list[set[int]]) -> dict[int, int]:
    """Numbers from 1 on, different for alternatives; of others the lowest that is free."""
    groups: dict[int, int] = {}
    for site in sites:
        taken = {groups[other] for other in near[site] if other in groups}
        groups[site] = next(number for number in range(1, len(sites) + 1) if number not in taken)
    return groups
