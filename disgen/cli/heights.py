"""`heights`: how high a run's ordered entries stand above the hull, for the colours of the latent map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.cli.common import (
    DEFAULT_CORPUS,
    MOST_PROCESSES,
    RefusedError,
    add_corpus,
    add_json,
    add_run,
    at_least,
    check_folder,
    emit,
    load_run,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from disgen.corpus.storage import Corpus
    from disgen.crystal import WyckoffCrystal
    from disgen.energies.heights import Heights
    from disgen.model.checkpoint import Run

_FLAG = "h_missing"
_ABOUT = {
    "energies": "eV per atom, single points at the sources' geometries, of the ordered entries on the hull",
    "attribution": "Energies by the named potential of crystals of the American Mineralogist Crystal Structure "
    "Database (Downs and Hall-Wallace, Am. Mineral. 88, 247, 2003) and of 3DSC (Sommer et al., Sci. Data 10, 816, "
    "2023; CC BY 4.0).",
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser(
        "heights",
        help="heights of a run's ordered entries above the hull",
        description="Compute the energies of a run's ordered entries at their published geometries, and store how high "
        "they stand above the hull with the run, for the colours of the latent map. Energies are kept as they come: "
        "the same command goes on where it was stopped.",
    )
    add_run(command)
    add_corpus(command)
    command.add_argument("--potential", default="chgnet", metavar="NAME", help="whose energies (default: chgnet)")
    command.add_argument(
        "--splits",
        nargs="+",
        choices=("test", "validation", "train"),
        default=["test", "validation", "train"],
        metavar="NAME",
        help="entries of which splits (default: all)",
    )
    command.add_argument("--most-atoms", type=at_least(1), default=60, help="of a primitive cell (default: 60)")
    command.add_argument(
        "--references", type=Path, metavar="FILE", help="also store the energies of those on the hull as references"
    )
    command.add_argument("--workers", type=at_least(1, MOST_PROCESSES), default=1, help="processes (default: one)")
    add_json(command)
    command.set_defaults(command=heights)


def heights(arguments: argparse.Namespace) -> None:
    """Compute and store the heights."""
    from tqdm import tqdm  # noqa: PLC0415 (help need not wait for it)

    from disgen.corpus.storage import load_corpus  # noqa: PLC0415
    from disgen.energies.cache import default_cache  # noqa: PLC0415
    from disgen.energies.heights import HEIGHTS, heights_of, save_heights  # noqa: PLC0415
    from disgen.energies.hull import default_references, load_references  # noqa: PLC0415
    from disgen.energies.potentials import load_potential  # noqa: PLC0415 (potentials take seconds to load)
    from disgen.energies.references import write_table  # noqa: PLC0415

    run = load_run(arguments.run)
    check_folder(run.path)
    tables = default_references()
    if arguments.potential not in tables:
        msg = f"There are no reference energies by {arguments.potential}: take one of {', '.join(tables)}."
        raise RefusedError(msg, {"potentials": list(tables)})
    crystals = entries(run, load_corpus(arguments.corpus or DEFAULT_CORPUS), arguments.splits)
    with tqdm(desc="Energies", unit="", mininterval=0.5) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        found = heights_of(
            load_potential(arguments.potential),
            load_references(tables[arguments.potential]),
            crystals,
            len(run.index),
            default_cache(),
            most_atoms=arguments.most_atoms,
            workers=arguments.workers,
            progress=advance,
        )
    path = run.path / HEIGHTS
    save_heights(path, found)
    if arguments.references:
        write_table(arguments.references, references(run, found), {**found.about, **_ABOUT})
    result: dict[str, Any] = {
        "run": run.name,
        **found.about,
        "known": len(found.rows),
        "median": round(float(np.median(found.heights)), 3) if len(found.rows) else None,
        "within_0.1": int((found.heights <= 0.1).sum()),  # noqa: PLR2004 (eV an atom: metastable)
        "bytes": path.stat().st_size,
        "file": str(path),
        "on_hull": len(found.lowest),
    }
    text = (
        f"Heights of {result['known']:,} of {result['entries']:,} entries above the hull of {result['potential']} in "
        f"{path}: half of them at most {result['median']} eV an atom, {result['within_0.1']:,} at most 0.1."
    )
    emit(result, text, as_json=arguments.json)


def references(run: Run, found: Heights) -> dict[str, tuple[str, float]]:
    """Formula and energy (eV an atom) of the entries on the hull by source and identifier, one of each formula."""
    index = run.index
    chosen: dict[str, tuple[str, float]] = {}
    for row, (formula, energy) in found.lowest.items():
        if formula not in chosen or energy < chosen[formula][1]:
            chosen[formula] = (f"{index['source'].iloc[row]}/{index['id'].iloc[row]}", energy)
    return {identifier: (formula, energy) for formula, (identifier, energy) in sorted(chosen.items())}


def entries(run: Run, corpus: Corpus, splits: Sequence[str]) -> dict[int, WyckoffCrystal]:
    """Crystals of a run's splits by their places in its index, without those whose source leaves hydrogen out.

    Raises:
        CorpusError: if the corpus is not the one that the run was trained on.
    """
    from disgen.evaluation.run import split_crystals  # noqa: PLC0415

    found: dict[int, WyckoffCrystal] = {}
    for split in splits:
        places = np.flatnonzero(run.index["split"].to_numpy() == split)
        rows, crystals = split_crystals(run, corpus, split)
        found |= dict(zip(places[rows].tolist(), crystals, strict=True))
    missing = run.index[_FLAG].to_numpy(dtype=bool) if _FLAG in run.index else np.zeros(len(run.index), dtype=bool)
    return {row: crystal for row, crystal in sorted(found.items()) if not missing[row]}
