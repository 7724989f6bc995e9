"""Work on one thread: for timings, for numbers that do not depend on how many cores there are, and beside others."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator


class _OneThread:
    """Limits from the first user that begins to the last that ends, however they overlap.

    OpenMP, and torch with it, counts for each of our threads by itself, and a new one begins with the number that was
    set last. Other libraries have one number for the process, which some let only the main thread change.
    """

    def __init__(self) -> None:
        self._lock, self._users, self._mine = threading.Lock(), 0, threading.local()

    def enter(self) -> None:
        with self._lock:
            torch_threads = torch.get_num_threads()  # asked for once, a thread keeps its number whatever others set
            limits = threadpool_limits(1)
            if not self._users:
                self._before, self._limits = torch_threads, limits
            torch.set_num_threads(1)
            self._users += 1
            self._mine.depth = getattr(self._mine, "depth", 0) + 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            self._mine.depth -= 1
            if not self._users:
                self._limits.restore_original_limits()
            if not self._mine.depth:
                torch.set_num_threads(self._before)


_one_thread = _OneThread()


@contextmanager
def one_thread() -> Iterator[None]:
    """Work on one thread in torch and in the numerical libraries, and as before once nobody does any more."""
    _one_thread.enter()
    try:
        yield
    finally:
        _one_thread.leave()
