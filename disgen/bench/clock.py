"""Timing: medians over repetitions, by the clock and by processor time."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


@dataclass(frozen=True)
class Seconds:
    """How long something took: by the clock, and in processor time of all threads (less if the machine was busy)."""

    wall: float
    cpu: float

    def per(self, n: int) -> Seconds:
        """The time of one of n equal pieces of work."""
        return Seconds(self.wall / n, self.cpu / n)


def timed(work: Callable[[T], object], inputs: Iterable[T]) -> Seconds:
    """Median time of one call, over a call with each of the inputs."""
    laps = []
    for item in inputs:
        wall, cpu = time.perf_counter(), time.process_time()
        work(item)
        laps.append((time.perf_counter() - wall, time.process_time() - cpu))
    return Seconds(median(wall for wall, _ in laps), median(cpu for _, cpu in laps))


def peak_memory_mb() -> float:
    """Most memory that this process has held so far, in MB; not a number on Windows, which does not tell."""
    if sys.platform == "win32":
        return float("nan")
    import resource  # noqa: PLC0415 (not on Windows)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
