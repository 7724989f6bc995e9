"""The judge of energies: crystals to ordered decorations, to relaxations by several potentials, to heights above hulls.

Neither training nor guidance nor the choice of samples may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from disgen.energies.cache import default_cache
from disgen.energies.decorate import decorations as decorate
from disgen.energies.hull import default_references, load_joined, shares_of
from disgen.energies.potential import EnergyError
from disgen.energies.potentials import load_potential
from disgen.energies.runs import relaxations
from disgen.energies.treatment import Mode, Treatment
from disgen.judge.energies.table import Energies, EnergyTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.energies.cell import Cell
    from disgen.energies.hull import References
    from disgen.energies.potential import Potential
    from disgen.energies.relax import Relaxation

STEPS = 40
DECORATIONS = 1
NO_CRYSTAL = "no crystal"

Progress = Callable[[int, int], None]


def judge_energies(
    crystals: Sequence[WyckoffCrystal | None],
    *,
    n: int | None = None,
    seed: int = 0,
    potentials: Sequence[str] = ("chgnet",),
    decorations: int = DECORATIONS,
    steps: int = STEPS,
    cache: Path | None = None,
    references: Mapping[str, Sequence[Path]] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> EnergyTable:
    """Relax ordered decorations of crystals, and say how far they fall and how high they then stand.

    Args:
        crystals: None for samples that gave none, which count as such.
        n: how many of them, drawn without replacement; all if None, or if there are no more.
        seed: of the choice and of the decorations.
        potentials: names, see `disgen.energies.potentials.POTENTIALS`.
        decorations: of each disordered crystal; the one of least energy after relaxation stands for it.
        steps: of a relaxation, at most.
        cache: folder of relaxations that need not be done again (default: one in the user's cache folder).
        references: tables of reference energies by potential (default: of the Materials Project's stable crystals). A
            potential without any gives no heights above a hull.
        workers: processes, of one thread each.
        progress: called with the numbers of relaxations that are done and to do, over all potentials.

    Raises:
        EnergyError: if a potential is unknown or not installed, a table of references is another potential's, or a
            process was ended from outside.
    """
    if decorations < 1 or steps < 0:
        msg = "A crystal is judged by at least one decoration, and relaxed in no fewer than 0 steps."
        raise EnergyError(msg)
    rng = np.random.default_rng(seed)
    picked = np.arange(len(crystals))
    if n is not None and n < len(crystals):
        picked = np.sort(rng.choice(len(crystals), n, replace=False))
    loaded = [load_potential(name) for name in dict.fromkeys(potentials)]
    tables = {name: (path,) for name, path in default_references().items()} if references is None else references
    # What cannot be read fails now rather than after hours.
    names = [potential.name for potential in loaded if tables.get(potential.name)]
    hulls = {name: load_joined(tables[name]) for name in names}

    made = [_decorated(crystals[place], decorations, seed) for place in picked.tolist()]
    cells = {cell.digest: cell for found in made if not isinstance(found, str) for cell in found}
    folder = default_cache() if cache is None else cache
    total = len(cells) * len(loaded)
    energies = []
    for number, potential in enumerate(loaded):
        before = number * len(cells)

        def advance(done: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, total)

        treatment = Treatment(Mode.TOGETHER, steps)
        relaxed = relaxations(potential, cells, treatment, folder, workers=workers, progress=advance)
        energies.append(_energies(potential, made, relaxed, hulls.get(potential.name)))
    return EnergyTable(picked, len(crystals), seed, decorations, steps, tuple(energies))


def _decorated(crystal: WyckoffCrystal | None, n: int, seed: int) -> list[Cell] | str:
    return NO_CRYSTAL if crystal is None else decorate(crystal, n, seed)


def _energies(
    potential: Potential,
    made: Sequence[list[Cell] | str],
    relaxed: Mapping[str, Relaxation],
    hull: References | None,
) -> Energies:
    """Arrays of what became of the crystals."""
    chosen = [found if isinstance(found, str) else _lowest(found, relaxed) for found in made]
    pairs = [None if isinstance(one, str) else one for one in chosen]

    def column(name: str) -> np.ndarray:
        return np.array([np.nan if pair is None else getattr(pair[1], name) for pair in pairs], dtype=np.float64)

    energy = column("energy")
    above = np.full(len(pairs), np.nan)
    if hull is not None:
        known = np.flatnonzero(np.isfinite(energy))
        shares = shares_of([pairs[place][0].composition for place in known])  # type: ignore[index]
        above[known] = hull.above((potential.name, potential.correction), shares, energy[known])
    return Energies(
        potential=potential.name,
        version=potential.version,
        correction=potential.correction,
        outcome=np.array([one if isinstance(one, str) else one[1].outcome.value for one in chosen], dtype=object),
        n_atoms=np.array([0 if pair is None else len(pair[0]) for pair in pairs], dtype=np.int64),
        energy=energy,
        drop=column("first_energy") - energy,
        largest_force=column("largest_force"),
        volume_change=column("volume_change"),
        above_hull=above,
    )


def _lowest(cells: Sequence[Cell], relaxed: Mapping[str, Relaxation]) -> tuple[Cell, Relaxation]:
    """The decoration of least energy an atom after relaxation; of those without one, the first."""
    pairs = [(cell, relaxed[cell.digest]) for cell in cells]
    return min(pairs, key=lambda pair: np.inf if np.isnan(pair[1].energy) else pair[1].energy)
