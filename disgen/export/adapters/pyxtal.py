"""PyXtal's `pyxtal`: ordered crystals only, on the same Wyckoff positions, since its tables are ours."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from disgen.export.adapters.cells import AdapterError
from disgen.export.adapters.pymatgen import from_pymatgen

if TYPE_CHECKING:
    from pyxtal import pyxtal

    from disgen.crystal import WyckoffCrystal


def to_pyxtal(crystal: WyckoffCrystal) -> pyxtal:
    """An ordered crystal as PyXtal's.

    Raises:
        AdapterError: if a site is shared or partly empty, which PyXtal cannot hold.
    """
    if any(site.is_disordered for site in crystal.sites):
        msg = "PyXtal holds no shared or partly empty sites: draw an ordered cell of the crystal first."
        raise AdapterError(msg)
    from pyxtal import pyxtal  # noqa: PLC0415 (seconds)

    positions: dict[str, list[dict[str, list[float]]]] = defaultdict(list)
    amounts: dict[str, int] = defaultdict(int)
    for site in crystal.sites:
        positions[site.main_element].append({f"{site.multiplicity}{site.letter}": list(site.coordinates)})
        amounts[site.main_element] += site.multiplicity
    made = pyxtal()
    made.build(
        crystal.space_group, list(positions), list(amounts.values()), np.array(crystal.cell), list(positions.values())
    )
    return made


def from_pyxtal(made: pyxtal) -> WyckoffCrystal:
    """The canonical crystal of PyXtal's.

    Raises:
        AdapterError: if it holds something other than elements.
        CifError: if no crystal can be made of it.
    """
    return from_pymatgen(made.to_pymatgen())
