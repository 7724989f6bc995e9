"""A cell of positions without symmetry, as all other programs hold it, to a canonical crystal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.cif.atoms.table import Atom
from disgen.cif.claims import Claims
from disgen.cif.parse import AsymmetricUnit
from disgen.cif.standard.standardise import standardise
from disgen.cif.symmetry.operations import operations_of
from disgen.cif.symmetry.settings import Setting
from disgen.crystal import ATOMIC_NUMBER, cell_parameters, lattice_vectors
from disgen.errors import DisgenError
from disgen.symmetry import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.crystal import WyckoffCrystal


class AdapterError(DisgenError):
    """What another program holds is no crystal of ours, or the other way round; one sentence."""


@dataclass(frozen=True)
class PlainCell:
    """Positions of a conventional or any other cell.

    Attributes:
        vectors: (3, 3) basis vectors as rows, Å.
        positions: (m, 3) fractional coordinates.
        contents: occupancy by element of each position, in the order of the positions.
        owners: (m,) the crystal's site of each position; all -1 where no crystal is known.
    """

    vectors: np.ndarray = field(repr=False)
    positions: np.ndarray = field(repr=False)
    contents: tuple[Mapping[str, float], ...]
    owners: np.ndarray = field(repr=False)


def cell_of(crystal: WyckoffCrystal) -> PlainCell:
    """The conventional cell with all its positions."""
    positions, owners = expand(crystal)
    contents = tuple(dict(crystal.sites[owner].occupancies) for owner in owners)
    return PlainCell(lattice_vectors(crystal.cell), np.asarray(positions), contents, np.asarray(owners))


def crystal_of(cell: PlainCell) -> WyckoffCrystal:
    """The canonical crystal of a cell, its symmetry found as that of a CIF in P1.

    Raises:
        AdapterError: if a position holds what is no element from H to Fm, or more than it can.
        CifError: if no crystal can be made of it.
    """
    vectors = np.asarray(cell.vectors, dtype=float).reshape(3, 3)
    # Inverting a left-handed basis makes it right-handed; coordinates follow, so that no mirror image is read.
    turned = -1.0 if np.linalg.det(vectors) < 0.0 else 1.0
    atoms = tuple(
        Atom(f"{symbol}{number}", _element(symbol), None, _share(share, symbol), _place(position), multiplicity=1)
        for number, (position, content) in enumerate(zip(turned * cell.positions, cell.contents, strict=True), start=1)
        for symbol, share in content.items()
    )
    in_p1 = Setting(operations_of(("x,y,z",)), "P1")
    return standardise(AsymmetricUnit(cell_parameters(vectors), (in_p1,), atoms, Claims()), likely=False).crystal


def _element(symbol: str) -> str:
    if symbol not in ATOMIC_NUMBER:
        msg = f'"{symbol}" is no element from H to Fm: name the element, and leave out dummy atoms.'
        raise AdapterError(msg)
    return symbol


def _share(share: float, symbol: str) -> float:
    if not 0.0 < share <= 1.0 + 1e-6:
        msg = f"The occupancy {share:g} of {symbol} is impossible: give a number above 0 and up to 1."
        raise AdapterError(msg)
    return min(float(share), 1.0)


def _place(position: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in position)
    return x, y, z
