"""A cell for other programs: as pymatgen's structure, and as POSCAR."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from disgen.energies.cell import Cell


def structure_of(cell: Cell) -> Structure:
    """The atoms as pymatgen has them."""
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415 (half a second that help need not wait for)

    return Structure(Lattice(cell.vectors), cell.numbers, cell.positions, coords_are_cartesian=True)


def poscar(cell: Cell, title: str) -> str:
    """The atoms as VASP reads them, those of an element together.

    Args:
        cell: atoms.
        title: the first line.
    """
    from pymatgen.io.vasp import Poscar  # noqa: PLC0415 (the same)

    result: str = Poscar(structure_of(cell), comment=title, sort_structure=True).get_str(significant_figures=10)
    return result
