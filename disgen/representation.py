"""The representation of the paper's Fig. 1: a matrix A for the sites and a vector c for the crystal, and its inverse.

Each of nine sites has 183 numbers (`Rows`), crystals with fewer sites are padded: occupancy 101 (elements 1 to 100,
then vacancy or padding), multiplicity 51 (0 = padding), disordered-site flag 1, fractional coordinates 3, Wyckoff
letter 27 (0 = padding, then a, b, …). The crystal vector has a, b, c in Å, α, β, γ in degrees and 230 space groups.

A is nearly empty, so collections are held as `SiteArrays`, forty times smaller, and made dense a batch at a time.
Decoding is exact because canonical crystals lie on a grid (cell 1e-4, occupancies 1e-4, free coordinates 1e-5) that
is far coarser than float32.

Site order is the canonical one (`disgen.canonical.canonicalise`): by letter, then by content (pairs of atomic number
and occupancy), then by coordinates; `SiteArrays.sorted` restores it after a change of content.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from disgen import symmetry, wyckoff
from disgen.crystal import ATOMIC_NUMBER, ELEMENTS, OCCUPANCY_TOLERANCE, WyckoffCrystal, WyckoffSite
from disgen.errors import DisgenError
from disgen.ragged import places, split
from disgen.symmetry import CELL_DECIMALS, OCCUPANCY_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_SITES = 9
MAX_MULTIPLICITY = 50
MAX_LETTER = 26
SPACE_GROUPS = wyckoff.SPACE_GROUPS


class Rows:
    """The 183 rows of A, and the 236 entries of c, by name."""

    OCCUPANCY = slice(0, 101)
    MULTIPLICITY = slice(101, 152)
    DISORDERED = slice(152, 153)
    COORDINATES = slice(153, 156)
    LETTER = slice(156, 183)
    VACANCY = 100  # within OCCUPANCY: the empty share of a site, 1 for padding
    SITE = 183

    LATTICE = slice(0, 6)
    SPACE_GROUP = slice(6, 236)
    CRYSTAL = 236


class RepresentationError(DisgenError):
    """A crystal does not fit the representation; the message says why, in one sentence."""


@dataclass(frozen=True)
class SiteArrays:
    """n crystals as compact arrays; the last axes are sites (9) and species slots on a site (s, as many as needed).

    Attributes:
        space_group: (n,) 1 to 230.
        cell: (n, 6) a, b, c in Å, then α, β, γ in degrees.
        letter: (n, 9) 1 = a, 2 = b, …; 0 = padding.
        multiplicity: (n, 9) 1 to 50; 0 = padding.
        coordinates: (n, 9, 3) fractional, 0 for padding.
        species: (n, 9, s) atomic numbers in rising order, then 0 for unused slots.
        occupancy: (n, 9, s) occupancy of each species, 0 for unused slots.
    """

    space_group: np.ndarray
    cell: np.ndarray
    letter: np.ndarray
    multiplicity: np.ndarray
    coordinates: np.ndarray
    species: np.ndarray
    occupancy: np.ndarray

    @classmethod
    def from_crystals(cls, crystals: Sequence[WyckoffCrystal]) -> Self:
        """Arrays of the crystals, in order.

        Raises:
            RepresentationError: if a crystal has no or more than nine sites, a multiplicity above 50, a letter beyond
                z or not of its space group, or an element beyond fermium.
        """
        n = len(crystals)
        for crystal in crystals:
            _check(crystal)
        sites = [site for crystal in crystals for site in crystal.sites]
        counts = [len(crystal.sites) for crystal in crystals]
        where = places(counts)
        slots = max((len(site.occupancies) for site in sites), default=1)
        arrays = cls(
            space_group=np.array([crystal.space_group for crystal in crystals], dtype=np.int16),
            cell=np.array([crystal.cell for crystal in crystals], dtype=np.float64).reshape(n, 6),
            letter=np.zeros((n, MAX_SITES), dtype=np.int8),
            multiplicity=np.zeros((n, MAX_SITES), dtype=np.int8),
            coordinates=np.zeros((n, MAX_SITES, 3)),
            species=np.zeros((n, MAX_SITES, slots), dtype=np.int8),
            occupancy=np.zeros((n, MAX_SITES, slots)),
        )
        if sites:
            arrays.letter[where] = [wyckoff.LETTERS.index(site.letter) + 1 for site in sites]
            arrays.multiplicity[where] = [site.multiplicity for site in sites]
            arrays.coordinates[where] = [site.coordinates for site in sites]
            pairs = [pair for site in sites for pair in site.occupancies]
            site_of_pair, slot = places([len(site.occupancies) for site in sites])
            at = (where[0][site_of_pair], where[1][site_of_pair], slot)
            arrays.species[at] = [ATOMIC_NUMBER[symbol] for symbol, _ in pairs]
            arrays.occupancy[at] = [occupancy for _, occupancy in pairs]
        return arrays

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """The parts one after the other, with as many species slots as the largest needs."""
        slots = max(part.species.shape[2] for part in parts)
        columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(cls)}
        for name in ("species", "occupancy"):
            columns[name] = [np.pad(x, ((0, 0), (0, 0), (0, slots - x.shape[2]))) for x in columns[name]]
        return cls(*(np.concatenate(column) for column in columns.values()))

    def __len__(self) -> int:
        return len(self.space_group)

    @property
    def real(self) -> np.ndarray:
        """(n, 9) True where there is a site, False for padding."""
        return self.letter > 0

    @property
    def vacancy(self) -> np.ndarray:
        """(n, 9) empty share of each site; 0 when it is full within `OCCUPANCY_TOLERANCE`, and 1 for padding."""
        empty = 1.0 - self.occupancy.sum(axis=2)
        return np.where(empty > OCCUPANCY_TOLERANCE, empty, 0.0)

    @property
    def disordered(self) -> np.ndarray:
        """(n, 9) True where a site holds more than one species, a vacancy counting as a species."""
        result: np.ndarray = self.real & (((self.species > 0).sum(axis=2) > 1) | (self.vacancy > 0.0))
        return result

    def take(self, index: np.ndarray | slice) -> Self:
        """The crystals at these positions: copies for an index or a boolean mask, views for a slice."""
        return type(self)(*(getattr(self, field.name)[index] for field in fields(self)))

    def sorted(self) -> Self:
        """The same crystals with species by atomic number and sites in canonical order, padding last."""
        slots = self.species.shape[2]
        by_number = np.argsort(np.where(self.species > 0, self.species.astype(np.int16), 999), axis=2, kind="stable")
        species = np.take_along_axis(self.species, by_number, axis=2)
        occupancy = np.take_along_axis(self.occupancy, by_number, axis=2)
        # Each key packs (Z, occupancy) of two species into 42 bits; the first one carries the letter above them.
        packed = species.astype(np.int64) << 14 | np.rint(occupancy * 10**OCCUPANCY_DECIMALS).astype(np.int64)
        keys = [packed[:, :, s] << 21 | (packed[:, :, s + 1] if s + 1 < slots else 0) for s in range(0, slots, 2)]
        keys[0] |= np.where(self.real, self.letter, 31).astype(np.int64) << 42
        keys += [self.coordinates[:, :, axis] for axis in range(3)]
        order = np.lexsort(keys[::-1], axis=-1)
        return type(self)(
            self.space_group,
            self.cell,
            np.take_along_axis(self.letter, order, axis=1),
            np.take_along_axis(self.multiplicity, order, axis=1),
            np.take_along_axis(self.coordinates, order[:, :, None], axis=1),
            np.take_along_axis(species, order[:, :, None], axis=1),
            np.take_along_axis(occupancy, order[:, :, None], axis=1),
        )

    def dense(self) -> tuple[np.ndarray, np.ndarray]:
        """A (n, 9, 183) and c (n, 236), float32; cell in Å and degrees."""
        n = len(self)
        a = np.zeros((n, MAX_SITES, Rows.SITE), dtype=np.float32)
        at = np.nonzero(self.species)
        a[at[0], at[1], self.species[at].astype(np.intp) - 1] = self.occupancy[at]
        a[:, :, Rows.VACANCY] = self.vacancy
        crystal, site = np.ogrid[:n, :MAX_SITES]
        a[crystal, site, Rows.MULTIPLICITY.start + self.multiplicity.astype(np.intp)] = 1.0
        a[crystal, site, Rows.LETTER.start + self.letter.astype(np.intp)] = 1.0
        a[:, :, Rows.DISORDERED] = self.disordered[:, :, None]
        a[:, :, Rows.COORDINATES] = self.coordinates
        c = np.zeros((n, Rows.CRYSTAL), dtype=np.float32)
        c[:, Rows.LATTICE] = self.cell
        c[np.arange(n), Rows.SPACE_GROUP.start + self.space_group.astype(np.intp) - 1] = 1.0
        return a, c

    @classmethod
    def from_dense(cls, a: np.ndarray, c: np.ndarray) -> Self:
        """The inverse of `dense` for canonical crystals: numbers return to the grid, coordinates to their positions.

        Raises:
            RepresentationError: if the shapes are wrong, or a letter is not of the crystal's space group.
        """
        if a.shape[1:] != (MAX_SITES, Rows.SITE) or c.shape[1:] != (Rows.CRYSTAL,) or len(a) != len(c):
            msg = f"Expected A (n, 9, 183) and c (n, 236), got {a.shape} and {c.shape}."
            raise RepresentationError(msg)
        n = len(a)
        space_group = c[:, Rows.SPACE_GROUP].argmax(axis=1) + 1
        letter = a[:, :, Rows.LETTER].argmax(axis=2)
        real = letter > 0
        table = wyckoff.tables()
        if np.any(table.multiplicity_of[space_group[:, None], letter][real] == 0):
            msg = "A letter is not of its crystal's space group, so A and c do not describe a crystal."
            raise RepresentationError(msg)
        rows = table.first[space_group][:, None] + letter - 1
        coordinates = np.zeros((n, MAX_SITES, 3))
        coordinates[real] = symmetry.snap(rows[real], a[:, :, Rows.COORDINATES][real].astype(np.float64))

        full = np.round(a[:, :, : Rows.VACANCY].astype(np.float64), OCCUPANCY_DECIMALS)
        full[~real] = 0.0
        crystal, site, element = np.nonzero(full)
        start = np.flatnonzero(np.diff(crystal * MAX_SITES + site, prepend=-1))
        slot = np.arange(len(crystal)) - np.repeat(start, np.diff(start, append=len(crystal)))
        slots = int(slot.max(initial=0)) + 1
        species = np.zeros((n, MAX_SITES, slots), dtype=np.int8)
        occupancy = np.zeros((n, MAX_SITES, slots))
        species[crystal, site, slot] = element + 1
        occupancy[crystal, site, slot] = full[crystal, site, element]
        return cls(
            space_group.astype(np.int16),
            np.round(c[:, Rows.LATTICE].astype(np.float64), CELL_DECIMALS),
            letter.astype(np.int8),
            a[:, :, Rows.MULTIPLICITY].argmax(axis=2).astype(np.int8),
            coordinates,
            species,
            occupancy,
        )

    def crystals(self) -> list[WyckoffCrystal]:
        """The crystals as domain objects."""
        real, present = self.real, self.species > 0
        pairs = list(
            zip(
                [ELEMENTS[z - 1] for z in self.species[present].tolist()], self.occupancy[present].tolist(), strict=True
            )
        )
        sites = [
            WyckoffSite(wyckoff.LETTERS[letter - 1], multiplicity, point, content)
            for letter, multiplicity, point, content in zip(
                self.letter[real].tolist(),
                self.multiplicity[real].tolist(),
                _as_tuples(self.coordinates[real]),
                split(pairs, present.sum(axis=2)[real]),
                strict=True,
            )
        ]
        return [
            WyckoffCrystal(number, cell, of_crystal)
            for number, cell, of_crystal in zip(
                self.space_group.tolist(), _as_tuples(self.cell), split(sites, real.sum(axis=1)), strict=True
            )
        ]


def encode(crystals: Sequence[WyckoffCrystal]) -> tuple[np.ndarray, np.ndarray]:
    """Representation of crystals: A (n, 9, 183) and c (n, 236), float32; cell in Å and degrees.

    Raises:
        RepresentationError: as `SiteArrays.from_crystals`.
    """
    return SiteArrays.from_crystals(crystals).dense()


def decode(a: np.ndarray, c: np.ndarray) -> list[WyckoffCrystal]:
    """The exact inverse of `encode` for canonical crystals. Network outputs go through `disgen.generation` instead.

    Raises:
        RepresentationError: as `SiteArrays.from_dense`.
    """
    return SiteArrays.from_dense(a, c).crystals()


def _check(crystal: WyckoffCrystal) -> None:
    problem = ""
    if not 1 <= crystal.space_group <= SPACE_GROUPS:
        problem = f"its space group is {crystal.space_group}, and they are numbered 1 to {SPACE_GROUPS}"
    elif not 1 <= len(crystal.sites) <= MAX_SITES:
        problem = f"it has {len(crystal.sites)} Wyckoff sites, and 1 to {MAX_SITES} fit"
    for site in crystal.sites if not problem else ():
        letter = wyckoff.LETTERS.find(site.letter) + 1 if len(site.letter) == 1 else 0
        if not 1 <= letter <= MAX_LETTER:
            problem = f"its Wyckoff letter {site.letter!r} is beyond z"
        elif wyckoff.tables().multiplicity_of[crystal.space_group, letter] == 0:
            problem = f"space group {crystal.space_group} has no Wyckoff letter {site.letter!r}"
        elif not 1 <= site.multiplicity <= MAX_MULTIPLICITY:
            problem = f"its site {site.letter} has multiplicity {site.multiplicity}, above {MAX_MULTIPLICITY}"
        elif not site.occupancies or any(symbol not in ATOMIC_NUMBER for symbol, _ in site.occupancies):
            problem = f"its site {site.letter} is empty or holds an element beyond Fm"
    if problem:
        msg = f"The crystal does not fit the representation: {problem}."
        raise RepresentationError(msg)


def _as_tuples(rows: np.ndarray) -> Iterator[tuple[Any, ...]]:
    """Rows (n, m) as tuples of Python numbers."""
    return zip(*rows.T.tolist(), strict=True)
