"""Long work in steps: it shows how far it is, and what is done stays done if whoever waits is called away."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from disgen.ui.base.weight import weight

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

T = TypeVar("T")


class Resumable(Generic[T]):
    """A generator that is run when its result is asked for, by one at a time.

    A caller whose ``progress`` raises leaves the work where it is, and the next one goes on from there. What is raised
    in a step, an error of the work or Streamlit's call to another script, ends the work: the next one begins it anew.

    Args:
        start: gives the generator.
        weigh: tells the bytes of a result, those that it does not share with others.
    """

    def __init__(self, start: Callable[[], Generator[float, None, T]], weigh: Callable[[T], int] = weight) -> None:
        self._start, self._weigh = start, weigh
        self._weight = 0
        self._steps: Generator[float, None, T] | None = None
        self._lock = threading.Lock()
        self._found: list[T] = []

    @property
    def done(self) -> bool:
        """True if the result is there at once."""
        return bool(self._found)

    @property
    def weight(self) -> int:
        """Bytes that the result takes, about; 0 before it is there."""
        return self._weight

    def result(self, progress: Callable[[float], object] = lambda _: None) -> T:
        """What the generator returns.

        Args:
            progress: called with the share that is done, 0 to 1, as the generator yields it.
        """
        with self._lock:
            while not self._found:
                steps, self._steps = self._steps or self._start(), None
                try:
                    share = next(steps)
                except StopIteration as end:
                    self._weight = self._weigh(end.value)
                    self._found.append(end.value)
                    break
                self._steps = steps
                progress(share)
            return self._found[0]


def at_once(work: Callable[[], T]) -> Resumable[T]:
    """Work of a single step."""

    def steps() -> Generator[float, None, T]:
        yield from ()
        return work()

    return Resumable(steps)
