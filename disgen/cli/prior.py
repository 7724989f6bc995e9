"""`prior`: the learned prior of a run."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from disgen.cli.common import (
    DEFAULT_CORPUS,
    MOST_PROCESSES,
    add_corpus,
    add_json,
    add_run,
    add_seed,
    at_least,
    check_folder,
    emit,
    load_run,
)

if TYPE_CHECKING:
    import argparse


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser(
        "prior",
        help="train the learned prior of a run and store it there",
        description="Train a language model of crystals' symmetry and contents, and a network for their geometry, on "
        "the run's training split. The same command continues an interrupted training; two of them, with --only, may "
        "train the networks side by side.",
    )
    add_run(command)
    add_corpus(command)
    command.add_argument(
        "--ordered",
        metavar="CORPUS",
        help="a second corpus of ordered crystals to learn from beside the run's own; what stands in the run's "
        "validation or test split is left out (default: none)",
    )
    command.add_argument(
        "--only",
        choices=("language", "geometry"),
        help="train one network and stop; once both are trained, the command without this option stores the prior",
    )
    command.add_argument("--language-steps", type=at_least(1), default=5000, help="optimiser steps (default: 5000)")
    command.add_argument("--geometry-steps", type=at_least(1), default=6000, help="optimiser steps (default: 6000)")
    command.add_argument(
        "--work", default="build/prior", help="folder of the state of an interrupted training (default: build/prior)"
    )
    command.add_argument("--threads", type=at_least(1, MOST_PROCESSES), help="CPU threads (default: PyTorch's choice)")
    add_seed(command)
    add_json(command)
    command.set_defaults(command=prior)


def prior(arguments: argparse.Namespace) -> None:
    """Train and store the prior."""
    from pathlib import Path  # noqa: PLC0415 (help need not wait for it)

    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    from disgen.corpus.storage import load_corpus  # noqa: PLC0415
    from disgen.generation.sampling import KEYS_BESIDE  # noqa: PLC0415
    from disgen.latent.fitted import estimators_path  # noqa: PLC0415
    from disgen.model.completion import run_dataset  # noqa: PLC0415
    from disgen.prior.assembly import assemble  # noqa: PLC0415
    from disgen.prior.geometry.network import GeometrySettings  # noqa: PLC0415
    from disgen.prior.geometry.parameters import element_volumes  # noqa: PLC0415
    from disgen.prior.geometry.templates import Templates  # noqa: PLC0415
    from disgen.prior.language.network import LanguageSettings  # noqa: PLC0415
    from disgen.prior.learning import LearningSettings  # noqa: PLC0415
    from disgen.prior.material import Material, keys_file  # noqa: PLC0415
    from disgen.prior.training import train_geometry, train_language  # noqa: PLC0415

    start = time.perf_counter()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    corpus = load_corpus(arguments.corpus or DEFAULT_CORPUS)
    run = load_run(arguments.run)
    split = {name: arrays.crystals() for name, arrays in run_dataset(run, corpus).splits.items()}
    ordered = load_corpus(arguments.ordered).crystals if arguments.ordered else []
    material = Material.of(split["train"], split["validation"] + split["test"], ordered)
    volumes = element_volumes([*material.corpus, *material.ordered])
    templates = Templates.of([*material.ordered, *material.corpus], volumes)
    work = Path(arguments.work)
    for folder in (work, run.path):
        check_folder(folder)
    result: dict[str, object] = {"run": run.name, "crystals": len(material.corpus), "ordered": len(material.ordered)}
    history = {}
    if arguments.only != "geometry":
        learning = LearningSettings(steps=arguments.language_steps, seed=arguments.seed)
        language, history["language"] = train_language(
            material, split["validation"], LanguageSettings(), learning, work / "language.training.safetensors"
        )
    if arguments.only != "language":
        learning = LearningSettings(steps=arguments.geometry_steps, seed=arguments.seed)
        geometry, history["geometry"] = train_geometry(
            material,
            split["validation"],
            templates,
            volumes,
            GeometrySettings(),
            learning,
            work / "geometry.training.safetensors",
        )
    result["validation"] = {name: min(row["validation"] for row in rows) for name, rows in history.items()}
    if not arguments.only:
        rng = np.random.default_rng(arguments.seed)
        found, result["disordered"] = assemble(run, material, split["train"], language, geometry, volumes, rng)
        folder = estimators_path(run)
        looks = (json.dumps(history) + "\n").encode()
        found.save(folder, {KEYS_BESIDE: keys_file(material.ordered), "prior.history.json": looks})
        result |= {"estimator": found.name, "settings": found.settings, "folder": str(folder)}
    result["seconds"] = round(time.perf_counter() - start, 1)
    emit(result, f"Trained on {len(material.corpus)} crystals, {result['seconds']} s.", as_json=arguments.json)
