"""`compare`: the samplers of a run side by side."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from disgen.cli.common import (
    MOST_PROCESSES,
    MOST_SAMPLES,
    add_json,
    add_run,
    add_seed,
    at_least,
    check_folder,
    emit,
    load_run,
)
from disgen.generation.checks import CHECKS, SOUND_SENTENCE
from disgen.latent.registry import ESTIMATORS

if TYPE_CHECKING:
    import argparse

    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.evaluation.judging import Variant
    from disgen.evaluation.reference import Reference
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)

# Columns of the table for people, by figure.
_COLUMNS = {
    "generation": "generated",
    "sma": "SMA",
    "fixed_site_reuse": "reused",
    **{check.rate: check.key for check in CHECKS},
    "sound": "sound",
    "yield": "yield",
}
_PAPERS = ("generation", "sma", "validity", "neutrality")
_NOTE = "\n".join(
    (
        "Shares of all samples in %, but for the paper's columns: validity and neutrality of what reconstruction left.",
        *(f"{check.key}: {check.sentence}" for check in CHECKS),
        f"sound: {SOUND_SENTENCE} yield: sound, unique and novel, with its 95 % interval.",
        "log p: of the test split's latents, nats. s: seconds of one core.",
    )
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("compare", help="compare the samplers of the latent space: the paper's Table 3")
    add_run(command)
    command.add_argument(
        "--estimators",
        nargs="+",
        choices=ESTIMATORS,
        metavar="NAME",
        help=f"which ones: {', '.join(ESTIMATORS)} (default: all that the run has)",
    )
    command.add_argument(
        "-n",
        type=at_least(1, MOST_SAMPLES),
        default=27_008,
        help="samples of each estimator (default: 27008, as in the paper)",
    )
    add_seed(command)
    command.add_argument(
        "--decoding",
        choices=("both", "exact", "free"),
        default="both",
        help="exact: letters legal by construction; free: each output's own, as in the paper (default: both)",
    )
    command.add_argument(
        "--no-polish",
        action="store_true",
        help="leave out the rows of crystals from exact decoding with their clashes removed, which take most time",
    )
    command.add_argument(
        "--corpus",
        help="the corpus of the run, to measure against the test split's own crystals (default: what the run stores of "
        "them, else their reconstruction); a light run needs it for its training split too",
    )
    command.add_argument("--store", action="store_true", help="write what the app shows into the run")
    command.add_argument(
        "--workers", type=at_least(1, MOST_PROCESSES), help="processes (default: one per core, if it pays)"
    )
    add_json(command)
    command.set_defaults(command=compare)


def compare(arguments: argparse.Namespace) -> None:
    """Print the table."""
    from tqdm import tqdm  # noqa: PLC0415 (help need not wait for it)

    from disgen.evaluation.comparison import comparison, comparison_rows, store_comparison  # noqa: PLC0415
    from disgen.evaluation.fidelity.held_out import store_held_out  # noqa: PLC0415
    from disgen.evaluation.reference import RECONSTRUCTED, store_reference  # noqa: PLC0415
    from disgen.judge.credible import headline  # noqa: PLC0415

    run, reference, held_out = _run_and_references(arguments.run, arguments.corpus)
    if arguments.store:
        check_folder(run.path)
    if reference.crystals == RECONSTRUCTED:
        _LOG.warning("The ceiling is the test split's reconstruction: --corpus measures against its own crystals.")
    with tqdm(desc="Judging samples", unit="", mininterval=0.5) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        rows = list(
            comparison_rows(
                run,
                reference,
                n=arguments.n,
                seed=arguments.seed,
                estimators=tuple(dict.fromkeys(arguments.estimators)) if arguments.estimators else None,
                variants=_variants(arguments.decoding, polished=not arguments.no_polish),
                workers=arguments.workers,
                held_out=held_out,
                verdict=headline,
                progress=advance,
            )
        )
    result = comparison(run, reference, rows, n=arguments.n, seed=arguments.seed)
    if arguments.store:
        if held_out is not None:
            store_reference(run, reference)
            store_held_out(run, held_out)
        store_comparison(run, result)
    emit(result, as_text(result), as_json=arguments.json)


def as_text(result: dict[str, Any]) -> str:
    """The table for people."""
    head = ["estimator", "decoding", "n", *_COLUMNS.values(), "interval", "log p", "s"]
    lines = [_line(row) for row in result["rows"]]
    lines.append(_line({"estimator": "ceiling", "decoding": result["ceiling"]["crystals"], **result["ceiling"]}))
    papers = [[*_named(row), *(_percent(row["paper"][name]) for name in _PAPERS)] for row in result["rows"]]
    return "\n\n".join(
        [
            f"Run {result['run']}, {result['n']} samples of each estimator, seed {result['seed']}",
            _aligned([head, *lines]),
            "With the paper's denominators (Table 3)",
            _aligned([["estimator", "decoding", "generation", "SMA", "validity", "neutrality"], *papers]),
            _NOTE,
        ]
    )


def _run_and_references(name: str | None, folder: str | None) -> tuple[Run, Reference, HeldOut | None]:
    from disgen.corpus.storage import load_corpus  # noqa: PLC0415
    from disgen.evaluation.fidelity.held_out import own_held_out  # noqa: PLC0415
    from disgen.evaluation.reference import find_reference, own_reference  # noqa: PLC0415
    from disgen.evaluation.run import split_crystals  # noqa: PLC0415
    from disgen.model.completion import complete_run  # noqa: PLC0415

    run = load_run(name)
    if folder is None:
        return run, find_reference(run), None
    corpus = load_corpus(folder)
    run = complete_run(run, corpus)
    crystals = {split: split_crystals(run, corpus, split)[1] for split in ("test", "validation")}
    return run, own_reference(run, crystals["test"]), own_held_out(run, crystals.__getitem__)


def _variants(decoding: str, *, polished: bool) -> list[Variant]:
    from disgen.evaluation.comparison import VARIANTS  # noqa: PLC0415

    return [
        variant
        for variant in VARIANTS
        if decoding in {"both", variant.decoding.value} and (polished or not variant.polished)
    ]


def _line(row: dict[str, Any]) -> list[str]:
    interval = row["intervals"]["yield"]
    likelihood, seconds = row.get("log_likelihood"), row.get("seconds")
    return [
        *_named(row),
        str(row["n"]),
        *(_percent(row.get(name)) for name in _COLUMNS),
        f"{_percent(interval[0])}-{_percent(interval[1])}" if interval else "-",
        "-" if likelihood is None else f"{likelihood:.1f}",
        "-" if seconds is None else f"{seconds:.1f}",
    ]


def _named(row: dict[str, Any]) -> list[str]:
    return [row["estimator"], row["decoding"] + (", polished" if row.get("polished") else "")]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.2f}"


def _aligned(lines: list[list[str]]) -> str:
    """Columns of equal width, words to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)  # noqa: PLR2004 (estimator and decoding)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
