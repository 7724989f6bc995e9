"""A search for crystals in the background: its trace and its results as they come, and a way to stop.

It is stopped when nobody has been there to see it for a while (`disgen.ui.base.visit`); what was found stays.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from disgen.ui.base.jobs import ALWAYS, StopError, long_job
from disgen.ui.conditioning.history import History, SearchPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.judge.search_results import SearchedPoint
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run
    from disgen.search.conditions import Checker, Success
    from disgen.search.settings import Settings, Step
    from disgen.search.targets import Targets
    from disgen.ui.base.jobs import Job, Presence, Reporter

PATHS = 5  # of the best points
_RECENT = 25  # steps whose pace tells how long the others will take
# Results are judged while the search goes on: after so many s, then ever more seldom, for at most a tenth of the time.
_FIRST, _GROWTH, _SHARE = 4.0, 1.3, 10.0


@dataclass(frozen=True)
class SearchRequest:
    """What is searched for, and how.

    Attributes:
        targets: what the crystals shall be.
        estimator: name of the one that starting points are drawn from.
        settings: of the search.
    """

    targets: Targets
    estimator: str
    settings: Settings


@dataclass(frozen=True)
class Traced:
    """What is kept of each step.

    Attributes:
        step: number of steps done.
        losses: mean of each loss term.
        successes: points whose crystals meet all targets.
        seconds: since the search was asked for.
        working: since it began, without what it took to judge results on the way.
    """

    step: int
    losses: dict[str, float]
    successes: int
    seconds: float
    working: float = 0.0


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search found, at its end or until then.

    Attributes:
        results: of all latent points, the best first.
        success: shares of the points.
        step: after so many steps.
        final: there will be no others.
        paths: of the best points; none if the run has no map.
        map_problem: one sentence why there are none; empty otherwise.
    """

    results: tuple[SearchedPoint, ...]
    success: Success
    step: int = 0
    final: bool = True
    paths: tuple[SearchPath, ...] = ()
    map_problem: str = ""


@dataclass(frozen=True)
class SearchProgress:
    """What there is of a search.

    Attributes:
        request: what is searched for.
        trace: all steps so far.
        judging: there will be no further step.
        found: the results so far; None until some have been judged.
        base_rate: share of plain samples that meet all targets; None until it is known.
    """

    request: SearchRequest
    trace: tuple[Traced, ...] = ()
    judging: bool = False
    found: SearchResult | None = None
    base_rate: float | None = None


def start_search(run: Run, request: SearchRequest, presence: Presence = ALWAYS) -> Job[SearchProgress]:
    """Search a run's latent space in the background, on one core.

    Args:
        run: a loaded run.
        request: what to search for.
        presence: of whom it is done for.
    """
    return long_job(partial(_search, run), SearchProgress(request), name="The search", presence=presence)


def seconds_left(trace: Sequence[Traced], steps: int) -> float | None:
    """How long the other steps will take if they are as fast as the latest; None before there is a pace."""
    recent = trace[-_RECENT - 1 :]
    if len(recent) < 2:  # noqa: PLR2004 (a pace needs two)
        return None
    pace = (recent[-1].seconds - recent[0].seconds) / (recent[-1].step - recent[0].step)
    return pace * (steps - recent[-1].step)


def _search(run: Run, reporter: Reporter[SearchProgress]) -> None:
    from disgen.threads import one_thread  # noqa: PLC0415 (torch: not before the first paint)

    with one_thread():
        _walk(run, reporter)


def _walk(run: Run, reporter: Reporter[SearchProgress]) -> None:
    """Search, and say trace, results and base rate as they come."""
    from disgen.latent.fitted import fitted_estimator  # noqa: PLC0415 (torch: not before the first paint)
    from disgen.search.conditioning import optimise  # noqa: PLC0415
    from disgen.search.conditions import Checker  # noqa: PLC0415

    request = reporter.progress.request
    estimator = fitted_estimator(run, request.estimator)
    checker = Checker.of(run, request.targets)
    history = History()
    begun, judged, due = time.monotonic(), 0.0, _FIRST
    step: Step | None = None
    for step in optimise(run, request.targets, estimator, checker, checker.mixing, request.settings):
        history.add(step)
        before = reporter.progress
        passed = time.monotonic() - begun
        traced = Traced(step.step, step.losses, step.successes, reporter.seconds, passed - judged)
        reporter.say(replace(before, trace=(*before.trace, traced)))
        if reporter.stopping:
            break
        if step.successes and passed > due:
            reporter.say(replace(reporter.progress, found=_found(checker, estimator, request, step, final=False)))
            now = time.monotonic() - begun
            judged += now - passed
            due = max(_GROWTH * now, now + _SHARE * (now - passed))
    if step is None:
        raise StopError
    reporter.say(replace(reporter.progress, judging=True))
    found = _found(checker, estimator, request, step, final=True)
    best = [result.latent for result in found.results if result.decoded.crystal is not None][:PATHS]
    found = _with_paths(run, found, [(latent, *history.of(latent, step)) for latent in best])
    reporter.say(replace(reporter.progress, found=found))
    rate = checker.base_rate(estimator, request.settings.seed)
    reporter.say(replace(reporter.progress, base_rate=rate))


def _found(
    checker: Checker, estimator: LatentEstimator, request: SearchRequest, step: Step, *, final: bool
) -> SearchResult:
    from disgen.judge.search_results import results_of  # noqa: PLC0415 (torch: not before the first paint)

    checked = checker.check(step.z)
    results = results_of(checker, step, checked, estimator, request.settings)
    return SearchResult(results, checker.success(checked), step.step, final)


def _with_paths(run: Run, found: SearchResult, walked: Sequence[tuple[int, np.ndarray, np.ndarray]]) -> SearchResult:
    """Results with the paths of the best placed on the run's map."""
    from disgen.latent.projection import ProjectionError  # noqa: PLC0415 (openTSNE: not before it is needed)
    from disgen.latent.run_map import load_run_map  # noqa: PLC0415

    if not walked:
        return found
    try:
        latent_map = load_run_map(run, "tsne")
    except ProjectionError as error:
        return replace(found, map_problem=str(error))
    places = latent_map.place(np.concatenate([z for _, _, z in walked]))
    parts = np.split(places, np.cumsum([len(z) for _, _, z in walked])[:-1])
    paths = tuple(SearchPath(latent, steps, z, part) for (latent, steps, z), part in zip(walked, parts, strict=True))
    return replace(found, paths=paths)
