"""What a session has computed stays with it, and equal requests of several sessions are computed once.

A cache of the server's with few entries is overrun as soon as more people than entries look at something of their own,
and each click then computes all of it again. Here the sessions hold the values, and the server knows which ones are
held: a value lives as long as a session that uses it. Each session holds a bounded number of each kind and bounded
bytes of all kinds together, and so do all sessions; the values that were used longest ago are let go.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, MutableMapping


class Weighed(Protocol):
    """A value that says how many bytes it takes."""

    @property
    def weight(self) -> int:
        """Bytes, 0 while the value is being made."""
        ...


V = TypeVar("V", bound=Weighed)

MOST_BYTES = 500_000_000  # of a session
MOST_OF_ALL = 4_000_000_000  # bytes of all sessions
_HELD = "_held"  # in the session's state
_LOCK = threading.RLock()  # of what all sessions hold
_CLOCK = itertools.count()  # counts uses


@dataclass
class _Entry:
    """A value that a session holds.

    Attributes:
        value: the value.
        size: in the measure of its shelf.
        words: what it is, for people; empty if nobody is to be told that it was let go.
        used: when, as `_CLOCK` counts.
    """

    value: Weighed
    size: int
    words: str
    used: int


@dataclass(eq=False)
class _Held:
    """What a session holds, in the order of use, and what has been let go without its being told."""

    entries: OrderedDict[tuple[str, Hashable], _Entry] = field(default_factory=OrderedDict)
    gone: list[str] = field(default_factory=list)

    def let_go(self, name: tuple[str, Hashable], *, tell: bool = True) -> None:
        words = self.entries.pop(name).words
        if words and tell:
            self.gone.append(words)


_SESSIONS: weakref.WeakSet[_Held] = weakref.WeakSet()


class Shelf(Generic[V]):
    """Values of one kind, held by the sessions.

    Args:
        name: of the kind.
        most: the sum of sizes that a session holds; the value that was used last stays in any case.
        tells: people are told of values that were let go because there were too many, not only of too many bytes.
    """

    def __init__(self, name: str, most: int, *, tells: bool = True) -> None:
        self._name, self._most, self._tells = name, most, tells
        self._held: weakref.WeakValueDictionary[Hashable, V] = weakref.WeakValueDictionary()

    def get(
        self,
        state: MutableMapping[str, Any],
        key: Hashable,
        make: Callable[[], V],
        size: int,
        words: str = "",
    ) -> V:
        """The value of a key: the session's own, another session's, or one that is made now.

        Args:
            state: the session's.
            key: says all that the value depends on.
            make: makes the value, quickly: work that takes time is done by the value itself, under its own lock.
            size: of the value.
            words: what it is, for those who are told that it was let go (`let_go`).
        """
        with _LOCK:
            value = self._held.get(key)
            if value is None:
                value = self._held[key] = make()
            held = _held(state)
            held.entries.pop((self._name, key), None)
            held.entries[self._name, key] = _Entry(value, size, words, next(_CLOCK))  # the last one used comes last
            mine = {name: entry.size for name, entry in held.entries.items() if name[0] == self._name}
            total = sum(mine.values())
            for name, its_size in list(mine.items())[:-1]:
                if total <= self._most:
                    break
                held.let_go(name, tell=self._tells)
                total -= its_size
        return value


def let_go(state: MutableMapping[str, Any], most: int = MOST_BYTES, most_of_all: int = MOST_OF_ALL) -> list[str]:
    """Let go of what is too much, of this session and of all; to be called once a value has been made.

    Args:
        state: the session's.
        most: bytes of a session.
        most_of_all: bytes of all sessions.

    Returns:
        What this session has lost since the last call, in words.
    """
    with _LOCK:
        held = _held(state)
        _shrink([held], most)
        _shrink(list(_SESSIONS), most_of_all)
        gone, held.gone = held.gone, []
    return list(dict.fromkeys(gone))


def _held(state: MutableMapping[str, Any]) -> _Held:
    held: _Held | None = state.get(_HELD)
    if held is None:
        held = state[_HELD] = _Held()
        _SESSIONS.add(held)
    return held


def _shrink(sessions: Iterable[_Held], most: int) -> None:
    """Let the values go that were used longest ago, but of no session the last one; what several hold counts once."""
    entries = [(held, name, entry) for held in sessions for name, entry in held.entries.items()]
    holders = Counter(id(entry.value) for _, _, entry in entries)
    total = sum({id(entry.value): entry.value.weight for _, _, entry in entries}.values())
    for held, name, entry in sorted(entries, key=lambda one: one[2].used):
        if total <= most:
            return
        if name == next(reversed(held.entries)):
            continue
        held.let_go(name)
        holders[id(entry.value)] -= 1
        if not holders[id(entry.value)]:
            total -= entry.value.weight
