"""`family`: to which known crystals a crystal belongs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cli.common import DEFAULT_CORPUS, add_json, add_run, at_least, emit
from disgen.cli.crystals import notes_of, read_or_refuse

if TYPE_CHECKING:
    import argparse

    from disgen.ensembles.family import KnownCrystals, Relative

_LOG = logging.getLogger(__name__)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser(
        "family", help="is a crystal an order of a known disordered one, its parent, a sibling, or of a new family"
    )
    command.add_argument("cif", type=Path, help="a CIF")
    add_run(command)
    command.add_argument(
        "--corpus",
        action="append",
        metavar="FOLDER",
        help="a corpus to compare with beside the run's known crystals; may be repeated "
        f"(default: {DEFAULT_CORPUS} if it is there)",
    )
    command.add_argument("--most", type=at_least(1), default=3, help="relatives of each kind (default: 3)")
    add_json(command)
    command.set_defaults(command=family)


def family(arguments: argparse.Namespace) -> None:
    """Print the family."""
    from disgen.ensembles.family import family_of  # noqa: PLC0415 (help need not wait for it)
    from disgen.ensembles.family.words import about, headline, name  # noqa: PLC0415

    crystal, reading = read_or_refuse(arguments.cif)
    found = family_of(crystal, _known(arguments), arguments.most)
    for note in reading.notes:
        _LOG.warning("Doubtful: %s", note)
    result = {
        "accepted": True,
        "formula": found.crystal.formula,
        "space_group": found.crystal.space_group,
        "relation": found.relation.value,
        "sentence": headline(found),
        "compared": found.compared,
        "relatives": [_described(one) for one in found.relatives],
        "notes": notes_of(reading),
    }
    lines = [
        f"{found.crystal.formula} ({found.crystal.space_group}), {found.compared} known crystals: {found.relation}",
        headline(found),
    ]
    for one in found.relatives:
        where = f", {one.known.source} {one.known.identifier}".rstrip() if one.known.source else ""
        said = about(one)
        lines.append(f"  {one.relation} of {name(one)}{where}" + f": {said}" * bool(said))
    emit(result, "\n".join(lines), as_json=arguments.json)


def _known(arguments: argparse.Namespace) -> KnownCrystals:
    """Known crystals of the run and of corpora; of corpora alone where the run has none."""
    from disgen.ensembles.family import KnownCrystals, known_of_corpus, known_of_run  # noqa: PLC0415
    from disgen.model.checkpoint import run_folder  # noqa: PLC0415
    from disgen.prior.errors import PriorError  # noqa: PLC0415

    folders = arguments.corpus
    if folders is None:
        folders = [DEFAULT_CORPUS] if (Path(DEFAULT_CORPUS) / "meta.json").is_file() else []
    entries = [entry for folder in folders for entry in known_of_corpus(folder)]
    try:
        of_run = known_of_run(run_folder(arguments.run))
    except PriorError:
        if not entries:
            raise
        return KnownCrystals.of(entries)
    return KnownCrystals.of([*entries, *of_run.entries], of_run.names)


def _described(one: Relative) -> dict[str, Any]:
    from disgen.ensembles.family.words import about  # noqa: PLC0415
    from disgen.wyckoff import symbol  # noqa: PLC0415

    crystal = one.known.crystal
    return {
        "relation": one.relation.value,
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "symbol": symbol(crystal.space_group),
        "source": one.known.source,
        "identifier": one.known.identifier,
        "index": one.index,
        "point_index": one.point_index,
        "same_amounts": one.same_amounts,
        "distortion": round(one.distortion, 4),
        "strain": round(one.strain, 5),
        "composition_distance": round(one.distance, 4),
        "about": about(one),
    }
