"""Long work in steps: it shows how far it is, and what is done stays done if whoever waits is called away."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

T = TypeVar("T")


class Resumable(Generic[T]):
    """A generator that is run when its result is asked for, by one at a time.

    A caller whose ``progress`` raises leaves the work where it is, and the next one goes on from there. An error of the
    work itself is raised to everyone who asks.
    """

    def __init__(self, steps: Generator[float, None, T]) -> None:
        self._steps = steps
        self._lock = threading.Lock()
        self._found: list[T] = []
        self._error: Exception | None = None

    @property
    def done(self) -> bool:
        """True if the result is there at once."""
        return bool(self._found)

    def result(self, progress: Callable[[float], object] = lambda _: None) -> T:
        """What the generator returns.

        Args:
            progress: called with the share that is done, 0 to 1, as the generator yields it.
        """
        with self._lock:
            while not self._found:
                if self._error is not None:
                    raise self._error
                try:
                    share = next(self._steps)
                except StopIteration as end:
                    self._found.append(end.value)
                    break
                except Exception as error:
                    self._error = error
                    raise
                progress(share)
            return self._found[0]
