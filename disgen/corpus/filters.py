"""The paper's filters (Section 3.1) over a stream of entries, each rejection with its reason, and their table.

The predicates themselves are `disgen.cif.limits.LIMITS`, because reading a single CIF obeys them too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from disgen.cif import CifError, CifReason, read
from disgen.cif.limits import first_exceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disgen.cif import Reading
    from disgen.corpus.sources import CifBlock
    from disgen.crystal import WyckoffCrystal


class Failure(StrEnum):
    """Reasons that lie in the reading rather than in the crystal."""

    TIMEOUT = "reading took too long"
    BREAKDOWN = "reading broke down"


# The paper's filters come last and in its order; a crystal is counted under the first one that stops it.
PAPER_FILTERS: tuple[str, ...] = (
    CifReason.P1,
    CifReason.HEAVY_ELEMENT,
    CifReason.TOO_MANY_SITES,
    CifReason.HIGH_MULTIPLICITY,
    CifReason.TOO_MANY_DISORDERED,
    CifReason.TOO_MANY_SPECIES,
    CifReason.CHARGE_DISORDER,
    CifReason.OVER_FULL,
    CifReason.LETTER_27,
)
REASONS: tuple[str, ...] = (
    *(reason for reason in CifReason if reason not in PAPER_FILTERS),
    *Failure,
    *PAPER_FILTERS,
)


@dataclass(frozen=True)
class FilterResult:
    """What became of one entry.

    Attributes:
        source: short name of the entry's source.
        id: name of the entry in its source.
        crystal: the canonical crystal, or None if the entry was rejected.
        reason: why it was rejected, one of `REASONS`, or "".
        sentence: the rejection in a sentence, or "".
        h_missing: the crystal lacks hydrogen that its formula or labels tell of.
        uniform_vacancy: every site but oxygen's is filled to one common factor (an artefact of 3DSC).
        doubts: kinds of what is doubtful about the reading of a kept entry.
    """

    source: str
    id: str
    crystal: WyckoffCrystal | None
    reason: str = ""
    sentence: str = ""
    h_missing: bool = False
    uniform_vacancy: bool = False
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilterTable:
    """How many entries of each source each filter stopped.

    Attributes:
        started: entries by source, in the order of the sources.
        dropped: for each source, entries by reason.
    """

    started: dict[str, int]
    dropped: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def left(self) -> dict[str, int]:
        """Entries kept, by source."""
        return {source: count - sum(self.dropped[source].values()) for source, count in self.started.items()}

    def rows(self) -> list[tuple[str, dict[str, int]]]:
        """(label, counts by source) of each line; reading failures only where there are any."""
        lines = [("start", self.started)]
        for reason in REASONS:
            counts = {source: self.dropped[source].get(reason, 0) for source in self.started}
            if reason in PAPER_FILTERS or any(counts.values()):
                lines.append((str(reason), counts))
        return [*lines, ("left", self.left)]

    def text(self) -> str:
        """The table as aligned text with a total column."""
        header = ("dropped because", *self.started, "total")
        body = [(label, *map(str, counts.values()), str(sum(counts.values()))) for label, counts in self.rows()]
        widths = [max(len(line[column]) for line in (header, *body)) for column in range(len(header))]
        return "\n".join(
            "  ".join(
                [
                    line[0].ljust(widths[0]),
                    *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
                ]
            )
            for line in (header, *body)
        )

    def to_dict(self) -> dict[str, dict[str, dict[str, int]] | dict[str, int]]:
        """JSON-able form; `from_dict` takes it back."""
        return {"start": self.started, "dropped": self.dropped, "left": self.left}

    @classmethod
    def from_dict(cls, data: dict[str, dict[str, Any]]) -> FilterTable:
        """The table that `to_dict` describes."""
        return cls(dict(data["start"]), {source: dict(counts) for source, counts in data["dropped"].items()})


def read_entry(text: str) -> Reading:
    """Read an entry as the corpus holds it: amounts as listed, so that it stays the one that models have learnt from.

    Raises:
        CifError: if no crystal can be made of it.
    """
    return read(text, likely=False)


def judge(entry: CifBlock, reader: Callable[[str], Reading] = read_entry) -> FilterResult:
    """Read an entry and apply the filters; whatever goes wrong becomes a counted reason.

    Args:
        entry: what to read.
        reader: turns CIF text into a `Reading`, or raises `CifError`.
    """
    try:
        reading = reader(entry.text)
        limit = first_exceeded(reading)
    except CifError as error:
        return FilterResult(entry.source, entry.id, None, error.reason, str(error))
    if limit is not None:
        return FilterResult(entry.source, entry.id, None, limit.reason, limit.sentence(reading))
    return FilterResult(
        entry.source,
        entry.id,
        reading.crystal,
        h_missing=reading.h_missing,
        uniform_vacancy=reading.uniform_vacancy,
        doubts=tuple(dict.fromkeys(str(doubt.kind) for doubt in reading.doubts)),
    )


def count_doubts(results: Iterable[FilterResult]) -> dict[str, dict[str, int]]:
    """Kept entries by source and kind of doubt, the most frequent kinds first."""
    counts: dict[str, Counter[str]] = {}
    for result in results:
        counts.setdefault(result.source, Counter()).update(result.doubts)
    return {source: dict(count.most_common()) for source, count in counts.items()}


def tabulate(results: Iterable[FilterResult], sources: Iterable[str]) -> FilterTable:
    """Count results by source and reason."""
    names = list(sources)
    started: Counter[str] = Counter()
    dropped: dict[str, Counter[str]] = {name: Counter() for name in names}
    for result in results:
        started[result.source] += 1
        if result.crystal is None:
            dropped[result.source][result.reason] += 1
    ordered = {name: {reason: dropped[name][reason] for reason in REASONS if dropped[name][reason]} for name in names}
    return FilterTable({name: started[name] for name in names}, ordered)
