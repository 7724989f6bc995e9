"""`ensemble`: many ordered cells of one disordered crystal, their energies, and what follows from them."""

from __future__ import annotations

import argparse
import logging
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cli.common import above_zero, add_json, add_seed, at_least, emit
from disgen.cli.crystals import notes_of, read_or_refuse
from disgen.errors import DisgenError
from disgen.files import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

    from disgen.cif.standard.alternatives import Alternative
    from disgen.crystal import WyckoffCrystal
    from disgen.energies.treatment import Treatment
    from disgen.ensembles.plan import Drawn
    from disgen.ensembles.report import Result
    from disgen.generation.ordered.supercell import Repeats

_LOG = logging.getLogger(__name__)
_POSITIONS = 160  # at most, of a supercell that the program chooses
_STEPS = 100  # of each part of a relaxation


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("ensemble", help="draw many ordered cells of a crystal, and their energies")
    command.add_argument("cifs", type=Path, nargs="+", metavar="cif", help="a CIF, or several")
    size = command.add_mutually_exclusive_group()
    size.add_argument(
        "--supercell",
        type=_repeats,
        metavar="N",
        help="conventional cells along each axis, as 2 or 2x2x1 (default: a large cell that holds the occupancies "
        f"best, of at most {_POSITIONS} positions)",
    )
    size.add_argument("--positions", type=at_least(1), metavar="N", help="the largest nearly cubic cell with so many")
    kind = command.add_mutually_exclusive_group()
    kind.add_argument("--n", type=at_least(1), default=200, help="random decorations (default: 200)")
    kind.add_argument("--all", action="store_true", help="all distinct decorations, where there are few enough")
    kind.add_argument("--quasirandom", action="store_true", help="one special quasirandom cell (needs sqsgenerator)")
    command.add_argument(
        "--neutral", action="store_true", help="keep the charge first where whole atoms cannot hold all occupancies"
    )
    command.add_argument(
        "--calculator",
        default="chgnet",
        metavar="NAME",
        help="chgnet, 7net-0, 7net-l3i5, 7net-mf-0-pbe, 7net-mf-0-r2scan, or any calculator of ASE by its import path, "
        "as \"mace.calculators:mace_mp(model='small')\" (default: chgnet)",
    )
    command.add_argument(
        "--second",
        metavar="NAME",
        help="a second calculator for the same decorations: how far its T* lies from the first one's is the error bar",
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument("--relax", action="store_true", help="relax the positions, then the cell too, to 0.1 eV/Å")
    what.add_argument("--no-energies", action="store_true", help="draw only")
    command.add_argument(
        "--steps", type=at_least(1), default=_STEPS, help=f"of each part of a relaxation at most (default: {_STEPS})"
    )
    command.add_argument(
        "--temperatures", type=above_zero, nargs="+", metavar="K", help="of averages (default: 300 600 1000 1500)"
    )
    command.add_argument("--workers", type=at_least(1), default=1, help="processes (default: 1)")
    command.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler's, as tcp://host:8786, to work there")
    command.add_argument("--out", type=Path, metavar="FOLDER", help="for the decorations: CSV, XYZ, POSCARs, workflow")
    add_seed(command)
    add_json(command)
    command.set_defaults(command=ensemble)


def ensemble(arguments: argparse.Namespace) -> None:
    """Draw, compute, and say what follows, of one crystal or of one after the other."""
    if len(arguments.cifs) == 1:
        emit(*_figures(arguments, arguments.cifs[0], arguments.out), as_json=arguments.json)
        return
    rows, texts = [], []
    for path in arguments.cifs:
        try:
            figures, text = _figures(arguments, path, arguments.out and arguments.out / path.stem)
        except DisgenError as error:  # the others are wanted all the same
            _LOG.warning("%s: %s", path, error)
            figures, text = {"problem": str(error)}, str(error)
        rows.append({"file": str(path)} | figures)
        texts.append(f"{path}: {text}")
    emit({"ensembles": rows}, "\n\n".join(texts), as_json=arguments.json)


def _figures(arguments: argparse.Namespace, path: Path, out: Path | None) -> tuple[dict[str, Any], str]:
    """All figures of one crystal's ensemble, and the same for people."""
    from disgen.ensembles.plan import Plan, draw  # noqa: PLC0415 (help need not wait for it)
    from disgen.ensembles.report import TEMPERATURES, about_cells, as_text, compared, summary  # noqa: PLC0415

    crystal, reading = read_or_refuse(path, encoded=False)
    for note in reading.notes:
        _LOG.warning("Doubtful: %s", note)
    plan = Plan(_chosen_repeats(arguments, crystal), _kind(arguments), arguments.n, arguments.seed, arguments.neutral)
    _tell_numbers(crystal, reading.alternatives, plan)
    drawn = draw(crystal, plan, reading.alternatives)
    for remark in drawn.cells.remarks:
        _LOG.warning("%s", remark)
    if arguments.no_energies:
        figures = about_cells(drawn)
    else:
        result = _computed(arguments, arguments.calculator, crystal, reading.alternatives, drawn)
        temperatures = arguments.temperatures or TEMPERATURES
        figures = summary(result, temperatures)
        if arguments.second is not None:
            other = _computed(arguments, arguments.second, crystal, reading.alternatives, drawn)
            figures |= compared(figures, summary(other, temperatures))
        if out is not None:
            _write(result, out)
            figures["out"] = str(out)
    return figures | {"notes": notes_of(reading)}, as_text(figures)


def _chosen_repeats(arguments: argparse.Namespace, crystal: WyckoffCrystal) -> Repeats:
    from disgen.ensembles.cells import best_repeats, repeats_of_size  # noqa: PLC0415

    if arguments.supercell is not None:
        result: tuple[int, int, int] = arguments.supercell
        return result
    if arguments.positions is not None:
        return repeats_of_size(crystal, arguments.positions)
    return best_repeats(crystal, max(_POSITIONS, crystal.n_positions))


def _kind(arguments: argparse.Namespace) -> Any:  # noqa: ANN401 (`disgen.ensembles.cells.Kind`, imported late)
    from disgen.ensembles.cells import Kind  # noqa: PLC0415

    return Kind.DISTINCT if arguments.all else Kind.QUASIRANDOM if arguments.quasirandom else Kind.RANDOM


def _tell_numbers(crystal: WyckoffCrystal, stated: Sequence[Alternative], plan: Any) -> None:  # noqa: ANN401 (`disgen.ensembles.plan.Plan`, imported late)
    """Say how many decorations there are before any is drawn."""
    from disgen.ensembles.distinct import count_text  # noqa: PLC0415
    from disgen.ensembles.plan import prepared  # noqa: PLC0415
    from disgen.generation.ordered.species_counts import all_number  # noqa: PLC0415

    _, supercell, wanted = prepared(crystal, plan, stated)
    size = "x".join(map(str, plan.repeats))
    _LOG.info("%s cells with %d positions have %s decorations.", size, len(supercell), count_text(all_number(wanted)))


def _computed(
    arguments: argparse.Namespace,
    calculator: str,
    crystal: WyckoffCrystal,
    stated: Sequence[Alternative],
    drawn: Drawn,
) -> Result:
    """Energies of the decorations by a calculator, and of those of small cells for the lowest one."""
    from tqdm import tqdm  # noqa: PLC0415

    from disgen.energies.treatment import Mode, Treatment  # noqa: PLC0415
    from disgen.ensembles.lowest import compute_small, lowest_energy, small_cells  # noqa: PLC0415
    from disgen.ensembles.properties import compute  # noqa: PLC0415
    from disgen.ensembles.report import Result  # noqa: PLC0415

    treatment = Treatment(Mode.IN_TURN, arguments.steps) if arguments.relax else Treatment()
    small = small_cells(crystal, stated)
    _tell_time(arguments, calculator, drawn, treatment, sum(map(len, small)))
    with _executor(arguments.scheduler) as executor:
        with tqdm(total=drawn.cells.different, desc="Energies", unit="", mininterval=0.5) as bar:
            properties = compute(
                drawn.cells,
                calculator,
                treatment,
                workers=arguments.workers,
                executor=executor,
                progress=_advance(bar),
            )
        found = compute_small(small, calculator, treatment)
    return Result(drawn, properties, lowest_energy(drawn, properties, found))


def _tell_time(arguments: argparse.Namespace, calculator: str, drawn: Drawn, treatment: Treatment, small: int) -> None:
    """Say how long it will take at most: what is in the cache already is not done again."""
    from disgen.ensembles.properties import estimated_seconds, first_cells  # noqa: PLC0415

    seconds = estimated_seconds(first_cells(drawn.cells)[0], calculator, treatment)
    total = seconds * (drawn.cells.different / arguments.workers + small / 4)  # small cells have a quarter of the atoms
    _LOG.info(
        "%d decorations, %d of which differ by symmetry (%s), by %s take about %.2g s each on this computer: some %.0f "
        "min in all, less what is known already. Stop whenever you like: what is done stays, and the same command goes "
        "on.",
        len(drawn.cells),
        drawn.cells.different,
        treatment.mode,
        calculator,
        seconds,
        max(total / 60, 1),
    )


@contextmanager
def _executor(address: str | None) -> Iterator[Executor | None]:
    """The processes of a Dask scheduler, or none."""
    if address is None:
        yield None
        return
    from disgen.ensembles.cluster import cluster  # noqa: PLC0415

    with cluster(address) as executor:
        yield executor


def _write(result: Result, folder: Path) -> None:
    from disgen.ensembles.files import extended_xyz, poscars, table_csv, workflow_files  # noqa: PLC0415

    files = {"decorations.csv": table_csv(result), "decorations.xyz": extended_xyz(result)}
    files |= {f"poscars/{name}": text for name, text in poscars(result).items()}
    files |= {f"workflow/{name}": text for name, text in workflow_files(result).items()}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text.encode())


def _advance(bar: Any) -> Callable[[int], None]:  # noqa: ANN401 (tqdm's)
    def advance(done: int) -> None:
        bar.update(done - bar.n)

    return advance


def _repeats(text: str) -> Repeats:
    """An argument type: 2, or 2x2x1."""
    parts = text.lower().split("x")
    if len(parts) == 1:
        parts *= 3
    try:
        a, b, c = map(int, parts)
    except ValueError:
        a = b = c = 0
    if min(a, b, c) < 1:
        msg = f"give a whole number of at least 1, or three as 2x2x1, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return a, b, c
