"""What becomes of latents on their way to crystals, sample by sample, on one process or several.

A chunk of latents is decoded once and judged in every variant that is asked for. Chunks are the same however many
processes share them, each works on one thread, and results come in order: the figures do not depend on the machine's
cores.
"""

from __future__ import annotations

import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from disgen.errors import DisgenError
from disgen.evaluation import distributions
from disgen.evaluation.fidelity.mixtures import pairs_on_sites
from disgen.evaluation.fidelity.traits import Traits
from disgen.generation.geometry.polish import polish_reconstructions
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.reconstruction import Reconstructions, reconstruct
from disgen.generation.sampling import known_keys
from disgen.generation.screening import Screening, screen
from disgen.model.checkpoint import load_run
from disgen.processes import end_pool, new_pool
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal
    from disgen.evaluation.distributions import ValueCounts
    from disgen.model.checkpoint import Run

T = TypeVar("T")

CHUNK = 1024  # latents judged at once: some 10 MB of decoder output


class ComparisonError(DisgenError):
    """A comparison could not be made, or its stored figures cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class Variant:
    """A way from latents to crystals.

    Attributes:
        decoding: free or exact.
        polished: whether the crystals' geometry is repaired (`disgen.generation.geometry.polish`) before they are
            judged.
    """

    decoding: Decoding
    polished: bool = False


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of n samples.

    Attributes:
        generated: (n,) True where the sample has at least one site and a cell that is not degenerate.
        symmetry_matched: (n,) as in `Reconstructions`.
        fixed_site_reused: (n,) as in `Reconstructions`.
        reconstructed: the reconstruction's outcomes.
        screening: every check of the crystals.
        properties: distributions of the crystals (`disgen.evaluation.distributions.properties`).
        seconds: that it took, by the clock of the process that did it.
        traits: of the crystals, for judges of fidelity; None for free decoding, whose crystals these do not judge.
    """

    generated: np.ndarray
    symmetry_matched: np.ndarray
    fixed_site_reused: np.ndarray
    reconstructed: tuple[Outcome, ...]
    screening: Screening
    properties: dict[str, ValueCounts]
    seconds: float
    traits: Traits | None = None

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.generated)

    @classmethod
    def concatenate(cls, parts: Sequence[Judged]) -> Judged:
        """The parts, at least one, one after the other; which crystals are unique is judged anew over all of them."""
        traits = [part.traits for part in parts if part.traits is not None]
        return cls(
            np.concatenate([part.generated for part in parts]),
            np.concatenate([part.symmetry_matched for part in parts]),
            np.concatenate([part.fixed_site_reused for part in parts]),
            tuple(outcome for part in parts for outcome in part.reconstructed),
            Screening.concatenate([part.screening for part in parts]),
            distributions.merged([part.properties for part in parts]),
            sum(part.seconds for part in parts),
            Traits.concatenate(traits) if len(traits) == len(parts) else None,
        )


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of the crystals that do not count as new.

    Attributes:
        keys: their keys.
        together: elements that share a site in one of them (`disgen.evaluation.fidelity.mixtures.pairs_on_sites`).
    """

    keys: AbstractSet[str]
    together: np.ndarray

    @classmethod
    def of(cls, keys: AbstractSet[str]) -> Known:
        """Of the crystals with these keys."""
        return cls(keys, pairs_on_sites(keys))


def judge_crystals(crystals: Sequence[WyckoffCrystal | None], known: AbstractSet[str]) -> Judged:
    """Judge crystals that no network has made.

    Args:
        crystals: canonical crystals, None where there should be one.
        known: keys of those that are not new.
    """
    return _judge(Reconstructions.of_crystals(crystals), Known.of(known), time.perf_counter())


def judge_latents(
    run: Run,
    known: AbstractSet[str] | Known,
    variants: Sequence[Variant],
    z: np.ndarray,
    drawn: Sequence[WyckoffCrystal] | None = None,
) -> list[Judged]:
    """Decode latents and judge what they give, once for each variant.

    Args:
        run: a loaded run.
        known: the crystals that are not new, or their keys.
        variants: how to make crystals of them; what they share counts in the seconds of each.
        z: (n, d) latents.
        drawn: the crystals that an estimator has drawn with them (`BaseEstimator.draw`); exact decoding need not
            guess these again. None to decode.
    """
    if not isinstance(known, Known):
        known = Known.of(known)
    with one_thread():
        output, decoding_took = _timed(lambda: run.decode(z))
        made = {way: _timed(partial(reconstruct, output, way)) for way in {variant.decoding for variant in variants}}
        if drawn is not None:
            made[Decoding.EXACT] = Reconstructions.of_crystals(drawn), 0.0
        result = []
        for variant in variants:
            reconstructions, making_took = made[variant.decoding]
            start = time.perf_counter() - decoding_took - making_took
            result.append(
                _judge(polish_reconstructions(reconstructions) if variant.polished else reconstructions, known, start)
            )
    return result


@contextmanager
def judges(
    run: Run, variants: Sequence[Variant], workers: int
) -> Iterator[Callable[[np.ndarray, Sequence[WyckoffCrystal] | None], Iterator[tuple[int, list[Judged]]]]]:
    """A function that judges latents (n, d) chunk by chunk, and is ready for as long as the context lasts.

    For each chunk it gives the number of its latents, and what became of them in each variant. Its second argument is
    `drawn` of `judge_latents`.

    Args:
        run: a loaded run; processes load its network again from its folder.
        variants: as in `judge_latents`.
        workers: number of processes; with one, the work is done in this one, as results are asked for.

    Raises:
        ComparisonError: if a process ends before its time.
    """
    if workers == 1:
        here = partial(judge_latents, run, Known.of(known_keys(run)), variants)
        yield lambda z, drawn: ((len(chunk), here(chunk, part)) for chunk, part in _chunks(z, drawn))
        return
    pool = new_pool(workers)
    # A light run's folder does not hold the keys of its training split, so they come along.
    there = partial(_judge_there, str(run.path), Known.of(known_keys(run)), tuple(variants))

    def judge(z: np.ndarray, drawn: Sequence[WyckoffCrystal] | None) -> Iterator[tuple[int, list[Judged]]]:
        chunks, parts = zip(*_chunks(z, drawn), strict=True)
        return zip(map(len, chunks), pool.map(there, chunks, parts), strict=True)

    try:
        yield judge
    except BrokenProcessPool as error:
        msg = "A process of the comparison ended before its time, perhaps for lack of memory: use fewer workers."
        raise ComparisonError(msg) from error
    finally:
        end_pool(pool)


def _judge_there(
    path: str,
    known: Known,
    variants: Sequence[Variant],
    z: np.ndarray,
    drawn: Sequence[WyckoffCrystal] | None,
) -> list[Judged]:
    return judge_latents(_loaded(path), known, variants, z, drawn)


@cache
def _loaded(path: str) -> Run:
    """A run, once in each process."""
    return load_run(path)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What a piece of work gives, and the seconds that it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def _judge(made: Reconstructions, known: Known, start: float) -> Judged:
    screening = screen(made.crystals, known.keys)
    there = [crystal for crystal in made.crystals if crystal is not None]
    properties = distributions.properties(there, screening.volume_per_atom[screening.present])
    traits = Traits.of(there, known.together) if made.decoding is Decoding.EXACT else None
    return Judged(
        made.generation_success,
        made.symmetry_matched,
        made.fixed_site_reused,
        made.outcomes,
        screening,
        properties,
        time.perf_counter() - start,
        traits,
    )


def _chunks(
    z: np.ndarray, drawn: Sequence[WyckoffCrystal] | None
) -> list[tuple[np.ndarray, Sequence[WyckoffCrystal] | None]]:
    starts = range(0, len(z), CHUNK)
    return [(z[at : at + CHUNK], None if drawn is None else drawn[at : at + CHUNK]) for at in starts]
