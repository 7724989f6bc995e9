"""Atoms of one periodic cell, as a potential takes them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.crystal import ATOMIC_NUMBER

if TYPE_CHECKING:
    from disgen.generation.ordered.cell import OrderedCell

ROUNDED = 4  # decimals of lengths (Å) and fractional coordinates by which cells are called the same
_SAME = 1e-3  # fractional, below which two points are one: far above rounding, far below any distance of atoms

# Primitive vectors as rows, in conventional ones, by the first letter of the space group's symbol; R in its obverse
# setting.
_PRIMITIVE: dict[str, np.ndarray] = {
    "A": np.array([[1.0, 0.0, 0.0], [0.0, 0.5, -0.5], [0.0, 0.5, 0.5]]),
    "C": np.array([[0.5, -0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]),
    "F": np.array([[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]),
    "I": np.array([[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]]),
    "R": np.array([[2.0, 1.0, 1.0], [-1.0, 1.0, 1.0], [-1.0, -2.0, 1.0]]) / 3.0,
}


@dataclass(frozen=True, eq=False)
class Cell:
    """Atoms of one periodic cell.

    Attributes:
        numbers: (m,) atomic numbers.
        positions: (m, 3) Cartesian coordinates, Å.
        vectors: (3, 3) basis vectors as rows, Å.
    """

    numbers: np.ndarray = field(repr=False)
    positions: np.ndarray = field(repr=False)
    vectors: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        """Number of atoms."""
        return len(self.numbers)

    @property
    def volume(self) -> float:
        """Volume in Å³."""
        return float(abs(np.linalg.det(self.vectors)))

    @property
    def fractional(self) -> np.ndarray:
        """(m, 3) fractional coordinates."""
        return np.linalg.solve(self.vectors.T, self.positions.T).T

    @property
    def composition(self) -> dict[int, int]:
        """Atoms by atomic number, ascending."""
        numbers, counts = np.unique(self.numbers, return_counts=True)
        return dict(zip(numbers.tolist(), counts.tolist(), strict=True))

    @property
    def digest(self) -> str:
        """Text that two cells share when they are the same to `ROUNDED` decimals, atoms in the same order."""
        # Whole numbers, so that 0.99996 and -0.00001 are both 0.
        steps = np.rint(self.fractional * 10**ROUNDED).astype(np.int64) % 10**ROUNDED
        vectors = np.rint(self.vectors * 10**ROUNDED).astype(np.int64)
        content = b"".join(part.astype("<i8").tobytes() for part in (self.numbers, steps, vectors))
        return hashlib.sha256(content).hexdigest()[:32]


def cell_of(ordered: OrderedCell) -> Cell:
    """The atoms of an ordered cell; primitive where the crystal is ordered and its cell the conventional one.

    A crystal whose sites are all full and unmixed keeps its lattice's centring, so its primitive cell holds the same
    crystal with two to four times fewer atoms. A decoration of a disordered one has lost it.
    """
    numbers = np.array([ATOMIC_NUMBER[symbol] for symbol in ordered.symbols], dtype=np.int64)
    whole = Cell(numbers, ordered.positions @ ordered.vectors, ordered.vectors)
    if ordered.crystal.disordered_sites or ordered.repeats != (1, 1, 1):
        return whole
    return primitive(whole, wyckoff.symbol(ordered.crystal.space_group)[0])


def primitive(cell: Cell, centring: str) -> Cell:
    """The primitive cell of a cell with a centred lattice; the cell itself if its lattice has no other points.

    Args:
        cell: with the lattice's conventional vectors.
        centring: first letter of the space group's symbol.
    """
    if centring not in _PRIMITIVE:
        return cell
    inner = _PRIMITIVE[centring]
    vectors = inner @ cell.vectors
    points = cell.fractional @ np.linalg.inv(inner)
    apart = points[:, None] - points[None]
    same = np.abs(apart - np.rint(apart)).max(axis=-1) < _SAME
    first = same.argmax(axis=1) == np.arange(len(cell))
    if first.sum() * round(1.0 / float(np.linalg.det(inner))) != len(cell):
        return cell
    return Cell(cell.numbers[first], (points[first] % 1.0) @ vectors, vectors)
