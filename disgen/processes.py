"""Processes that help this one, and end with it whatever ends it: a signal, the kernel for want of memory, a crash."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

_SIGNAL_AT_PARENTS_END = 1  # PR_SET_PDEATHSIG of prctl(2)
_LOOK = 0.5  # s between two looks at the parent, where the kernel does not tell
_ORPHANED = 1  # exit status
_SERVE = """
from disgen.processes import end_with_parent
end_with_parent()
from streamlit.web.cli import main
main(prog_name="streamlit")
"""


@contextmanager
def process_pool(
    workers: int, *, initializer: Callable[[], object] | None = None, preload: tuple[str, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are ended when the context is left, in the middle of their work if need be.

    Args:
        workers: number of processes.
        initializer: called in each of them first; must be importable.
        preload: modules that they share, where that is possible.
    """
    pool = new_pool(workers, initializer=initializer, preload=preload)
    try:
        yield pool
    finally:
        end_pool(pool)


def new_pool(
    workers: int, *, initializer: Callable[[], object] | None = None, preload: tuple[str, ...] = ()
) -> ProcessPoolExecutor:
    """As `process_pool`, for those who replace a pool that broke; `end_pool` ends it.

    The processes start from a clean one, so that threads of the caller (Streamlit, torch) do no harm.
    """
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if preload and method == "forkserver":
        context.set_forkserver_preload(list(preload))
    return ProcessPoolExecutor(workers, context, partial(_begin, initializer))


def end_pool(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool at once, and forget what they were to do."""
    started = getattr(pool, "_processes", None) or {}  # public from Python 3.14 on only, as `kill_workers`
    processes, calls = list(started.values()), getattr(pool, "_call_queue", None)
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
    for process in processes:
        process.join()
    if calls is not None and sys.platform != "win32" and sys.version_info < (3, 11, 5):
        _end_writing(calls)


def _end_writing(calls: Any) -> None:  # noqa: ANN401 (no public type)
    """End the thread that hands out work of a pool whose processes are dead.

    Before Python 3.11.5 (its issue 94777) it may write to them for ever, and the interpreter, which waits for it, never
    ends. The write fails once nobody holds the other end of the pipe, whose place something else takes here, as others
    will still close it.
    """
    with suppress(OSError), Path(os.devnull).open("rb") as nothing:  # it may be closed already
        os.dup2(nothing.fileno(), calls._reader.fileno())  # noqa: SLF001


def streamlit_command(*arguments: str) -> list[str]:
    """The command for Streamlit in a process that ends with the one that starts it, also where that one is killed."""
    return [sys.executable, "-c", _SERVE, *arguments]


def end_with_parent() -> None:
    """Let this process, which is no pool's, end when the one that started it does.

    Linux tells by a signal, also where compiled code runs and Python cannot look; everywhere a thread looks.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_END, signal.SIGKILL, 0, 0, 0)

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os._exit(_ORPHANED)

    threading.Thread(target=look, daemon=True, name="Looking at the parent").start()


def _begin(initializer: Callable[[], object] | None) -> None:
    """The start of a pool's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pool's owner is told too, and ends this process
    owner = multiprocessing.parent_process()
    if owner is not None:
        _end_with(owner)
    if initializer is not None:
        initializer()


def _end_with(owner: BaseProcess) -> None:
    """End when the owner of the pool does. Its end closes a pipe: a thread waits for that, and Linux sends a signal.

    The process between the two, from which those of a pool are forked, lives as long as they do.
    """
    pipe = getattr(owner, "_sentinel", None)
    if sys.platform == "linux" and isinstance(pipe, int):
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)

    def wait() -> None:
        owner.join()
        os._exit(_ORPHANED)

    threading.Thread(target=wait, daemon=True, name="Waiting for the owner's end").start()
