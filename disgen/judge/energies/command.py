"""What `judge-references` does: the table of energies that a potential's hull is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def references_command(arguments: argparse.Namespace) -> None:
    """Compute the table and say what it is.

    Args:
        arguments: `source` (paths), `potential` (a name), `out` (a path) and `json`. Given again after an interruption,
            the command goes on.
    """
    from tqdm import tqdm  # noqa: PLC0415 (help need not wait for it)

    from disgen.cli.common import emit  # noqa: PLC0415
    from disgen.judge.energies.potential import load_potential  # noqa: PLC0415
    from disgen.judge.energies.reference_sources import read_entries  # noqa: PLC0415
    from disgen.judge.energies.references import compute_references  # noqa: PLC0415

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
