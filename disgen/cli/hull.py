"""`hull`: how high crystals stand above the hull of their chemical system, all energies of one potential."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from disgen.cli.common import above_zero, add_json, add_seed, at_least, emit
from disgen.errors import DisgenError
from disgen.files import write_file

if TYPE_CHECKING:
    from disgen.energies.reference_sources import ReferenceEntry
    from disgen.ensembles.stability import HullEntry, SystemReferences

_LOG = logging.getLogger(__name__)
_KEY = "MP_API_KEY"
_POSITIONS = 60
_DRAWN = (2, 3)  # elements of systems that have a picture


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("hull", help="heights above the convex hull of a chemical system")
    command.add_argument(
        "--elements", nargs="+", required=True, type=_element, metavar="SYMBOL", help="of the system, as Zn V O"
    )
    command.add_argument("--cifs", type=Path, metavar="FOLDER", help="crystals to place, ordered or disordered")
    command.add_argument(
        "--calculator", default="chgnet", metavar="NAME", help="as for the command ensemble (default: chgnet)"
    )
    command.add_argument(
        "--n", type=at_least(1), default=20, help="random decorations of each disordered crystal (default: 20)"
    )
    command.add_argument(
        "--positions",
        type=at_least(1),
        default=_POSITIONS,
        help=f"at most, of the cells of disordered crystals with no larger unit cell (default: {_POSITIONS})",
    )
    command.add_argument(
        "--temperatures", type=above_zero, nargs="+", default=[300.0, 1000.0], metavar="K", help="beside 0 K"
    )
    command.add_argument(
        "--source",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="further references, which are relaxed: a table of Materials Project crystals (.csv), of elements "
        "(.json.gz), or a folder or archive of CIFs; may be repeated",
    )
    command.add_argument(
        "--corpus",
        action="append",
        metavar="FOLDER",
        help="a corpus whose ordered crystals are references too; may be repeated",
    )
    command.add_argument(
        "--materials-project",
        action="store_true",
        help=f"take references from the Materials Project's API, with the key in the environment variable {_KEY}",
    )
    command.add_argument(
        "--references", type=Path, metavar="FILE", help="a table (.parquet) to take references from and store them in"
    )
    command.add_argument("--workers", type=at_least(1), default=1, help="processes (default: 1)")
    command.add_argument("--out", type=Path, metavar="FILE", help="write all entries at 0 K as CSV")
    command.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help="draw a binary or ternary system at 0 K, for any browser (.html)",
    )
    add_seed(command)
    add_json(command)
    command.set_defaults(command=hull)


def hull(arguments: argparse.Namespace) -> None:
    """Compute what is missing, and say how high the crystals stand."""
    from disgen.ensembles.stability.report import as_text, summary  # noqa: PLC0415 (help need not wait for it)

    elements = list(dict.fromkeys(arguments.elements))
    if arguments.picture is not None and len(elements) not in _DRAWN:
        msg = f"A picture can be drawn of two elements or three, not of {len(elements)}: leave --picture out."
        raise DisgenError(msg)
    references = _references(arguments, elements)
    candidates, problems = _candidates(arguments, elements) if arguments.cifs else ([], {})
    figures = summary(references, candidates, arguments.temperatures)
    if arguments.out is not None or arguments.picture is not None:
        _write(arguments, references, candidates)
    lines = [as_text(figures), *(f"  not placed: {name}: {problem}" for name, problem in problems.items())]
    out = None if arguments.out is None else str(arguments.out)
    emit(figures | {"not_placed": problems, "out": out}, "\n".join(lines), as_json=arguments.json)


def _write(arguments: argparse.Namespace, references: SystemReferences, candidates: list[HullEntry]) -> None:
    """The phase diagram at 0 K as the files that are asked for."""
    from disgen.ensembles.stability import diagram  # noqa: PLC0415

    found = diagram(references.elements, tuple(references.entries.values()), candidates)
    if arguments.out is not None:
        from disgen.ensembles.stability.report import diagram_csv  # noqa: PLC0415

        write_file(arguments.out, diagram_csv(found).encode())
    if arguments.picture is not None:
        from disgen.ensembles.stability.figure import figure_html  # noqa: PLC0415 (plotly)

        write_file(arguments.picture, figure_html(found).encode())


def _references(arguments: argparse.Namespace, elements: list[str]) -> SystemReferences:
    from tqdm import tqdm  # noqa: PLC0415

    from disgen.energies.hull import shipped_tables  # noqa: PLC0415
    from disgen.ensembles.stability import store_references, system_references  # noqa: PLC0415

    own: Path | None = arguments.references
    tables = [own] if own is not None and own.exists() else []
    with tqdm(desc="Reference energies", unit="", mininterval=0.5) as bar:

        def advance(done: int) -> None:
            bar.update(done - bar.n)

        found = system_references(
            elements,
            arguments.calculator,
            _sources(arguments, elements),
            tables=[*tables, *shipped_tables(arguments.calculator)],
            workers=arguments.workers,
            progress=advance,
        )
    if own is not None:
        store_references(own, found)
    return found


def _sources(arguments: argparse.Namespace, elements: list[str]) -> list[ReferenceEntry]:
    """Reference crystals that the user names."""
    from disgen.crystal import ATOMIC_NUMBER  # noqa: PLC0415
    from disgen.energies.potential import EnergyError  # noqa: PLC0415
    from disgen.energies.reference_sources import read_entries  # noqa: PLC0415
    from disgen.ensembles.stability import corpus_entries, materials_project_entries  # noqa: PLC0415

    within = frozenset(ATOMIC_NUMBER[symbol] for symbol in elements)
    found = read_entries(arguments.source, within)
    for folder in arguments.corpus or ():
        found += corpus_entries(folder, elements)
    if arguments.materials_project:
        if not os.environ.get(_KEY):
            msg = f"The Materials Project's API needs your key: put it into the environment variable {_KEY}."
            raise EnergyError(msg)
        found += materials_project_entries(elements, os.environ[_KEY])
    return found


def _candidates(arguments: argparse.Namespace, elements: list[str]) -> tuple[list[HullEntry], dict[str, str]]:
    """Crystals of the folder with their energies, and a sentence for each that has no place."""
    from tqdm import tqdm  # noqa: PLC0415

    from disgen.energies.potential import EnergyError  # noqa: PLC0415
    from disgen.ensembles.stability import candidate  # noqa: PLC0415
    from disgen.judge.cif_folder import read_folder  # noqa: PLC0415

    folder = read_folder(arguments.cifs)
    found: list[HullEntry] = []
    problems = dict(folder.problems)
    pairs = zip(folder.names, folder.crystals, strict=True)
    for name, crystal in tqdm(list(pairs), desc="Crystals", unit="", mininterval=0.5):
        if crystal is None:
            continue
        foreign = sorted(set(crystal.composition) - set(elements))
        if foreign:
            problems[name] = f"It holds {foreign[0]}, which is not of the system."
            continue
        title = f"{crystal.formula} ({name})"
        try:
            found.append(
                candidate(
                    crystal,
                    title,
                    arguments.calculator,
                    n=arguments.n,
                    seed=arguments.seed,
                    positions=arguments.positions,
                    workers=arguments.workers,
                )
            )
        except EnergyError:
            raise
        except DisgenError as error:
            problems[name] = str(error)
    return found, problems


def _element(text: str) -> str:
    """An argument type: the symbol of an element."""
    from disgen.crystal import ATOMIC_NUMBER  # noqa: PLC0415

    if text not in ATOMIC_NUMBER:
        msg = f"give symbols of elements, as Zn V O, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return text
