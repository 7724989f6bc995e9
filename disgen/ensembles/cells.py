"""Virtual cells: ordered decorations of one supercell of a disordered crystal (paper, Section 4.5 and Appendix C).

The numbers of atoms on each site are decided once, so that they are the same in every cell; the places are drawn. Where
positions that exclude each other leave no place for an atom on its own site, it goes to another that holds its element,
or is left out, and both are counted: nothing is adjusted in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.moves import first_alike
from disgen.generation.ordered.cell import decorated
from disgen.generation.ordered.species_counts import all_number, shares_of, species_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.ordered.cell import OrderedCell
    from disgen.generation.ordered.supercell import Repeats, Supercell

MOST_CELLS = 10_000
_FAR_MORE = 10**6  # times the pairs of a draw: with up to 10⁴ operations one pair in a hundred draws would be the same
_MOST_REPEATS = 6  # of the conventional cell along an axis, where the program chooses


class Kind(StrEnum):
    """How the decorations of an ensemble were chosen."""

    RANDOM = "random"
    DISTINCT = "all distinct"
    QUASIRANDOM = "special quasirandom"


@dataclass(frozen=True, eq=False)
class VirtualCells:
    """Decorations of one supercell.

    Attributes:
        supercell: their positions.
        wanted: of each site the atoms by species ("" for vacancies) that every cell should hold.
        cells: the decorations.
        degeneracies: (n,) how many decorations each stands for, by symmetry; 1 for random ones.
        alike: (n,) number of the first decoration that symmetry makes the same, most often itself.
        kind: how they were chosen.
    """

    supercell: Supercell
    wanted: Sequence[Mapping[str, int]] = field(repr=False)
    cells: tuple[OrderedCell, ...] = field(repr=False)
    degeneracies: np.ndarray = field(repr=False)
    alike: np.ndarray = field(repr=False)
    kind: Kind = Kind.RANDOM

    def __len__(self) -> int:
        """Number of decorations."""
        return len(self.cells)

    @property
    def different(self) -> int:
        """Number of decorations that symmetry tells apart."""
        return len(np.unique(self.alike))

    @property
    def remarks(self) -> tuple[str, ...]:
        """In which way cells depart from the wanted numbers, a sentence each, with how many do."""
        found: dict[str, int] = {}
        for cell in self.cells:
            for remark in cell.remarks:
                found[remark] = found.get(remark, 0) + 1
        return tuple(f"In {count} of {len(self)} cells: {remark}." for remark, count in found.items())


def wanted_counts(supercell: Supercell, charges: Mapping[str, float] | None = None) -> list[dict[str, int]]:
    """Atoms of each species on each site, as near to the occupancies as whole numbers can be.

    Args:
        supercell: the positions.
        charges: oxidation states by element; then the charge of the cell is kept before all else.
    """
    # A fixed seed: which of equally good roundings is taken must not depend on that of the decorations.
    return species_counts(supercell.crystal.sites, supercell.sizes, np.random.default_rng(0), charges)


def random_cells(supercell: Supercell, wanted: Sequence[Mapping[str, int]], n: int, seed: int) -> VirtualCells:
    """Random decorations with exactly the wanted numbers of atoms, the same for the same seed.

    Args:
        supercell: the positions.
        wanted: of each site the atoms by species.
        n: number of decorations.
        seed: of the first one; the others take the numbers after it.

    Raises:
        EnsembleError: if `n` is not 1 to `MOST_CELLS`.
    """
    if not 1 <= n <= MOST_CELLS:
        msg = f"An ensemble takes 1 to {MOST_CELLS:,} decorations, not {n:,}."
        raise EnsembleError(msg)
    cells = tuple(
        decorated(supercell, wanted, number, np.random.default_rng(number), complete=True)
        for number in range(seed, seed + n)
    )
    # Of very many decorations no two of a draw are the same, and operations of large cells are slow to find.
    are_few = all_number(wanted) < _FAR_MORE * n**2 or len(supercell.excluded)
    alike = first_alike(supercell, cells) if are_few else np.arange(n)
    return VirtualCells(supercell, wanted, cells, np.ones(n, dtype=np.int64), alike)


def repeats_of_size(crystal: WyckoffCrystal, positions: int) -> Repeats:
    """The most nearly isometric of the largest supercells with at most so many positions.

    Largest means at least three quarters of what would fit, so that a much better shape is worth a few positions.

    Raises:
        EnsembleError: if the conventional cell alone has more.
    """
    return _large_and_isometric(crystal, _choices(crystal, positions))


def best_repeats(crystal: WyckoffCrystal, positions: int) -> Repeats:
    """The supercell with at most so many positions whose occupancies are nearest to the crystal's.

    Of equally good ones a large and nearly isometric one as `repeats_of_size` takes it: in the smallest the random mix
    can be an ordered phase, as Cu3Au's four atoms are L1_2 whichever of them is gold.

    Raises:
        EnsembleError: if the conventional cell alone has more positions.
    """
    errors = {repeats: round(occupancy_error(crystal, repeats), 6) for repeats in _choices(crystal, positions)}
    least = min(errors.values())
    return _large_and_isometric(crystal, [repeats for repeats, error in errors.items() if error == least])


def _large_and_isometric(crystal: WyckoffCrystal, choices: Sequence[Repeats]) -> Repeats:
    most = max(int(np.prod(repeats)) for repeats in choices)
    large = [repeats for repeats in choices if np.prod(repeats) >= 0.75 * most]
    return min(large, key=lambda repeats: (_stretch(crystal, repeats), -int(np.prod(repeats))))


def occupancy_error(crystal: WyckoffCrystal, repeats: Repeats) -> float:
    """Largest difference of an occupancy from the nearest that whole numbers of atoms allow in a supercell."""
    errors = [0.0]
    for site in crystal.sites:
        size = site.multiplicity * int(np.prod(repeats))
        errors += [abs(round(share * size) / size - share) for _, share in shares_of(site)]
    return max(errors)


def _choices(crystal: WyckoffCrystal, positions: int) -> list[Repeats]:
    found = [
        (a, b, c)
        for a, b, c in product(range(1, _MOST_REPEATS + 1), repeat=3)
        if a * b * c * crystal.n_positions <= positions
    ]
    if not found:
        msg = f"The conventional cell has {crystal.n_positions} positions already: allow at least so many."
        raise EnsembleError(msg)
    return found


def _stretch(crystal: WyckoffCrystal, repeats: Repeats) -> float:
    """Longest over shortest edge."""
    edges = np.array(crystal.cell[:3]) * repeats
    return round(float(edges.max() / edges.min()), 6)
