"""A search's results as rows of a table, for manifests and JSON.

| column | content |
|---|---|
| `formula`, `space_group` | of the crystal; empty where there is none |
| `credible` | 1 if all that can be told without energies speaks for it (`disgen.judge.credible`) |
| `valid`, `neutral`, `novel`, `plausible`, `mixtures` | 1 if a check is passed |
| `foreign_elements` | those that nobody asked for, with blanks between |
| `volume_per_atom`, `expected_volume_per_atom` | in Å³; the second is what the elements lead one to expect |
| `log_probability` | in nats (`disgen.judge.search_results`) |
| `drop_…`, `above_hull_…` | eV an atom, by potential, where energies were asked for |
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from disgen.judge.search_results import Result

_COLUMNS = (
    *("formula", "space_group", "credible", "valid", "neutral", "novel", "plausible", "mixtures"),
    *("foreign_elements", "volume_per_atom", "expected_volume_per_atom", "log_probability"),
)


def manifest_columns(potentials: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the columns of `manifest_values`."""
    return (*_COLUMNS, *(name for potential in potentials for name in (f"drop_{potential}", f"above_hull_{potential}")))


def manifest_values(result: Result, potentials: Iterable[str] = ()) -> tuple[object, ...]:
    """Values of a result's columns; None where there is nothing to say."""
    crystal, checks = result.crystal, result.screen
    flags = (
        *(result.credible, checks.valid_split_aware, checks.neutral_mixed),
        *(checks.novel, checks.plausible, result.mixtures),
    )
    numbers = [
        _rounded(checks.volume_per_atom, 2),
        _rounded(result.expected_volume, 2),
        _rounded(result.log_probability, 3),
    ]
    for potential in potentials:
        said = result.energies.get(potential)
        numbers += [None, None] if said is None else [_rounded(said.drop, 4), _rounded(said.above_hull, 4)]
    described = (crystal.formula, crystal.space_group) if crystal is not None else ("", "")
    return (*described, *map(int, flags), " ".join(result.foreign), *numbers)


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
