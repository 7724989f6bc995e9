"""A search for crystals in the background of one session: its trace as it goes on, its results, and a way to stop.

The work is done in a thread of this process, on one core, as that of `disgen.ui.comparison_job`.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from disgen.errors import DisgenError
from disgen.ui.condition_history import History, Path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from disgen.generation.conditions import Checker, Success
    from disgen.judge.search_results import Result
    from disgen.latent.conditioning import Settings, Step
    from disgen.latent.protocol import LatentEstimator
    from disgen.latent.targets import Targets
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)
_TURNS = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))  # searches at once on a server
_TURN_PATIENCE = 0.2  # s between looks whether a waiting search is still wanted
PATHS = 5  # of the best points
_RECENT = 25  # steps whose pace tells how long the others will take


class State(StrEnum):
    """How far a search has come."""

    WAITING = "waiting"
    PREPARING = "preparing"
    SEARCHING = "searching"
    JUDGING = "judging"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Wish:
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
        seconds: since the start.
    """

    step: int
    losses: dict[str, float]
    successes: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        results: of all latent points, the best first.
        matched: for each latent point whether the decoder's own letters and multiplicities are those of its group.
        success: shares of the points.
        paths: of the best points; none if the run has no map.
        map_problem: one sentence why there are none; empty otherwise.
    """

    results: tuple[Result, ...]
    matched: np.ndarray
    success: Success
    paths: tuple[Path, ...] = ()
    map_problem: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a search has come, and what there is of it.

    Attributes:
        state: whether it goes on.
        trace: all steps so far.
        found: the results; None until they have been judged.
        base_rate: share of plain samples that meet all targets; None until it is known.
        seconds: that it took; 0 while it goes on.
        problem: one sentence why it failed; empty otherwise.
    """

    state: State = State.WAITING
    trace: tuple[Traced, ...] = ()
    found: Found | None = None
    base_rate: float | None = None
    seconds: float = 0.0
    problem: str = ""

    @property
    def goes_on(self) -> bool:
        """True while there is more to come."""
        return self.state not in {State.FINISHED, State.STOPPED, State.FAILED}

    @property
    def milestone(self) -> tuple[bool, bool]:
        """Changes when there is more to show than another step."""
        return self.goes_on, self.found is not None


class _StopError(Exception):
    """The person has seen enough, before there was anything to keep."""


@dataclass
class _Board:
    """What the thread writes and the session reads: one value, always replaced as a whole."""

    now: Progress = field(default_factory=Progress)
    stop: threading.Event = field(default_factory=threading.Event)
    start: float = field(default_factory=time.monotonic)

    def say(self, **changes: object) -> None:
        """Replace some of what is there."""
        self.now = replace(self.now, **changes)  # type: ignore[arg-type]


class SearchJob:
    """A search that goes on; it stops by itself when nobody holds it any more.

    Attributes:
        wish: what is searched for.
    """

    def __init__(self, run: Run, wish: Wish) -> None:
        self.wish = wish
        self._board = _Board()
        weakref.finalize(self, self._board.stop.set)
        threading.Thread(target=_work, args=(run, wish, self._board), name="search", daemon=True).start()

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._board.now

    @property
    def seconds(self) -> float:
        """Since it was asked for, or that it took."""
        return self.progress.seconds or time.monotonic() - self._board.start

    @property
    def stopping(self) -> bool:
        """True if it has been asked to stop."""
        return self._board.stop.is_set()

    def stop(self) -> None:
        """Ask it to stop; what has been found stays."""
        self._board.stop.set()


def seconds_left(trace: Sequence[Traced], steps: int) -> float | None:
    """How long the other steps will take if they are as fast as the latest; None before there is a pace."""
    recent = trace[-_RECENT - 1 :]
    if len(recent) < 2:  # noqa: PLR2004 (a pace needs two)
        return None
    pace = (recent[-1].seconds - recent[0].seconds) / (recent[-1].step - recent[0].step)
    return pace * (steps - recent[-1].step)


class _OneThread:
    """Each search has one core: the libraries' threads are limited from the first that begins to the last that ends."""

    def __init__(self) -> None:
        self._lock, self._searches, self._limits = threading.Lock(), 0, ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        import torch  # noqa: PLC0415 (not before the first paint)

        from disgen.threads import one_thread  # noqa: PLC0415

        with self._lock:
            self._searches += 1
            if self._searches == 1:
                self._limits.enter_context(one_thread())
        torch.set_num_threads(1)  # OpenMP counts for each of our threads by itself
        try:
            yield
        finally:
            with self._lock:
                self._searches -= 1
                if not self._searches:
                    self._limits.close()


_one_thread = _OneThread()


def _work(run: Run, wish: Wish, board: _Board) -> None:
    """Search; whatever happens, the board says how it ended."""
    try:
        _wait_for_turn(board)
        try:
            with _one_thread():
                rate = _search(run, wish, board)
        finally:
            _TURNS.release()
        ended = State.STOPPED if board.stop.is_set() else State.FINISHED
        board.say(state=ended, base_rate=rate, seconds=time.monotonic() - board.start)
    except _StopError:
        board.say(state=State.STOPPED, seconds=time.monotonic() - board.start)
    except DisgenError as error:
        board.say(state=State.FAILED, problem=str(error))
    except Exception:  # noqa: BLE001 (in a thread nobody else would hear of it)
        _LOG.exception("The search in %s failed.", run.name)
        problem = "The search failed for a reason that was not foreseen: the server's log tells more."
        board.say(state=State.FAILED, problem=problem)


def _wait_for_turn(board: _Board) -> None:
    while not _TURNS.acquire(timeout=_TURN_PATIENCE):
        if board.stop.is_set():
            raise _StopError


def _search(run: Run, wish: Wish, board: _Board) -> float:
    """Search, put trace and results on the board, and return the base rate."""
    from disgen.generation.conditions import Checker  # noqa: PLC0415 (torch: not before the first paint)
    from disgen.latent.conditioning import optimise  # noqa: PLC0415
    from disgen.latent.fitted import fitted_estimator  # noqa: PLC0415

    board.say(state=State.PREPARING)
    estimator = fitted_estimator(run, wish.estimator)
    checker = Checker.of(run, wish.targets)
    history = History()
    step: Step | None = None
    for step in optimise(run, wish.targets, estimator, checker, checker.mixing, wish.settings):
        history.add(step)
        traced = Traced(step.step, step.losses, step.successes, time.monotonic() - board.start)
        board.say(state=State.SEARCHING, trace=(*board.now.trace, traced))
        if board.stop.is_set():
            break
    if step is None:
        raise _StopError
    board.say(state=State.JUDGING)
    board.say(found=_found(run, wish, checker, estimator, history, step))
    return checker.base_rate(estimator, wish.settings.seed)


def _found(run: Run, wish: Wish, checker: Checker, estimator: LatentEstimator, history: History, step: Step) -> Found:
    from disgen.judge.search_results import results_of  # noqa: PLC0415 (torch: not before the first paint)

    checked = checker.check(step.z)
    results = results_of(checker, step, estimator, wish.settings)
    found = Found(results, checked.reconstructions.symmetry_matched, checker.success(checked))
    best = [result.latent for result in results if result.crystal is not None][:PATHS]
    return _with_paths(run, found, [(latent, *history.of(latent, step)) for latent in best])


def _with_paths(run: Run, found: Found, walked: Sequence[tuple[int, np.ndarray, np.ndarray]]) -> Found:
    """Results with the paths of the best placed on the run's map."""
    from disgen.latent import likeness, projection  # noqa: PLC0415 (openTSNE: not before it is needed)

    if not walked:
        return found
    try:
        latent_map = projection.load_map(run.maps_path, "tsne", run.latents["test"], likeness.describer(run))
    except projection.ProjectionError as error:
        return replace(found, map_problem=str(error))
    places = latent_map.place(np.concatenate([z for _, _, z in walked]))
    parts = np.split(places, np.cumsum([len(z) for _, _, z in walked])[:-1])
    paths = tuple(Path(latent, steps, z, part) for (latent, steps, z), part in zip(walked, parts, strict=True))
    return replace(found, paths=paths)
