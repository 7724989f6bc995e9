"""`judge references`: the table of energies that a potential's hull is made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from disgen.judge.energies.potential import POTENTIALS

if TYPE_CHECKING:
    import argparse


def add_reference_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str = "references"
) -> None:
    """Add the command; it can be given again after an interruption and then goes on."""
    command = commands.add_parser(name, help="compute the energies that a potential's convex hull is made of")
    command.add_argument(
        "--source",
        action="append",
        required=True,
        type=Path,
        metavar="FILE",
        help="a table of Materials Project crystals (.csv, .csv.xz: material_id, energy_above_hull, cif) or matcalc's "
        "of elements (.json.gz); may be repeated",
    )
    command.add_argument("--potential", choices=POTENTIALS, default="chgnet", help="whose energies (default: chgnet)")
    command.add_argument("--out", required=True, type=Path, metavar="FILE", help="the table to write, or to go on with")
    command.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    command.set_defaults(command=references_command)


def references_command(arguments: argparse.Namespace) -> None:
    """Compute the table and say what it is."""
    from tqdm import tqdm  # noqa: PLC0415 (help need not wait for it)

    from disgen.cli.common import emit  # noqa: PLC0415
    from disgen.judge.energies.potential import load_potential  # noqa: PLC0415
    from disgen.judge.energies.references import compute_references, read_entries  # noqa: PLC0415

    potential = load_potential(arguments.potential)
    entries = read_entries(arguments.source)
    with tqdm(desc="Reference energies", unit="", mininterval=0.5) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        result = compute_references(potential, entries, arguments.out, progress=advance)
    emit({**result, "out": str(arguments.out)}, _as_text(result, arguments.out), as_json=arguments.json)


def _as_text(result: dict[str, object], path: Path) -> str:
    return (
        f"{result['entries']} reference energies by {result['potential']} ({result['correction']}) in {path}; "
        f"{result['without_energy']} crystals have none"
    )
