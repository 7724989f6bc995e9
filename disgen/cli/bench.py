"""`bench`: speed on the machine at hand, of the app in a browser or with many people; what comes back of crystals."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cli.common import (
    DEFAULT_CORPUS,
    MOST_PROCESSES,
    MOST_SAMPLES,
    RefusedError,
    above_zero,
    add_json,
    add_run,
    add_seed,
    at_least,
    emit,
    load_run,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from disgen.bench.inputs import Named

_LOG = logging.getLogger(__name__)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("bench", help="measure the speed on this machine, or check the round trip")
    command.add_argument(
        "--round-trip",
        action="store_true",
        help="crystals to representation, reconstruction, CIF and back: do they come back the same?",
    )
    command.add_argument(
        "--offered",
        action="store_true",
        help="samples of every sampler: is each CIF that is offered of them read as the crystal that was written?",
    )
    command.add_argument(
        "--app", action="store_true", help="the app in a headless Chromium: clicks on the map, and every page"
    )
    command.add_argument(
        "--page", action="append", default=[], metavar="NAME", help="with --app: time this page alone; repeatable"
    )
    command.add_argument(
        "--line",
        type=above_zero,
        metavar="MBIT",
        help="with --app: instead, a first and a second visit of the map over a line of so many megabits a second",
    )
    command.add_argument(
        "--load",
        action="store_true",
        help="the app with many people at once: each clicks on 300 samples of its own, one of them searches",
    )
    command.add_argument("--people", type=at_least(1, 1000), default=20, help="at once (default: 20)")
    command.add_argument("--minutes", type=above_zero, default=2.0, help="that they click (default: 2)")
    command.add_argument("--clicks", type=at_least(1), default=40, help="on the map (default: 40)")
    command.add_argument(
        "--points", type=at_least(1), default=27_008, help="that are on the map at least (default: 27008)"
    )
    command.add_argument(
        "--sample",
        type=at_least(1, MOST_SAMPLES),
        metavar="N",
        help="round trip of N random crystals (default: all), or offers of N samples of each sampler (default: 2000)",
    )
    command.add_argument(
        "--corpus", help=f"a corpus folder (default: {DEFAULT_CORPUS} if it is there, else the AMCSD's own CIFs)"
    )
    add_run(command)
    command.add_argument(
        "--workers", type=at_least(1, MOST_PROCESSES), help="processes that read (default: one per core)"
    )
    add_seed(command)
    add_json(command)
    command.set_defaults(command=bench)


def bench(arguments: argparse.Namespace) -> None:
    """Print figures of speed, or what became of the crystals."""
    if arguments.round_trip:
        _round_trip(arguments)
    elif arguments.offered:
        _offered(arguments)
    elif arguments.app:
        _app(arguments)
    elif arguments.load:
        _load(arguments)
    else:
        _speed(arguments)


def _speed(arguments: argparse.Namespace) -> None:
    from disgen.bench.measure import measure, table  # noqa: PLC0415 (help need not wait for it)

    run = None
    if arguments.run or _there_are_runs():
        run = load_run(arguments.run)
    else:
        _LOG.info("There is no trained model, so the figures of the network are left out.")
    figures = measure(_corpus(arguments), run, seed=arguments.seed)
    emit(figures, table(figures), as_json=arguments.json)


def _app(arguments: argparse.Namespace) -> None:
    from disgen.bench.app import measure_app  # noqa: PLC0415 (help need not wait for it)
    from disgen.bench.measure import table  # noqa: PLC0415

    if arguments.line:
        _line(arguments)
        return
    figures = measure_app(
        load_run(arguments.run),
        clicks=arguments.clicks,
        points=arguments.points,
        seed=arguments.seed,
        pages=arguments.page,
    )
    pages = {f"page_{name}_s": seconds for name, seconds in figures["pages"].items()}
    emit(figures, table({**figures, **pages}), as_json=arguments.json)


def _line(arguments: argparse.Namespace) -> None:
    from disgen.bench.first_visit import measure_line  # noqa: PLC0415 (help need not wait for it)

    figures = measure_line(load_run(arguments.run), arguments.line)
    emit(
        figures,
        "\n".join(map(_visit, ("First visit", "Second visit"), (figures["first"], figures["second"]))),
        as_json=arguments.json,
    )


def _visit(title: str, figures: Mapping[str, Any]) -> str:
    """A line a request."""
    moments = ", ".join(f"{name} {figures[f'{name}_s']} s" for name in ("heading", "map", "crystal"))
    lines = [f"{title}: {figures['bytes']:,} bytes, {figures['line_alone_s']} s by the line alone; {moments}"]
    return "\n".join(lines + [f"{size:12,}  {path}" for path, size in figures["requests"]])


def _load(arguments: argparse.Namespace) -> None:
    from disgen.bench.load import measure_load  # noqa: PLC0415 (help need not wait for it)
    from disgen.bench.measure import table  # noqa: PLC0415

    run = load_run(arguments.run)
    figures = measure_load(run, people=arguments.people, minutes=arguments.minutes, seed=arguments.seed)
    wrong = figures["errors"] + figures["others_seen"] + figures["tracebacks"]
    if wrong and arguments.json:
        raise RefusedError(_wrong(figures, wrong), figures)
    memory = {f"memory_{seconds:g}_s_mb": mb for seconds, mb in figures["memory_mb"]}
    single = {name: value for name, value in figures.items() if name != "memory_mb"}
    emit(figures, table(single | memory), as_json=arguments.json)
    if wrong:
        raise RefusedError(_wrong(figures, wrong), {})


def _wrong(figures: dict[str, Any], number: int) -> str:
    return f"{number} things went wrong under this load: {figures['first_error'] or 'the figures say which'}"


def _there_are_runs() -> bool:
    from disgen.model.checkpoint import available_runs  # noqa: PLC0415

    return bool(available_runs())


def _round_trip(arguments: argparse.Namespace) -> None:
    from disgen.bench.inputs import amcsd_sample, corpus_sample  # noqa: PLC0415
    from disgen.bench.round_trip import RoundTripError, round_trip  # noqa: PLC0415
    from disgen.corpus.workers import default_workers  # noqa: PLC0415

    corpus, workers = _corpus(arguments), arguments.workers or default_workers()
    entries: list[Named]
    if corpus is None:
        entries = amcsd_sample(arguments.sample, arguments.seed, workers)
    else:
        entries = corpus_sample(corpus, arguments.sample, arguments.seed)
    result = round_trip(entries, workers=workers).to_dict()
    lost = [
        f"{failure['source']} {failure['id']} ({failure['decoding']}): {failure['reason']}"
        for failure in result["failures"]
    ]
    text = "\n".join([f"{result['identical']} of {result['n']} crystals came back identical.", *lost])
    emit(result, text, as_json=arguments.json)
    if lost:
        msg = f"{result['n'] - result['identical']} of {result['n']} crystals did not come back as they were."
        raise RoundTripError(msg)


def _offered(arguments: argparse.Namespace) -> None:
    from disgen.bench.offered import SAMPLES, offered_by_all  # noqa: PLC0415
    from disgen.corpus.workers import default_workers  # noqa: PLC0415

    run, n, seed = load_run(arguments.run), arguments.sample or SAMPLES, arguments.seed
    rows = [row.to_dict() for row in offered_by_all(run, n, seed, arguments.workers or default_workers())]
    lost = sum(len(row["lost"]) for row in rows)
    result = {"run": run.name, "n": n, "seed": seed, "written": sum(row["written"] for row in rows), "samplers": rows}
    if lost:
        sentence = f"{lost} of {result['written']} CIFs that are offered give another crystal than was written."
        raise RefusedError(sentence, result)
    emit(result, _offers(rows), as_json=arguments.json)


def _offers(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line a set of samples."""
    lines = [f"{'':24}{'samples':>9}{'crystals':>10}{'offered':>9}{'CIFs':>7}{'identical':>11}"]
    for row in rows:
        name = f"{row['sampler']}, polished" if row["polished"] else row["sampler"]
        lines.append(
            f"{name:24}{row['n']:9}{row['crystals']:10}{row['offered']:9}{row['written']:7}{row['identical']:11}"
        )
    return "\n".join(lines)


def _corpus(arguments: argparse.Namespace) -> Path | None:
    """The corpus that is asked for, else the default one if it is there."""
    if arguments.corpus:
        return Path(arguments.corpus)
    default = Path(DEFAULT_CORPUS)
    return default if default.is_dir() else None
