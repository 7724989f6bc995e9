"""The line that the long jobs of all people wait in: so many at once, and fair turns.

Turns go round: whoever has had one, or waits for one already, lets those pass who have not. Among equals the first to
come is the first to go.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Hashable


class LineFullError(DisgenError):
    """No further job can wait; the message says so in one sentence."""


@dataclass(frozen=True, eq=False)
class Ticket:
    """A place in the line: it has its turn in a round, of which each owner's jobs take one each."""

    round: int


class Line:
    """Jobs that have their turn, and jobs that wait for it.

    Args:
        at_once: how many have their turn at the same time.
        longest: how many may wait.
    """

    def __init__(self, at_once: int, longest: int = 100) -> None:
        self._at_once, self._longest = at_once, longest
        self._working: list[Ticket] = []
        self._waiting: list[Ticket] = []  # as they came
        self._now = 0  # the round that has begun
        self._last: dict[Hashable, int] = {}  # round of each owner, if it is not over
        self._moves = threading.Condition()

    def join(self, owner: Hashable) -> Ticket:
        """Come to the end of the line.

        Raises:
            LineFullError: if too many wait already.
        """
        with self._moves:
            if len(self._working) >= self._at_once and len(self._waiting) >= self._longest:
                msg = f"{self._longest} jobs wait on this server already: try again when it is less busy."
                raise LineFullError(msg)
            ticket = Ticket(max(self._now, self._last.get(owner, -1) + 1))
            self._last[owner] = ticket.round
            self._waiting.append(ticket)
            self._move()
            return ticket

    def ahead(self, ticket: Ticket) -> int:
        """How many jobs will have their turn before a waiting one; 0 also for one that has it."""
        with self._moves:
            return self._in_order().index(ticket) if ticket in self._waiting else 0

    def wait(self, ticket: Ticket, seconds: float) -> bool:
        """Until a job has its turn, or for so long; true if it has it."""
        with self._moves:
            return self._moves.wait_for(lambda: ticket in self._working, seconds)

    def leave(self, ticket: Ticket) -> None:
        """A job is over, or no longer wanted; the next one has its turn."""
        with self._moves:
            for part in (self._working, self._waiting):
                if ticket in part:
                    part.remove(ticket)
            self._move()

    def _move(self) -> None:
        while self._waiting and len(self._working) < self._at_once:
            following = self._in_order()[0]
            self._waiting.remove(following)
            self._working.append(following)
            self._now = max(self._now, following.round)
            self._last = {owner: last for owner, last in self._last.items() if last >= self._now}
        self._moves.notify_all()

    def _in_order(self) -> list[Ticket]:
        """Those who wait, the next one first; of one round, as they came."""
        return sorted(self._waiting, key=lambda ticket: ticket.round)


LONG_JOBS = Line(max(2, os.cpu_count() or 2))  # searches, comparisons and ensembles of everyone
