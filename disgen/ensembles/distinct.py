"""All decorations of a supercell that symmetry does not make the same, each with how many it stands for.

Decorations that an operation of the supercell (`disgen.ensembles.moves`) carries into each other are one.

| symbol | variable |
|---|---|
| g, an operation; its cycles on the positions of a site | `moves`, `_cycle_lengths` |
| number of decorations that g leaves as they are | `_fixed` |
| number of distinct ones: the mean of that over all g (Burnside) | `distinct_number` |
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import combinations
from math import log10
from typing import TYPE_CHECKING

import numpy as np

from disgen.ensembles.cells import Kind, VirtualCells
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.moves import labels, permutations
from disgen.generation.ordered.cell import assembled
from disgen.generation.ordered.species_counts import VACANCY, all_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.generation.ordered.supercell import Supercell

MOST_DECORATIONS = 200_000  # that are looked at one by one
_WRITTEN_OUT = 1_000_000  # below which a number is written out


def count_text(count: int) -> str:
    """A number of decorations for people, which may be beyond what a float holds: 9,880 or 6.01 × 10⁸."""
    if count < _WRITTEN_OUT:
        return f"{count:,}"
    exponent = int(log10(count))
    raised = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{10 ** (log10(count) - exponent):.2f} × 10{raised}"


def distinct_number(supercell: Supercell, wanted: Sequence[Mapping[str, int]]) -> int | None:
    """Number of decorations that symmetry does not make the same; None where positions exclude each other.

    Raises:
        EnsembleError: if the supercell has too many operations.
    """
    if len(supercell.excluded):
        return None
    moves = permutations(supercell)
    sites = [
        (np.flatnonzero(supercell.owners == number), tuple(sorted(count for count in counts.values() if count)))
        for number, counts in enumerate(wanted)
        if len(counts) > 1
    ]
    total = 0
    for move in moves:
        fixed = 1
        for places, counts in sites:
            fixed *= _fixed(_cycle_lengths(np.searchsorted(places, move[places])), counts)
        total += fixed
    return total // len(moves)


def distinct_cells(supercell: Supercell, wanted: Sequence[Mapping[str, int]]) -> VirtualCells:
    """All distinct decorations with exactly the wanted numbers of atoms; numbered as if by seeds from 0 on.

    Raises:
        EnsembleError: if there are too many to look at, or none that fills no pair of excluded positions.
    """
    total = all_number(wanted)
    if total > MOST_DECORATIONS:
        msg = (
            f"The supercell has {count_text(total)} decorations, too many to look at each "
            f"(up to {MOST_DECORATIONS:,}): draw some at random, or take a smaller supercell."
        )
        raise EnsembleError(msg)
    species, colours = _colourings(supercell, wanted)
    first, second = supercell.excluded.T
    empty = species.index(VACANCY) if VACANCY in species else -1
    colours = colours[~((colours[:, first] != empty) & (colours[:, second] != empty)).any(axis=1)]
    if not len(colours):
        msg = (
            "No decoration of this supercell holds all atoms without filling positions that exclude each other: take a "
            "larger one, or draw some at random, which says what is left out."
        )
        raise EnsembleError(msg)
    chosen, degeneracies = _classes(colours, permutations(supercell), len(species))
    names = np.array(species, dtype=object)
    cells = tuple(
        assembled(supercell, names[colours[place]], number, wanted) for number, place in enumerate(chosen.tolist())
    )
    return VirtualCells(supercell, wanted, cells, degeneracies, np.arange(len(cells)), Kind.DISTINCT)


def _colourings(supercell: Supercell, wanted: Sequence[Mapping[str, int]]) -> tuple[list[str], np.ndarray]:
    """All species, and every decoration as numbers of them, (n, m)."""
    species = sorted({symbol for counts in wanted for symbol in counts})
    whole = np.zeros((1, len(supercell)), dtype=np.int8)
    for number, counts in enumerate(wanted):
        places = np.flatnonzero(supercell.owners == number)
        of_site = _arrangements(len(places), [(species.index(symbol), count) for symbol, count in counts.items()])
        repeated = np.repeat(whole, len(of_site), axis=0)
        repeated[:, places] = np.tile(of_site, (len(whole), 1))
        whole = repeated
    return species, whole


def _arrangements(size: int, counts: Sequence[tuple[int, int]]) -> np.ndarray:
    """All ways to put so many of each number on `size` places, (n, size)."""
    (number, count), *others = counts
    if not others:
        return np.full((1, size), number, dtype=np.int8)
    inner = _arrangements(size - count, others)
    chosen = np.array(list(combinations(range(size), count)), dtype=np.int64).reshape(-1, count)
    taken = np.zeros((len(chosen), size), dtype=bool)
    np.put_along_axis(taken, chosen, values=True, axis=1)
    result = np.full((len(chosen), len(inner), size), number, dtype=np.int8)
    free = np.nonzero(~taken)[1].reshape(len(chosen), size - count)
    result[np.arange(len(chosen))[:, None, None], np.arange(len(inner))[None, :, None], free[:, None, :]] = inner[None]
    return result.reshape(-1, size)


def _classes(colours: np.ndarray, moves: np.ndarray, n_species: int) -> tuple[np.ndarray, np.ndarray]:
    """The first decoration of each class, and how many there are in it."""
    numbers = labels(colours.shape[1], n_species)
    keys = numbers[np.arange(colours.shape[1]), colours].sum(axis=1, dtype=np.uint64)
    order = np.argsort(keys)
    ordered = keys[order]
    seen = np.zeros(len(colours), dtype=bool)
    chosen, degeneracies = [], []
    for place in range(len(colours)):
        if seen[place]:
            continue
        # What stands on p goes to moves[g, p].
        images = np.unique(numbers[moves, colours[place]].sum(axis=1, dtype=np.uint64))
        seen[order[np.searchsorted(ordered, images)]] = True
        chosen.append(place)
        degeneracies.append(len(images))
    return np.array(chosen), np.array(degeneracies)


def _cycle_lengths(move: np.ndarray) -> tuple[int, ...]:
    """Lengths of the cycles of a permutation, ascending."""
    left, lengths = set(range(len(move))), []
    while left:
        start = place = left.pop()
        length = 1
        while (place := int(move[place])) != start:
            left.discard(place)
            length += 1
        lengths.append(length)
    return tuple(sorted(lengths))


@cache
def _fixed(lengths: tuple[int, ...], counts: tuple[int, ...]) -> int:
    """Ways to give each cycle one species such that each species has its count."""
    ways: Counter[tuple[int, ...]] = Counter({counts: 1})
    for length in lengths:
        after: Counter[tuple[int, ...]] = Counter()
        for left, number in ways.items():
            for place, count in enumerate(left):
                if count >= length:
                    after[(*left[:place], count - length, *left[place + 1 :])] += number
        ways = after
    return ways[(0,) * len(counts)]
