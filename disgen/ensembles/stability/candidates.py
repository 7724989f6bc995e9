"""Energies of crystals that are to be placed in a phase diagram: of ordered ones one, of disordered ones a mean.

The paper samples 400 random decorations of each disordered candidate (Section 4.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.energies.cache import default_cache
from disgen.energies.cell import cell_of
from disgen.energies.decorate import MOST_ATOMS, POSITIONS
from disgen.energies.potentials import load_potential
from disgen.energies.relax import Relaxed
from disgen.energies.runs import relaxations
from disgen.ensembles.boltzmann import ideal_entropy
from disgen.ensembles.cells import best_repeats
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.properties import compute
from disgen.ensembles.stability.entries import HullEntry, symbols_of
from disgen.ensembles.stability.system import RELAXED
from disgen.ensembles.statistics import distribution
from disgen.errors import DisgenError
from disgen.generation.ordered.cell import draw_ordered_cell

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.energies.treatment import Treatment
    from disgen.ensembles.properties import Properties

DECORATIONS = 20


class CandidateError(DisgenError):
    """A crystal has no energy; one sentence why."""


def candidate(
    crystal: WyckoffCrystal,
    name: str,
    potential: str,
    *,
    n: int = DECORATIONS,
    seed: int = 0,
    treatment: Treatment = RELAXED,
    positions: int = POSITIONS,
    cache: Path | None = None,
    workers: int = 1,
) -> HullEntry:
    """A crystal as it stands in a phase diagram.

    Args:
        crystal: ordered or disordered.
        name: for people.
        potential: name, or import path of a calculator of ASE.
        n: random decorations of a disordered crystal.
        seed: of the first one.
        treatment: of each cell.
        positions: at most, of a supercell of a disordered crystal, if its conventional cell has no more.
        cache: folder (default: the user's).
        workers: processes, of one thread each.

    Raises:
        CandidateError: if its cell is too large, or the potential gives no energy.
        EnergyError: if the potential is unknown or not installed.
        EnsembleError: if no decorations can be drawn.
    """
    if not crystal.disordered_sites:
        return _ordered(crystal, name, potential, treatment, cache)
    drawn = draw(crystal, Plan(best_repeats(crystal, max(positions, crystal.n_positions)), n=n, seed=seed))
    if max(map(len, drawn.cells.cells)) > MOST_ATOMS:
        msg = f"The cells of {name} have more than {MOST_ATOMS} atoms: leave it out, or use the command ensemble."
        raise CandidateError(msg)
    return of_properties(crystal, name, compute(drawn.cells, potential, treatment, cache=cache, workers=workers))


def of_properties(crystal: WyckoffCrystal, name: str, properties: Properties) -> HullEntry:
    """The entry of a disordered crystal whose decorations have been computed.

    Its place in the diagram is the mean composition of the decorations, which is that of the crystal as nearly as the
    cell can hold it.

    Raises:
        CandidateError: if no decoration has an energy.
    """
    found = distribution(properties.energy, properties.degeneracy)
    if found is None:
        msg = f"None of the decorations of {name} has an energy by {properties.potential}."
        raise CandidateError(msg)
    there = [cell.composition for cell, known in zip(properties.cells, properties.there, strict=True) if known]
    numbers = sorted({number for atoms in there for number in atoms})
    mean = {number: float(np.mean([atoms.get(number, 0) for atoms in there])) for number in numbers}
    return HullEntry(
        name=name,
        composition=symbols_of(mean),
        energy=found.mean,
        potential=(properties.potential, properties.correction),
        entropy=ideal_entropy(crystal),
        lowest=found.lowest,
        stderr=found.stderr,
        decorations=found.n,
        different=properties.different,
        step_limit=int((properties.outcome == Relaxed.STEP_LIMIT.value).sum()),
        crystal=crystal,
    )


def _ordered(crystal: WyckoffCrystal, name: str, potential: str, treatment: Treatment, cache: Path | None) -> HullEntry:
    cell = cell_of(draw_ordered_cell(crystal, (1, 1, 1), 0))
    if len(cell) > MOST_ATOMS:
        msg = f"The cell of {name} has more than {MOST_ATOMS} atoms: leave it out."
        raise CandidateError(msg)
    loaded = load_potential(potential)
    folder = default_cache() if cache is None else cache
    done = relaxations(loaded, {cell.digest: cell}, treatment, folder)[cell.digest]
    if not np.isfinite(done.energy):
        msg = f"{name} has no energy by {potential}: {done.outcome}."
        raise CandidateError(msg)
    return HullEntry(
        name,
        symbols_of(cell.composition),
        done.energy,
        (loaded.name, loaded.correction),
        lowest=done.energy,
        step_limit=int(done.outcome is Relaxed.STEP_LIMIT),
        crystal=crystal,
    )
