"""`judge`: a sampler, the test split or any folder of CIFs before judges that training never saw.

`judge-references`: the energies that the judge of energies measures heights above the hull against.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cli.common import (
    DEFAULT_CORPUS,
    MOST_PROCESSES,
    MOST_SAMPLES,
    RefusedError,
    add_json,
    add_run,
    add_seed,
    at_least,
    check_file,
    check_folder,
    emit,
    load_run,
)
from disgen.latent.registry import ESTIMATORS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from tqdm import tqdm

    from disgen.crystal import WyckoffCrystal
    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.judge.report import Subject
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)
_TEST = "test"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    command = commands.add_parser("judge", help="judge a sampler or a folder of CIFs: fidelity, mixtures, energies")
    add_run(command)
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--estimator",
        choices=(*ESTIMATORS, _TEST),
        metavar="NAME",
        help=f"whose samples: {', '.join(ESTIMATORS)}; or test, the test split, which is the ceiling",
    )
    what.add_argument("--cifs", type=Path, metavar="FOLDER", help="a folder of CIFs, of whatever program")
    command.add_argument(
        "-n", type=at_least(1, MOST_SAMPLES), help="how many (default: 2000 samples; all of a split or a folder)"
    )
    add_seed(command)
    command.add_argument(
        "--energies",
        type=at_least(0),
        default=0,
        metavar="N",
        help="relax so many of them, at random, by interatomic potentials (default: 0, none)",
    )
    command.add_argument(
        "--potentials", nargs="+", default=["chgnet"], metavar="NAME", help="which ones (default: chgnet)"
    )
    command.add_argument(
        "--whole-hull",
        action="store_true",
        help="heights above all known crystals that come with the program, not those of the Materials Project alone",
    )
    command.add_argument("--no-polish", action="store_true", help="judge samples without repairing their geometry")
    command.add_argument(
        "--corpus",
        help=f"the corpus of the run, to compare with its own crystals (default: {DEFAULT_CORPUS} if it is there and "
        "the run's, else what the run stores of them)",
    )
    command.add_argument("--store", action="store_true", help="write the report into the run, for the app")
    command.add_argument(
        "--workers", type=at_least(1, MOST_PROCESSES), help="processes (default: one per core, if it pays)"
    )
    add_json(command)
    command.set_defaults(command=judge)

    command = commands.add_parser("judge-references", help="compute the energies that a potential's hull is made of")
    command.add_argument(
        "--source",
        action="append",
        required=True,
        type=Path,
        metavar="FILE",
        help="a table of Materials Project crystals (.csv, .csv.xz: material_id, energy_above_hull, cif), matcalc's of "
        "elements (.json.gz), or a folder or archive of CIFs; may be repeated",
    )
    command.add_argument("--potential", default="chgnet", metavar="NAME", help="whose energies (default: chgnet)")
    command.add_argument("--out", required=True, type=Path, metavar="FILE", help="the table to write, or to go on with")
    add_json(command)
    command.set_defaults(command=references)


def judge(arguments: argparse.Namespace) -> None:
    """Print the report."""
    from tqdm import tqdm  # noqa: PLC0415 (help need not wait for it)

    from disgen.energies.hull import shipped_tables  # noqa: PLC0415
    from disgen.evaluation.fidelity.held_out import OWN, store_held_out  # noqa: PLC0415
    from disgen.judge.report import report  # noqa: PLC0415
    from disgen.judge.stored import store_judgement  # noqa: PLC0415

    if arguments.whole_hull and arguments.store:
        msg = "What is stored has one hull, the Materials Project's: leave out --store or --whole-hull."
        raise RefusedError(msg, {"stored": False})
    run, held_out, own = _run_and_reference(arguments.run, arguments.corpus)
    if arguments.store:
        check_folder(run.path)
    potentials = tuple(dict.fromkeys(arguments.potentials))
    whole = {name: shipped_tables(name) for name in potentials}
    if held_out.crystals != OWN:
        _LOG.warning("Samples are compared with reconstructions: --corpus compares them with real crystals.")
    with tqdm(desc="Judging", unit="", mininterval=0.5) as bar:
        subject = _subject(arguments, run, held_out, own, _advance(bar))
        bar.reset()
        result = report(
            run,
            subject,
            held_out,
            seed=arguments.seed,
            energies=arguments.energies,
            potentials=potentials,
            references=whole if arguments.whole_hull else None,
            workers=arguments.workers or 1,
            progress=_advance(bar),
        )
    if arguments.store:
        if own is not None:
            store_held_out(run, held_out)
        store_judgement(run, result)
    emit(result, as_text(result), as_json=arguments.json)


def references(arguments: argparse.Namespace) -> None:
    """Compute the table of energies that a potential's hull is made of, or go on with it."""
    from tqdm import tqdm  # noqa: PLC0415 (help need not wait for it)

    from disgen.energies.potentials import load_potential  # noqa: PLC0415 (potentials take seconds to load)
    from disgen.energies.reference_sources import read_entries  # noqa: PLC0415
    from disgen.energies.references import compute_references  # noqa: PLC0415

    check_file(arguments.out)
    potential = load_potential(arguments.potential)
    entries = read_entries(arguments.source)
    with tqdm(desc="Reference energies", unit="", mininterval=0.5) as bar:
        result = compute_references(potential, entries, arguments.out, progress=_advance(bar))
    text = (
        f"{result['entries']} reference energies by {result['potential']} ({result['correction']}) in {arguments.out}; "
        f"{result['without_energy']} crystals have none"
    )
    emit({**result, "out": str(arguments.out)}, text, as_json=arguments.json)


def as_text(report: dict[str, Any]) -> str:
    """The figures for people, a line each."""
    from disgen.judge.stored import summary  # noqa: PLC0415 (help need not wait for it)

    figures = summary(report)
    potentials = figures.pop("potentials")
    lines = [f"Run {report['run']}, {figures.pop('name')}: {figures.pop('n')} judged, seed {report['seed']}"]
    lines += [f"  {name.replace('_', ' '):40s}{_number(value)}" for name, value in figures.items()]
    for name, values in potentials.items():
        lines += [f"  {name + ': ' + key:40s}{_number(value)}" for key, value in values.items()]
    for name, problem in report["about"].get("unreadable", {}).items():
        lines.append(f"  not read: {name}: {problem}")
    return "\n".join(lines)


def _run_and_reference(name: str | None, folder: str | None) -> tuple[Run, HeldOut, list[WyckoffCrystal] | None]:
    """The run, the real crystals to compare with, and the test split's own if there is a corpus."""
    from disgen.corpus.storage import load_corpus  # noqa: PLC0415
    from disgen.evaluation.fidelity.held_out import find_held_out, own_held_out  # noqa: PLC0415
    from disgen.evaluation.run import split_crystals  # noqa: PLC0415
    from disgen.model.completion import complete_run  # noqa: PLC0415

    run = load_run(name)
    if folder is None and (Path(DEFAULT_CORPUS) / "meta.json").is_file():
        corpus = load_corpus(DEFAULT_CORPUS)
        if corpus.fingerprint == run.config.get("corpus", {}).get("fingerprint"):
            folder = DEFAULT_CORPUS
    if folder is None:
        return run, find_held_out(run), None
    corpus = load_corpus(folder)
    run = complete_run(run, corpus)
    crystals = {split: split_crystals(run, corpus, split)[1] for split in ("test", "validation")}
    return run, own_held_out(run, crystals.__getitem__), crystals["test"]


def _subject(
    arguments: argparse.Namespace,
    run: Run,
    held_out: HeldOut,
    own: list[WyckoffCrystal] | None,
    progress: Callable[[int, int], None],
) -> Subject:
    from disgen.judge.report import of_estimator, of_folder, of_test_split  # noqa: PLC0415

    n, seed = arguments.n, arguments.seed
    if arguments.cifs is not None:
        return of_folder(run, arguments.cifs, held_out, n=n, seed=seed, progress=progress)
    if arguments.estimator == _TEST:
        return of_test_split(run, held_out, own, n=n, seed=seed)
    return of_estimator(
        run,
        arguments.estimator,
        held_out,
        n=2000 if n is None else n,
        seed=seed,
        polished=not arguments.no_polish,
        workers=arguments.workers,
        progress=progress,
    )


def _advance(bar: tqdm[Any]) -> Callable[[int, int], None]:
    def advance(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return advance


def _number(value: float | str | None) -> str:
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
