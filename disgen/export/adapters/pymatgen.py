"""pymatgen's `Structure`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.export.adapters.cells import AdapterError, PlainCell, cell_of, crystal_of

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from disgen.crystal import WyckoffCrystal


def to_pymatgen(crystal: WyckoffCrystal) -> Structure:
    """The conventional cell as a pymatgen `Structure`, with partial occupancies."""
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415 (half a second that most callers need not wait)

    cell = cell_of(crystal)
    return Structure(Lattice(cell.vectors), list(cell.contents), cell.positions)


def from_pymatgen(structure: Structure) -> WyckoffCrystal:
    """The canonical crystal of a pymatgen `Structure`; charges of its species are left aside.

    Raises:
        AdapterError: if it holds something other than elements, or nothing.
        CifError: if no crystal can be made of it.
    """
    if not len(structure):
        msg = "The structure holds no atoms: give at least one."
        raise AdapterError(msg)
    contents = tuple(site.species.element_composition.get_el_amt_dict() for site in structure)
    return crystal_of(PlainCell(structure.lattice.matrix, structure.frac_coords, contents, np.full(len(structure), -1)))
