"""Energies of ensembles in the background of one session: progress, a way to stop, and what there is until then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from disgen.ui.base.jobs import ALWAYS, StopError, long_job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.energies.relax import Relaxation
    from disgen.ensembles.cells import VirtualCells
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
        second: the same by the second calculator, if one was asked for.
        done: decorations with an energy, of those that symmetry tells apart.
        total: of so many.
        doing: what is being done.
    """

    crystal: WyckoffCrystal
    wishes: EnsembleRequest
    results: tuple[Result, ...] = ()
    second: tuple[Result, ...] = ()
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
    total = len(wishes.calculators) * sum(one.cells.different for one in drawn)
    start = EnsembleProgress(crystal, wishes, total=total)
    return long_job(partial(_compute, drawn), start, name="The computation", presence=presence)


def _compute(drawn: tuple[Drawn, ...], reporter: Reporter[EnsembleProgress]) -> None:
    from disgen.ensembles.lowest import small_cells  # noqa: PLC0415 (torch: not before the first paint)

    wishes = reporter.progress.wishes
    small = small_cells(reporter.progress.crystal)
    _by_calculator(
        wishes.calculator, drawn, small, reporter, lambda results: replace(reporter.progress, results=results)
    )
    if wishes.second:
        _by_calculator(
            wishes.second, drawn, small, reporter, lambda results: replace(reporter.progress, second=results)
        )


def _by_calculator(
    calculator: str,
    drawn: tuple[Drawn, ...],
    small: Sequence[VirtualCells],
    reporter: Reporter[EnsembleProgress],
    kept: Callable[[tuple[Result, ...]], EnsembleProgress],
) -> None:
    """All that one calculator says, each result told as soon as it is there."""
    from disgen.ensembles.lowest import compute_small, lowest_energy  # noqa: PLC0415 (torch: not before)
    from disgen.ensembles.report import Result  # noqa: PLC0415 (torch: not before the first paint)

    results: tuple[Result, ...] = ()
    for one in drawn:
        reporter.say(replace(reporter.progress, doing=f"Energies of the decorations by {calculator}"))
        properties, stopped = _properties(one, calculator, reporter)
        if properties.there.any():
            results = (*results, Result(one, properties, lowest_energy(one, properties)))
            reporter.say(kept(results))
        if stopped:
            raise StopError

    def listen(_: int) -> None:
        if reporter.stopping:
            raise StopError

    reporter.say(replace(reporter.progress, doing="All decorations of small cells, for the lowest energy"))
    found = compute_small(small, calculator, reporter.progress.wishes.treatment, progress=listen)
    reporter.say(
        kept(tuple(replace(result, lowest=lowest_energy(result.drawn, result.properties, found)) for result in results))
    )


def _properties(one: Drawn, calculator: str, reporter: Reporter[EnsembleProgress]) -> tuple[Properties, bool]:
    """What a potential says of one ensemble, and whether that was stopped before its end."""
    from disgen.energies.potentials import load_potential  # noqa: PLC0415 (torch: not before the first paint)
    from disgen.ensembles.properties import compute, properties_of  # noqa: PLC0415

    treatment = reporter.progress.wishes.treatment
    found: dict[str, Relaxation] = {}
    before = reporter.progress.done

    def advance(done: int) -> None:
        reporter.say(replace(reporter.progress, done=before + done))
        if reporter.stopping:
            raise StopError

    try:
        return compute(one.cells, calculator, treatment, progress=advance, found=found), False
    except StopError:
        return properties_of(one.cells, load_potential(calculator), treatment, found), True
