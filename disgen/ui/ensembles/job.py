"""Energies of ensembles in the background of one session: progress, a way to stop, and what there is until then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from disgen.ui.base.jobs import ALWAYS, StopError, long_job

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.energies.relax import Relaxation
    from disgen.ensembles.plan import Drawn
    from disgen.ensembles.properties import Properties
    from disgen.ensembles.report import Result
    from disgen.ui.base.jobs import Job, Presence, Reporter
    from disgen.ui.ensembles.settings import EnsembleRequest


@dataclass(frozen=True)
class EnsembleProgress:
    """What there is.

    Attributes:
        crystal: of the ensembles.
        wishes: what was asked for.
        results: of the supercells that are finished, or were stopped half way.
        done: decorations with an energy, of those that symmetry tells apart.
        total: of so many.
        doing: what is being done.
    """

    crystal: WyckoffCrystal
    wishes: EnsembleRequest
    results: tuple[Result, ...] = ()
    done: int = 0
    total: int = 0
    doing: str = ""


def start_ensembles(
    crystal: WyckoffCrystal,
    wishes: EnsembleRequest,
    drawn: tuple[Drawn, ...],
    presence: Presence = ALWAYS,
) -> Job[EnsembleProgress]:
    """Compute the energies of ensembles in the background, on one core.

    Args:
        crystal: of the ensembles.
        wishes: what to compute.
        drawn: the ensembles.
        presence: of whom it is done for.
    """
    total = sum(one.cells.different for one in drawn)
    start = EnsembleProgress(crystal, wishes, total=total)
    return long_job(partial(_compute, drawn), start, name="The computation", presence=presence)


def _compute(drawn: tuple[Drawn, ...], reporter: Reporter[EnsembleProgress]) -> None:
    from disgen.ensembles.lowest import compute_small, lowest_energy, small_cells  # noqa: PLC0415 (torch: not before)
    from disgen.ensembles.report import Result  # noqa: PLC0415 (torch: not before the first paint)

    wishes = reporter.progress.wishes
    before = 0
    for one in drawn:
        reporter.say(replace(reporter.progress, doing="Energies of the decorations"))
        properties, stopped = _properties(one, reporter, before)
        if properties.there.any():
            result = Result(one, properties, lowest_energy(one, properties))
            reporter.say(replace(reporter.progress, results=(*reporter.progress.results, result)))
        if stopped:
            raise StopError
        before += one.cells.different

    def listen(_: int) -> None:
        if reporter.stopping:
            raise StopError

    reporter.say(replace(reporter.progress, doing="All decorations of small cells, for the lowest energy"))
    small = compute_small(small_cells(reporter.progress.crystal), wishes.calculator, wishes.treatment, progress=listen)
    results = tuple(
        replace(result, lowest=lowest_energy(result.drawn, result.properties, small))
        for result in reporter.progress.results
    )
    reporter.say(replace(reporter.progress, results=results))


def _properties(one: Drawn, reporter: Reporter[EnsembleProgress], before: int) -> tuple[Properties, bool]:
    """What a potential says of one ensemble, and whether that was stopped before its end."""
    from disgen.energies.potentials import load_potential  # noqa: PLC0415 (torch: not before the first paint)
    from disgen.ensembles.properties import compute, properties_of  # noqa: PLC0415

    wishes = reporter.progress.wishes
    found: dict[str, Relaxation] = {}

    def advance(done: int) -> None:
        reporter.say(replace(reporter.progress, done=before + done))
        if reporter.stopping:
            raise StopError

    try:
        return compute(one.cells, wishes.calculator, wishes.treatment, progress=advance, found=found), False
    except StopError:
        return properties_of(one.cells, load_potential(wishes.calculator), wishes.treatment, found), True
