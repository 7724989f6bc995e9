"""The free numbers of a crystal's geometry, in a row: what its symmetry leaves open, and nothing else.

First the cell, as far as the crystal system leaves it free: volume per atom, b/a, c/a, α, β, γ; then the free
coordinates of each site in canonical order. Each has a kind, the site that it belongs to (0 for the cell) and a value
without unit:

| kind | value |
|---|---|
| volume | log of the volume per atom over `expected_volume`, over 0.15 |
| b/a, c/a | log of the ratio, over 0.5 |
| α, β, γ | (angle - 90°) / 10° |
| x, y, z | free coordinate of the position's first map, in turns of the cell, [0, 1) |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry, wyckoff
from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal
from disgen.representation import SiteArrays

if TYPE_CHECKING:
    from collections.abc import Sequence


class Quantity(IntEnum):
    """What a number is."""

    NONE = 0  # padding
    VOLUME = 1
    B_OVER_A = 2
    C_OVER_A = 3
    ALPHA = 4
    BETA = 5
    GAMMA = 6
    X = 7
    Y = 8
    Z = 9


_FARTHEST = 6.0  # a cell's number beyond that many units is taken to be that far
_VOLUME_UNIT, _RATIO_UNIT, _ANGLE_UNIT = 0.15, 0.5, 10.0
_ANGLE_LIMITS = (25.0, 155.0)  # degrees, beyond which no conventional cell lies
_FREE_OF_SYSTEM: dict[str, tuple[Quantity, ...]] = {
    "triclinic": (
        Quantity.VOLUME,
        Quantity.B_OVER_A,
        Quantity.C_OVER_A,
        Quantity.ALPHA,
        Quantity.BETA,
        Quantity.GAMMA,
    ),
    "monoclinic": (Quantity.VOLUME, Quantity.B_OVER_A, Quantity.C_OVER_A, Quantity.BETA),
    "orthorhombic": (Quantity.VOLUME, Quantity.B_OVER_A, Quantity.C_OVER_A),
    "tetragonal": (Quantity.VOLUME, Quantity.C_OVER_A),
    "trigonal": (Quantity.VOLUME, Quantity.C_OVER_A),
    "hexagonal": (Quantity.VOLUME, Quantity.C_OVER_A),
    "cubic": (Quantity.VOLUME,),
}


@dataclass(frozen=True)
class Parameters:
    """The free numbers of n crystals, padded to p.

    Attributes:
        kind: (n, p) of `Quantity`.
        owner: (n, p) 1 to 9 for the number of the site, 0 for the cell.
        value: (n, p) as in the module's table.
    """

    kind: np.ndarray
    owner: np.ndarray
    value: np.ndarray

    def take(self, index: np.ndarray) -> Parameters:
        """Those of some crystals, cut to the most that one of them has."""
        width = int((self.kind[index] > 0).sum(axis=1).max(initial=1))
        return Parameters(*(column[index][:, :width] for column in (self.kind, self.owner, self.value)))

    def within_reach(self) -> Parameters:
        """The same, numbers of the cell that are far out moved in to `_FARTHEST`."""
        cell = (self.kind > Quantity.NONE) & (self.kind < Quantity.X)
        return replace(self, value=np.where(cell, np.clip(self.value, -_FARTHEST, _FARTHEST), self.value))


def free_numbers(crystals: Sequence[WyckoffCrystal]) -> tuple[np.ndarray, np.ndarray]:
    """Kinds and owners (n, p) of the free numbers of crystals, whatever their geometry."""
    of_system = {name: [(kind, 0) for kind in kinds] for name, kinds in _FREE_OF_SYSTEM.items()}
    axes = _free_axes()
    rows = []
    for crystal in crystals:
        listed = list(of_system[wyckoff.crystal_system(crystal.space_group)])
        for number, row in enumerate(symmetry.site_rows(crystal).tolist(), start=1):
            listed += [(axis, number) for axis in axes[row]]
        rows.append(listed)
    table = np.zeros((len(rows), max(map(len, rows), default=1), 2), dtype=np.int64)
    for place, listed in enumerate(rows):
        table[place, : len(listed)] = listed
    return table[:, :, 0], table[:, :, 1]


def parameters(crystals: Sequence[WyckoffCrystal], volumes: np.ndarray) -> Parameters:
    """The free numbers of crystals with their values.

    Args:
        crystals: canonical crystals, each with at least one site.
        volumes: (101,) expected volumes of atoms (`element_volumes`).
    """
    kind, owner = free_numbers(crystals)
    arrays = SiteArrays.from_crystals(crystals)
    cell = arrays.cell
    table = np.zeros((len(crystals), 10, len(Quantity)))  # by owner and kind
    table[:, 0, Quantity.VOLUME] = volume_numbers(arrays, volumes)
    table[:, 0, Quantity.B_OVER_A] = np.log(cell[:, 1] / cell[:, 0]) / _RATIO_UNIT
    table[:, 0, Quantity.C_OVER_A] = np.log(cell[:, 2] / cell[:, 0]) / _RATIO_UNIT
    table[:, 0, Quantity.ALPHA : Quantity.GAMMA + 1] = (cell[:, 3:] - 90.0) / _ANGLE_UNIT
    real = arrays.real
    rows = wyckoff.tables().first[arrays.space_group.astype(np.int64)][:, None] + arrays.letter.astype(np.int64) - 1
    free = np.zeros(arrays.coordinates.shape)
    free[real] = symmetry.free_coordinates(rows[real], arrays.coordinates[real])
    table[:, 1:, Quantity.X : Quantity.Z + 1] = free - np.floor(free)
    value = table[np.arange(len(crystals))[:, None], owner, kind]
    return Parameters(kind, owner, np.where(kind > 0, value, 0.0).astype(np.float32))


def volume_numbers(arrays: SiteArrays, volumes: np.ndarray) -> np.ndarray:
    """(n,) volumes of crystals as in the module's table; (101,) `volumes` are the expected ones of atoms."""
    atoms = (arrays.occupancy.sum(axis=2) * arrays.multiplicity).sum(axis=1)
    per_atom = arrays.cell[:, :3].prod(axis=1) * _flatness(arrays.cell[:, 3:]) / atoms
    numbers: np.ndarray = np.log(per_atom / expected_volume(arrays, volumes)) / _VOLUME_UNIT
    return numbers


def with_geometry(crystals: Sequence[WyckoffCrystal], found: Parameters, volumes: np.ndarray) -> list[WyckoffCrystal]:
    """Crystals with the geometry that their free numbers describe; not canonical.

    Args:
        crystals: space groups and sites; their cells and coordinates are not looked at.
        found: their free numbers.
        volumes: (101,) expected volumes of atoms.
    """
    n = len(crystals)
    table = np.zeros((n, 10, len(Quantity)))
    table[np.arange(n)[:, None], found.owner, found.kind] = found.value
    groups = np.array([crystal.space_group for crystal in crystals])
    arrays = SiteArrays.from_crystals(crystals)
    angles = np.clip(90.0 + _ANGLE_UNIT * table[:, 0, Quantity.ALPHA : Quantity.GAMMA + 1], *_ANGLE_LIMITS)
    cell = np.concatenate([np.ones((n, 3)), angles], axis=1)
    cell[:, 1] = np.exp(_RATIO_UNIT * table[:, 0, Quantity.B_OVER_A])
    cell[:, 2] = np.exp(_RATIO_UNIT * table[:, 0, Quantity.C_OVER_A])
    cell = symmetry.constrain_cells(groups, cell)
    atoms = np.array([crystal.n_atoms for crystal in crystals])
    wanted = np.exp(_VOLUME_UNIT * table[:, 0, Quantity.VOLUME]) * expected_volume(arrays, volumes) * atoms
    cell[:, :3] *= np.cbrt(wanted / (cell[:, :3].prod(axis=1) * _flatness(cell[:, 3:])))[:, None]
    result = []
    for index, crystal in enumerate(crystals):
        rows = symmetry.site_rows(crystal)
        free = table[index, 1 : len(rows) + 1, Quantity.X : Quantity.Z + 1]
        points = points_of(rows, free)
        sites = tuple(
            replace(site, coordinates=tuple(point)) for site, point in zip(crystal.sites, points.tolist(), strict=True)
        )
        result.append(WyckoffCrystal(crystal.space_group, tuple(cell[index].tolist()), sites))
    return result


def points_of(rows: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Coordinates (s, 3) in [0, 1) of sites at Wyckoff positions `rows` (s,) with free coordinates (s, 3)."""
    linear, shift = _first_maps()
    points: np.ndarray = np.einsum("sij,sj->si", linear[rows], free) + shift[rows]
    result: np.ndarray = points - np.floor(points)
    return result


def element_volumes(crystals: Sequence[WyckoffCrystal]) -> np.ndarray:
    """(101,) expected volume of an atom of each element in Å³, by atomic number; see `fitted_volumes`."""
    shares = np.zeros((len(crystals), 101))
    target = np.zeros(len(crystals))
    for index, crystal in enumerate(crystals):
        for symbol, amount in crystal.composition.items():
            shares[index, ATOMIC_NUMBER[symbol]] = amount / crystal.n_atoms
        target[index] = crystal.volume / crystal.n_atoms
    return fitted_volumes(shares, target)


def fitted_volumes(shares: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(101,) volume of an atom of each element in Å³, by atomic number, from non-negative least squares.

    V / N = sum over elements of x_e v_e, with x_e the element's share of the N atoms of a cell of volume V; elements
    that are rare are pulled towards the mean.

    Args:
        shares: (n, 101) x_e by atomic number.
        target: (n,) V / N in Å³.
    """
    from scipy.optimize import nnls  # noqa: PLC0415 (slow to import)

    weight = 1.0 / target  # relative errors count
    pull = 0.1 * np.eye(101)
    mean = float(np.median(target))
    left = np.vstack([shares * weight[:, None], pull])
    right = np.concatenate([target * weight, pull.sum(1) * mean])
    orthogonal, triangle = np.linalg.qr(left)  # the same minimum from 101 rows instead of n
    found, _ = nnls(triangle, orthogonal.T @ right)
    result: np.ndarray = np.maximum(found, 2.0)
    return result


def expected_volume(arrays: SiteArrays, volumes: np.ndarray) -> np.ndarray:
    """(n,) volume per atom in Å³ that the composition leads one to expect."""
    atoms = arrays.occupancy * arrays.multiplicity[:, :, None]
    result: np.ndarray = (atoms * volumes[arrays.species]).sum(axis=(1, 2)) / atoms.sum(axis=(1, 2))
    return result


def _flatness(angles: np.ndarray) -> np.ndarray:
    """(n,) cell volume over a b c, from angles (n, 3) in degrees; at least 0.05, flatter cells do not exist."""
    cosines = np.cos(np.radians(angles))
    squared = 1.0 - (cosines**2).sum(axis=1) + 2.0 * cosines.prod(axis=1)
    result: np.ndarray = np.sqrt(np.maximum(squared, 0.0025))
    return result


@cache
def _free_axes() -> list[tuple[Quantity, ...]]:
    """The kinds of free coordinates of each of the 1,731 positions."""
    linear, _ = _first_maps()
    used = np.abs(linear).sum(axis=1) > 0.0
    return [
        tuple(kind for kind, free in zip((Quantity.X, Quantity.Y, Quantity.Z), row, strict=True) if free)
        for row in used
    ]


@cache
def _first_maps() -> tuple[np.ndarray, np.ndarray]:
    """Linear parts (1731, 3, 3) and shifts (1731, 3) of the first map of each position."""
    maps = wyckoff.orbit_maps()
    first = maps.start[:-1]
    return maps.linear[first], maps.shift[first]
