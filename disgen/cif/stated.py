"""A crystal in the setting of its file, and how that setting is carried over to the standard one.

With basis vectors as columns and coordinates x, International Tables A (Section 1.5.1) write a change of setting as

    (a', b', c') = (a, b, c) P,    x = P x' + p

where the primes are the standard setting. P and p are found by comparison, not taken from the search for symmetry: P
from vectors of the stated lattice that have the standard cell's metric, p from the atoms, all of which must land on
positions of the crystal that hold their element.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors

if TYPE_CHECKING:
    from disgen.cif.parse import AsymmetricUnit
    from disgen.crystal import WyckoffCrystal

LENGTH_WITHIN, ANGLE_WITHIN = 0.01, 0.5  # of an axis, and degrees: refinement changes the cell a little
LANDING = 0.3  # Å from a position of the standard crystal: coarse symmetry moves atoms by up to 0.1 Å along each axis
MOST_MATRICES = 48  # that are tried, the simplest first
MOST_COMPARED = 40_000  # pairs of listed atoms and positions: for larger crystals no change is looked for
_REACH = 2  # cells along each axis, in which the standard basis vectors are looked for


@dataclass(frozen=True)
class StatedAtom:
    """An atom as its file lists it: label, element, fractional coordinates as written, occupancy."""

    label: str
    element: str
    written: tuple[str, str, str]
    coordinates: tuple[float, float, float]
    occupancy: float


@dataclass(frozen=True)
class Stated:
    """What a file states: cell in Å and degrees, symbol of the space group (empty if none), atoms."""

    cell: tuple[float, ...]
    symbol: str
    atoms: tuple[StatedAtom, ...]

    @classmethod
    def of(cls, unit: AsymmetricUnit) -> Stated:
        """Of a file that has been parsed."""
        atoms = tuple(
            StatedAtom(atom.label, atom.element, atom.written, atom.coordinates, atom.occupancy) for atom in unit.atoms
        )
        return cls(tuple(unit.cell), unit.claims.symbol or "", atoms)


@dataclass(frozen=True, eq=False)
class Change:
    """A change from the stated to the standard setting: matrix P (3, 3) and shift p (3,), see the module's text."""

    matrix: np.ndarray
    shift: np.ndarray

    @property
    def text(self) -> str:
        """As International Tables write it, such as ``a, b, c; 0, 0, 0`` or ``-b, a, c; 1/4, 1/4, 0``."""
        axes = ", ".join(_sum_of_axes(column) for column in self.matrix.T)
        return f"{axes}; {', '.join(map(_fraction, self.shift))}"


def change_of_setting(stated: Stated, crystal: WyckoffCrystal) -> Change | None:
    """How the stated setting becomes the standard one; None if no change brings all atoms onto the crystal.

    Crystals with more than `MOST_COMPARED` pairs of atoms are not compared.

    Raises:
        ValueError: if the angles of a cell do not form one.
    """
    basis = lattice_vectors(crystal.cell)
    positions, owners = symmetry.expand(crystal)
    if len(positions) * len(stated.atoms) > MOST_COMPARED:
        return None
    holds = np.array([{symbol for symbol, _ in crystal.sites[owner].occupancies} for owner in owners], dtype=object)
    listed = np.array([atom.coordinates for atom in stated.atoms])
    rarest = min(range(len(listed)), key=lambda i: sum(stated.atoms[i].element in elements for elements in holds))
    fits = np.array([[atom.element in elements for elements in holds] for atom in stated.atoms])
    for matrix in _matrices(stated.cell, crystal.cell):
        inverse = np.linalg.inv(matrix)
        shifts = listed[rarest] - positions[fits[rarest]] @ matrix.T
        shifts = np.unique(np.round(shifts - np.round(shifts), 4), axis=0)
        for shift in shifts[np.argsort(np.abs(shifts).sum(axis=1))]:
            placed = (listed - shift) @ inverse.T
            gaps = placed[:, None] - positions[None]
            distances = np.linalg.norm((gaps - np.round(gaps)) @ basis, axis=2)
            if np.where(fits, distances, np.inf).min(axis=1).max() <= LANDING:
                return Change(matrix, shift)
    return None


def _matrices(cell: tuple[float, ...], standard: tuple[float, ...]) -> list[np.ndarray]:
    """Matrices P that give the standard cell's metric, the simplest first."""
    basis = lattice_vectors(cell)
    steps = [np.arange(-_REACH * parts, _REACH * parts + 1) / parts for parts in (2, 3)]  # centrings
    grids = [np.stack(np.meshgrid(step, step, step, indexing="ij"), axis=-1).reshape(-1, 3) for step in steps]
    vectors = np.unique(np.round(np.concatenate(grids), 6), axis=0)
    lengths = np.linalg.norm(vectors @ basis, axis=1)
    near = [vectors[np.abs(lengths - length) <= LENGTH_WITHIN * length] for length in standard[:3]]
    near = [found[np.argsort(_complexity(found[:, :, None]), kind="stable")][:MOST_MATRICES] for found in near]
    if not all(map(len, near)):
        return []
    triples = np.array(list(product(*near))).transpose(0, 2, 1)  # columns are the new axes
    cartesian = np.einsum("nij,ik->njk", triples, basis)
    norms = np.linalg.norm(cartesian, axis=2)
    pairs = ((1, 2), (0, 2), (0, 1))
    cosines = [(cartesian[:, i] * cartesian[:, j]).sum(axis=1) / (norms[:, i] * norms[:, j]) for i, j in pairs]
    angles = np.degrees(np.arccos(np.clip(np.stack(cosines, axis=1), -1.0, 1.0)))
    good = (np.abs(angles - np.array(standard[3:])) <= ANGLE_WITHIN).all(axis=1) & (np.linalg.det(triples) > 0.0)
    found = triples[good]
    return list(found[np.argsort(_complexity(found), kind="stable")][:MOST_MATRICES])


def _complexity(matrices: np.ndarray) -> np.ndarray:
    """(n,) low for matrices (n, 3, m) with few, whole, positive numbers near the diagonal."""
    broken = np.abs(matrices - np.round(matrices)) > 1e-6  # noqa: PLR2004 (float noise)
    away = 1.0 - np.eye(3)[:, : matrices.shape[2]] if matrices.shape[2] == 3 else 0.0  # noqa: PLR2004 (axes)
    weights = np.abs(matrices) + (matrices < 0.0) + 4.0 * broken
    return np.asarray((weights + 0.5 * away * (matrices != 0.0)).sum(axis=(1, 2)))


def _fraction(value: float) -> str:
    nearest = Fraction(float(value)).limit_denominator(12)
    return str(nearest) if abs(float(nearest) - value) < 2e-4 else f"{value:.4f}"  # noqa: PLR2004 (digits of files)


def _sum_of_axes(column: np.ndarray) -> str:
    terms = []
    for value, axis in zip(column, "abc", strict=True):
        size = _fraction(abs(value))
        if size != "0":
            terms.append(("-" if value < 0.0 else "+") + ("" if size == "1" else size) + axis)
    return "".join(terms).removeprefix("+")
