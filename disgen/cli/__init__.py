"""`python -m disgen …`: one thin function per command.

With `--json` a command prints one JSON object on standard output and nothing else; progress and messages go to
standard error. Exit status: 0 good, 1 failed (one sentence), 2 wrong use (one sentence). A mistake in the program is
neither: it ends with its traceback.
"""

from __future__ import annotations

import argparse
import logging
import sys
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
    hull,
    judge,
    models,
    order,
    prior,
)
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOG = logging.getLogger("disgen")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s", force=True)
    try:
        chosen.command(chosen)
    except DisgenError as error:
        _LOG.error("%s", error)
        return 1
    except OSError as error:
        _LOG.error("%s cannot be used (%s): choose another place.", error.filename or "A file", error.strerror or error)
        return 1
    except KeyboardInterrupt:
        _LOG.error("Stopped.")
        return 130
    return 0


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
    prior.add_commands(commands)
    compare.add_commands(commands)
    judge.add_commands(commands)
    condition.add_commands(commands)
    bench.add_commands(commands)
    return parser
