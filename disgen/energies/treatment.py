"""What is done with a cell to get its energy: nothing, or a relaxation in at most so many steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from disgen.energies.relax import FMAX, relax, relax_in_turn, single_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.energies.cell import Cell
    from disgen.energies.potential import Potential
    from disgen.energies.relax import Relaxation


class Mode(StrEnum):
    """How a cell is treated."""

    SINGLE_POINT = "single point"
    TOGETHER = "positions and cell together"
    IN_TURN = "positions, then cell"


@dataclass(frozen=True)
class Treatment:
    """How cells are treated, down to `disgen.energies.relax.FMAX`.

    Attributes:
        mode: what moves.
        steps: at most, of each relaxation; 0 for single points.
    """

    mode: Mode = Mode.SINGLE_POINT
    steps: int = 0

    @property
    def name(self) -> str:
        """Short and fit for a file name."""
        if self.mode is Mode.SINGLE_POINT:
            return "single"
        turn = "-in-turn" if self.mode is Mode.IN_TURN else ""
        return f"{self.steps}steps{turn}-{FMAX:g}"

    def apply(self, potential: Potential, cells: Sequence[Cell]) -> list[Relaxation]:
        """Treat cells, together in the potential's batches."""
        if self.mode is Mode.SINGLE_POINT:
            return single_points(potential, cells)
        act = relax_in_turn if self.mode is Mode.IN_TURN else relax
        return act(potential, cells, steps=self.steps)
