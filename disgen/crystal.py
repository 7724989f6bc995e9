"""The domain object that every part of the program passes on: a crystal given by its Wyckoff sites.

A `WyckoffCrystal` is a space group, a conventional cell and a tuple of `WyckoffSite`; each site is one orbit
of equivalent positions that may be shared by several elements, or be partly empty (paper, Section 2.1).
Nothing here knows symmetry tables; a site therefore carries its own multiplicity.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Atomic numbers 1 to 100, the range that the representation covers (paper, Section 3.1, filter a).
ELEMENTS: tuple[str, ...] = tuple(
    # A string reads better than a hundred quoted symbols.
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "  # noqa: SIM905
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu "
    "Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm".split()
)
ATOMIC_NUMBER: Mapping[str, int] = {symbol: number for number, symbol in enumerate(ELEMENTS, start=1)}

# A site is full when its occupancies reach one within this much: below it, the rest is a vacancy.
OCCUPANCY_TOLERANCE = 1e-3
# Occupancies are compared in steps of this size when two crystals are called "the same" (novelty, duplicates).
KEY_OCCUPANCY_STEP = 0.05

# Order of the elements in a formula (IUPAC Red Book 2005, Table VI): groups 18, 1, 2, 3 with the f elements, 4 to 15,
# hydrogen, 16, 17, each group from the bottom up; so cations come first and F, O, S, … last.
_FORMULA_ORDER: Mapping[str, int] = {
    symbol: rank
    for rank, symbol in enumerate(
        "Rn Xe Kr Ar Ne He Fr Cs Rb K Na Li Ra Ba Sr Ca Mg Be Fm Es Cf Bk Cm Am Pu Np U Pa Th Ac "  # noqa: SIM905
        "Lu Yb Tm Er Ho Dy Tb Gd Eu Sm Pm Nd Pr Ce La Y Sc Hf Zr Ti Ta Nb V W Mo Cr Re Tc Mn Os Ru Fe Ir Rh Co "
        "Pt Pd Ni Au Ag Cu Hg Cd Zn Tl In Ga Al B Pb Sn Ge Si C Bi Sb As P N H Po Te Se S O At I Br Cl F".split()
    )
}


class DisorderClass(StrEnum):
    """How a crystal is disordered: not at all, by mixed species, by vacancies, or by both."""

    ORDERED = "ordered"
    SUBSTITUTIONAL = "substitutional"
    VACANCY = "vacancy"
    BOTH = "substitutional and vacancy"


@dataclass(frozen=True)
class WyckoffSite:
    """One orbit of symmetry-equivalent positions and what occupies it.

    Attributes:
        letter: Wyckoff letter in the standard setting (`disgen.symmetry`), "a" to "z".
        multiplicity: number of equivalent positions in the conventional cell.
        coordinates: fractional coordinates of the representative position, each in [0, 1).
        occupancies: (element symbol, occupancy) pairs, sorted by atomic number; occupancies in (0, 1].
    """

    letter: str
    multiplicity: int
    coordinates: tuple[float, float, float]
    occupancies: tuple[tuple[str, float], ...]

    @property
    def filling(self) -> float:
        """Sum of the occupancies (dimensionless, 0 to 1)."""
        return math.fsum(occupancy for _, occupancy in self.occupancies)

    @property
    def vacancy(self) -> float:
        """Empty share of the site, 0 when it is full within `OCCUPANCY_TOLERANCE`."""
        empty = 1.0 - self.filling
        return empty if empty > OCCUPANCY_TOLERANCE else 0.0

    @property
    def is_disordered(self) -> bool:
        """True if the site holds more than one species, a vacancy counting as a species."""
        return len(self.occupancies) > 1 or self.vacancy > 0.0

    @property
    def disorder_class(self) -> DisorderClass:
        """How the site is disordered."""
        mixed, empty = len(self.occupancies) > 1, self.vacancy > 0.0
        if mixed and empty:
            return DisorderClass.BOTH
        if mixed:
            return DisorderClass.SUBSTITUTIONAL
        return DisorderClass.VACANCY if empty else DisorderClass.ORDERED

    @property
    def main_element(self) -> str:
        """Symbol of the most abundant element; of equals, the one with the lowest atomic number."""
        return max(self.occupancies, key=lambda pair: (pair[1], -ATOMIC_NUMBER[pair[0]]))[0]


@dataclass(frozen=True)
class WyckoffCrystal:
    """A crystal as space group, conventional cell and Wyckoff sites.

    Attributes:
        space_group: number in International Tables, 1 to 230.
        cell: a, b, c in Å, then α, β, γ in degrees, of the conventional cell in the standard setting.
        sites: the occupied Wyckoff sites, in canonical order (`disgen.canonical.canonicalise`).
    """

    space_group: int
    cell: tuple[float, float, float, float, float, float]
    sites: tuple[WyckoffSite, ...]

    @cached_property
    def composition(self) -> dict[str, float]:
        """Atoms of each element in the conventional cell, by symbol: multiplicity times occupancy, summed."""
        amounts: Counter[str] = Counter()
        for site in self.sites:
            for symbol, occupancy in site.occupancies:
                amounts[symbol] += site.multiplicity * occupancy  # type: ignore[assignment]
        return dict(amounts)

    @property
    def elements(self) -> tuple[str, ...]:
        """Symbols of all elements present, by atomic number."""
        return tuple(sorted(self.composition, key=ATOMIC_NUMBER.__getitem__))

    @property
    def formula(self) -> str:
        """Formula of one formula unit, for example ``Sr0.15La1.85CuO4``: three decimals, elements in IUPAC order."""
        return reduced_formula(self.composition, [site.multiplicity for site in self.sites])

    @property
    def n_positions(self) -> int:
        """Positions in the conventional cell: the sum of the multiplicities."""
        return sum(site.multiplicity for site in self.sites)

    @property
    def n_atoms(self) -> float:
        """Atoms in the conventional cell, fractional where sites are partly empty."""
        return math.fsum(self.composition.values())

    @property
    def disordered_sites(self) -> int:
        """Number of disordered sites."""
        return sum(site.is_disordered for site in self.sites)

    @property
    def disorder_class(self) -> DisorderClass:
        """How the crystal is disordered."""
        kinds = {site.disorder_class for site in self.sites} - {DisorderClass.ORDERED}
        if len(kinds) > 1:
            return DisorderClass.BOTH
        return kinds.pop() if kinds else DisorderClass.ORDERED

    @property
    def volume(self) -> float:
        """Volume of the conventional cell in Å³."""
        return float(abs(np.linalg.det(lattice_vectors(self.cell))))

    @property
    def key(self) -> str:
        """Text that two crystals share when they are called the same (design, section 4, *unique / novel*).

        Space group, canonical letters, and the species of each site with occupancies in steps of 0.05. Cell and
        free coordinates do not count. Only meaningful for canonical crystals.
        """
        sites = sorted(
            site.letter
            + "".join(
                f"{symbol}{round(occupancy / KEY_OCCUPANCY_STEP) * KEY_OCCUPANCY_STEP:.2f}"
                for symbol, occupancy in site.occupancies
            )
            for site in self.sites
        )
        return f"{self.space_group}|" + "|".join(sites)


def lattice_vectors(cell: tuple[float, ...] | np.ndarray) -> np.ndarray:
    """Basis vectors as rows, (3, 3) in Å, a along x and b in the xy plane.

    Args:
        cell: a, b, c in Å and α, β, γ in degrees.

    Raises:
        DisgenError: if the three angles cannot form a cell.
    """
    a, b, c = cell[:3]
    cos_alpha, cos_beta, cos_gamma = np.cos(np.radians(cell[3:]))
    sin_gamma = np.sin(np.radians(cell[5]))
    c_y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    c_z_squared = 1.0 - cos_beta**2 - c_y**2
    if not c_z_squared > 0.0:
        msg = f"The angles {cell[3]:g}, {cell[4]:g}, {cell[5]:g} degrees do not form a cell."
        raise DisgenError(msg)
    rows = np.array(
        [[a, 0.0, 0.0], [b * cos_gamma, b * sin_gamma, 0.0], [c * cos_beta, c * c_y, c * np.sqrt(c_z_squared)]]
    )
    rows[np.abs(rows) < 1e-12] = 0.0  # noqa: PLR2004 (float noise)
    return rows


def cell_parameters(vectors: np.ndarray) -> tuple[float, float, float, float, float, float]:
    """a, b, c in Å and α, β, γ in degrees of the basis vectors given as rows, (3, 3) in Å."""
    lengths = np.linalg.norm(vectors, axis=1)
    a, b, c = vectors / lengths[:, None]
    angles = np.degrees(np.arccos(np.clip([b @ c, a @ c, a @ b], -1.0, 1.0)))
    return (*map(float, lengths), *map(float, angles))  # type: ignore[return-value]


def reduced_formula(amounts: Mapping[str, float], multiplicities: list[int]) -> str:
    """Formula of one formula unit from amounts per cell.

    The amounts are divided by the greatest common divisor of the site multiplicities, which is the number of
    formula units that symmetry alone demands; partial occupancies stay as decimals. Whole amounts are reduced further.

    Args:
        amounts: atoms per conventional cell, by element symbol.
        multiplicities: multiplicities of the occupied sites.
    """
    units = math.gcd(*multiplicities) if multiplicities else 1
    per_unit = {symbol: amount / units for symbol, amount in amounts.items()}
    whole = {symbol: round(amount) for symbol, amount in per_unit.items()}
    if all(abs(per_unit[symbol] - whole[symbol]) < 1e-6 for symbol in whole):  # noqa: PLR2004 (float noise)
        divisor = math.gcd(*whole.values()) or 1
        per_unit = {symbol: amount / divisor for symbol, amount in whole.items()}
    return "".join(
        symbol + _amount_text(per_unit[symbol]) for symbol in sorted(per_unit, key=_FORMULA_ORDER.__getitem__)
    )


def _amount_text(amount: float) -> str:
    text = f"{amount:.3f}".rstrip("0").rstrip(".") if amount >= 5e-4 else f"{amount:.1g}"  # noqa: PLR2004 (3 decimals)
    return "" if text == "1" else text
