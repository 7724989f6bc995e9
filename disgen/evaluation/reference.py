"""What samples are measured against: the test split's own crystals, by their rates and distributions.

A run folder holds no crystals. `store_reference` therefore writes what the comparison needs of them, once, while the
corpus is at hand. Where neither is there, the reconstruction of the test split stands in for it, and that is said.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from disgen.evaluation.comparison_rows import row
from disgen.evaluation.distributions import NAMES, NUMBERS, ValueCounts
from disgen.evaluation.judging import ComparisonError, Judged, Variant, judge_crystals, judges
from disgen.files import read_json, write_file
from disgen.generation.outcome import Decoding
from disgen.generation.sampling import known_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run

FILE = "reference.json"
OWN, RECONSTRUCTED = "own", "reconstructed"


@dataclass(frozen=True, eq=False)
class Reference:
    """What samples are measured against.

    Attributes:
        crystals: `OWN` if it is the test split's own crystals, `RECONSTRUCTED` if it is what they decode to.
        ceiling: their rates, as `disgen.evaluation.comparison_rows.row` gives them.
        properties: their distributions.
    """

    crystals: str
    ceiling: dict[str, Any]
    properties: dict[str, ValueCounts]


def own_reference(run: Run, crystals: Sequence[WyckoffCrystal]) -> Reference:
    """The reference of the test split's own crystals (`disgen.evaluation.run.split_crystals`)."""
    return _reference(OWN, judge_crystals(crystals, known_keys(run)))


def store_reference(run: Run, reference: Reference) -> None:
    """Write a reference into the run's folder."""
    record = {
        "crystals": reference.crystals,
        "corpus": _fingerprint(run),
        "ceiling": reference.ceiling,
        "properties": {name: distribution.to_dict() for name, distribution in reference.properties.items()},
    }
    write_file(run.path / FILE, (json.dumps(record, ensure_ascii=False) + "\n").encode())


def find_reference(run: Run) -> Reference:
    """The reference that the run's folder holds, else one of the reconstructed test split.

    Raises:
        ComparisonError: if the stored one is damaged, or of another corpus than the run.
        RunError: if the run is a light one without its training split.
    """
    stored = _stored(run)
    if stored is not None:
        return stored
    with judges(run, [Variant(Decoding.EXACT)], workers=1) as judge:
        parts = [judged for _, (judged,) in judge(run.split_latents("test"), None)]
    return _reference(RECONSTRUCTED, Judged.concatenate(parts))


def _reference(crystals: str, judged: Judged) -> Reference:
    return Reference(crystals, row(judged), judged.properties)


def _stored(run: Run) -> Reference | None:
    path: Path = run.path / FILE
    if not path.is_file():
        return None
    try:
        record = read_json(path)
        properties = {name: ValueCounts.from_dict(record["properties"][name]) for name in (*NUMBERS, *NAMES)}
        reference = Reference(record["crystals"], record["ceiling"], properties)
        corpus, n, _ = record["corpus"], reference.ceiling["n"], reference.ceiling["sound"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is damaged: run `python -m disgen compare --store` again, with the run's corpus."
        raise ComparisonError(msg) from error
    if corpus != _fingerprint(run) or n > len(run.split_latents("test")):
        msg = f"{path} is of another corpus: run `python -m disgen compare --store` again, with the run's corpus."
        raise ComparisonError(msg)
    return reference


def _fingerprint(run: Run) -> str | None:
    found: str | None = run.config.get("corpus", {}).get("fingerprint")
    return found
