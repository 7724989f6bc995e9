"""Work in the background: how far it is, as one consistent look; a way to stop it; one sentence if it fails.

A thread of this process does it. Other processes would begin with the script of whichever page runs just then, and a
page that is drawn must not wait for its figures. A script takes one look at a job and draws everything from that: what
came of two looks, with the end of the work between them, would not fit together.
"""

from __future__ import annotations

import errno
import logging
import math
import threading
import time
import weakref
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

from disgen.errors import DisgenError
from disgen.ui.base.line import LONG_JOBS, Line, LineFullError

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.ui.base.line import Ticket

P = TypeVar("P")

_LOG = logging.getLogger(__name__)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_TURN_PATIENCE = 0.2  # s between looks whether work that waits for its turn is still wanted


class JobState(StrEnum):
    """How far work has come."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class StopError(Exception):
    """Nobody wants the work any more."""


@dataclass(frozen=True)
class Look(Generic[P]):
    """What a job is at one moment.

    Attributes:
        state: whether it goes on.
        progress: what there is of it.
        seconds: since it was asked for; that it took, if it is over.
        stopping: it has been asked to stop.
        problem: one sentence why it failed; empty otherwise.
        abandoned: it was stopped since nobody was there.
        ahead: jobs that will have their turn before it, while it waits.
    """

    state: JobState
    progress: P
    seconds: float = 0.0
    stopping: bool = False
    problem: str = ""
    abandoned: bool = False
    ahead: int = 0

    @property
    def goes_on(self) -> bool:
        """True while there is more to come."""
        return self.state in {JobState.WAITING, JobState.RUNNING}


@dataclass(frozen=True)
class Presence:
    """Whether anybody is there for whom work goes on.

    Attributes:
        absent: for how many seconds nobody has been there.
        longest: absence, in s, after which work is asked to stop.
    """

    absent: Callable[[], float] = lambda: 0.0
    longest: float = math.inf


ALWAYS = Presence()


class Reporter(Generic[P]):
    """The end of a job that its work holds: it says how far it is, and hears whether it is still wanted."""

    def __init__(self, start: P, presence: Presence = ALWAYS) -> None:
        self._presence, self._abandoned = presence, False
        self.ahead: Callable[[], int] = lambda: 0
        self._now = Look(JobState.WAITING, start)  # always replaced as a whole
        self._start = time.monotonic()
        self._stop, self._over = threading.Event(), threading.Event()

    @property
    def progress(self) -> P:
        """What was said last."""
        return self._now.progress

    @property
    def seconds(self) -> float:
        """Since the work was asked for."""
        return time.monotonic() - self._start

    @property
    def stopping(self) -> bool:
        """True if the work shall end."""
        if not self._stop.is_set() and self._presence.absent() > self._presence.longest:
            self._abandoned = True
            self._stop.set()
        return self._stop.is_set()

    def say(self, progress: P) -> None:
        """Say how far the work is."""
        self._now = replace(self._now, progress=progress)

    def look(self) -> Look[P]:
        """What the job is now."""
        now = self._now
        if not now.goes_on:
            return now
        ahead = self.ahead() if now.state is JobState.WAITING else 0
        return replace(now, seconds=self.seconds, stopping=self._stop.is_set(), ahead=ahead)

    def begin(self) -> None:
        """The work has its turn."""
        self._now = replace(self._now, state=JobState.RUNNING)

    def end(self, state: JobState, problem: str = "") -> None:
        """Nothing more will be said."""
        self._now = replace(
            self._now,
            state=state,
            seconds=self.seconds,
            stopping=self._stop.is_set(),
            problem=problem,
            abandoned=self._abandoned,
        )
        self._over.set()

    def stop(self) -> None:
        """Ask the work to end."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Until the work is over, or for so long."""
        self._over.wait(seconds)


class Job(Generic[P]):
    """Work that goes on in the background; it is asked to stop when nobody holds the job any more.

    Args:
        work: what is done; it ends early, by returning or by raising `StopError`, when its reporter is `stopping`.
        start: what there is of it at first.
        name: of the work, as in "The search".
        line: that it waits in for its turn, behind the jobs of others.
        presence: of whom it is done for.
    """

    def __init__(
        self,
        work: Callable[[Reporter[P]], None],
        start: P,
        *,
        name: str,
        line: Line | None = None,
        presence: Presence = ALWAYS,
    ) -> None:
        self._reporter = Reporter(start, presence)
        weakref.finalize(self, self._reporter.stop)
        line = line or Line(1)
        try:
            ticket = line.join(_owner())
        except LineFullError as error:
            self._reporter.end(JobState.FAILED, str(error))
            return
        self._reporter.ahead = partial(line.ahead, ticket)
        arguments = (work, self._reporter, name, line, ticket)
        threading.Thread(target=_run, args=arguments, name=name, daemon=True).start()

    def look(self) -> Look[P]:
        """What it is now: one look for a script, from which everything is drawn."""
        return self._reporter.look()

    def stop(self) -> None:
        """Ask it to stop; what there is of it stays."""
        self._reporter.stop()

    def wait(self, seconds: float) -> Look[P]:
        """A look at its end, or after so long."""
        self._reporter.wait(seconds)
        return self.look()


def long_job(work: Callable[[Reporter[P]], None], start: P, *, name: str, presence: Presence = ALWAYS) -> Job[P]:
    """Work of minutes: in the one line of this server, where everybody's turn comes. The arguments are `Job`'s."""
    return Job(work, start, name=name, line=LONG_JOBS, presence=presence)


def waiting_text(look: Look[P]) -> str:
    """Where in the line a job stands that waits for its turn."""
    if not look.ahead:
        return "Waiting for its turn on this server: it is the next one"
    return f"Waiting for its turn on this server: {look.ahead} before it"


def sentence(error: Exception, name: str) -> str:
    """Why work failed: our own errors say it in one sentence, a full disk too; any other is left to the log.

    Args:
        error: that ended it.
        name: of the work, as in "The search".
    """
    if isinstance(error, DisgenError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return f"{name} failed because the server's disk is full: start it again once there is room."
    _LOG.error("%s failed.", name, exc_info=error)
    return f"{name} failed for a reason that was not foreseen: the server's log tells more."


def _run(work: Callable[[Reporter[P]], None], reporter: Reporter[P], name: str, line: Line, ticket: Ticket) -> None:
    """Do the work; whatever happens, the reporter says how it ended."""
    try:
        _wait_for_turn(reporter, line, ticket)
        reporter.begin()
        work(reporter)
        state, problem = JobState.STOPPED if reporter.stopping else JobState.FINISHED, ""
    except StopError:
        state, problem = JobState.STOPPED, ""
    except Exception as error:  # noqa: BLE001 (in a thread nobody else would hear of it)
        state, problem = JobState.FAILED, sentence(error, name)
    finally:
        line.leave(ticket)
    reporter.end(state, problem)


def _wait_for_turn(reporter: Reporter[P], line: Line, ticket: Ticket) -> None:
    while not line.wait(ticket, _TURN_PATIENCE):
        if reporter.stopping:
            raise StopError


def _owner() -> str:
    """The session that asks for a job; empty outside of one."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context is not None else ""
