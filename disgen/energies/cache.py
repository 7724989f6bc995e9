"""Relaxations that are there already, in a file that only grows: one JSON object a line.

Whatever ends the program, lines that were written stay, and a torn last one is passed over.
"""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs

from disgen.energies.cell import Cell
from disgen.energies.relax import Relaxation, Relaxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from disgen.energies.potential import Potential
    from disgen.energies.treatment import Treatment

SCHEME = 1  # raised whenever the same relaxation would give other numbers
_DECIMALS = 6  # of the coordinates (Å) of cells that are kept
_NUMBERS = tuple(item.name for item in fields(Relaxation) if item.name not in {"outcome", "cell"})


def default_cache() -> Path:
    """Folder of relaxations: ``$DISGEN_HOME/energies``, by default in the platform's cache folder for users."""
    home = os.environ.get("DISGEN_HOME")
    return (Path(home) if home else Path(platformdirs.user_cache_dir("disgen", appauthor=False))) / "energies"


class RelaxationCache:
    """What became of cells by one potential and one treatment, by the digest of the first cell.

    Args:
        folder: of the files; made where it is missing.
        potential: whose relaxations they are.
        treatment: what was done.
        keep_cells: keep the last cells too, in a file of their own.
    """

    def __init__(self, folder: Path, potential: Potential, treatment: Treatment, *, keep_cells: bool = False) -> None:
        name = re.sub(r"[^A-Za-z0-9._-]", "-", f"{potential.name}-{potential.version}")
        kept = "-cells" if keep_cells else ""
        self.path = folder / f"{name}-{treatment.name}{kept}-{SCHEME}.jsonl"
        self._keep_cells = keep_cells
        folder.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[str, Relaxation]:
        """All that are there, without their last cells if these are not kept."""
        found: dict[str, Relaxation] = {}
        if not self.path.exists():
            return found
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
                found[record["digest"]] = _relaxation(record)
            except (ValueError, KeyError, TypeError):
                continue  # torn, when the program was killed while it wrote
        return found

    def add(self, relaxations: Iterable[tuple[Cell, Relaxation]]) -> None:
        """Append some."""
        lines = [
            json.dumps({"digest": cell.digest, **_record(relaxation, keep_cell=self._keep_cells)})
            for cell, relaxation in relaxations
        ]
        # The line before may be torn, so that each addition starts a line of its own.
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(lines) + "\n")


def _record(relaxation: Relaxation, *, keep_cell: bool) -> dict[str, Any]:
    values = {name: getattr(relaxation, name) for name in _NUMBERS}
    record = {"outcome": relaxation.outcome.value} | {
        name: None if isinstance(value, float) and math.isnan(value) else value for name, value in values.items()
    }
    cell = relaxation.cell
    if keep_cell and cell is not None:
        record["cell"] = [
            cell.numbers.tolist(),
            cell.positions.round(_DECIMALS).tolist(),
            cell.vectors.round(_DECIMALS).tolist(),
        ]
    return record


def _relaxation(record: Mapping[str, Any]) -> Relaxation:
    numbers = {name: record.get(name) for name in _NUMBERS}
    values: dict[str, Any] = {name: float("nan") if value is None else value for name, value in numbers.items()}
    cell = record.get("cell")
    last = None if cell is None else Cell(np.array(cell[0]), np.array(cell[1]), np.array(cell[2]))
    return Relaxation(Relaxed(record["outcome"]), **values, cell=last)
