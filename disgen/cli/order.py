"""`order`: one ordered cell of a disordered crystal, for programs that cannot hold partial occupancies."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from disgen.cli.common import add_json, add_seed, at_least, check_file, emit
from disgen.cli.crystals import notes_of, read_or_refuse
from disgen.files import write_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from disgen.generation.ordered.cell import OrderedCell

_LOG = logging.getLogger(__name__)
FORMATS = ("cif", "poscar", "xyz")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("order", help="draw one ordered cell of a disordered crystal")
    command.add_argument("cif", type=Path, help="a CIF")
    command.add_argument(
        "--repeats",
        type=at_least(1),
        nargs=3,
        metavar=("A", "B", "C"),
        help="conventional cells along a, b and c (default: the smallest cell that holds the composition well)",
    )
    command.add_argument(
        "--complete",
        action="store_true",
        help="leave out as few atoms as can be: those whose positions are too close to each other go to other sites "
        "that hold their element",
    )
    command.add_argument("--format", choices=FORMATS, default="cif", help="of the file (default: cif)")
    command.add_argument("--out", required=True, type=Path, metavar="FILE", help="the file to write")
    add_seed(command)
    add_json(command)
    command.set_defaults(command=order)


def order(arguments: argparse.Namespace) -> None:
    """Write the cell, and say what it is."""
    from disgen.export.ordered import label  # noqa: PLC0415 (help need not wait for it)
    from disgen.generation.ordered.cell import draw_ordered_cell  # noqa: PLC0415
    from disgen.generation.ordered.supercell import suggest_repeats  # noqa: PLC0415

    check_file(arguments.out)
    crystal, reading = read_or_refuse(arguments.cif, encoded=False)
    a, b, c = arguments.repeats or suggest_repeats(crystal)
    cell = draw_ordered_cell(
        crystal, (a, b, c), arguments.seed, complete=arguments.complete, stated=reading.alternatives
    )
    write_file(arguments.out, _writer(arguments.format)(cell).encode())
    for note in reading.notes:
        _LOG.warning("Doubtful: %s", note)
    result = {
        "accepted": True,
        "formula": crystal.formula,
        "repeats": list(cell.repeats),
        "seed": cell.seed,
        "atoms": cell.composition,
        "wanted": dict(cell.wanted),
        "left_out": cell.left_out,
        "moved": dict(cell.moved),
        "file": str(arguments.out),
        "notes": notes_of(reading),
    }
    emit(result, f"{label(cell)}. {len(cell)} atoms in {arguments.out}.", as_json=arguments.json)


def _writer(name: str) -> Callable[[OrderedCell], str]:
    from disgen.export import extended_xyz, ordered_cif, poscar  # noqa: PLC0415

    return {"cif": ordered_cif, "poscar": poscar, "xyz": extended_xyz}[name]
