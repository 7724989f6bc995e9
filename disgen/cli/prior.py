"""`prior`: the learned prior of a run."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from disgen.cli.common import DEFAULT_CORPUS, add_corpus, add_json, add_run, add_seed, at_least, emit, load_run

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from disgen.latent.flow import FlowEstimator


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser(
        "prior",
        help="train the learned prior of a run and store it there",
        description="Train a flow from normal noise to the latents of training crystals and of their isovalent "
        "relatives, and then, in further rounds, to those of samples that pass every check. The same command continues "
        "an interrupted training.",
    )
    add_run(command)
    add_corpus(command)
    command.add_argument("--steps", type=at_least(1), default=12_000, help="optimiser steps (default: 12000)")
    command.add_argument(
        "--rounds", type=at_least(0), default=2, help="further rounds of learning from what passes (default: 2)"
    )
    command.add_argument("--threads", type=at_least(1), help="CPU threads (default: PyTorch's choice)")
    add_seed(command)
    add_json(command)
    command.set_defaults(command=prior)


def prior(arguments: argparse.Namespace) -> None:
    """Train and store the prior."""
    import torch  # noqa: PLC0415 (help need not wait for it)

    from disgen.corpus.storage import load_corpus  # noqa: PLC0415
    from disgen.evaluation.spread import with_best_spread  # noqa: PLC0415
    from disgen.generation.further_rounds import further_round  # noqa: PLC0415
    from disgen.latent.fitted import estimators_path  # noqa: PLC0415
    from disgen.latent.prior import train_prior  # noqa: PLC0415
    from disgen.model.completion import complete_run, run_dataset  # noqa: PLC0415

    start = time.perf_counter()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    corpus = load_corpus(arguments.corpus or DEFAULT_CORPUS)
    run = complete_run(load_run(arguments.run), corpus)
    data = run_dataset(run, corpus)
    folder: Path = estimators_path(run)
    work = folder / "flow.training"
    flow = _begun(work, arguments)
    if flow is None:
        flow = train_prior(
            run,
            data.splits["train"],
            data.splits["validation"],
            settings={"training_steps": arguments.steps, "seed": arguments.seed},
            resume=work / "training.safetensors",
        )
        flow.save(work)
    while flow.rounds < arguments.rounds:
        flow = further_round(run, flow, data.splits["train"], work / "round")
        flow.save(work)
    flow = with_best_spread(run, flow)
    flow.save(folder)
    shutil.rmtree(work)
    result = {
        "run": run.name,
        "estimator": flow.name,
        "settings": flow.settings,
        "seconds": round(time.perf_counter() - start, 1),
        "folder": str(folder),
    }
    emit(result, f"The prior of {run.name} is in {folder}, {result['seconds']:.0f} s.", as_json=arguments.json)


def _begun(work: Path, arguments: argparse.Namespace) -> FlowEstimator | None:
    """What an interrupted training has finished so far.

    Raises:
        EstimatorError: if it was another training.
    """
    from disgen.latent.flow import FlowEstimator  # noqa: PLC0415
    from disgen.latent.protocol import EstimatorError  # noqa: PLC0415

    if not (work / f"{FlowEstimator.name}.json").is_file():
        return None
    flow = FlowEstimator.load(work)
    if flow.seed != arguments.seed or flow.rounds > arguments.rounds:
        msg = f"The interrupted training in {work} has other settings: delete it to start again."
        raise EstimatorError(msg)
    return flow
