"""What surrounds each site of a crystal: its coordination number, bond lengths and bond-valence sum.

Bonds are those that are drawn (`disgen.generation.geometry.bonds`). The valence of a bond of length d between two
elements is

    s = exp((R_ij - d) / B)
    R_ij = r_i + r_j - r_i r_j (c_i^(1/2) - c_j^(1/2))^2 / (c_i r_i + c_j r_j)

(M. O'Keeffe & N. E. Brese, J. Am. Chem. Soc. 113, 3226, 1991, Eqs. 1 and 2), and the sum over a cation's bonds is near
its oxidation state. Shared and partly empty sites count with their occupancies: what a site's atom meets on average.

| symbol | variable | |
|---|---|---|
| r, c | ``"r"``, ``"c"`` of `BV_PARAMS` | Å, and near the electronegativity |
| R_ij | `_bond_length` | Å |
| d | `Contact.distance` | Å |
| B | `SOFTNESS` | Å |
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.analysis.bond_valence import BV_PARAMS
from pymatgen.core import Element

from disgen import symmetry
from disgen.generation.geometry.bonds import bonds

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal, WyckoffSite

SOFTNESS = 0.37  # Å: I. D. Brown & D. Altermatt, Acta Cryst. B 41, 244 (1985)
_STEP = 1e-3  # Å: lengths that differ by less are written as one


@dataclass(frozen=True)
class Contact:
    """Bonds of one length from a site to another.

    Attributes:
        site: number of the other site.
        distance: Å.
        times: how many there are.
    """

    site: int
    distance: float
    times: int


@dataclass(frozen=True)
class Coordination:
    """What is bonded to a position of a site.

    Attributes:
        contacts: by rising length.
        number: bonded positions, filled or not.
        filled: how many of them are filled on average.
        valence: bond-valence sum of the site's atoms on average, positive for cations; None where an element has no
            parameters or nothing is bonded.
    """

    contacts: tuple[Contact, ...]
    number: int
    filled: float
    valence: float | None


def coordination(crystal: WyckoffCrystal) -> tuple[Coordination, ...]:
    """The surroundings of each site, in the order of the sites.

    Raises:
        DisgenError: if the angles do not form a cell.
    """
    positions, owners = symmetry.expand(crystal)
    pairs = bonds(crystal, positions, owners)
    centres = np.concatenate([pairs.first, pairs.second])
    partners = owners[np.concatenate([pairs.second, pairs.first])]
    lengths = np.concatenate([pairs.distance, pairs.distance])
    found = []
    for number, site in enumerate(crystal.sites):
        own = centres == np.flatnonzero(owners == number)[0]
        contacts = _contacts(partners[own], lengths[own])
        filled = sum(contact.times * crystal.sites[contact.site].filling for contact in contacts)
        found.append(Coordination(contacts, int(own.sum()), filled, _valence(crystal, site, contacts)))
    return tuple(found)


def _contacts(partners: np.ndarray, lengths: np.ndarray) -> tuple[Contact, ...]:
    """Bonds gathered by partner and length."""
    steps = np.rint(lengths / _STEP).astype(int)
    kinds, times = np.unique(np.column_stack([steps, partners]), axis=0, return_counts=True)
    return tuple(
        Contact(int(partner), float(step * _STEP), int(count))
        for (step, partner), count in zip(kinds, times, strict=True)
    )


def _valence(crystal: WyckoffCrystal, site: WyckoffSite, contacts: tuple[Contact, ...]) -> float | None:
    total = 0.0
    for contact in contacts:
        for (one, share), (other, occupancy) in product(site.occupancies, crystal.sites[contact.site].occupancies):
            if one == other:
                continue
            length = _bond_length(one, other)
            if length is None:
                return None
            sign = 1.0 if Element(one).X < Element(other).X else -1.0
            bond = np.exp((length - contact.distance) / SOFTNESS)
            total += sign * contact.times * share / site.filling * occupancy * float(bond)
    return total if contacts else None


def _bond_length(one: str, other: str) -> float | None:
    """Length of a bond of valence 1 between two elements, Å; None where one has no parameters."""
    first, second = BV_PARAMS.get(Element(one)), BV_PARAMS.get(Element(other))
    if first is None or second is None:
        return None
    (r, c), (s, d) = ((values["r"], values["c"]) for values in (first, second))
    return float(r + s - r * s * (np.sqrt(c) - np.sqrt(d)) ** 2 / (c * r + d * s))
