"""Special quasirandom cells: decorations whose pairs are as random as so small a cell allows.

Zunger, Wei, Ferreira & Bernard, Phys. Rev. Lett. 65, 353 (1990); found by sqsgenerator (Gehringer, Friák & Holec,
Comput. Phys. Commun. 286, 108664, 2023), every disordered site a sublattice of its own, all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.ensembles.cells import Kind, VirtualCells
from disgen.ensembles.errors import EnsembleError
from disgen.generation.ordered.cell import assembled
from disgen.generation.ordered.species_counts import VACANCY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.generation.ordered.supercell import Supercell

ITERATIONS = 100_000  # random decorations that are looked at: a second


def quasirandom_cell(
    supercell: Supercell, wanted: Sequence[Mapping[str, int]], seed: int, iterations: int = ITERATIONS
) -> tuple[VirtualCells, float]:
    """The most random of many decorations, and how far its pairs are from random (0: as random as can be).

    Args:
        supercell: the positions.
        wanted: of each site the atoms by species.
        seed: of the search.
        iterations: decorations that are looked at.

    Raises:
        EnsembleError: if sqsgenerator is not installed or refuses, nothing is disordered, or positions exclude each
            other.
    """
    try:
        import sqsgenerator  # noqa: PLC0415 (optional)
    except ImportError as error:
        msg = "Special quasirandom cells need sqsgenerator: pip install sqsgenerator."
        raise EnsembleError(msg) from error
    if len(supercell.excluded):
        msg = "Positions of this crystal exclude each other, which sqsgenerator does not know: draw at random."
        raise EnsembleError(msg)
    mixed = [number for number, counts in enumerate(wanted) if sum(count > 0 for count in counts.values()) > 1]
    if not mixed:
        msg = "Every site of this supercell holds one species, so there is nothing to arrange: take a larger one."
        raise EnsembleError(msg)
    options = sqsgenerator.parse_config(_options(supercell, wanted, mixed, seed, iterations))
    if isinstance(options, sqsgenerator.core.ParseError):
        msg = f"sqsgenerator refuses this supercell ({options.msg}): take a larger one, or draw at random."
        raise EnsembleError(msg)
    best = sqsgenerator.optimize(options).best()
    species = np.array([VACANCY, *ELEMENTS], dtype=object)
    cell = assembled(supercell, species[np.asarray(best.species)], seed, wanted)
    one, itself = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return VirtualCells(supercell, wanted, (cell,), one, itself, Kind.QUASIRANDOM), float(best.objective)


def _options(
    supercell: Supercell, wanted: Sequence[Mapping[str, int]], mixed: Sequence[int], seed: int, iterations: int
) -> dict[str, Any]:
    numbers = {VACANCY: 0, **ATOMIC_NUMBER}
    full = [max(counts, key=lambda symbol: counts[symbol]) for counts in wanted]
    return {
        "prec": "double",
        "sublattice_mode": "split",
        "iteration_mode": "random",
        "iterations": iterations,
        "seed": [seed + number for number in range(len(mixed))],
        "thread_config": [1],  # of several threads the fastest would decide, and the seed would not
        "structure": {
            "lattice": supercell.vectors.tolist(),
            "coords": supercell.positions.tolist(),
            "species": [numbers[full[owner]] for owner in supercell.owners.tolist()],
        },
        "composition": [
            {
                "sites": np.flatnonzero(supercell.owners == number).tolist(),
                **{symbol or "0": count for symbol, count in wanted[number].items() if count},
            }
            for number in mixed
        ],
    }
