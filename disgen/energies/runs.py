"""Energies of many cells: from the cache where they are there, else computed, here or by other processes.

What is finished is in the cache at once, so that work that was stopped, or a computer that was, goes on from there.
"""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from typing import TYPE_CHECKING

from disgen.energies.cache import RelaxationCache
from disgen.energies.potential import EnergyError, batches
from disgen.energies.potentials import load_potential
from disgen.processes import end_pool, new_pool
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from disgen.energies.cell import Cell
    from disgen.energies.potential import Potential
    from disgen.energies.relax import Relaxation
    from disgen.energies.treatment import Treatment

ATOMS_TOGETHER = 128  # of cells that a process treats together, after which they are in the cache


def relaxations(
    potential: Potential,
    cells: Mapping[str, Cell],
    treatment: Treatment,
    folder: Path,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    keep_cells: bool = False,
    progress: Callable[[int], None] = lambda _: None,
    found: dict[str, Relaxation] | None = None,
) -> dict[str, Relaxation]:
    """What became of the cells by digest, from the cache or new.

    Args:
        potential: whose energies they are.
        cells: by `disgen.energies.cell.Cell.digest`.
        treatment: of each.
        folder: of the cache.
        workers: processes, of one thread each.
        executor: whose processes do the work instead, such as a cluster's.
        keep_cells: keep the relaxed cells in the cache as well; relaxations without them are done again.
        progress: called with the number that is there; what it raises ends the work.
        found: filled as the relaxations come, for those who want them although the work is ended.

    Raises:
        EnergyError: if a process was ended from outside.
    """
    found = {} if found is None else found
    store = RelaxationCache(folder, potential, treatment, keep_cells=keep_cells)
    known = store.read()
    found |= {digest: known[digest] for digest in cells if digest in known}
    progress(len(found))
    # Cells of one size together: they take equally many steps of equal length.
    todo = sorted((cell for digest, cell in cells.items() if digest not in found), key=len)
    chunks = [todo[run] for run in batches(todo, ATOMS_TOGETHER)]
    with closing(_in_turn(potential.name, chunks, treatment, workers, executor)) as results:
        for chunk, relaxed in results:
            store.add(zip(chunk, relaxed, strict=True))
            found |= {cell.digest: relaxation for cell, relaxation in zip(chunk, relaxed, strict=True)}
            progress(len(found))
    return found


def _in_turn(
    name: str, chunks: Sequence[list[Cell]], treatment: Treatment, workers: int, executor: Executor | None
) -> Generator[tuple[list[Cell], list[Relaxation]]]:
    """Each chunk with its relaxations, as soon as they are there."""
    if executor is None and (workers == 1 or len(chunks) < 2):  # noqa: PLR2004 (one process does one chunk)
        for chunk in chunks:
            yield chunk, _treated(name, chunk, treatment)
        return
    pool = executor or new_pool(min(workers, len(chunks)))
    # The largest first, so that no process is left alone with one at the end.
    futures = {pool.submit(_treated, name, chunk, treatment): chunk for chunk in reversed(chunks)}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool as error:
        msg = "A process was ended from outside, perhaps for memory: try again with fewer workers."
        raise EnergyError(msg) from error
    finally:
        for future in futures:
            future.cancel()
        if isinstance(pool, ProcessPoolExecutor) and executor is None:
            end_pool(pool)


def _treated(name: str, cells: Sequence[Cell], treatment: Treatment) -> list[Relaxation]:
    """Treat cells on one thread, in whatever process."""
    with one_thread():
        return treatment.apply(load_potential(name), cells)
