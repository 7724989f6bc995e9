"""How long a search will take on this machine: by the pace of the last one, or of a short one to measure it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.base.jobs import Job, StopError
from disgen.ui.base.line import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.model.checkpoint import Run
    from disgen.search.settings import Settings
    from disgen.ui.base.jobs import Reporter
    from disgen.ui.conditioning.job import SearchRequest, Traced

_POINTS, _STEPS = 16, 10  # of the measurement; a search checks its points every ten steps
_LINE = Line(1)  # one measurement at a time, so that they do not measure each other


@dataclass(frozen=True)
class Pace:
    """Speed of searches, which do their work point by point.

    Attributes:
        start: s for the start of each point.
        step: s for a step of each point.
    """

    start: float
    step: float

    def seconds(self, settings: Settings) -> float:
        """How long a search takes that makes all its steps."""
        return settings.n * (self.start + self.step * settings.steps)


def pace_of(trace: Sequence[Traced], n: int) -> Pace | None:
    """The pace of a search of n points; None before it has made a round of steps."""
    if not trace or trace[-1].step < _STEPS:
        return None
    first, last = trace[0], trace[-1]
    return Pace(first.working / n, (last.working - first.working) / (last.step - first.step) / n)


class Paces:
    """What has been measured of one run, by the density that searches start from."""

    def __init__(self) -> None:
        self._known: dict[str, Pace] = {}
        self._jobs: dict[str, Job[Pace | None]] = {}

    def learn(self, estimator: str, pace: Pace) -> None:
        """The pace of a search that was made."""
        self._known[estimator] = pace
        self._jobs.pop(estimator, None)

    def known(self, estimator: str) -> Pace | None:
        """What is known."""
        if estimator not in self._known and (job := self._jobs.get(estimator)) is not None:
            return job.look().progress
        return self._known.get(estimator)

    def measure(self, run: Run, request: SearchRequest) -> bool:
        """Measure in the background what is not known; whether that goes on."""
        name = request.estimator
        if name not in self._jobs and name not in self._known:

            def work(reporter: Reporter[Pace | None]) -> None:
                reporter.say(measured(run, request, reporter))

            self._jobs[name] = Job(work, None, name="The measurement", line=_LINE)
        return name in self._jobs and self._jobs[name].look().goes_on


def measured(run: Run, request: SearchRequest, reporter: Reporter[Pace | None]) -> Pace:
    """The pace of a short search.

    Raises:
        StopError: if nobody wants it any more.
    """
    from disgen.latent.fitted import fitted_estimator  # noqa: PLC0415 (torch: not before the first paint)
    from disgen.search.conditioning import optimise  # noqa: PLC0415
    from disgen.search.conditions import Checker  # noqa: PLC0415
    from disgen.threads import one_thread  # noqa: PLC0415

    settings = replace(request.settings, n=_POINTS, steps=_STEPS)
    with one_thread():
        estimator = fitted_estimator(run, request.estimator)
        checker = Checker.of(run, request.targets)
        begun, times = time.perf_counter(), []
        for _ in optimise(run, request.targets, estimator, checker, checker.mixing, settings):
            times.append(time.perf_counter() - begun)
            if reporter.stopping:
                raise StopError
    return Pace(times[0] / _POINTS, (times[-1] - times[0]) / max(1, len(times) - 1) / _POINTS)


@st.cache_resource(max_entries=6, show_spinner=False)
def paces(path: str) -> Paces:
    """What this server knows of a run's searches.

    Args:
        path: of the run.
    """
    del path  # it only tells them apart
    return Paces()
