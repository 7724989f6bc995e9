"""ASE's `Atoms`, occupancies as ASE's own reader and writer of CIFs keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.export.adapters.cells import AdapterError, PlainCell, cell_of, crystal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ase import Atoms

    from disgen.crystal import WyckoffCrystal

KINDS, OCCUPANCY = "spacegroup_kinds", "occupancy"  # ASE's names


def to_ase(crystal: WyckoffCrystal) -> Atoms:
    """The conventional cell as ASE's `Atoms`, one for each position.

    An atom's symbol is its site's main element. The array ``spacegroup_kinds`` numbers the sites from 0, and
    ``info["occupancy"]`` holds the occupancy by element of each, under its number as text.
    """
    from ase import Atoms  # noqa: PLC0415 (a fifth of a second that most callers need not wait)

    cell = cell_of(crystal)
    symbols = [crystal.sites[owner].main_element for owner in cell.owners]
    atoms = Atoms(symbols, scaled_positions=cell.positions, cell=cell.vectors, pbc=True)
    atoms.set_array(KINDS, cell.owners.astype(int))
    atoms.info[OCCUPANCY] = {str(number): dict(site.occupancies) for number, site in enumerate(crystal.sites)}
    return atoms


def from_ase(atoms: Atoms) -> WyckoffCrystal:
    """The canonical crystal of ASE's `Atoms`; full sites where no occupancies stand beside them.

    Raises:
        AdapterError: if it is not periodic in three directions, or holds something other than elements, or nothing.
        CifError: if no crystal can be made of it.
    """
    if not len(atoms) or atoms.cell.rank < len("xyz"):
        msg = "The atoms are no crystal: give at least one, and a cell of three basis vectors."
        raise AdapterError(msg)
    return crystal_of(
        PlainCell(atoms.cell.array, atoms.get_scaled_positions(wrap=False), _contents(atoms), np.full(len(atoms), -1))
    )


def _contents(atoms: Atoms) -> tuple[Mapping[str, float], ...]:
    occupancies, kinds = atoms.info.get(OCCUPANCY), atoms.arrays.get(KINDS)
    if occupancies is None or kinds is None:
        return tuple({symbol: 1.0} for symbol in atoms.symbols)
    missing = sorted({int(kind) for kind in kinds if str(kind) not in occupancies})
    if missing:
        msg = f'Kind {missing[0]} of the atoms has no entry in info["{OCCUPANCY}"]: give one for each kind.'
        raise AdapterError(msg)
    return tuple(occupancies[str(kind)] for kind in kinds)
