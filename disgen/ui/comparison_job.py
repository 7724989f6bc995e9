"""A comparison of samplers in the background of one session: rows as they are finished, and a way to stop.

The work is done in a thread of this process. Other processes would begin with the script of whichever page runs just
then, and a page that is drawn must not wait for its figures.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)
_TURNS = threading.BoundedSemaphore(2)  # comparisons at once on a server, whoever asked for them
_TURN_PATIENCE = 0.2  # s between looks whether a waiting comparison is still wanted


class State(StrEnum):
    """How far a comparison has come."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Wish:
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
class Progress:
    """How far a comparison has come, and what there is of it.

    Attributes:
        state: whether it goes on.
        result: the comparison of the samplers that are finished, as `disgen.evaluation.comparison.comparison` gives
            it; None while there is no row.
        done: latents judged.
        total: of so many; 0 while that is not known.
        seconds: since the start.
        problem: one sentence why it failed; empty otherwise.
    """

    state: State = State.WAITING
    result: dict[str, Any] | None = None
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    problem: str = ""

    @property
    def goes_on(self) -> bool:
        """True while there is more to come."""
        return self.state in {State.WAITING, State.RUNNING}

    @property
    def compared(self) -> tuple[str, ...]:
        """What has all its rows, "test" first."""
        rows = self.result["rows"] if self.result else ()
        return tuple(dict.fromkeys(row["estimator"] for row in rows))


class _StopError(Exception):
    """The person has seen enough."""


@dataclass
class _Board:
    """What the thread writes and the session reads: one value, always replaced as a whole."""

    now: Progress = field(default_factory=Progress)
    stop: threading.Event = field(default_factory=threading.Event)


class ComparisonJob:
    """A comparison that is being made; it stops by itself when nobody holds it any more.

    Attributes:
        wish: what is compared.
    """

    def __init__(self, run: Run, wish: Wish) -> None:
        self.wish = wish
        self._board = _Board()
        weakref.finalize(self, self._board.stop.set)
        threading.Thread(target=_work, args=(run, wish, self._board), name="comparison", daemon=True).start()

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._board.now

    @property
    def stopping(self) -> bool:
        """True if it has been asked to stop."""
        return self._board.stop.is_set()

    def stop(self) -> None:
        """Ask it to stop; what is finished stays."""
        self._board.stop.set()


def _work(run: Run, wish: Wish, board: _Board) -> None:
    """Make the comparison; whatever happens, the board says how it ended."""
    try:
        _wait_for_turn(board)
        try:
            _compare(run, wish, board)
        finally:
            _TURNS.release()
    except _StopError:
        board.now = replace(board.now, state=State.STOPPED)
    except DisgenError as error:
        board.now = replace(board.now, state=State.FAILED, problem=str(error))
    except Exception:  # noqa: BLE001 (in a thread nobody else would hear of it)
        _LOG.exception("The comparison of %s failed.", run.name)
        board.now = replace(
            board.now,
            state=State.FAILED,
            problem="The comparison failed for a reason that was not foreseen: the server's log tells more.",
        )


def _wait_for_turn(board: _Board) -> None:
    while not _TURNS.acquire(timeout=_TURN_PATIENCE):
        if board.stop.is_set():
            raise _StopError


def _compare(run: Run, wish: Wish, board: _Board) -> None:
    from disgen.evaluation.comparison import VARIANTS, comparison, comparison_rows  # noqa: PLC0415
    from disgen.evaluation.reference import find_reference  # noqa: PLC0415

    start = time.monotonic()
    variants = [variant for variant in VARIANTS if wish.repaired or not variant.polished]
    board.now = replace(board.now, state=State.RUNNING)

    def advance(done: int, total: int) -> None:
        if board.stop.is_set():
            raise _StopError
        board.now = replace(board.now, done=done, total=total, seconds=time.monotonic() - start)

    reference = find_reference(run)
    advance(0, 0)
    rows: list[dict[str, Any]] = []
    found = comparison_rows(
        run,
        reference,
        n=wish.n,
        seed=wish.seed,
        estimators=wish.estimators,
        variants=variants,
        workers=1,
        progress=advance,
    )
    for row in found:
        rows.append(row)
        if len(rows) % len(variants) == 0:
            result = comparison(run, reference, rows, n=wish.n, seed=wish.seed)
            board.now = replace(board.now, result=result, seconds=time.monotonic() - start)
    board.now = replace(board.now, state=State.FINISHED)
