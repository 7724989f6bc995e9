"""`condition`: crystals with wanted elements, symmetry, disorder and cell."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cli.common import (
    MOST_SAMPLES,
    above_zero,
    add_json,
    add_run,
    add_seed,
    at_least,
    check_folder,
    emit,
    load_run,
)
from disgen.cli.crystal_folder import FILE, write_crystals
from disgen.latent.registry import DEFAULT, ESTIMATORS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from disgen.judge.search_results import SearchedPoint
    from disgen.search.settings import Settings, Step
    from disgen.search.targets import Targets

_LOG = logging.getLogger(__name__)
_CELL = ("a", "b", "c", "alpha", "beta", "gamma")
_SAY_EVERY = 50  # steps
_N, _STEPS = 256, 400
_BEST = 20  # results that stand in the JSON


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser(
        "condition",
        help="search for crystals with wanted elements, symmetry, disorder and cell",
        description="Search the latent space for crystals that meet targets, by gradient descent through the decoder.",
    )
    targets = command.add_argument_group("targets, freely combined")
    targets.add_argument("--elements", nargs="+", metavar="EL", help="each of these is on some site")
    targets.add_argument(
        "--allowed-only", nargs="*", metavar="EL", help="no other elements; without a list: than the required ones"
    )
    targets.add_argument("--forbidden", nargs="+", metavar="EL", help="none of these elements")
    targets.add_argument("--space-group", nargs="+", metavar="SG", help="one of these, by number or symbol")
    targets.add_argument("--crystal-system", nargs="+", metavar="NAME", help="one of these")
    targets.add_argument("--disordered-sites", metavar="N", help="a number or a range such as 1-3")
    targets.add_argument("--sites", metavar="N", help="number of Wyckoff sites, or a range")
    targets.add_argument(
        "--site-mix",
        action="append",
        metavar="MIX",
        help="a site with these occupancies, such as Zn=0.5,V=0.5 or Na=0.7,vacancy=0.3; may be repeated",
    )
    targets.add_argument(
        "--ratio", action="append", metavar="RATIO", help="of amounts, such as Na=2,Fe=1; may be repeated"
    )
    targets.add_argument(
        "--tolerance", type=above_zero, default=0.05, help="of --site-mix and --ratio, as a share (default: 0.05)"
    )
    for name in _CELL:
        targets.add_argument(f"--{name}", metavar="LOW:HIGH", help=f"cell parameter {name} in Å or degrees")
    targets.add_argument("--volume-per-atom", metavar="LOW:HIGH", help="in Å³")

    add_run(command)
    command.add_argument(
        "--estimator", choices=tuple(ESTIMATORS), help=f"where to start (default: {DEFAULT} if the run has it)"
    )
    command.add_argument("-n", type=at_least(1, MOST_SAMPLES), help=f"latent points (default: {_N}; benchmark: 64)")
    command.add_argument(
        "--steps", type=at_least(0, MOST_SAMPLES), help=f"most steps (default: {_STEPS}; benchmark: 100)"
    )
    command.add_argument(
        "--learning-rate", type=above_zero, default=0.15, help="in standard deviations (default: 0.15)"
    )
    add_seed(command)
    command.add_argument("--out", help="folder for the valid crystals' CIFs, manifest.csv and targets.json")
    command.add_argument(
        "--energies",
        type=at_least(0),
        default=0,
        metavar="K",
        help="relax the best K by interatomic potentials",
    )
    command.add_argument(
        "--potentials", nargs="+", default=["chgnet"], metavar="NAME", help="which ones (default: chgnet)"
    )
    command.add_argument(
        "--benchmark", action="store_true", help="60 targets from the test split: how many have a credible hit?"
    )
    command.add_argument("--store", action="store_true", help="with --benchmark: store the figures with the run")
    add_json(command)
    command.set_defaults(command=condition)


def condition(arguments: argparse.Namespace) -> None:
    """Search and write what is found, or run the benchmark."""
    if arguments.benchmark:
        _benchmark(arguments)
    else:
        _search(arguments)


def targets_of(arguments: argparse.Namespace) -> Targets:
    """The targets that the options state.

    Raises:
        TargetError: if they are impossible.
    """
    from disgen.search import targets as kinds  # noqa: PLC0415 (help need not wait for it)

    allowed, tolerance = arguments.allowed_only, arguments.tolerance
    if allowed == []:
        allowed = arguments.elements or ()
    wishes: list[tuple[Any, Callable[[Any], kinds.Target]]] = [
        (arguments.elements, lambda names: kinds.RequiredElements(tuple(names))),
        (allowed, lambda names: kinds.AllowedElements(tuple(names))),
        (arguments.forbidden, lambda names: kinds.ForbiddenElements(tuple(names))),
        *((text, lambda text: kinds.SiteMix(_amounts(text), tolerance)) for text in arguments.site_mix or ()),
        *((text, lambda text: kinds.CompositionRatio(_amounts(text), tolerance)) for text in arguments.ratio or ()),
        (arguments.space_group, lambda names: kinds.SpaceGroups(tuple(names))),
        (arguments.crystal_system, lambda names: kinds.CrystalSystems(tuple(names))),
        (arguments.disordered_sites, lambda text: kinds.DisorderedSites(*_ends(text, "-"))),
        (arguments.sites, lambda text: kinds.SiteCount(*_ends(text, "-"))),
        *(
            (getattr(arguments, name), lambda text, name=name: kinds.CellRange(name, *_ends(text, ":")))
            for name in _CELL
        ),
        (arguments.volume_per_atom, lambda text: kinds.VolumePerAtom(*_ends(text, ":"))),
    ]
    return kinds.Targets(tuple(build(wish) for wish, build in wishes if wish is not None))


def _search(arguments: argparse.Namespace) -> None:
    from disgen.energies.potentials import load_potential  # noqa: PLC0415
    from disgen.judge.search_results import results_of, with_energies  # noqa: PLC0415
    from disgen.latent.fitted import best_estimator, fitted_estimator  # noqa: PLC0415
    from disgen.search.conditioning import optimise  # noqa: PLC0415
    from disgen.search.conditions import Checker  # noqa: PLC0415
    from disgen.search.settings import Settings  # noqa: PLC0415

    start = time.perf_counter()
    targets = targets_of(arguments)
    if arguments.out:
        check_folder(arguments.out)
    if arguments.energies:  # what is not installed is said now rather than after the search
        for name in arguments.potentials:
            load_potential(name)
    settings = Settings(
        n=arguments.n or _N,
        steps=_STEPS if arguments.steps is None else arguments.steps,
        seed=arguments.seed,
        learning_rate=arguments.learning_rate,
    )
    run = load_run(arguments.run)
    estimator = fitted_estimator(run, arguments.estimator or best_estimator(run))
    checker = Checker.of(run, targets)
    left_out = _left_out(targets)
    trace: list[dict[str, Any]] = []
    try:
        for step in optimise(run, targets, estimator, checker, checker.mixing, settings):
            trace.append(_traced(step, time.perf_counter() - start))
            if step.step % _SAY_EVERY == 0:
                _LOG.info("Step %d: loss %.3f, %d of %d meet all.", step.step, step.loss, step.successes, settings.n)
    except KeyboardInterrupt:
        if not trace:
            raise
        _LOG.info("Stopped after step %d; what has been found is kept.", step.step)
    checked = checker.check(step.z)
    success = checker.success(checked)
    results = results_of(checker, step, checked, estimator, settings)
    if arguments.energies:
        results = with_energies(results, arguments.energies, tuple(arguments.potentials), seed=settings.seed)
    if arguments.out:
        _write(Path(arguments.out), results, targets, settings)
    credible = sum(result.good for result in results)
    result = {
        "run": run.name,
        "targets": targets.to_dict(),
        "conditions": [target.text for target in targets],
        "left_out": left_out,
        "estimator": estimator.name,
        "seed": settings.seed,
        "n": settings.n,
        "steps": step.step,
        "credible": credible,
        "success": success.met,
        "success_valid": success.sound,
        "success_unique_novel": success.unique_novel,
        "distinct_valid": success.distinct_valid,
        "base_rate": checker.base_rate(estimator, settings.seed),
        "seconds": round(time.perf_counter() - start, 3),
        "best": [_described(result) for result in results[:_BEST]],
        "trace": trace,
    }
    text = (
        f"{targets.text}: {success.met:.1%} of {settings.n} latent points give a crystal that meets all of it "
        f"(plain samples: {result['base_rate']:.2%}), {success.sound:.1%} a valid and neutral one; "
        f"{success.distinct_valid} valid ones differ, {credible} are credible and new. {result['seconds']:.0f} s."
    )
    emit(result, text, as_json=arguments.json)


def _left_out(targets: Targets) -> str:
    """What the search cannot find, said before it begins."""
    from disgen.search.limits import left_out_text  # noqa: PLC0415

    text = left_out_text(targets)
    if text:
        _LOG.warning("%s", text)
    return text


def _benchmark(arguments: argparse.Namespace) -> None:
    from disgen.judge.conditioning_benchmark import benchmark, store, table  # noqa: PLC0415
    from disgen.latent.fitted import best_estimator  # noqa: PLC0415
    from disgen.search.settings import Settings  # noqa: PLC0415

    run = load_run(arguments.run)
    settings = Settings(
        n=arguments.n or 64,
        steps=100 if arguments.steps is None else arguments.steps,
        seed=arguments.seed,
        learning_rate=arguments.learning_rate,
    )
    if arguments.store:
        check_folder(run.path)
    figures = benchmark(run, arguments.estimator or best_estimator(run), settings)
    if arguments.store:
        store(run, figures)
    emit(figures, table(figures), as_json=arguments.json)


def _described(result: SearchedPoint) -> dict[str, Any]:
    from disgen.judge.search_manifest import manifest_columns, manifest_values  # noqa: PLC0415

    potentials = tuple(result.energies)
    values = zip(manifest_columns(potentials), manifest_values(result, potentials), strict=True)
    return {"latent_index": result.latent, "conditions_met": sum(result.met), **dict(values)}


def _traced(step: Step, seconds: float) -> dict[str, Any]:
    return {
        "step": step.step,
        "loss": round(step.loss, 5),
        "losses": {name: round(loss, 5) for name, loss in step.losses.items()},
        "successes": step.successes,
        "seconds": round(seconds, 3),
    }


def _write(folder: Path, results: Sequence[SearchedPoint], targets: Targets, settings: Settings) -> None:
    """A CIF for each valid crystal that meets all targets and is read back, the manifest, and the targets."""
    from disgen.generation.read_back import comes_back  # noqa: PLC0415
    from disgen.judge.search_manifest import manifest_columns, manifest_values  # noqa: PLC0415

    potentials = tuple(results[0].energies)  # the best come first
    rows, cifs = [], []
    for rank, result in enumerate(results, start=1):
        crystal, name = result.decoded.crystal, ""
        is_sound = result.meets_all and result.decoded.checks.valid_split_aware
        if crystal is not None and is_sound and comes_back(crystal):
            name = f"{rank:04d}_{crystal.formula}_{crystal.space_group}_s{settings.seed}_{result.latent:05d}.cif"
            cifs.append((name, crystal))
        met = f"{sum(result.met)}/{len(result.met)}"
        about = (rank, name, result.latent, result.seed, result.step, str(result.decoded.outcome), met)
        rows.append((*about, *manifest_values(result, potentials), *(int(holds) for holds in result.met)))
    names = ("rank", FILE, "latent_index", "seed", "step", "outcome", "conditions", *manifest_columns(potentials))
    described = (json.dumps(targets.to_dict(), indent=1, ensure_ascii=False) + "\n").encode()
    head = (*names, *(target.text for target in targets))
    write_crystals(folder, cifs, head, rows, {"targets.json": described})


def _amounts(text: str) -> tuple[tuple[str, Any], ...]:
    """Pairs of ``Zn=0.5,V=0.5``; what is no number is for the target to refuse."""
    parts = (part.partition("=") for part in text.split(","))
    return tuple((name.strip(), amount.strip()) for name, _, amount in parts)


def _ends(text: str, separator: str) -> tuple[Any, Any]:
    low, given, high = text.partition(separator)
    return (low, high) if given else (low, low)
