"""The best decoration of a crystal that is known: of those that were drawn, or of all those of small cells.

Ordered phases most often have small cells, and a random draw of a large one hardly ever meets them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from disgen.ensembles.cells import wanted_counts
from disgen.ensembles.distinct import distinct_cells
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.properties import compute
from disgen.generation.ordered.species_counts import all_number
from disgen.generation.ordered.supercell import MOST_POSITIONS, supercell_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from disgen.cif.standard.alternatives import Alternative
    from disgen.crystal import WyckoffCrystal
    from disgen.energies.treatment import Treatment
    from disgen.ensembles.cells import VirtualCells
    from disgen.ensembles.plan import Drawn
    from disgen.ensembles.properties import Properties
    from disgen.generation.ordered.supercell import Repeats

MOST_DISTINCT = 64  # decorations of a small cell that are looked at
_MOST_LOOKED_AT = 20_000  # decorations of a small cell, distinct or not
_SAME = 1e-3  # atoms
_SMALL: tuple[Repeats, ...] = ((1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1), (1, 2, 2), (2, 1, 2), (2, 2, 1), (2, 2, 2))


@dataclass(frozen=True)
class Lowest:
    """The best decoration that is known.

    Attributes:
        energy: eV an atom.
        repeats: of its supercell.
        found_in: in words, where.
    """

    energy: float
    repeats: Repeats
    found_in: str


def small_cells(crystal: WyckoffCrystal, stated: Sequence[Alternative] = ()) -> list[VirtualCells]:
    """All distinct decorations of the supercells of at most eight conventional cells that hold the composition exactly.

    Those with more than `MOST_DISTINCT` are left out, and so are those that would fill positions that exclude each
    other.
    """
    found: list[VirtualCells] = []
    seen = set()
    for repeats in _SMALL:
        edges = tuple(sorted(zip(crystal.cell[:3], repeats, strict=True)))  # equal axes are equal by symmetry
        if edges in seen or int(np.prod(repeats)) * crystal.n_positions > MOST_POSITIONS:
            continue
        seen.add(edges)
        supercell = supercell_of(crystal, repeats, stated)
        wanted = wanted_counts(supercell)
        if not _is_exact(crystal, wanted, int(np.prod(repeats))) or all_number(wanted) > _MOST_LOOKED_AT:
            continue
        try:
            cells = distinct_cells(supercell, wanted)
        except EnsembleError:
            continue
        if len(cells) <= MOST_DISTINCT:
            found.append(cells)
    return found


def lowest_energy(
    drawn: Drawn, properties: Properties, small: Sequence[tuple[VirtualCells, Properties]] = ()
) -> Lowest | None:
    """The best decoration among those that were drawn and those of small cells, by the same potential and treatment."""
    candidates = [
        Lowest(float(np.nanmin(found.energy)), cells.supercell.repeats, _named(len(cells)))
        for cells, found in small
        if found.there.any()
    ]
    if properties.there.any():
        name = f"the {int(properties.there.sum())} decorations that were drawn"
        candidates.append(Lowest(float(np.nanmin(properties.energy)), drawn.plan.repeats, name))
    return min(candidates, key=lambda one: one.energy, default=None)


def compute_small(
    cells: Sequence[VirtualCells],
    potential: str,
    treatment: Treatment,
    *,
    cache: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> list[tuple[VirtualCells, Properties]]:
    """Energies of the decorations of small cells.

    Args:
        cells: as `small_cells` gives them.
        potential: name, or import path of a calculator of ASE.
        treatment: of each.
        cache: folder (default: the user's).
        progress: called with the number of decorations of the present cell that are done; what it raises ends the work.

    Raises:
        EnergyError: if the potential is unknown or not installed.
    """
    return [(one, compute(one, potential, treatment, cache=cache, progress=progress)) for one in cells]


def _named(n: int) -> str:
    return f"all {n} distinct decorations" if n > 1 else "the only decoration that there is"


def _is_exact(crystal: WyckoffCrystal, wanted: Sequence[Mapping[str, int]], cells: int) -> bool:
    """Whether whole numbers of atoms make up the crystal's composition."""
    return all(
        abs(sum(counts.get(symbol, 0) for counts in wanted) - amount * cells) < _SAME
        for symbol, amount in crystal.composition.items()
    )
