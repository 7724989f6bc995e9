"""`train`, `evaluate`, `complete` and `map`."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cli.common import (
    DEFAULT_CORPUS,
    above_zero,
    add_corpus,
    add_json,
    add_run,
    add_seed,
    check_folder,
    emit,
    load_run,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    command = commands.add_parser(
        "train",
        help="train a model, or continue an interrupted training",
        description="Train a model, or continue an interrupted training. Several processes or GPUs of a machine train "
        "it together if started by `torchrun --nproc-per-node 2 -m disgen train …`.",
    )
    add_corpus(command)
    command.add_argument("--config", required=True, help="settings, for example configs/paper.toml")
    command.add_argument("--out", required=True, help="run folder; the same command continues an interrupted training")
    command.add_argument("--max-minutes", type=above_zero, help="stop cleanly after this time, to be continued later")
    add_json(command)
    command.set_defaults(command=train)

    command = commands.add_parser("evaluate", help="reconstruction errors: the figures of the paper's Tables 1 and 2")
    add_run(command)
    add_corpus(command, otherwise="; if it is not there, the figures stored with the run are shown")
    command.add_argument("--split", choices=("train", "validation", "test"), default="test", help="default: test")
    command.add_argument(
        "--store",
        action="store_true",
        help="write what the app shows (figures of the validation and test splits, corpus statistics) into the run",
    )
    add_json(command)
    command.set_defaults(command=evaluate)

    command = commands.add_parser(
        "complete",
        help="make a full run of a light one, with its corpus",
        description="Make a full run of a light one such as `paper`, which comes without the latents of its training "
        "split: all samplers, searches and comparisons then work with it, in the app too.",
    )
    add_run(command)
    add_corpus(command)
    command.add_argument(
        "--out",
        help="the full run's folder (default: the light one's name and -full, in the folder "
        "of your own models, where the app finds it)",
    )
    add_seed(command)
    add_json(command)
    command.set_defaults(command=complete)

    command = commands.add_parser("map", help="compute the latent maps and the stored estimators of a run")
    add_run(command)
    command.add_argument(
        "--purity",
        action="store_true",
        help="compute nothing anew: say what neighbours on the stored maps have in common (docs/latent_map.md)",
    )
    add_seed(command)
    add_json(command)
    command.set_defaults(command=make_maps)


def train(arguments: argparse.Namespace) -> None:
    """Train, then store maps, estimators and metrics with the run; one of several processes does that."""
    from disgen.corpus.storage import load_corpus  # noqa: PLC0415 (help need not wait for it)
    from disgen.evaluation.run import store_metrics  # noqa: PLC0415
    from disgen.model.config import load_config  # noqa: PLC0415
    from disgen.model.training.distributed import is_first_process  # noqa: PLC0415
    from disgen.model.training.train import train as train_model  # noqa: PLC0415

    if not is_first_process():
        logging.disable()  # the first process says it all
    corpus, config = load_corpus(arguments.corpus or DEFAULT_CORPUS), load_config(arguments.config)
    check_folder(arguments.out)
    folder = train_model(corpus, config, arguments.out, max_minutes=arguments.max_minutes)
    if not is_first_process():
        return
    run = load_run(str(folder))
    _store_maps_and_estimators(run, seed=0)
    metrics = store_metrics(run, corpus)
    summary = {"run": run.name, "folder": str(folder), **run.config["training"], "test": metrics.get("test")}
    emit(summary, json.dumps(summary, indent=2), as_json=arguments.json)


def evaluate(arguments: argparse.Namespace) -> None:
    """Print the reconstruction errors of a split."""
    from disgen.corpus.storage import load_corpus  # noqa: PLC0415
    from disgen.evaluation.run import evaluate_run, store_metrics  # noqa: PLC0415

    run = load_run(arguments.run)
    stored = run.metrics.get(arguments.split, {})
    if arguments.store:
        check_folder(run.path)
        corpus = load_corpus(arguments.corpus or DEFAULT_CORPUS)
        figures = store_metrics(run, corpus)
        result = dict(figures.get(arguments.split) or evaluate_run(run, corpus, arguments.split))
    elif arguments.corpus is None and not Path(DEFAULT_CORPUS).is_dir() and "lattice_mae" in stored:
        _LOG.warning("There is no corpus in %s; these figures were stored with the run.", DEFAULT_CORPUS)
        result = stored
    else:
        result = dict(evaluate_run(run, load_corpus(arguments.corpus or DEFAULT_CORPUS), arguments.split))
    emit(result, json.dumps(result, indent=2), as_json=arguments.json)


def complete(arguments: argparse.Namespace) -> None:
    """Write the full run, then its maps and estimators."""
    from disgen.corpus.storage import load_corpus  # noqa: PLC0415
    from disgen.model.checkpoint import user_models  # noqa: PLC0415
    from disgen.model.completion import store_completed  # noqa: PLC0415

    run = load_run(arguments.run)
    folder = Path(arguments.out) if arguments.out else user_models() / f"{run.path.name}-full"
    check_folder(folder)
    store_completed(run, load_corpus(arguments.corpus or DEFAULT_CORPUS), folder)
    whole = load_run(str(folder))
    _LOG.info("Its maps and estimators …")
    _store_maps_and_estimators(whole, arguments.seed)
    points = sum(len(latents) for latents in whole.latents.values())
    result = {"run": whole.name, "folder": str(folder), "points": points}
    emit(result, f"The run {whole.name} with {points:,} latents in {folder}.", as_json=arguments.json)


def make_maps(arguments: argparse.Namespace) -> None:
    """Compute a run's maps and stored estimators, or say how good the stored maps are."""
    run = load_run(arguments.run)
    if arguments.purity:
        from disgen.evaluation.neighbours import run_purity  # noqa: PLC0415

        found = run_purity(run)
        emit(found, _purity_table(found), as_json=arguments.json)
        return
    check_folder(run.maps_path)
    methods = _store_maps_and_estimators(run, seed=arguments.seed)
    points = sum(len(latents) for latents in run.latents.values())
    result = {"run": run.name, "maps": list(methods), "points": points, "folder": str(run.maps_path)}
    emit(result, f"Maps {', '.join(methods)} of {result['points']} points in {run.maps_path}.", as_json=arguments.json)


def _store_maps_and_estimators(run: Run, seed: int) -> tuple[str, ...]:
    """The names of the maps; a light run has no training latents to fit estimators to."""
    from disgen.evaluation.neighbours import store_purity  # noqa: PLC0415
    from disgen.latent.fitted import store_estimators  # noqa: PLC0415
    from disgen.latent.run_map import store_run_maps  # noqa: PLC0415

    methods = store_run_maps(run, seed)
    store_purity(run)
    if "train" in run.latents:
        store_estimators(run)
    return methods


def _purity_table(found: Mapping[str, Any]) -> str:
    """A line a space: shares in per cent, overlap of elements from 0 to 1."""
    splits = ", ".join(found["splits"])
    lines = [f"What {found['n']:,} crystals ({splits}) share with their {found['neighbours']} nearest"]
    lines += [f"{'':12}{'system':>9}{'group':>9}{'skeleton':>10}{'elements':>10}"]
    for name, row in found["purity"].items():
        shares = f"{row['crystal_system']:9.1%}{row['space_group']:9.1%}{row['skeleton']:10.1%}"
        lines.append(f"{name:12}{shares}{row['elements']:10.2f}")
    return "\n".join(lines)
