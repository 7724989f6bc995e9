"""A phase diagram as plain JSON, as CSV, and as text for people."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from disgen.ensembles.stability.diagram import diagram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.ensembles.stability.diagram import Diagram, Placed
    from disgen.ensembles.stability.entries import HullEntry
    from disgen.ensembles.stability.system import SystemReferences

STABLE = 1e-6  # eV an atom above the hull
_COLUMNS = (
    "name",
    "reference",
    "disordered",
    "formation_energy",
    "above_hull",
    "above_hull_lowest",
    "energy",
    "stderr",
    "decorations",
    "entropy_ev_per_k",
)


def summary(
    references: SystemReferences, candidates: Sequence[HullEntry], temperatures: Sequence[float]
) -> dict[str, Any]:
    """All figures as plain JSON: which references are on the hull at 0 K, and heights of the candidates, eV an atom.

    Args:
        references: of the system.
        candidates: that stand above their hull, or below it.
        temperatures: K, at which heights are given beside those at 0 K.

    Raises:
        EnergyError: as `disgen.ensembles.stability.diagram.diagram`.
    """
    known = tuple(references.entries.values())
    cold = diagram(references.elements, known, candidates)
    warm = {temperature: diagram(references.elements, known, candidates, temperature) for temperature in temperatures}
    potential, correction = known[0].potential
    rows = []
    for number, placed in enumerate(cold.placed[len(known) :], start=len(known)):
        entry = placed.entry
        rows.append(
            {
                "name": entry.name,
                "disordered": entry.is_disordered,
                "composition": {symbol: entry.share(symbol) for symbol in entry.composition},
                "energy_per_atom": entry.energy,
                "stderr": entry.stderr,
                "decorations": entry.decorations,
                "different": entry.different,
                "step_limit": entry.step_limit,
                "entropy": entry.entropy,
                "formation_energy": placed.formation,
                "above_hull": placed.height,
                "above_hull_lowest": lowest_height(placed),
                "above_hull_at": {f"{t:g}": one.placed[number].height for t, one in warm.items()},
                "products": dict(placed.products),
            }
        )
    return {
        "elements": list(references.elements),
        "calculator": potential,
        "correction": correction,
        "references": len(known),
        "on_hull": [placed.entry.name for placed in cold.placed if placed.is_reference and placed.height <= STABLE],
        "candidates": rows,
    }


def kinds_text(different: int) -> str:
    """How many kinds of decorations symmetry tells apart, for people."""
    return "1 kind" if different == 1 else f"{different} kinds"


def lowest_height(placed: Placed) -> float:
    """Height of the best decoration above the hull at 0 K, eV an atom, of an entry that was placed at 0 K."""
    return placed.height + placed.entry.best - placed.entry.energy


def diagram_csv(found: Diagram) -> str:
    """A row an entry of a diagram; energies in eV an atom."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow((*_COLUMNS, *(f"share_{symbol}" for symbol in found.elements)))
    for placed in found.placed:
        entry = placed.entry
        numbers = (
            placed.formation,
            placed.height,
            placed.height + entry.best - entry.free_energy(found.temperature),
            entry.energy,
            entry.stderr,
        )
        writer.writerow(
            (
                entry.name,
                int(placed.is_reference),
                int(entry.is_disordered),
                *(f"{value:.6f}" for value in numbers),
                entry.decorations,
                f"{entry.entropy:.6e}",
                *(f"{entry.share(symbol):.6f}" for symbol in found.elements),
            )
        )
    return table.getvalue()


def as_text(figures: Mapping[str, Any]) -> str:
    """The figures of `summary` for people, a line each."""
    head = f"{'-'.join(figures['elements'])} by {figures['calculator']} ({figures['correction']}): "
    lines = [f"{head}{figures['references']} references, on the hull: {', '.join(figures['on_hull'])}"]
    for row in sorted(figures["candidates"], key=lambda row: row["above_hull"]):
        several = f"mean of {row['decorations']} decorations of {kinds_text(row['different'])}"
        kind = several if row["disordered"] else "ordered"
        warm = "".join(f", {height:+.3f} at {t} K" for t, height in row["above_hull_at"].items())
        left = f" ({row['step_limit']} not at rest)" if row["step_limit"] else ""
        best = f", best {row['above_hull_lowest']:+.3f}" if row["disordered"] else ""
        lines.append(f"  {row['name']} ({kind}){left}: {row['above_hull']:+.3f} eV an atom above the hull{best}{warm}")
    return "\n".join(lines)
