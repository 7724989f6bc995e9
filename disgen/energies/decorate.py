"""Ordered decorations of crystals, in cells that are small enough for a potential to be quick."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen.energies.cell import Cell, cell_of
from disgen.generation.ordered_cell import SUGGESTED_MISS, OrderedCellError, draw_ordered_cell
from disgen.generation.pairs import PairsError

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

POSITIONS = 60  # up to which conventional cells are repeated for the sake of the composition
MOST_ATOMS = 128  # of a decoration, repeated or not, that is judged
_MOST_REPEATS = 4  # of the conventional cell along an axis

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
    repeats = repeats_within(crystal, POSITIONS) if crystal.disordered_sites else (1, 1, 1)
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


def repeats_within(crystal: WyckoffCrystal, positions: int) -> tuple[int, int, int]:
    """The smallest cell of few positions that holds every element's amount well, as nearly isometric as can be.

    As `disgen.generation.ordered_cell.suggest_repeats`, but for potentials, whose time grows with every atom: where no
    cell within the limit holds all amounts within `SUGGESTED_MISS`, the best one, and the conventional cell itself
    where it is beyond the limit already.

    Args:
        crystal: disordered.
        positions: at most, of a repeated cell.
    """
    amounts = np.array(list(crystal.composition.values()))
    lengths = np.array(crystal.cell[:3])

    def cost(repeats: tuple[int, int, int]) -> tuple[float, int, float]:
        ideal = amounts * np.prod(repeats)
        miss = float((np.abs(ideal - np.rint(ideal)) / ideal).max(initial=0.0))
        edges = lengths * repeats
        return (
            0.0 if miss <= SUGGESTED_MISS else round(miss, 3),
            int(np.prod(repeats)),
            float(edges.max() / edges.min()),
        )

    choices = [
        (a, b, c)
        for a, b, c in product(range(1, _MOST_REPEATS + 1), repeat=3)
        if (a, b, c) == (1, 1, 1) or a * b * c * crystal.n_positions <= positions
    ]
    return min(choices, key=cost)
