"""An ensemble as plain JSON, and as text for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.ensembles.boltzmann import BOLTZMANN, between_calculators, entropy_by_class, ideal_entropy
from disgen.ensembles.cells import Kind
from disgen.ensembles.distinct import distinct_number
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.occupancies import charges, occupancies
from disgen.ensembles.site_classes import site_classes
from disgen.ensembles.statistics import distribution
from disgen.ensembles.thermodynamics import boltzmann, heights, order_disorder
from disgen.generation.ordered.species_counts import all_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from disgen.ensembles.lowest import Lowest
    from disgen.ensembles.plan import Drawn
    from disgen.ensembles.properties import Properties

TEMPERATURES = (300.0, 600.0, 1000.0, 1500.0)  # K
_LARGEST = 2**53
_MEASURES = {
    "energy_per_atom": "energy",
    "density": "density",
    "volume_per_atom": "volume",
    "magnetic_moment_per_atom": "magnetic_moment",
}
_OF_CALCULATOR = (
    *("calculator", "version", "correction", "treatment", "steps", "outcomes"),
    *(*_MEASURES, "boltzmann", "t_star", "hull"),
)


@dataclass(frozen=True, eq=False)
class Result:
    """An ensemble with what a potential says of it.

    Attributes:
        drawn: the virtual cells.
        properties: what became of them.
        lowest: the best decoration that is known; None without energies.
        references: tables of reference energies by potential; None for those that come with the program.
    """

    drawn: Drawn
    properties: Properties
    lowest: Lowest | None
    references: Mapping[str, Path] | None = field(default=None, repr=False)


def about_cells(drawn: Drawn) -> dict[str, Any]:
    """What is known before any energy: classes, wanted and realised occupancies, charge, numbers of decorations."""
    cells = drawn.cells
    wanted, realised = charges(cells, drawn.states)
    return {
        "formula": cells.supercell.crystal.formula,
        "n": len(cells),
        "kind": cells.kind.value,
        "seed": drawn.plan.seed,
        "supercell": list(cells.supercell.repeats),
        "positions": len(cells.supercell),
        "classes": [asdict(one) | {"kind": one.kind.value} for one in site_classes(cells.supercell)],
        "occupancies": [
            {
                "site": row.site,
                "species": row.species,
                "wanted": row.wanted,
                "realised": row.realised,
                "atoms": row.atoms,
            }
            for row in occupancies(cells)
        ],
        "charge": {"wanted": wanted, "realised": realised, "states": dict(drawn.states.charges)},
        "states": drawn.states.sentence,
        "remarks": list(cells.remarks),
        "decorations": {
            "all": _whole(all_number(cells.wanted)),
            "log10_all": log10(all_number(cells.wanted)),
            "distinct": _whole(_distinct(drawn)),
            "without_regard_to_exclusion": bool(len(cells.supercell.excluded)),
        },
    }


def summary(result: Result, temperatures: Sequence[float] = TEMPERATURES) -> dict[str, Any]:
    """All figures of an ensemble as plain JSON; None where there is none.

    Raises:
        EnergyError: if the table of reference energies is of another kind than the energies.
    """
    drawn, properties = result.drawn, result.properties
    crystal = drawn.cells.supercell.crystal
    is_sample = drawn.cells.kind is not Kind.DISTINCT
    measures = {}
    for name, attribute in _MEASURES.items():
        found = distribution(getattr(properties, attribute), properties.degeneracy, is_sample=is_sample)
        measures[name] = None if found is None else asdict(found) | {"normal": found.is_normal}
    ordering = order_disorder(drawn, properties, result.lowest)
    above = heights(properties, result.references)
    return {
        **about_cells(drawn),
        "calculator": properties.potential,
        "version": properties.version,
        "correction": properties.correction,
        "treatment": properties.treatment.mode.value,
        "steps": properties.treatment.steps,
        "outcomes": dict(Counter(properties.outcome.tolist()).most_common()),
        **measures,
        "boltzmann": _averages(properties, temperatures),
        "entropy": {
            "ideal_k_per_atom": ideal_entropy(crystal) / BOLTZMANN,
            "by_class": {kind.value: value / BOLTZMANN for kind, value in entropy_by_class(crystal).items()},
        },
        "t_star": None
        if ordering is None or result.lowest is None
        else {
            "kelvin": ordering.temperature,
            "stderr": ordering.stderr,
            "lowest_energy": ordering.lowest,
            "lowest_supercell": list(result.lowest.repeats),
            "lowest_found_in": result.lowest.found_in,
        },
        "hull": None if above is None else {"above_mean": _plain(above.mean), "above_lowest": _plain(above.lowest)},
    }


def compared(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """What to add to the figures of an ensemble that a second calculator computed as well.

    Args:
        first: its figures by the one calculator, as `summary` gives them.
        second: by the other.

    Returns:
        "second", what is the other one's of its figures, and "t_star_range": T* by both in K, the middle of the two,
        and half their difference, the error bar; None where one has no T*.
    """
    stars = [figures["t_star"] for figures in (first, second)]
    names = [figures["calculator"] for figures in (first, second)]
    found = None
    if all(star is not None for star in stars):
        spread = between_calculators(*(star["kelvin"] for star in stars))
        found = {
            "by_calculator": {name: star["kelvin"] for name, star in zip(names, stars, strict=True)},
            "middle": spread.middle,
            "half_difference": spread.half_difference,
        }
    return {"second": {name: second[name] for name in _OF_CALCULATOR}, "t_star_range": found}


def as_text(figures: Mapping[str, Any]) -> str:
    """The figures of `summary` for people, a line each."""
    size = "x".join(map(str, figures["supercell"]))
    head = f"{figures['n']} {figures['kind']} decorations of {figures['formula']} in {size} cells of "
    lines = [head + f"{figures['positions']} positions"]
    lines += [
        f"  {row['site']:6s} {row['species']:8s} wanted {row['wanted']:.4f}  realised {row['realised']:.4f}  "
        f"({row['atoms']:g} in a cell)"
        for row in figures["occupancies"]
    ]
    lines.append(f"  {figures['states']}")
    if figures["charge"]["realised"] is not None:
        lines.append(
            f"  charge of a cell: wanted {_shown(figures['charge']['wanted'])}, realised "
            f"{_shown(figures['charge']['realised'])}"
        )
    lines += [f"  {remark}" for remark in figures["remarks"]]
    if "calculator" not in figures:
        return "\n".join(lines)
    lines.append(f"{figures['calculator']} ({figures['correction']}), {figures['treatment']}: {figures['outcomes']}")
    for name, unit in (
        ("energy_per_atom", "eV"),
        ("density", "g/cm³"),
        ("volume_per_atom", "Å³"),
        ("magnetic_moment_per_atom", "μB"),
    ):
        found = figures[name]
        if found is not None:
            lines.append(
                f"  {name.replace('_', ' '):26s} {found['mean']:.5f} ± {found['stderr']:.5f} {unit}, deviation "
                f"{found['std']:.5f}, skewness {found['skew']:.2f}, n {found['n']}"
            )
    for row in figures["boltzmann"].get("averages", ()):
        lines.append(
            f"  at {row['temperature']:g} K           energy {row['energy_per_atom']:.5f} eV, carried by "
            f"{row['effective_size']:.1f} decorations"
        )
    if figures["t_star"] is not None:
        t_star = figures["t_star"]
        lines.append(f"  T* = {t_star['kelvin']:.0f} ± {t_star['stderr']:.0f} K; lowest in {t_star['lowest_found_in']}")
    lines += _hull_lines(figures)
    if "second" in figures:
        second = figures["second"]
        lines.append(f"{second['calculator']} ({second['correction']}), {second['treatment']}: {second['outcomes']}")
        lines += _hull_lines(second)
    if figures.get("t_star_range") is not None:
        found = figures["t_star_range"]
        each = ", ".join(f"{kelvin:.0f} K ({name})" for name, kelvin in found["by_calculator"].items())
        lines.append(f"  T* = {found['middle']:.0f} ± {found['half_difference']:.0f} K between calculators: {each}")
    return "\n".join(lines)


def _hull_lines(figures: Mapping[str, Any]) -> list[str]:
    above = figures.get("hull")
    if above is None:
        return []
    mean, lowest = _shown(above["above_mean"]), _shown(above["above_lowest"])
    return [f"  above the hull: mean {mean} eV, lowest {lowest} eV an atom"]


def _averages(properties: Properties, temperatures: Sequence[float]) -> dict[str, Any]:
    """Averages of all properties at the temperatures and in both limits, or one sentence why there are none."""
    try:
        rows = [_row(properties, temperature) for temperature in temperatures]
        mix = _row(properties, np.inf)
    except EnsembleError as error:
        return {"averages": [], "problem": str(error)}
    best = int(np.nanargmin(properties.energy))
    return {
        "averages": rows,
        "random_mix": {name: mix[name] for name in _MEASURES},
        "best_decoration": {name: _plain(getattr(properties, kind)[best]) for name, kind in _MEASURES.items()},
        "problem": "",
    }


def _row(properties: Properties, temperature: float) -> dict[str, Any]:
    row: dict[str, Any] = {"temperature": _plain(temperature)}
    for name, attribute in _MEASURES.items():
        there = np.isfinite(getattr(properties, attribute)).any()
        row[name] = boltzmann(properties, temperature, attribute).value if there else None
    found = boltzmann(properties, temperature)
    return row | {
        "effective_size": found.effective_size,
        "largest_weight": found.largest_weight,
        "warning": found.warning,
    }


def _distinct(drawn: Drawn) -> int | None:
    """Number of decorations that symmetry tells apart; None where positions exclude each other or cells are large."""
    if drawn.cells.kind is Kind.DISTINCT:
        return len(drawn.cells)
    try:
        return distinct_number(drawn.cells.supercell, drawn.cells.wanted)
    except EnsembleError:
        return None


def _whole(count: int | None) -> int | None:
    """None where a number is too large for whole numbers in JSON."""
    return count if count is not None and count <= _LARGEST else None


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
