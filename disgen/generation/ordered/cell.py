"""One ordered cell of a disordered crystal: every position holds one species or none, drawn by occupancies.

Formats for simulation cannot hold partial occupancies. An ordered cell stands for the crystal without being it: another
seed gives another one, and none is the average.

The number of each species on each site is its share of the site's positions, rounded up or down such that the whole
cell comes as near as possible to the crystal's composition (`disgen.generation.ordered.species_counts`). Positions are
then filled at random, and alternatives of one split position, partly filled positions that are too close to each other,
are never filled together. Where so many exclude each other that atoms find no place, these are left out and counted;
or, if the composition is to be kept (`complete`), as many as can be are placed (`disgen.generation.ordered.packing`),
also on other partly filled sites that hold their element, and those are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.generation.ordered.exclusion import fill
from disgen.generation.ordered.packing import pack
from disgen.generation.ordered.species_counts import VACANCY, atoms_in, species_counts
from disgen.generation.ordered.supercell import Supercell, supercell_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.cif.standard.alternatives import Alternative
    from disgen.crystal import WyckoffCrystal
    from disgen.generation.ordered.supercell import Repeats


@dataclass(frozen=True)
class OrderedCell:
    """Atoms of one ordered cell.

    Attributes:
        crystal: the disordered crystal that it stands for.
        repeats: conventional cells along a, b and c.
        seed: of the draw.
        vectors: (3, 3) basis vectors as rows, Å.
        symbols: (n,) element of each atom.
        positions: (n, 3) fractional coordinates in this cell.
        places: (n,) the supercell's position of each atom.
        owners: (n,) the crystal's site of each atom.
        wanted: atoms by element that the cell would hold if positions did not exclude each other.
        moved: atoms by element that stand on another site than the occupancies say.
    """

    crystal: WyckoffCrystal
    repeats: Repeats
    seed: int
    vectors: np.ndarray = field(repr=False)
    symbols: tuple[str, ...] = field(repr=False)
    positions: np.ndarray = field(repr=False)
    places: np.ndarray = field(repr=False)
    owners: np.ndarray = field(repr=False)
    wanted: Mapping[str, int] = field(repr=False)
    moved: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of atoms."""
        return len(self.symbols)

    @property
    def composition(self) -> dict[str, int]:
        """Atoms by element, in the order of the crystal's elements."""
        return {symbol: self.symbols.count(symbol) for symbol in self.crystal.elements}

    @property
    def left_out(self) -> dict[str, int]:
        """Atoms by element that found no place, because positions too close to each other are not filled together."""
        short = {symbol: count - self.composition[symbol] for symbol, count in self.wanted.items()}
        return {symbol: count for symbol, count in short.items() if count}

    @property
    def remarks(self) -> tuple[str, ...]:
        """In which way it departs from the occupancies, a clause of ASCII each."""
        left_out, moved = (_listed(counts, self.wanted) for counts in (self.left_out, self.moved))
        said = []
        if left_out:
            said.append(f"{left_out} left out, because positions too close to each other are never filled together")
        if moved:
            said.append(f"{moved} moved to other sites of their element than the occupancies say, to find a place")
        return tuple(said)


def draw_ordered_cell(
    crystal: WyckoffCrystal,
    repeats: Repeats,
    seed: int,
    *,
    complete: bool = False,
    stated: Sequence[Alternative] = (),
) -> OrderedCell:
    """Draw one ordered cell; the same for the same seed.

    Args:
        crystal: ordered or disordered.
        repeats: conventional cells along a, b and c, at least 1 each.
        seed: of the random numbers, not negative.
        complete: leave out as few atoms as can be, rather than keep each on its own site.
        stated: alternatives that a file states, beside those that are too close to each other.

    Raises:
        OrderedCellError: if the crystal has no sites, a repeat is below 1 or the cell has more than `MOST_POSITIONS`.
        PairsError: if the cell is too flat to tell which positions are too close.
    """
    rng = np.random.default_rng(seed)
    supercell = supercell_of(crystal, repeats, stated)
    wanted = species_counts(crystal.sites, supercell.sizes, rng)
    return decorated(supercell, wanted, seed, rng, complete=complete)


def decorated(
    supercell: Supercell,
    wanted: Sequence[Mapping[str, int]],
    seed: int,
    rng: np.random.Generator,
    *,
    complete: bool = False,
) -> OrderedCell:
    """Put given numbers of atoms on the positions of a supercell at random.

    Args:
        supercell: the positions.
        wanted: of each site the atoms by species (`disgen.generation.ordered.species_counts`).
        seed: that the generator was made of, which the cell is labelled with.
        rng: draws the places.
        complete: leave out as few atoms as can be, rather than keep each on its own site.
    """
    owners = supercell.owners
    counts: Sequence[Mapping[str, int]] = wanted
    filled = fill(owners, np.array([sum(atoms_in(found).values()) for found in wanted]), supercell.excluded, rng)
    if complete and int(filled.sum()) < sum(_totals(wanted).values()):
        filled, counts = _packed(supercell, wanted, filled, rng)
    symbols = _drawn(owners, filled, counts, rng)
    moved = _totals([Counter(atoms_in(found)) - Counter(own) for found, own in zip(counts, wanted, strict=True)])
    return assembled(supercell, symbols, seed, wanted, moved)


def assembled(
    supercell: Supercell,
    symbols: np.ndarray,
    seed: int,
    wanted: Sequence[Mapping[str, int]],
    moved: Mapping[str, int] | None = None,
) -> OrderedCell:
    """The ordered cell of which what stands on each position is known.

    Args:
        supercell: the positions.
        symbols: (m,) element of each position, "" for empty ones.
        seed: number that the cell is labelled with.
        wanted: of each site the atoms by species that it should hold.
        moved: atoms by element that stand on another site than these.
    """
    kept = np.flatnonzero(symbols != VACANCY)
    return OrderedCell(
        supercell.crystal,
        supercell.repeats,
        seed,
        supercell.vectors,
        tuple(symbols[kept]),
        supercell.positions[kept],
        kept,
        supercell.owners[kept],
        wanted=_totals(wanted),
        moved=moved or {},
    )


def _packed(
    supercell: Supercell, wanted: Sequence[Mapping[str, int]], filled: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, Sequence[Mapping[str, int]]]:
    """The filling with most atoms, and the atoms of each species on each site; the given one if none is better."""
    crystal, elements = supercell.crystal, supercell.crystal.elements
    table = np.array([[found.get(symbol, 0) for symbol in elements] for found in wanted])
    allowed = np.array(
        [[site.vacancy > 0.0 and symbol in dict(site.occupancies) for symbol in elements] for site in crystal.sites]
    )
    packing = pack(supercell.owners, table, allowed, supercell.excluded, rng)
    if packing is None or packing.filled.sum() <= filled.sum():
        return filled, wanted
    return packing.filled, [dict(zip(elements, row, strict=True)) for row in packing.counts.tolist()]


def _drawn(
    owners: np.ndarray, filled: np.ndarray, counts: Sequence[Mapping[str, int]], rng: np.random.Generator
) -> np.ndarray:
    """(m,) symbols of the filled positions, "" for the others: each site's species in an order drawn at random."""
    symbols = np.full(len(owners), VACANCY, dtype=object)
    for number, found in enumerate(counts):
        atoms = [symbol for symbol, count in atoms_in(found).items() for _ in range(count)]
        places = np.flatnonzero(filled & (owners == number))
        symbols[places] = rng.permutation(np.array(atoms, dtype=object))[: len(places)]
    return symbols


def _totals(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Atoms by element of all sites together."""
    total: Counter[str] = Counter()
    for found in counts:
        total.update(atoms_in(found))
    return {symbol: count for symbol, count in total.items() if count}


def _listed(counts: Mapping[str, int], of: Mapping[str, int]) -> str:
    """Such as "25 of 162 Li"."""
    return ", ".join(f"{count} of {of[symbol]} {symbol}" for symbol, count in counts.items())
