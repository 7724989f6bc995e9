"""What is looked for on the map: entries of all splits, and samples, by formula, elements and space group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.ui.data import loading, run_files
from disgen.ui.data.held import held_by_sessions
from disgen.ui.data.points import SPLIT_LABELS, TEST
from disgen.ui.data.selection import PointId
from disgen.ui.latent import nearby

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.ui.data.loading import RunKey, SampleKey


@dataclass(frozen=True)
class Query:
    """What is looked for; see `disgen.corpus.search.search`."""

    formula: str
    elements: tuple[str, ...]
    only: bool
    group: str


@dataclass(frozen=True, eq=False)
class Hits:
    """What was found: points of the test split, then of the samples, then of the other splits."""

    points: tuple[PointId, ...]
    counts: Mapping[str, int] = field(repr=False)


def query_of(state: Mapping[Any, Any]) -> Query | None:
    """What is looked for; None if nothing is."""
    query = Query(
        str(state["find_formula"] or "").strip(),
        tuple(state["find_elements"]),
        bool(state["find_only"] and state["find_elements"]),
        str(state["find_group"] or "").strip(),
    )
    return query if query.formula or query.elements or query.group else None


@held_by_sessions(16, "searches on the map")
def hits(key: RunKey, samples: SampleKey | None, query: Query) -> Hits:
    """Points that meet all conditions.

    Raises:
        SearchError: if the formula or the space group makes no sense.
    """
    from disgen.corpus import search  # noqa: PLC0415

    def found_in(formulas: list[str], groups: np.ndarray, shares: np.ndarray) -> np.ndarray:
        return search.search(
            formulas,
            groups,
            shares,
            formula=query.formula,
            elements=query.elements,
            only=query.only,
            space_group=query.group,
        )

    index = loading.load_run(key).index
    rows = found_in(index["formula"].tolist(), index["space_group"].to_numpy(), run_files.atom_shares(key))
    by_split: dict[str, list[PointId]] = {split: [] for split in nearby.splits(key)}
    for point in nearby.points_of_rows(key, rows):
        by_split[point.of].append(point)
    parts = {TEST: by_split.pop(TEST)}
    if samples is not None:
        table = loading.drawn_points(key, samples).table
        real = np.flatnonzero(table["space_group"].to_numpy() > 0)
        sampled = table.iloc[real]
        found = found_in(sampled["formula"].tolist(), sampled["space_group"].to_numpy(), sample_shares(key, samples))
        parts[samples.estimator] = [PointId(samples.estimator, int(row)) for row in real[found]]
    parts |= by_split
    counts = {name: len(part) for name, part in parts.items()}
    return Hits(tuple(point for part in parts.values() for point in part), counts)


@held_by_sessions(2, "compositions of samples")
def sample_shares(key: RunKey, samples: SampleKey) -> np.ndarray:
    """Compositions of the samples that give a crystal, for searching."""
    from disgen.corpus import search  # noqa: PLC0415

    table = loading.drawn_points(key, samples).table
    return search.atom_shares(table.loc[table["space_group"] > 0, "formula"])


def words(found: Hits, samples: SampleKey | None, label: str) -> str:
    """How many were found, and where."""
    counts = dict(found.counts)
    parts = [f"{counts.pop(TEST):,} in the test split"]
    if samples is not None:
        parts.append(f"{counts.pop(samples.estimator):,} among the {label} samples")
    parts += [f"{count:,} in the {SPLIT_LABELS[name].lower()}" for name, count in counts.items()]
    return ", ".join(parts)
