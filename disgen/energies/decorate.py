"""Ordered decorations of crystals, in cells that are small enough for a potential to be quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.energies.cell import Cell, cell_of
from disgen.generation.geometry.pairs import PairsError
from disgen.generation.ordered.cell import draw_ordered_cell
from disgen.generation.ordered.supercell import OrderedCellError, suggest_repeats

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

POSITIONS = 60  # up to which conventional cells are repeated for the sake of the composition
MOST_ATOMS = 128  # of a decoration, repeated or not, that is judged

TOO_LARGE = "too large"
NO_CELL = "no cell"


def decorations(crystal: WyckoffCrystal, n: int, seed: int) -> list[Cell] | str:
    """Ordered cells that stand for a crystal; a word, `TOO_LARGE` or `NO_CELL`, where there are none.

    An ordered crystal has one, its primitive cell.

    Args:
        crystal: ordered or disordered.
        n: decorations of a disordered crystal.
        seed: of the first one; the others take the numbers after it.
    """
    repeats = suggest_repeats(crystal, POSITIONS) if crystal.disordered_sites else (1, 1, 1)
    if crystal.n_positions > 4 * MOST_ATOMS:  # even the primitive cell of a face-centred one has more atoms
        return TOO_LARGE
    try:
        cells = [
            cell_of(draw_ordered_cell(crystal, repeats, seed + number))
            for number in range(n if crystal.disordered_sites else 1)
        ]
    except (OrderedCellError, PairsError):
        return NO_CELL
    if not all(len(cell) for cell in cells):
        return NO_CELL
    return TOO_LARGE if max(map(len, cells)) > MOST_ATOMS else cells
