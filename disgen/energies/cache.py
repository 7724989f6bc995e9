"""Relaxations that are there already, in a file that only grows: one JSON object a line.

Whatever ends the program, lines that were written stay, and a torn last one is passed over.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from disgen.energies.relax import FMAX, Relaxation, Relaxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from disgen.energies.cell import Cell
    from disgen.energies.potential import Potential

SCHEME = 1  # raised whenever the same relaxation would give other numbers
_NUMBERS = tuple(item.name for item in fields(Relaxation) if item.name not in {"outcome", "cell"})


def default_cache() -> Path:
    """Folder of relaxations: ``$DISGEN_HOME/energies``, by default in the platform's cache folder for users."""
    home = os.environ.get("DISGEN_HOME")
    return (Path(home) if home else Path(platformdirs.user_cache_dir("disgen", appauthor=False))) / "energies"


class RelaxationCache:
    """Relaxations by one potential in so many steps, by the digest of the first cell.

    Args:
        folder: of the files; made where it is missing.
        potential: whose relaxations they are.
        steps: at most, of each.
    """

    def __init__(self, folder: Path, potential: Potential, steps: int) -> None:
        self.path = folder / f"{potential.name}-{potential.version}-{steps}steps-{FMAX:g}-{SCHEME}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[str, Relaxation]:
        """All that are there, without their last cells."""
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
        lines = [json.dumps({"digest": cell.digest, **_record(relaxation)}) for cell, relaxation in relaxations]
        # The line before may be torn, so that each addition starts a line of its own.
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(lines) + "\n")


def _record(relaxation: Relaxation) -> dict[str, Any]:
    values = {name: getattr(relaxation, name) for name in _NUMBERS}
    return {"outcome": relaxation.outcome.value} | {
        name: None if isinstance(value, float) and math.isnan(value) else value for name, value in values.items()
    }


def _relaxation(record: Mapping[str, Any]) -> Relaxation:
    values: dict[str, Any] = {name: float("nan") if record[name] is None else record[name] for name in _NUMBERS}
    return Relaxation(Relaxed(record["outcome"]), **values)
