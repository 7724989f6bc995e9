"""What a crystal's occupancies are and what its virtual cells make of them, and the charge of both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from disgen.drawing.contents import site_labels
from disgen.generation.ordered.species_counts import VACANCY, shares_of

if TYPE_CHECKING:
    from disgen.ensembles.cells import VirtualCells
    from disgen.ensembles.states import States

VACANT = "vacancy"  # in a table, where a species stands


@dataclass(frozen=True)
class Occupancy:
    """One species on one site.

    Attributes:
        site: its label.
        species: element, or "vacancy".
        wanted: occupancy in the crystal.
        realised: mean occupancy in the virtual cells.
        atoms: mean number of atoms, or vacancies, in a cell.
        positions: of the site in a cell.
        is_exact: the number is the same in every cell.
    """

    site: str
    species: str
    wanted: float
    realised: float
    atoms: float
    positions: int
    is_exact: bool


def occupancies(cells: VirtualCells) -> tuple[Occupancy, ...]:
    """A row a site and species, vacancies among them; what stands on a site that it does not belong to has its row too.

    Args:
        cells: at least one.
    """
    crystal, sizes = cells.supercell.crystal, cells.supercell.sizes
    found = [Counter(zip(cell.owners.tolist(), cell.symbols, strict=True)) for cell in cells.cells]
    rows = []
    for number, (site, label) in enumerate(zip(crystal.sites, site_labels(crystal), strict=True)):
        filled = np.array([sum(count for (owner, _), count in one.items() if owner == number) for one in found])
        for symbol, wanted in shares_of(site):
            here = np.array([one[number, symbol] for one in found])
            counts = sizes[number] - filled if symbol == VACANCY else here
            mean = float(np.average(counts, weights=cells.degeneracies))
            rows.append(
                Occupancy(
                    label,
                    symbol or VACANT,
                    wanted,
                    mean / int(sizes[number]),
                    mean,
                    int(sizes[number]),
                    is_exact=bool((counts == counts[0]).all()),
                )
            )
    return tuple(rows)


def charges(cells: VirtualCells, states: States) -> tuple[float | None, float | None]:
    """Charge a cell of the crystal itself, and mean charge of the virtual cells, elementary charges.

    None where no states are assumed.
    """
    wanted = states.charge(cells.supercell.crystal.composition)
    realised = [states.charge(cell.composition) for cell in cells.cells]
    if wanted is None or any(charge is None for charge in realised):
        return None, None
    return wanted * int(np.prod(cells.supercell.repeats)), float(np.mean([charge or 0.0 for charge in realised]))
