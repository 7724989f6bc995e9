"""What a session has computed stays with it, and equal requests of several sessions are computed once.

A cache of the server's with few entries is overrun as soon as more people than entries look at something of their own,
and each click then computes all of it again. Here the sessions hold the values, and the server knows which ones are
held: a value lives as long as a session that uses it, and each session holds a bounded number.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, MutableMapping

V = TypeVar("V")

_HELD = "_held_"  # and the name of a shelf, in the session's state


class Shelf(Generic[V]):
    """Values of one kind, held by the sessions.

    Args:
        name: of the kind.
        most: the sum of sizes that a session holds; the value that was used last stays in any case.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._held: weakref.WeakValueDictionary[Hashable, V] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def get(
        self,
        state: MutableMapping[str, Any],
        key: Hashable,
        make: Callable[[], V],
        size: int,
        let_go: Callable[[Hashable], object] = lambda _: None,
    ) -> V:
        """The value of a key: the session's own, another session's, or one that is made now.

        Args:
            state: the session's.
            key: says all that the value depends on.
            make: makes the value, quickly: work that takes time is done by the value itself, under its own lock.
            size: of the value.
            let_go: called with the key of each value that the session no longer holds.
        """
        with self._lock:
            value = self._held.get(key)
            if value is None:
                value = self._held[key] = make()
            own: dict[Hashable, tuple[V, int]] = state.setdefault(_HELD + self._name, {})
            own.pop(key, None)
            own[key] = (value, size)  # the last one used comes last
            gone = []
            while len(own) > 1 and sum(held for _, held in own.values()) > self._most:
                gone.append(next(iter(own)))
                del own[gone[-1]]
        for oldest in gone:
            let_go(oldest)
        return value
