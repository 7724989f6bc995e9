"""Judging entries on all cores, so that no file can stop or hang the build.

Three nets lie under each entry: an exception becomes a counted rejection; a timer interrupts Python code that takes too
long; a watchdog ends a process that is stuck in compiled code (or the process dies by itself), after which the entries
that it held are judged again one by one, and only the culprit is counted as a breakdown.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
from collections import deque
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from disgen.corpus.filters import Failure, FilterResult, judge, read_entry
from disgen.processes import end_pool, new_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future, ProcessPoolExecutor

    from disgen.cif import Reading
    from disgen.corpus.sources import CifBlock

SECONDS_PER_ENTRY = 20.0
_WATCHDOG_FACTOR = 2.0  # the watchdog ends the process after so many times the timer's seconds
_CHUNK = 64  # entries sent to a process at once
_CHUNKS_AHEAD = 4  # chunks in flight for each process

_log = logging.getLogger(__name__)


class _TookTooLongError(BaseException):
    """The timer has run out; no `Exception`, so that no library swallows it."""


def default_workers() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def judge_all(
    entries: Iterable[CifBlock],
    *,
    workers: int,
    seconds: float = SECONDS_PER_ENTRY,
    reader: Callable[[str], Reading] = read_entry,
) -> Iterator[FilterResult]:
    """Verdicts in the order of the entries.

    Args:
        entries: the entries, taken as they are needed.
        workers: number of processes.
        seconds: longest time for one entry.
        reader: see `disgen.corpus.filters.judge`; must be importable by the processes.
    """
    chunks = _chunks(iter(entries))
    pool = _pool(workers)
    try:
        pending: deque[tuple[Future[list[FilterResult]], list[CifBlock]]] = deque()
        while True:
            for chunk in islice(chunks, workers * _CHUNKS_AHEAD - len(pending)):
                pending.append((_submit(pool, chunk, seconds, reader), chunk))
            if not pending:
                return
            future, chunk = pending.popleft()
            try:
                results = future.result()
            except BrokenProcessPool:
                end_pool(pool)
                results = list(_judge_singly(chunk, seconds, reader))
                pool = _pool(workers)
                pending = deque((_resubmit(pool, f, c, seconds, reader), c) for f, c in pending)
            yield from results
    finally:
        end_pool(pool)


def judge_guarded(entry: CifBlock, seconds: float, reader: Callable[[str], Reading]) -> FilterResult:
    """Judge one entry within a time limit; to be run in a process of its own.

    Anything but a `CifError` is a fault in our reading, not in the file; it is counted and logged, never raised.
    """
    try:
        with _time_limit(seconds):
            return judge(entry, reader)
    except _TookTooLongError:
        return _failed(entry, Failure.TIMEOUT, f"Reading took longer than {seconds:g} s: simplify the file.")
    except Exception as error:  # noqa: BLE001 (whatever a hostile file provokes)
        _log.exception("Reading %s of %s broke down", entry.id, entry.source)
        return _failed(
            entry, Failure.BREAKDOWN, f"Reading broke down ({type(error).__name__}: {error}): report the file."
        )
    except BaseException as error:  # a panic in moyo's Rust code is no Exception
        if type(error).__name__ != "PanicException":
            raise
        return _failed(entry, Failure.BREAKDOWN, f"The symmetry search broke down ({error}): report the file.")


def _judge_chunk(entries: list[CifBlock], seconds: float, reader: Callable[[str], Reading]) -> list[FilterResult]:
    return [judge_guarded(entry, seconds, reader) for entry in entries]


def _judge_singly(entries: list[CifBlock], seconds: float, reader: Callable[[str], Reading]) -> Iterator[FilterResult]:
    """Judge entries one by one, one of which has ended its process before."""
    pool = _pool(1)
    try:
        for entry in entries:
            try:
                yield pool.submit(judge_guarded, entry, seconds, reader).result()
            except BrokenProcessPool:
                pool = _pool(1)
                yield _failed(entry, Failure.BREAKDOWN, "Reading ended its process or never returned: report the file.")
    finally:
        end_pool(pool)


def _failed(entry: CifBlock, reason: Failure, sentence: str) -> FilterResult:
    return FilterResult(entry.source, entry.id, None, reason, sentence)


def _chunks(entries: Iterator[CifBlock]) -> Iterator[list[CifBlock]]:
    while chunk := list(islice(entries, _CHUNK)):
        yield chunk


def _pool(workers: int) -> ProcessPoolExecutor:
    return new_pool(workers, initializer=_quieten, preload=(__name__,))


def _quieten() -> None:
    """Keep moyo's remarks on unusual cells, which need no action, out of the progress bar."""
    logging.getLogger("moyo").setLevel(logging.ERROR)


def _submit(
    pool: ProcessPoolExecutor, chunk: list[CifBlock], seconds: float, reader: Callable[[str], Reading]
) -> Future[list[FilterResult]]:
    try:
        return pool.submit(_judge_chunk, chunk, seconds, reader)
    except BrokenProcessPool as error:
        broken: futures.Future[list[FilterResult]] = futures.Future()
        broken.set_exception(error)
        return broken


def _resubmit(
    pool: ProcessPoolExecutor,
    future: Future[list[FilterResult]],
    chunk: list[CifBlock],
    seconds: float,
    reader: Callable[[str], Reading],
) -> Future[list[FilterResult]]:
    finished = future.done() and not future.cancelled() and future.exception() is None
    return future if finished else _submit(pool, chunk, seconds, reader)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `_TookTooLongError` in Python code, or end the process if it does not come back to Python."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 (faulthandler wants a file that stays open)
        faulthandler.dump_traceback_later(seconds * _WATCHDOG_FACTOR, exit=True, file=nowhere)
        timed = hasattr(signal, "setitimer")  # not on Windows, where only the watchdog helps
        if timed:
            previous = signal.signal(signal.SIGALRM, _raise_took_too_long)
            signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            if timed:
                signal.setitimer(signal.ITIMER_REAL, 0.0)
                signal.signal(signal.SIGALRM, previous)
            faulthandler.cancel_dump_traceback_later()


def _raise_took_too_long(_number: int, _frame: object) -> None:
    raise _TookTooLongError
