"""`sample`, `encode` and `reconstruct`: crystals in and out of a trained model."""

from __future__ import annotations

import argparse
import logging
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cli.common import (
    MOST_SAMPLES,
    RefusedError,
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
    from disgen.cif.isolated import IsolatedReading
    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatents
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    command = commands.add_parser("sample", help="draw new crystals and write them as CIFs")
    add_run(command)
    command.add_argument(
        "--estimator", choices=ESTIMATORS, help=f"density of the latent space (default: {DEFAULT} if the run has it)"
    )
    command.add_argument("-n", type=at_least(1, MOST_SAMPLES), default=100, help="number of samples (default: 100)")
    add_seed(command)
    command.add_argument(
        "--temperature",
        type=above_zero,
        default=1.0,
        help="factor on the noise of the latents: below 1 closer to what the estimator has learnt (default: 1)",
    )
    command.add_argument(
        "--decoding",
        choices=("exact", "free"),
        default="exact",
        help="exact: letters legal by construction (default); free: each output's own, as in the paper",
    )
    command.add_argument(
        "--polish",
        action=argparse.BooleanOptionalAction,
        help="move atoms that clash apart, within the symmetry (default: with exact decoding)",
    )
    command.add_argument(
        "--screen",
        action="store_true",
        help="judge distances, neutrality and novelty as well, in further columns of the manifest",
    )
    command.add_argument("--out", required=True, help="folder for the CIFs and manifest.csv")
    add_json(command)
    command.set_defaults(command=sample)

    command = commands.add_parser("encode", help="where a CIF lies in the latent space")
    _add_cif(command)
    command.set_defaults(command=encode)

    command = commands.add_parser("reconstruct", help="encode a CIF, decode it again and compare")
    _add_cif(command)
    command.set_defaults(command=reconstruct)


def _add_cif(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cif", type=Path, help="a CIF")
    add_run(parser)
    add_json(parser)


def sample(arguments: argparse.Namespace) -> None:
    """Draw samples; write a CIF for each whose outcome is ok, and a manifest of all."""
    from disgen.generation.checks import CHECK_COLUMNS, CHECKS  # noqa: PLC0415
    from disgen.generation.decoded import DecodedLatents  # noqa: PLC0415
    from disgen.generation.geometry.polish import polish_reconstructions  # noqa: PLC0415
    from disgen.generation.outcome import Decoding  # noqa: PLC0415
    from disgen.generation.read_back import outcomes_as_read  # noqa: PLC0415
    from disgen.generation.sampling import draw, known_keys  # noqa: PLC0415
    from disgen.judge.verdict_columns import VERDICT_COLUMNS  # noqa: PLC0415
    from disgen.latent.fitted import best_estimator, fitted_estimator  # noqa: PLC0415
    from disgen.wyckoff import symbol  # noqa: PLC0415

    start = time.perf_counter()
    check_folder(arguments.out)
    run = load_run(arguments.run)
    estimator = fitted_estimator(run, arguments.estimator or best_estimator(run))
    decoding, temperature = Decoding(arguments.decoding), arguments.temperature
    samples = draw(run, estimator, arguments.n, arguments.seed, decoding, temperature=temperature)
    polished = decoding is Decoding.EXACT if arguments.polish is None else arguments.polish
    made = polish_reconstructions(samples.reconstructions) if polished else samples.reconstructions
    crystals, outcomes = made.crystals, made.outcomes
    if arguments.screen:
        batch = DecodedLatents.judged(samples.z, made, known_keys(run))
        outcomes, columns = batch.outcomes, (*VERDICT_COLUMNS, *CHECK_COLUMNS)
        checks, further = batch.screening, _judged(run, batch)
    else:
        checks, columns, further = None, (), [()] * len(crystals)
        outcomes = outcomes_as_read(crystals, outcomes)

    folder = Path(arguments.out)
    rows, cifs = [], []
    for number, (crystal, outcome) in enumerate(zip(crystals, outcomes, strict=True)):
        name = ""
        if crystal is not None and outcome == "ok":
            name = f"{crystal.formula}_{crystal.space_group}_{estimator.name}_s{arguments.seed}_{number:05d}.cif"
            cifs.append((name, crystal))
        group = symbol(crystal.space_group) if crystal else ""
        formula = crystal.formula if crystal else ""
        about = (name, formula, crystal.space_group if crystal else "", group, str(outcome), number)
        rows.append((*about, *further[number]))
    write_crystals(folder, cifs, (FILE, "formula", "space_group", "symbol", "outcome", "latent_index", *columns), rows)

    counts = Counter(str(outcome) for outcome in outcomes)
    written = sum(1 for row in rows if row[0])
    result = {
        "run": run.name,
        "estimator": estimator.name,
        "decoding": arguments.decoding,
        "n": arguments.n,
        "seed": arguments.seed,
        "temperature": temperature,
        "polished": polished,
        "outcomes": dict(counts.most_common()),
        **({} if checks is None else {"checks": {one.key: int(getattr(checks, one.key).sum()) for one in CHECKS}}),
        "written": written,
        "seconds": round(time.perf_counter() - start, 3),
    }
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
    emit(result, f"{arguments.n} samples: {said}. {written} CIFs in {folder}.", as_json=arguments.json)


def _judged(run: Run, batch: DecodedLatents) -> list[tuple[object, ...]]:
    """Verdict and checks of each sample, as the manifest has them."""
    from disgen.generation.checks import check_values  # noqa: PLC0415
    from disgen.judge.verdict import CorpusFacts, verdict  # noqa: PLC0415
    from disgen.judge.verdict_columns import verdict_values  # noqa: PLC0415

    reference = CorpusFacts.of(run)
    rows: list[tuple[object, ...]] = []
    for point in batch:
        found = verdict(point.crystal, point.checks, reference) if point.crystal is not None else None
        rows.append((*verdict_values(found), *check_values(point.checks).values()))
    return rows


def encode(arguments: argparse.Namespace) -> None:
    """Print the latent mean of a crystal."""
    from disgen.representation import encode as represent  # noqa: PLC0415

    crystal, reading = read_or_refuse(arguments.cif)
    run = load_run(arguments.run)
    mean, log_variance = run.encode(*represent([crystal]))
    for note in reading.notes:
        _LOG.warning("Doubtful: %s", note)
    result = {
        "accepted": True,
        "run": run.name,
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "mean": mean[0].tolist(),
        "log_variance": log_variance[0].tolist(),
        "notes": notes_of(reading),
    }
    emit(result, " ".join(f"{value:.5f}" for value in mean[0]), as_json=arguments.json)


def reconstruct(arguments: argparse.Namespace) -> None:
    """Print what a crystal becomes on its way through the latent space.

    It matches if space group, letters and the species on each site agree; how far numbers differ is said beside it.
    """
    from disgen.generation.sampling import crystals_of  # noqa: PLC0415
    from disgen.representation import encode as represent  # noqa: PLC0415

    crystal, reading = read_or_refuse(arguments.cif)
    run = load_run(arguments.run)
    mean, _ = run.encode(*represent([crystal]))
    decoded = crystals_of(run, mean)
    other = decoded.crystals[0]
    comparison = _compare(crystal, other) if other else {}
    result = {
        "accepted": True,
        "run": run.name,
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "sites": _sites(crystal),
        "outcome": str(decoded.outcomes[0]),
        "reconstruction": _described(other) if other else None,
        "comparison": comparison,
        "matches": bool(comparison) and all(value for value in comparison.values() if isinstance(value, bool)),
        "notes": notes_of(reading),
    }
    verdict = (
        "space group, Wyckoff positions and species as were read"
        if result["matches"]
        else "another crystal than was read"
    )
    text = f"{crystal.formula} ({crystal.space_group}) becomes "
    text += f"{other.formula} ({other.space_group}): {verdict}." if other else f"no crystal: {decoded.outcomes[0]}."
    text += "".join(f"\nDoubtful in the file: {note}" for note in reading.notes)
    emit(result, text, as_json=arguments.json)


def read_or_refuse(path: Path, *, encoded: bool = True) -> tuple[WyckoffCrystal, IsolatedReading]:
    """The crystal of anybody's CIF, read within limits, and what else came of the reading.

    Args:
        path: of the CIF.
        encoded: the crystal must be one that the representation can hold; else that it can be drawn is enough.

    Raises:
        RefusedError: if it cannot.
    """
    from disgen.cif import CifReason  # noqa: PLC0415
    from disgen.cif.isolated import IsolatedReading, read_isolated  # noqa: PLC0415
    from disgen.cif.limits import NOT_DRAWN  # noqa: PLC0415
    from disgen.cif.text import MAX_BYTES  # noqa: PLC0415

    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe that nobody writes to, or a device
            reading = IsolatedReading(None, f"The file {path} cannot be read (it is no file): check its name.")
        else:
            with path.open("rb") as file:
                reading = read_isolated(file.read(MAX_BYTES + 1))
    except OSError as error:
        reading = IsolatedReading(None, f"The file {path} cannot be read ({error.strerror}): check its name.")
    stopped = encoded or not reading.is_sound or reading.reason in NOT_DRAWN
    if reading.crystal is None or (reading.problem and stopped):
        reason = reading.reason or str(CifReason.UNREADABLE)
        details = {"accepted": False, "reason": reason, "sentence": reading.problem, "notes": notes_of(reading)}
        raise RefusedError(reading.problem, details)
    return reading.crystal, reading


def notes_of(reading: IsolatedReading) -> list[dict[str, str]]:
    """What is doubtful about a reading, as JSON holds it."""
    return [{"kind": str(doubt.kind), "sentence": doubt.sentence} for doubt in reading.doubts]


def _described(crystal: WyckoffCrystal) -> dict[str, Any]:
    return {
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "cell": list(crystal.cell),
        "sites": _sites(crystal),
    }


def _sites(crystal: WyckoffCrystal) -> list[dict[str, Any]]:
    return [
        {
            "letter": site.letter,
            "multiplicity": site.multiplicity,
            "coordinates": list(site.coordinates),
            "occupancies": dict(site.occupancies),
            "vacancy": round(site.vacancy, 4),
        }
        for site in crystal.sites
    ]


def _compare(one: WyckoffCrystal, other: WyckoffCrystal) -> dict[str, Any]:
    """What agrees; numbers are the largest differences."""
    same_sites = [site.letter for site in one.sites] == [site.letter for site in other.sites]
    pairs = list(zip(one.sites, other.sites, strict=True)) if same_sites else []
    elements = same_sites and all(
        [symbol for symbol, _ in a.occupancies] == [symbol for symbol, _ in b.occupancies] for a, b in pairs
    )
    cell = max(abs(a - b) / a for a, b in zip(one.cell, other.cell, strict=True))
    occupancy = (
        max(abs(x - y) for a, b in pairs for (_, x), (_, y) in zip(a.occupancies, b.occupancies, strict=True))
        if elements
        else None
    )
    return {
        "same_space_group": one.space_group == other.space_group,
        "same_letters": same_sites,
        "same_species": elements,
        "cell_relative_difference": round(cell, 5),
        "largest_occupancy_difference": None if occupancy is None else round(occupancy, 4),
    }
