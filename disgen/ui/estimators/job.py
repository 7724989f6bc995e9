"""A comparison of samplers in the background of one session: rows as they are finished, and a way to stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from disgen.ui.base.jobs import ALWAYS, StopError, long_job

if TYPE_CHECKING:
    from disgen.model.checkpoint import Run
    from disgen.ui.base.jobs import Job, Presence, Reporter


@dataclass(frozen=True)
class ComparisonRequest:
    """What is to be compared.

    Attributes:
        estimators: names of the samplers, at least one.
        n: samples of each.
        seed: of the samples.
        repaired: compare crystals with their clashes removed as well.
    """

    estimators: tuple[str, ...]
    n: int
    seed: int
    repaired: bool = False


@dataclass(frozen=True)
class ComparisonProgress:
    """What there is of a comparison.

    Attributes:
        request: what is compared.
        result: the comparison of the samplers that are finished, as `disgen.evaluation.comparison.comparison` gives
            it; None while there is no row.
        done: latents judged.
        total: of so many; 0 while that is not known.
    """

    request: ComparisonRequest
    result: dict[str, Any] | None = None
    done: int = 0
    total: int = 0

    @property
    def compared(self) -> tuple[str, ...]:
        """What has all its rows, "test" first."""
        rows = self.result["rows"] if self.result else ()
        return tuple(dict.fromkeys(row["estimator"] for row in rows))


def start_comparison(run: Run, request: ComparisonRequest, presence: Presence = ALWAYS) -> Job[ComparisonProgress]:
    """Compare samplers of a run in the background.

    Args:
        run: a loaded run.
        request: what to compare.
        presence: of whom it is done for.
    """
    return long_job(partial(_compare, run), ComparisonProgress(request), name="The comparison", presence=presence)


def _compare(run: Run, reporter: Reporter[ComparisonProgress]) -> None:
    from disgen.evaluation.comparison import VARIANTS, comparison, comparison_rows  # noqa: PLC0415
    from disgen.evaluation.reference import find_reference  # noqa: PLC0415
    from disgen.judge.credible import headline  # noqa: PLC0415

    request = reporter.progress.request
    variants = [variant for variant in VARIANTS if request.repaired or not variant.polished]

    def advance(done: int, total: int) -> None:
        if reporter.stopping:
            raise StopError
        reporter.say(replace(reporter.progress, done=done, total=total))

    reference = find_reference(run)
    advance(0, 0)
    rows: list[dict[str, Any]] = []
    found = comparison_rows(
        run,
        reference,
        n=request.n,
        seed=request.seed,
        estimators=request.estimators,
        variants=variants,
        workers=1,
        verdict=headline,
        progress=advance,
    )
    for row in found:
        rows.append(row)
        if len(rows) % len(variants) == 0:
            result = comparison(run, reference, rows, n=request.n, seed=request.seed)
            reporter.say(replace(reporter.progress, result=result))
