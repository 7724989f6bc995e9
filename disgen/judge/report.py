"""The judges' report on a set of crystals: an estimator's samples, the test split, or a folder of CIFs."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.corpus.workers import default_workers
from disgen.evaluation.comparison_rows import row
from disgen.evaluation.judging import Judged, Variant, judge_crystals, judges
from disgen.evaluation.rates import rates
from disgen.export.crystals import crystal_content
from disgen.generation.geometry.polish import polish
from disgen.generation.outcome import Decoding
from disgen.generation.sampling import crystals_of, known_keys
from disgen.judge.cif_folder import read_folder
from disgen.judge.credible import headline
from disgen.judge.distributions import distributions
from disgen.judge.energy_report import energy_report, picked, quartiles
from disgen.judge.fidelity import fidelity, quantities
from disgen.judge.mixing import mixing
from disgen.judge.stored import FORMAT, JudgementError
from disgen.judge.volumes import element_volumes, volume_ratios, volume_report
from disgen.latent.fitted import fitted_estimator
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.evaluation.fidelity.traits import Traits
    from disgen.judge.cif_folder import CifFolder
    from disgen.model.checkpoint import Run

TEST = "test"
EXAMPLES = 12
_WORTH_A_PROCESS = 8000  # samples that take longer than starting a process does
_CLASSES = ("disordered", "ordered", "substitutional", "vacancy", "substitutional_and_vacancy")


@dataclass(frozen=True, eq=False)
class Subject:
    """What is judged.

    Attributes:
        name: of the estimator, "test", or the folder.
        kind: "estimator", "split" or "folder".
        about: what else a reader should know, plain JSON.
        judged: n samples.
        crystals: gives the crystals of some samples, by their numbers; None where there is none.
        real: what they are compared with.
        real_split: the split that it is of.
        names: of the files that they come from, if they do.
    """

    name: str
    kind: str
    about: dict[str, Any]
    judged: Judged
    crystals: Callable[[np.ndarray], list[WyckoffCrystal | None]]
    real: Traits
    real_split: str
    names: tuple[str, ...] = ()


def of_estimator(
    run: Run,
    name: str,
    held_out: HeldOut,
    *,
    n: int,
    seed: int,
    polished: bool = True,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Subject:
    """Samples of an estimator, decoded exactly or as they were drawn.

    They are the same as `disgen.evaluation.comparison` has for this seed.

    Args:
        run: a loaded run with its training split.
        name: of the estimator.
        held_out: real crystals.
        n: number of samples, at least 1.
        seed: of the latents.
        polished: whether geometry is repaired (`disgen.generation.geometry.polish`).
        workers: number of processes; None for one, or more if there is much to do. It does not change any figure.
        progress: called with the number of samples judged, and of all.

    Raises:
        EstimatorError: if there is no such estimator.
        RunError: if the run is a light one without its training split.
    """
    run.split_latents("train")  # raises its sentence: without these keys everything would count as new
    with one_thread():
        estimator = fitted_estimator(run, name)
        z, drawn = estimator.draw(n, np.random.default_rng(seed))
    workers = min(default_workers(), 1 + n // _WORTH_A_PROCESS) if workers is None else workers
    parts: list[Judged] = []
    done = 0
    with judges(run, [Variant(Decoding.EXACT, polished)], workers) as judge:
        for size, (part,) in judge(z, drawn):
            parts.append(part)
            done += size
            if progress is not None:
                progress(done, n)

    def crystals(chosen: np.ndarray) -> list[WyckoffCrystal | None]:
        made = crystals_of(run, z[chosen]).crystals if drawn is None else [drawn[index] for index in chosen]
        there = [crystal for crystal in made if crystal is not None]
        repaired = iter(polish(there, threads=1) if polished else there)
        return [None if crystal is None else next(repaired) for crystal in made]

    about = {"settings": estimator.settings, "polished": polished}
    return Subject(name, "estimator", about, Judged.concatenate(parts), crystals, held_out.test, "test")


def of_test_split(
    run: Run, held_out: HeldOut, own: Sequence[WyckoffCrystal] | None, *, n: int | None, seed: int
) -> Subject:
    """The test split, the ceiling of every figure; it is compared with the validation split instead of itself.

    Args:
        run: a loaded run with its training split.
        held_out: real crystals.
        own: the test split's own crystals; None to take what their latents decode to.
        n: how many, at random; all if there are no more, or if None.
        seed: of the choice.
    """
    size = len(run.split_latents("test")) if own is None else len(own)
    chosen = picked(size, size if n is None else n, seed)
    if own is None:
        crystals = list(crystals_of(run, run.split_latents("test")[chosen]).crystals)
    else:
        crystals = [own[number] for number in chosen]
    about = {"settings": {}, "polished": False, "crystals": "reconstructed" if own is None else "own"}
    return _of_crystals(run, TEST, "split", about, crystals, held_out.validation, "validation")


def of_folder(
    run: Run,
    folder: Path,
    held_out: HeldOut,
    *,
    n: int | None,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Subject:
    """The crystals of a folder of CIFs; a file that cannot be read counts as a sample without a crystal.

    Args:
        run: a loaded run, whose training split says what is new.
        folder: with the files.
        held_out: real crystals.
        n: how many, at random; all if there are no more, or if None.
        seed: of the choice.
        progress: called with the number of files read, and of all.

    Raises:
        CifFolderError: if there are no CIFs.
    """
    run.split_latents("train")
    return of_cifs(run, folder.resolve().name, read_folder(folder, progress), held_out, n=n, seed=seed)


def of_cifs(run: Run, name: str, found: CifFolder, held_out: HeldOut, *, n: int | None, seed: int) -> Subject:
    """What came of CIFs; a file that could not be read counts as a sample without a crystal.

    Args:
        run: a loaded run, whose training split says what is new.
        name: for all of them together.
        found: the files.
        held_out: real crystals.
        n: how many, at random; all if there are no more, or if None.
        seed: of the choice.
    """
    run.split_latents("train")
    chosen = picked(len(found.names), len(found.names) if n is None else n, seed)
    names = tuple(found.names[number] for number in chosen)
    unreadable = {file: found.problems[file] for file in names if file in found.problems}
    about = {"files": len(found.names), "unreadable": unreadable, "polished": False}
    crystals = [found.crystals[number] for number in chosen]
    subject = _of_crystals(run, name, "folder", about, crystals, held_out.test, "test")
    return replace(subject, names=names)


def report(
    run: Run,
    subject: Subject,
    held_out: HeldOut,
    *,
    seed: int,
    energies: int = 0,
    potentials: Sequence[str] = ("chgnet",),
    references: Mapping[str, Sequence[Path]] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Everything that the judges say; plain JSON, the same for the same arguments but for "seconds".

    Args:
        run: a loaded run.
        subject: what is judged.
        held_out: real crystals.
        seed: of the subsample for energies, and what these draw.
        energies: size of the subsample; 0 to leave energies out, "energies" is then None.
        potentials: names of potentials (`disgen.judge.energies`).
        references: tables that their hulls are made of (default: the Materials Project's alone).
        workers: processes for energies.
        progress: called with the number of crystals relaxed, and of all.

    Raises:
        JudgementError: if there is not a single crystal.
        EnergyError: if a potential cannot be had.
    """
    start = time.perf_counter()
    judged, traits = subject.judged, subject.judged.traits
    if traits is None or not len(traits):
        msg = f"There is no crystal in {subject.name!r} to judge."
        raise JudgementError(msg)
    classes = {name: int(flags.sum()) for name, flags in quantities(traits).items() if name in _CLASSES}
    novel = judged.screening.novel[judged.screening.present]
    with one_thread():
        likeness = fidelity(traits, novel, subject.real, held_out)
    result = {
        "format": FORMAT,
        "run": run.name,
        "name": subject.name,
        "kind": subject.kind,
        "about": subject.about,
        "n": len(judged),
        "seed": seed,
        "against": {"split": subject.real_split, "crystals": held_out.crystals, "n": len(subject.real)},
        "shares": row(judged),
        "disorder": rates(classes, dict.fromkeys(classes, len(traits))),
        "credible": headline(judged),
        "fidelity": likeness,
        "mixtures": {"samples": mixing(traits), "real": mixing(subject.real)},
        "volume": quartiles(quantities(traits)["volume_per_atom"], seed),
        "volume_ratio": _volume_ratio(run, traits, seed),
        "distributions": distributions(traits),
        "examples": examples(subject, seed),
        "energies": None,
    }
    if energies:
        from disgen.judge.energies import judge_energies  # noqa: PLC0415 (potentials take seconds to import)

        chosen = picked(len(judged), energies, seed)
        crystals = subject.crystals(chosen)
        table = judge_energies(
            crystals,
            n=None,
            seed=seed,
            potentials=tuple(potentials),
            references=references,
            workers=workers,
            progress=progress,
        )
        result["energies"] = energy_report(judged, chosen, table, potentials, seed)
    return {**result, "seconds": round(judged.seconds + time.perf_counter() - start, 3)}


def examples(subject: Subject, seed: int, most: int = EXAMPLES) -> dict[str, Any]:
    """A few of the samples, at random, so that nobody has chosen them; plain JSON.

    Returns:
        "seed" of the choice, "numbers" of the samples, "names" of their files (None where there are none), and
        "crystals" as `disgen.export.crystals.crystal_content` has them, None where a sample gave none.
    """
    chosen = picked(len(subject.judged), most, seed)
    there = subject.crystals(chosen)
    return {
        "seed": seed,
        "numbers": chosen.tolist(),
        "names": [subject.names[number] for number in chosen] if subject.names else None,
        "crystals": [None if crystal is None else crystal_content(crystal) for crystal in there],
    }


def _volume_ratio(run: Run, traits: Traits, seed: int) -> dict[str, Any] | None:
    """The volumes over what the elements lead one to expect; None where the run's index does not say volumes."""
    of_elements = element_volumes(run)
    if of_elements is None:
        return None
    return volume_report(volume_ratios(traits.key, quantities(traits)["volume_per_atom"], of_elements), seed)


def _of_crystals(
    run: Run,
    name: str,
    kind: str,
    about: dict[str, Any],
    crystals: Sequence[WyckoffCrystal | None],
    real: Traits,
    split: str,
) -> Subject:
    with one_thread():
        judged = judge_crystals(crystals, known_keys(run))
    return Subject(name, kind, about, judged, lambda chosen: [crystals[number] for number in chosen], real, split)
