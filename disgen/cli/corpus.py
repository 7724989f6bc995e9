"""`corpus build` and `corpus stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.cli.common import MOST_PROCESSES, add_json, add_seed, at_least, emit

if TYPE_CHECKING:
    import argparse


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `corpus` and its commands."""
    parser = commands.add_parser("corpus", help="build a corpus of crystals from CIFs, and describe it")
    inner = parser.add_subparsers(required=True, metavar="command")

    command = inner.add_parser("build", help="read, filter, split and store crystals")
    command.add_argument(
        "--source",
        action="append",
        required=True,
        metavar="SOURCE",
        help="'amcsd' (comes with the package larixite), a CIF, a folder or an archive of CIFs; may be repeated",
    )
    command.add_argument("--out", required=True, help="folder of the corpus")
    command.add_argument("--workers", type=at_least(1, MOST_PROCESSES), help="processes (default: one per core)")
    add_seed(command)
    add_json(command)
    command.set_defaults(command=build)

    command = inner.add_parser("stats", help="the distributions of the paper's Fig. 2")
    command.add_argument("corpus", help="folder of the corpus")
    add_json(command)
    command.set_defaults(command=stats)


def build(arguments: argparse.Namespace) -> None:
    """Build a corpus and print the filter table."""
    from disgen.corpus.build import build_corpus  # noqa: PLC0415 (help need not wait for it)

    report = build_corpus(arguments.source, arguments.out, seed=arguments.seed, workers=arguments.workers)
    emit(report.to_dict(), report.table(), as_json=arguments.json)


def stats(arguments: argparse.Namespace) -> None:
    """Print a corpus's statistics."""
    from disgen.corpus.statistics import corpus_statistics  # noqa: PLC0415
    from disgen.corpus.storage import load_corpus  # noqa: PLC0415

    statistics = corpus_statistics(load_corpus(arguments.corpus))
    emit(statistics, _as_text(statistics), as_json=arguments.json)


def _as_text(statistics: dict[str, object]) -> str:
    lines = []
    for name, value in statistics.items():
        if isinstance(value, dict):
            entries = ", ".join(f"{key} {count}" for key, count in value.items())
            lines.append(f"{name}: {entries}")
        else:
            lines.append(f"{name}: {value}")
    return "\n".join(lines)
