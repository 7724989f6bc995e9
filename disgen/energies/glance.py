"""The energy of one crystal at a glance: a few small ordered decorations, relaxed, and how high they stand then.

For distributions, averages over temperature and phase diagrams see `disgen.ensembles`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.energies.cache import default_cache
from disgen.energies.decorate import MOST_ATOMS, TOO_LARGE, decorations
from disgen.energies.hull import load_joined, shares_of, shipped_tables
from disgen.energies.potential import EnergyError
from disgen.energies.potentials import load_potential
from disgen.energies.runs import relaxations
from disgen.energies.treatment import Mode, Treatment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.energies.cell import Cell
    from disgen.energies.relax import Relaxation

RELAXED = Treatment(Mode.TOGETHER, 40)


@dataclass(frozen=True, eq=False)
class Glance:
    """Decorations of a crystal, n of them, before and after a relaxation of positions and cell.

    Attributes:
        potential: its name.
        correction: kind of correction of its energies.
        cells: as they were drawn.
        relaxations: of each.
        heights: (n,) above the hull of the same potential after relaxation, eV an atom; NaN where unknown.
    """

    potential: str
    correction: str
    cells: tuple[Cell, ...] = field(repr=False)
    relaxations: tuple[Relaxation, ...] = field(repr=False)
    heights: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        """Number of decorations."""
        return len(self.cells)

    @property
    def energies(self) -> np.ndarray:
        """(n,) after relaxation, eV an atom; NaN where there is none."""
        return np.array([relaxation.energy for relaxation in self.relaxations])

    @property
    def drops(self) -> np.ndarray:
        """(n,) what relaxation takes out, eV an atom; NaN where there is none."""
        before: np.ndarray = np.array([relaxation.first_energy for relaxation in self.relaxations])
        result: np.ndarray = before - self.energies
        return result

    @property
    def best(self) -> int | None:
        """The decoration of least energy after relaxation; None if none has one."""
        return int(np.nanargmin(self.energies)) if np.isfinite(self.energies).any() else None


def drawn(crystal: WyckoffCrystal, n: int, seed: int = 0) -> list[Cell]:
    """The decorations of a glance; an ordered crystal has one, its primitive cell.

    Args:
        crystal: ordered or disordered.
        n: decorations of a disordered one.
        seed: of the first one.

    Raises:
        EnergyError: if the crystal has no cell that is small enough, or none at all.
    """
    found = decorations(crystal, n, seed)
    if not isinstance(found, str):
        return found
    if found == TOO_LARGE:
        msg = f"An ordered cell of this crystal has more than {MOST_ATOMS} atoms: use the command ensemble."
    else:
        msg = "No ordered cell of this crystal can be drawn: its positions are too close to each other, or all empty."
    raise EnergyError(msg)


def glance(
    cells: Sequence[Cell],
    potential: str,
    treatment: Treatment = RELAXED,
    *,
    cache: Path | None = None,
    references: Sequence[Path] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Glance:
    """Relax the decorations of a crystal by a potential.

    Args:
        cells: of `drawn`; those that are the same are relaxed once.
        potential: its name, see `disgen.energies.potentials`.
        treatment: of each.
        cache: folder (default: the user's).
        references: tables of the potential's reference energies (default: those that come with the program); without
            any there are no heights.
        progress: called with the number of different decorations that are done; what it raises ends the work.

    Raises:
        EnergyError: if the potential is unknown or not installed, or a table of references is another potential's.
    """
    loaded = load_potential(potential)
    folder = default_cache() if cache is None else cache
    by_digest = {cell.digest: cell for cell in cells}
    done = relaxations(loaded, by_digest, treatment, folder, keep_cells=True, progress=progress)
    found = tuple(done[cell.digest] for cell in cells)
    tables = shipped_tables(loaded.name) if references is None else references
    heights = np.full(len(cells), np.nan)
    if tables:
        shares = shares_of([cell.composition for cell in cells])
        energies = np.array([relaxation.energy for relaxation in found])
        heights = load_joined(tables).above((loaded.name, loaded.correction), shares, energies)
    return Glance(loaded.name, loaded.correction, tuple(cells), found, heights)
