"""What people put aside on this server, each under an identifier that nobody can guess: bounded, and for some days.

A place holds one person's values, and lives in this process only. It is theirs who hold its identifier: 256 random
bits, issued here; one that was not issued here, or has been dropped, opens nothing. The places that were used
least lately are dropped when there are too many, or too much in them; each is dropped when nobody came for a while.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

MOST_PLACES = 500
MOST_HELD = 100_000  # crystals in all places: about 4 kB each
DAYS = 7
_BITS = 256
_DAY = 86_400.0  # s

Present = Callable[[str], bool]  # whether the session of this name is connected


class Place(MutableMapping[str, Any]):
    """One person's values, shared by all of their sessions.

    Attributes:
        identifier: what opens it, letters, digits, ``-`` and ``_``.
        lock: for whoever reads values and writes others that depend on them.
    """

    def __init__(self) -> None:
        self.identifier = secrets.token_urlsafe(_BITS // 8)
        self.lock = threading.RLock()
        self._values: dict[str, tuple[Any, int]] = {}
        self._sessions: dict[str, Present] = {}
        self._left = time.monotonic()

    @property
    def size(self) -> int:
        """Crystals in it, about."""
        return sum(size for _, size in list(self._values.values()))

    def put(self, name: str, value: object, size: int) -> None:
        """Keep a value that is as large as so many crystals."""
        self._values[name] = (value, size)

    def enter(self, session: str, present: Present) -> None:
        """A session uses it; `present` is asked now and then whether it still does."""
        self._sessions[session] = present

    def absent(self) -> float:
        """For how long nobody has been here, in s; 0 if somebody is."""
        for session, present in list(self._sessions.items()):
            if present(session):
                self._left = time.monotonic()
            else:
                self._sessions.pop(session, None)
        return 0.0 if self._sessions else time.monotonic() - self._left

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (values of any kind)
        return self._values[name][0]

    def __setitem__(self, name: str, value: object) -> None:
        self.put(name, value, len(value) if isinstance(value, tuple) else 0)

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)


class Places:
    """The places of a server; those without values are not among them.

    Args:
        most: places.
        most_held: crystals in all of them.
        longest: without a visit, in s.
        clock: tells the time in s.
    """

    def __init__(
        self,
        most: int = MOST_PLACES,
        most_held: int = MOST_HELD,
        longest: float = DAYS * _DAY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._most_held, self._longest, self._clock = most, most_held, longest, clock
        self._held: OrderedDict[str, tuple[Place, float]] = OrderedDict()  # the one that was used last comes last
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._held)

    def find(self, identifier: str) -> Place | None:
        """The place of an identifier; None if there is none, or no longer."""
        with self._lock:
            self._drop()
            found = self._held.get(identifier)
        return found[0] if found is not None else None

    def hold(self, place: Place) -> None:
        """Keep a place, if there is anything in it: it is in use."""
        with self._lock:
            self._held.pop(place.identifier, None)
            if place:
                self._held[place.identifier] = (place, self._clock())
            self._drop()

    def _drop(self) -> None:
        """Let the places go that were used longest ago, as long as there are too many, or they are too old."""
        total = sum(place.size for place, _ in self._held.values())
        oldest = self._clock() - self._longest
        while self._held:
            place, used = next(iter(self._held.values()))
            few = len(self._held) <= self._most and (total <= self._most_held or len(self._held) == 1)
            if few and used >= oldest:
                return
            del self._held[place.identifier]
            total -= place.size
