"""`python -m disgen …`: one thin function per command.

With `--json` a command prints one JSON object on standard output and nothing else, on a refusal ``{"error": …}``;
progress and messages go to standard error. Exit status: 0 good, 1 failed (one sentence), 2 wrong use (one sentence),
128 and a signal's number where it was stopped. A mistake in the program is none of these: it ends with its traceback.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from disgen.cli import (
    app,
    bench,
    compare,
    condition,
    corpus,
    crystals,
    diffraction,
    ensemble,
    family,
    heights,
    hull,
    judge,
    models,
    order,
    prior,
)
from disgen.cli.common import RefusedError, emit
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LOG = logging.getLogger("disgen")
_SIGNALLED = 128  # plus the signal's number: the exit status of what a signal has ended


class _TerminatedError(KeyboardInterrupt):
    """SIGTERM has come."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s", force=True)
    as_json = getattr(chosen, "json", False)
    try:
        with _stopped_by_a_signal():
            chosen.command(chosen)
    except DisgenError as error:
        return _refused(str(error), as_json=as_json, details=error.details if isinstance(error, RefusedError) else {})
    except OSError as error:
        name, reason = error.filename or "A file", error.strerror or error
        return _refused(f"{name} cannot be used ({reason}): choose another place.", as_json=as_json)
    except MemoryError:
        return _refused("There is too little memory for this: ask for less at once.", as_json=as_json)
    except KeyboardInterrupt as error:
        _LOG.error("Stopped.")
        return _SIGNALLED + (signal.SIGTERM if isinstance(error, _TerminatedError) else signal.SIGINT)
    return 0


def _refused(sentence: str, *, as_json: bool, details: Mapping[str, object] = MappingProxyType({})) -> int:
    """Say why there is no result; whoever reads JSON gets an object."""
    _LOG.error("%s", sentence)
    if as_json:
        emit({"error": sentence, **details}, "", as_json=True)
    return 1


@contextmanager
def _stopped_by_a_signal() -> Iterator[None]:
    """SIGTERM, by which services are stopped, ends a command as Ctrl-C does: files stay whole, processes end."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: object) -> None:
    raise _TerminatedError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m disgen", description="Generate, encode and judge disordered crystals with Dis-GEN."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    app.add_commands(commands)
    corpus.add_commands(commands)
    models.add_commands(commands)
    crystals.add_commands(commands)
    order.add_commands(commands)
    ensemble.add_commands(commands)
    diffraction.add_commands(commands)
    family.add_commands(commands)
    hull.add_commands(commands)
    heights.add_commands(commands)
    prior.add_commands(commands)
    compare.add_commands(commands)
    judge.add_commands(commands)
    condition.add_commands(commands)
    bench.add_commands(commands)
    return parser
