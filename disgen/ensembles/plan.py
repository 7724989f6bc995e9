"""What is to be drawn of a crystal, and what was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from disgen.ensembles.cells import Kind, random_cells, wanted_counts
from disgen.ensembles.distinct import distinct_cells
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.quasirandom import quasirandom_cell
from disgen.ensembles.states import States, assumed_states
from disgen.generation.ordered.supercell import supercell_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.cif.standard.alternatives import Alternative
    from disgen.crystal import WyckoffCrystal
    from disgen.ensembles.cells import VirtualCells
    from disgen.generation.ordered.supercell import Repeats, Supercell


@dataclass(frozen=True)
class Plan:
    """What is to be drawn.

    Attributes:
        repeats: conventional cells along a, b and c.
        kind: how decorations are chosen.
        n: of random decorations.
        seed: of the first one, or of the search for a quasirandom one.
        neutral: keep the charge before the composition where whole numbers cannot hold both.
    """

    repeats: Repeats
    kind: Kind = Kind.RANDOM
    n: int = 200
    seed: int = 0
    neutral: bool = False


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn.

    Attributes:
        plan: what was asked for.
        states: oxidation states that are assumed.
        cells: the decorations.
    """

    plan: Plan
    states: States
    cells: VirtualCells = field(repr=False)


def draw(crystal: WyckoffCrystal, plan: Plan, stated: Sequence[Alternative] = ()) -> Drawn:
    """The virtual cells of a plan.

    Args:
        crystal: disordered.
        plan: what is to be drawn.
        stated: alternatives that the crystal's file states.

    Raises:
        EnsembleError: if the crystal is ordered, or the plan cannot be met.
        OrderedCellError: if the supercell has too many positions.
        PairsError: if the cell is too flat to tell which positions are too close.
    """
    states, supercell, wanted = prepared(crystal, plan, stated)
    if plan.kind is Kind.DISTINCT:
        return Drawn(plan, states, distinct_cells(supercell, wanted))
    if plan.kind is Kind.QUASIRANDOM:
        return Drawn(plan, states, quasirandom_cell(supercell, wanted, plan.seed)[0])
    return Drawn(plan, states, random_cells(supercell, wanted, plan.n, plan.seed))


def prepared(
    crystal: WyckoffCrystal, plan: Plan, stated: Sequence[Alternative] = ()
) -> tuple[States, Supercell, list[dict[str, int]]]:
    """Assumed states, positions and wanted numbers of atoms, before any decoration is drawn.

    Raises:
        EnsembleError: if the crystal is ordered.
        OrderedCellError: if the supercell has too many positions.
        PairsError: if the cell is too flat to tell which positions are too close.
    """
    if not crystal.disordered_sites:
        msg = "Every site of this crystal is full and holds one species, so it has one decoration only: itself."
        raise EnsembleError(msg)
    states = assumed_states(crystal.composition)
    supercell = supercell_of(crystal, plan.repeats, stated)
    return states, supercell, wanted_counts(supercell, states.charges if plan.neutral else None)
