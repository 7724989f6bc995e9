"""Samplers of the latent space side by side (paper, Table 3), by what becomes of their samples."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.corpus.workers import default_workers
from disgen.evaluation.comparison_rows import row
from disgen.evaluation.fidelity.held_out import find_held_out
from disgen.evaluation.fidelity.row import fidelity_row
from disgen.evaluation.judging import ComparisonError, Judged, Variant, judges
from disgen.evaluation.stored import load_figures, store_figures
from disgen.generation.outcome import Decoding
from disgen.latent.estimators import estimator_class
from disgen.latent.fitted import available_estimators, fitted_estimator
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.evaluation.reference import Reference
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run

FILE = "comparison.json"
TEST = "test"
VARIANTS = (Variant(Decoding.FREE), Variant(Decoding.EXACT), Variant(Decoding.EXACT, polished=True))
_WORTH_A_PROCESS = 8000  # samples that take longer than starting a process does


def comparison_rows(
    run: Run,
    reference: Reference,
    *,
    n: int,
    seed: int,
    estimators: Sequence[str] | None = None,
    variants: Sequence[Variant] = VARIANTS,
    workers: int | None = None,
    held_out: HeldOut | None = None,
    verdict: Callable[[Judged], dict[str, Any]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Compare estimators, and yield each row as it is finished; to stop half way, close the generator.

    First come the rows of the test split's reconstruction, with "test" for an estimator, then those of each estimator,
    a row a variant. Apart from the seconds, rows are the same for the same seed, however many processes there are.

    Args:
        run: a loaded run.
        reference: what the samples are measured against (`disgen.evaluation.reference`).
        n: samples of each estimator, at least 1; the same latents for all variants, those that
            `disgen.generation.sampling.draw` draws with this seed.
        seed: of the latents, not negative.
        estimators: names of estimators, all that the run has if None.
        variants: ways from latents to crystals.
        workers: number of processes; None for as many as there are cores, or fewer if there is little to do.
        held_out: real crystals that the samples' are told from (`disgen.evaluation.fidelity`); None for what the run
            stores of them.
        verdict: gives more rates of the samples of exact decoding, such as `disgen.judge.credible.headline`.
        progress: called with the number of latents that have been judged, and of all.

    Yields:
        What `disgen.evaluation.comparison_rows.row` gives; under "verdict" what that gives; for exact decoding, else
        None, what `disgen.evaluation.fidelity.row.fidelity_row` gives; and "estimator", "settings", "decoding",
        "polished", "log_likelihood" (mean log-density of the test split's latents in nats; None in its own rows) and
        "seconds" (drawing, decoding, reconstructing, polishing and judging, summed over the processes; what rows share
        counts in each; telling crystals from real ones does not).

    Raises:
        FidelityError: if what the run stores of real crystals cannot be read.
        ComparisonError: if there is nothing to compare, or a process ends before its time.
        EstimatorError: if there is no such estimator, or a stored one is damaged.
        RunError: if the run is a light one without its training split.
    """
    estimators = available_estimators(run) if estimators is None else estimators
    for name in estimators:
        estimator_class(name)
    if n < 1 or seed < 0 or not variants:
        msg = f"Nothing can be compared with {n} samples, seed {seed} and {len(variants)} ways to decode."
        raise ComparisonError(msg)
    run.split_latents("train")  # raises its sentence: without these keys everything would count as new
    test = run.split_latents("test")
    if held_out is None and any(variant.decoding is Decoding.EXACT for variant in variants):
        held_out = find_held_out(run)
    total, done = len(test) + n * len(estimators), 0
    if workers is None:
        workers = min(default_workers(), 1 + total // _WORTH_A_PROCESS)
    with judges(run, variants, workers) as judge:
        for name in (TEST, *estimators):
            estimator = None if name == TEST else _fitted(run, name)
            z, drawn, drawing_took = (test, None, 0.0) if estimator is None else _drawn(estimator, n, seed)
            results = judge(z, drawn)  # other processes set to work, while this one looks at the densities
            about = _about(name, estimator, test)
            parts: list[list[Judged]] = []
            for size, judged in results:
                parts.append(judged)
                done += size
                if progress is not None:
                    progress(done, total)
            for variant, columns in zip(variants, zip(*parts, strict=True), strict=True):
                whole = Judged.concatenate(columns)
                more = {} if verdict is None or whole.traits is None else {"verdict": verdict(whole)}
                yield {
                    **about,
                    "decoding": variant.decoding.value,
                    "polished": variant.polished,
                    **row(whole, reference.properties),
                    **more,
                    **fidelity_row(whole.traits, whole.screening.novel[whole.screening.present], held_out),
                    "seconds": round(drawing_took + whole.seconds, 3),
                }


def comparison(run: Run, reference: Reference, rows: Sequence[dict[str, Any]], *, n: int, seed: int) -> dict[str, Any]:
    """A table of rows with what it takes to read it and to make it again; plain JSON."""
    return {
        "run": run.name,
        "n": n,
        "seed": seed,
        "rows": list(rows),
        "ceiling": {"crystals": reference.crystals, **reference.ceiling},
    }


def store_comparison(run: Run, result: dict[str, Any]) -> None:
    """Write a comparison into the run's folder."""
    store_figures(run.path / FILE, result)


def load_comparison(folder: Path) -> dict[str, Any] | None:
    """The comparison that a run's folder holds, None if it has none.

    Raises:
        ComparisonError: if the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    return load_figures(path, _is_whole, command="python -m disgen compare --store", error=ComparisonError)


def _is_whole(found: dict[str, Any]) -> bool:
    return found.keys() >= {"run", "n", "seed", "rows", "ceiling"} and all("sound" in row for row in found["rows"])


def _fitted(run: Run, name: str) -> LatentEstimator:
    with one_thread():
        return fitted_estimator(run, name)


def _drawn(estimator: LatentEstimator, n: int, seed: int) -> tuple[np.ndarray, list[WyckoffCrystal] | None, float]:
    """Latents (n, d), their crystals if the estimator draws these, and the seconds that drawing them took."""
    start = time.perf_counter()
    with one_thread():
        z, crystals = estimator.draw(n, np.random.default_rng(seed))
    return z, crystals, time.perf_counter() - start


def _about(name: str, estimator: LatentEstimator | None, test: np.ndarray) -> dict[str, Any]:
    """What a row says of the estimator itself."""
    if estimator is None:
        return {"estimator": name, "settings": {}, "log_likelihood": None}
    with one_thread():
        likelihood = float(estimator.log_prob(test).mean())
    return {"estimator": name, "settings": estimator.settings, "log_likelihood": likelihood}
