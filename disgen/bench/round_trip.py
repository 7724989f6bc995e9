"""The round trip: crystal, representation, reconstruction, CIF, and back; every step must give the same crystal.

The reconstruction starts from the true representation instead of a network's output, with both ways of decoding and
without leaving out rare species, so that whatever is lost is lost by the program.
"""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from tqdm import tqdm

from disgen.bench.inputs import true_output
from disgen.cif import CifError, read_cif, write_cif
from disgen.errors import DisgenError
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.reconstruction import reconstruct
from disgen.processes import process_pool
from disgen.representation import Rows, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import ProcessPoolExecutor

    from disgen.bench.inputs import Named
    from disgen.crystal import WyckoffCrystal

T = TypeVar("T")
R = TypeVar("R")

TOLERANCE = 1e-3  # of occupancies, fractional coordinates, Å and degrees
_CHUNK = 128  # crystals sent to a process at once

_SITE_ROWS = {
    "letters": Rows.LETTER,
    "multiplicities": Rows.MULTIPLICITY,
    "occupancies": Rows.OCCUPANCY,
    "disorder flags": Rows.DISORDERED,
    "coordinates": Rows.COORDINATES,
}
_CRYSTAL_ROWS = {"space group": Rows.SPACE_GROUP, "cell": Rows.LATTICE}


class RoundTripError(DisgenError):
    """The round trip could not be finished, or crystals were lost on it; the message is one sentence."""


@dataclass(frozen=True)
class RoundTripFailure:
    """A crystal that did not come back as it was."""

    source: str
    id: str
    formula: str
    decoding: str
    reason: str


@dataclass(frozen=True)
class RoundTrip:
    """What became of n crystals."""

    n: int
    failures: tuple[RoundTripFailure, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form: the number of crystals, of those that came back identical, and the others."""
        lost = {(failure.source, failure.id) for failure in self.failures}
        return {
            "n": self.n,
            "identical": self.n - len(lost),
            "failures": [asdict(failure) for failure in self.failures],
        }


def round_trip(entries: Sequence[Named], *, workers: int, progress: bool = True) -> RoundTrip:
    """Send crystals through the round trip, on several processes.

    Args:
        entries: canonical crystals.
        workers: number of processes.
        progress: draw a progress bar on standard error.

    Raises:
        RoundTripError: if a process ends before its time.
    """
    with process_pool(workers) as pool:
        parts = list(in_chunks(pool, failed, entries, _CHUNK, "Round trip", progress=progress))
    return RoundTrip(len(entries), tuple(failure for part in parts for failure in part))


def in_chunks(
    pool: ProcessPoolExecutor,
    work: Callable[[Sequence[T]], R],
    items: Sequence[T],
    size: int,
    title: str,
    *,
    progress: bool,
) -> Iterator[R]:
    """What work gives for the items, so many of them at once, in their order.

    Args:
        pool: that does it.
        work: must be importable.
        items: to be worked at.
        size: of a chunk.
        title: of the progress bar.
        progress: draw that on standard error.

    Raises:
        RoundTripError: if a process ends before its time.
    """
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    with tqdm(total=len(items), desc=title, unit="", mininterval=0.5, disable=not progress) as bar:
        try:
            for chunk, found in zip(chunks, pool.map(work, chunks), strict=True):
                yield found
                bar.update(len(chunk))
        except BrokenProcessPool as error:
            msg = "A process of the round trip ended before its time, perhaps for lack of memory: use fewer workers."
            raise RoundTripError(msg) from error


def failed(entries: Sequence[Named]) -> list[RoundTripFailure]:
    """The crystals that do not come back as they were, with the first difference."""
    crystals = [entry.crystal for entry in entries]
    output = true_output(crystals)
    result = []
    back: list[dict[WyckoffCrystal, str]] = [{} for _ in entries]  # reading is slow: each crystal's CIF once
    for decoding in (Decoding.EXACT, Decoding.FREE):
        reconstructions = reconstruct(output, decoding, occupancy_threshold=0.0)
        for entry, crystal, outcome, known in zip(
            entries, reconstructions.crystals, reconstructions.outcomes, back, strict=True
        ):
            reason = f"the reconstruction ends as {outcome!s}"
            if crystal is not None and outcome is Outcome.OK:
                if crystal not in known:
                    known[crystal] = _after_cif(entry.crystal, crystal)
                reason = known[crystal]
            if reason:
                result.append(RoundTripFailure(entry.source, entry.id, entry.crystal.formula, str(decoding), reason))
    return result


def difference(one: WyckoffCrystal, other: WyckoffCrystal) -> str:
    """The first thing in which the representations of two crystals differ by more than `TOLERANCE`, or ""."""
    (a, other_a), (c, other_c) = encode([one, other])
    gaps = {name: np.abs(c[rows] - other_c[rows]) for name, rows in _CRYSTAL_ROWS.items()}
    gaps |= {name: np.abs(a[:, rows] - other_a[:, rows]) for name, rows in _SITE_ROWS.items()}
    gaps["coordinates"] = np.minimum(gaps["coordinates"], 1.0 - gaps["coordinates"])
    different = [(name, gap.max()) for name, gap in gaps.items() if gap.max() > TOLERANCE]
    return next((f"{name} differ by up to {gap:.3g}" for name, gap in different), "")


def _after_cif(original: WyckoffCrystal, crystal: WyckoffCrystal) -> str:
    """What is wrong with a crystal once it has been written and read, or ""."""
    try:
        return difference(original, read_cif(write_cif(crystal)))
    except CifError as error:
        return f"its CIF cannot be read: {error}"
