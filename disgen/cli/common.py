"""What the commands share: argument types, options and output."""

from __future__ import annotations

import argparse
import errno
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from disgen.errors import DisgenError
from disgen.files import require_writable

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.model.checkpoint import Run

DEFAULT_CORPUS = "build/corpus"
MOST = 2**63 - 1  # what seeds and counts can hold
MOST_SAMPLES = 1_000_000  # at once: their codes and crystals stay in memory until they are written
MOST_PROCESSES = 1024  # or threads
_LONGEST = 40  # characters of an argument in a sentence


class RefusedError(DisgenError):
    """A command cannot do what it is asked for: the sentence, and what programs should know beside it."""

    def __init__(self, sentence: str, details: dict[str, Any]) -> None:
        """Keep the details, which JSON can hold, beside the sentence."""
        super().__init__(sentence)
        self.details = details


def at_least(low: int, most: int = MOST) -> Callable[[str], int]:
    """An argument type: whole numbers from `low` to `most`."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:  # also of thousands of digits
            number = low - 1
        if not low <= number <= most:
            above = "" if most == MOST else f" and at most {most:,}"
            msg = f"give a whole number of at least {low}{above}, not {shortened(text)!r}"
            raise argparse.ArgumentTypeError(msg)
        return number

    return convert


def above_zero(text: str) -> float:
    """An argument type: finite numbers above zero."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.0 < number < math.inf:
        msg = f"give a number above zero, not {shortened(text)!r}"
        raise argparse.ArgumentTypeError(msg)
    return number


def shortened(text: str) -> str:
    """A text as far as a sentence can hold it."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def add_run(parser: argparse.ArgumentParser) -> None:
    """The option `--run`."""
    parser.add_argument("--run", help="a run folder, or the name of an installed run (default: the released run)")


def add_corpus(parser: argparse.ArgumentParser, otherwise: str = "") -> None:
    """The option `--corpus`; `otherwise` says what happens if the default folder is not there."""
    parser.add_argument("--corpus", help=f"a corpus folder (default: {DEFAULT_CORPUS}{otherwise})")


def add_seed(parser: argparse.ArgumentParser) -> None:
    """The option `--seed`."""
    parser.add_argument("--seed", type=at_least(0), default=0, help="of the random numbers, from 0 on (default: 0)")


def check_folder(folder: str | Path) -> None:
    """See that a command can write into a folder, before its work begins.

    Raises:
        OSError: if not.
    """
    require_writable(Path(folder))


def check_file(path: Path) -> None:
    """See that a command can write a file, before its work begins.

    Raises:
        OSError: if not.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    require_writable(path.parent)


def load_run(name: str | None) -> Run:
    """The run that `--run` names."""
    from disgen.model.checkpoint import load_run as load  # noqa: PLC0415 (torch takes seconds; help need not wait)

    return load(name)


def emit(result: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print a command's result: JSON for programs, text for people."""
    if as_json:
        text = orjson.dumps(
            result, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_INDENT_2
        ).decode()
    sys.stdout.write(text.rstrip("\n") + "\n")
