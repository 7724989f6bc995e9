"""A search's results as rows of a table, for manifests and JSON.

| column | content |
|---|---|
| those of `disgen.judge.verdict_columns` | the verdict |
| `twin` | 1 if one of better rank is the same crystal |
| `formula`, `space_group` | of the crystal; empty where there is none |
| those of `disgen.generation.checks.CHECK_COLUMNS` | numbers, and 1 for each check that is passed |
| `foreign_elements` | those that nobody asked for, with blanks between |
| `expected_volume_per_atom` | in Å³; what the elements lead one to expect |
| `log_probability` | in nats (`disgen.judge.search_results`) |
| `drop_…`, `above_hull_…` | eV an atom, by potential, where energies were asked for |
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from disgen.generation.checks import CHECK_COLUMNS, check_values
from disgen.judge.verdict_columns import VERDICT_COLUMNS, verdict_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from disgen.judge.search_results import SearchedPoint

_COLUMNS = (
    *(*VERDICT_COLUMNS, "twin", "formula", "space_group", *CHECK_COLUMNS),
    *("foreign_elements", "expected_volume_per_atom", "log_probability"),
)


def manifest_columns(potentials: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the columns of `manifest_values`."""
    return (*_COLUMNS, *(name for potential in potentials for name in (f"drop_{potential}", f"above_hull_{potential}")))


def manifest_values(result: SearchedPoint, potentials: Iterable[str] = ()) -> tuple[object, ...]:
    """Values of a result's columns; None where there is nothing to say."""
    crystal = result.decoded.crystal
    verdicts = (*verdict_values(result.verdict), int(result.twin))
    checks = check_values(result.decoded.checks).values()
    numbers = [_rounded(result.expected_volume, 2), _rounded(result.log_probability, 3)]
    for potential in potentials:
        said = result.energies.get(potential)
        numbers += [None, None] if said is None else [_rounded(said.drop, 4), _rounded(said.above_hull, 4)]
    described = (crystal.formula, crystal.space_group) if crystal is not None else ("", "")
    return (*verdicts, *described, *checks, " ".join(result.foreign), *numbers)


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
