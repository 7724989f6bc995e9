"""The judge of energies: crystals to ordered decorations, to relaxations by several potentials, to heights above hulls.

Neither training nor guidance nor the choice of samples may use it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from disgen.energies.cache import RelaxationCache, default_cache
from disgen.energies.decorate import decorations as decorate
from disgen.energies.hull import default_references, load_references, shares_of
from disgen.energies.potential import EnergyError, batches
from disgen.energies.potentials import load_potential
from disgen.energies.relax import Relaxation, relax
from disgen.judge.energies.table import Energies, EnergyTable
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.energies.cell import Cell
    from disgen.energies.potential import Potential

STEPS = 40
DECORATIONS = 1
NO_CRYSTAL = "no crystal"
_ATOMS_TOGETHER = 256  # of cells that a process relaxes together, after which they are in the cache

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
    references: Mapping[str, Path] | None = None,
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
        references: tables of reference energies by potential (default: those that come with the program). A potential
            without one gives no heights above a hull.
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
    tables = default_references() if references is None else references
    for potential in loaded:
        if potential.name in tables:
            load_references(tables[potential.name])  # fails now rather than after hours

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

        relaxed = _relaxed(potential, cells, steps, folder, workers, advance)
        energies.append(_energies(potential, made, relaxed, tables.get(potential.name)))
    return EnergyTable(picked, len(crystals), seed, decorations, steps, tuple(energies))


def _decorated(crystal: WyckoffCrystal | None, n: int, seed: int) -> list[Cell] | str:
    return NO_CRYSTAL if crystal is None else decorate(crystal, n, seed)


def _relaxed(
    potential: Potential,
    cells: Mapping[str, Cell],
    steps: int,
    folder: Path,
    workers: int,
    advance: Callable[[int], None],
) -> dict[str, Relaxation]:
    """Relaxations of the cells by digest, from the cache or new."""
    store = RelaxationCache(folder, potential, steps)
    known = store.read()
    found = {digest: known[digest] for digest in cells if digest in known}
    advance(len(found))
    # Cells of one size together: they take equally many steps of equal length.
    todo = sorted((cell for digest, cell in cells.items() if digest not in found), key=len)
    chunks = [todo[run] for run in batches(todo, _ATOMS_TOGETHER)]
    with closing(_in_turn(potential.name, chunks, steps, workers)) as results:
        for chunk, relaxations in results:
            store.add(zip(chunk, relaxations, strict=True))
            found |= {cell.digest: relaxation for cell, relaxation in zip(chunk, relaxations, strict=True)}
            advance(len(found))
    return found


def _in_turn(
    name: str, chunks: Sequence[list[Cell]], steps: int, workers: int
) -> Generator[tuple[list[Cell], list[Relaxation]]]:
    """Each chunk with its relaxations, as soon as they are there."""
    if workers == 1 or len(chunks) < 2:  # noqa: PLR2004 (one process does one chunk)
        for chunk in chunks:
            yield chunk, _relax(name, chunk, steps)
        return
    # A fresh process: threads of the caller (Streamlit, torch) do no harm.
    with ProcessPoolExecutor(min(workers, len(chunks)), multiprocessing.get_context("spawn")) as pool:
        # The largest first, so that no process is left alone with one at the end.
        futures = {pool.submit(_relax, name, chunk, steps): chunk for chunk in reversed(chunks)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            msg = "A process was ended from outside, perhaps for memory: try again with fewer workers."
            raise EnergyError(msg) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _relax(name: str, cells: Sequence[Cell], steps: int) -> list[Relaxation]:
    """Relax on one thread, in whatever process."""
    with one_thread():
        return relax(load_potential(name), cells, steps=steps)


def _energies(
    potential: Potential,
    made: Sequence[list[Cell] | str],
    relaxed: Mapping[str, Relaxation],
    table: Path | None,
) -> Energies:
    """Arrays of what became of the crystals."""
    chosen = [found if isinstance(found, str) else _lowest(found, relaxed) for found in made]
    pairs = [None if isinstance(one, str) else one for one in chosen]

    def column(name: str) -> np.ndarray:
        return np.array([np.nan if pair is None else getattr(pair[1], name) for pair in pairs], dtype=np.float64)

    energy = column("energy")
    above = np.full(len(pairs), np.nan)
    if table is not None:
        known = np.flatnonzero(np.isfinite(energy))
        shares = shares_of([pairs[place][0].composition for place in known])  # type: ignore[index]
        above[known] = load_references(table).above((potential.name, potential.correction), shares, energy[known])
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
