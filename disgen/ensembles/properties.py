"""What a potential says of virtual cells, as arrays; each energy with the name of its potential and its correction."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ELEMENTS
from disgen.energies.cache import default_cache
from disgen.energies.cell import cell_of
from disgen.energies.potentials import load_potential
from disgen.energies.relax import refused
from disgen.energies.runs import relaxations
from disgen.energies.treatment import Mode
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from disgen.energies.cell import Cell
    from disgen.energies.potential import Potential
    from disgen.energies.relax import Relaxation
    from disgen.energies.treatment import Treatment
    from disgen.ensembles.cells import VirtualCells

NOT_COMPUTED = "not computed"
TYPICAL_STEPS = 25  # of a relaxation to 0.1 eV/Å, for estimates of time
_DENSITY = 1.66053907  # g/cm³ of a dalton in 1 Å³


@dataclass(frozen=True, eq=False)
class Properties:
    """What became of n virtual cells; numbers are NaN where there is none.

    Attributes:
        potential: its name.
        version: of its package.
        correction: kind of correction of its energies.
        treatment: what was done with the cells.
        outcome: (n,) one word or two for each.
        n_atoms: (n,) in a cell.
        degeneracy: (n,) decorations that each stands for.
        different: number of cells that symmetry tells apart.
        energy: (n,) eV an atom.
        density: (n,) g/cm³.
        volume: (n,) Å³ an atom.
        magnetic_moment: (n,) mean magnitude of the atoms' moments, μB.
        cells: (n) as they are after the treatment; before it where nothing came of it.
    """

    potential: str
    version: str
    correction: str
    treatment: Treatment
    outcome: np.ndarray = field(repr=False)
    n_atoms: np.ndarray = field(repr=False)
    degeneracy: np.ndarray = field(repr=False)
    different: int
    energy: np.ndarray = field(repr=False)
    density: np.ndarray = field(repr=False)
    volume: np.ndarray = field(repr=False)
    magnetic_moment: np.ndarray = field(repr=False)
    cells: tuple[Cell, ...] = field(repr=False)

    def __len__(self) -> int:
        """Number of virtual cells."""
        return len(self.outcome)

    @property
    def there(self) -> np.ndarray:
        """(n,) True where there is an energy."""
        result: np.ndarray = np.isfinite(self.energy)
        return result


def compute(
    cells: VirtualCells,
    potential: str,
    treatment: Treatment,
    *,
    cache: Path | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int], None] = lambda _: None,
    found: dict[str, Relaxation] | None = None,
) -> Properties:
    """Energies of virtual cells, from the cache where they are there.

    Args:
        cells: the decorations; those that symmetry makes the same are computed once.
        potential: name, or import path of a calculator of ASE.
        treatment: of each.
        cache: folder (default: the user's).
        workers: processes, of one thread each.
        executor: whose processes do the work instead.
        progress: called with the number of the different ones that are done; what it raises ends the work.
        found: filled as results come; `properties_of` makes what there is of an ended work of it.

    Raises:
        EnergyError: if the potential is unknown or not installed, or a process was ended from outside.
    """
    first = first_cells(cells)
    loaded = load_potential(potential)
    done = relaxations(
        loaded,
        {first[number].digest: first[number] for number in np.unique(cells.alike)},
        treatment,
        default_cache() if cache is None else cache,
        workers=workers,
        executor=executor,
        keep_cells=treatment.mode is not Mode.SINGLE_POINT,
        progress=progress,
        found=found,
    )
    return properties_of(cells, loaded, treatment, done)


def properties_of(
    cells: VirtualCells, potential: Potential, treatment: Treatment, done: Mapping[str, Relaxation]
) -> Properties:
    """Arrays of what became of the cells, of which some may be missing.

    What became of one stands for all that symmetry makes the same, its last cell in its own orientation.
    """
    first = first_cells(cells)
    pairs = [(cell, done.get(first[number].digest)) for cell, number in zip(first, cells.alike, strict=True)]
    n_atoms = np.array([len(cell) for cell in first], dtype=np.int64)
    masses = np.array([_mass(cell) for cell in first])
    change = np.array([np.nan if found is None else found.volume_change for _, found in pairs])
    volume = np.array([cell.volume for cell in first]) * (1.0 + change)
    return Properties(
        potential=potential.name,
        version=potential.version,
        correction=potential.correction,
        treatment=treatment,
        outcome=np.array([NOT_COMPUTED if found is None else found.outcome.value for _, found in pairs], dtype=object),
        n_atoms=n_atoms,
        degeneracy=cells.degeneracies,
        different=cells.different,
        energy=np.array([np.nan if found is None else found.energy for _, found in pairs]),
        density=_DENSITY * masses / volume,
        volume=volume / n_atoms,
        magnetic_moment=np.array([np.nan if found is None else found.magnetic_moment for _, found in pairs]),
        cells=tuple(cell if found is None or found.cell is None else found.cell for cell, found in pairs),
    )


def first_cells(cells: VirtualCells) -> tuple[Cell, ...]:
    """The decorations as potentials take them."""
    return tuple(cell_of(cell) for cell in cells.cells)


def estimated_seconds(cell: Cell, potential: str, treatment: Treatment) -> float:
    """About how long one cell takes on one core of this computer, by one evaluation of it; 0 for one that is refused.

    Raises:
        EnergyError: if the potential is unknown or not installed.
    """
    loaded, relaxed = load_potential(potential), treatment.mode is not Mode.SINGLE_POINT
    if refused(loaded, cell) is not None:
        return 0.0
    with one_thread():
        loaded.evaluate([cell], gradients=False)  # the first evaluation of a process also prepares
        start = time.perf_counter()
        loaded.evaluate([cell], gradients=relaxed)
        seconds = time.perf_counter() - start
    return seconds * (min(treatment.steps, TYPICAL_STEPS) + 1 if relaxed else 1)


def _mass(cell: Cell) -> float:
    """Daltons."""
    from pymatgen.core import Element  # noqa: PLC0415 (half a second that help need not wait for)

    return float(sum(Element(ELEMENTS[number - 1]).atomic_mass * count for number, count in cell.composition.items()))
