"""One ordered cell of a disordered crystal: every position holds one species or none, drawn by occupancies.

Formats for simulation cannot hold partial occupancies. An ordered cell stands for the crystal without being it: another
seed gives another one, and none is the average.

The number of each species on each site is its share of the site's positions, rounded up or down such that the whole
cell comes as near as possible to the crystal's composition. Positions are then filled at random, and alternatives of
one split position, partly filled positions that are too close to each other, are never filled together. Where so many
exclude each other that atoms find no place, these are left out and counted; or, if the composition is to be kept
(`complete`), as many as can be are placed (`disgen.generation.packing`), also on other partly filled sites that hold
their element, and those are counted.

| symbol | variable | meaning |
|---|---|---|
| N_s | `size` | positions of site s in the cell |
| x_sE | `share` | occupancy of species E on site s, the vacancy counted as a species |
| n_sE | `wanted` | atoms of E on s: floor or ceiling of N_s x_sE, with sum over E of n_sE = N_s |
| Δ_E | `miss` | sum over s of n_sE - N_s x_sE; the sum over E of its absolute value is as small as can be |
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors
from disgen.errors import DisgenError
from disgen.generation.checks import PLAUSIBLE_CONTACT
from disgen.generation.distances import COVALENT_RADII
from disgen.generation.exclusion import fill
from disgen.generation.packing import pack
from disgen.generation.pairs import near_pairs
from disgen.generation.radii import mean_radius

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.cif.alternatives import Alternative
    from disgen.crystal import WyckoffCrystal, WyckoffSite

MOST_POSITIONS = 5000  # of an ordered cell
MOST_REPEATS = 4  # of the conventional cell along an axis
SUGGESTED_POSITIONS = 240  # up to which a larger cell is suggested
SUGGESTED_MISS = 0.05  # of an element's amount, with which a suggested cell is content
_VACANCY = ""
_WHOLE = 1e-6  # from a whole number: rounding noise of occupancies times positions


class OrderedCellError(DisgenError):
    """No ordered cell can be drawn; one sentence why."""


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
        owners: (n,) the crystal's site of each atom.
        wanted: atoms by element that the cell would hold if positions did not exclude each other.
        moved: atoms by element that stand on another site than the occupancies say.
    """

    crystal: WyckoffCrystal
    repeats: tuple[int, int, int]
    seed: int
    vectors: np.ndarray = field(repr=False)
    symbols: tuple[str, ...] = field(repr=False)
    positions: np.ndarray = field(repr=False)
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
    repeats: tuple[int, int, int],
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
    cells = int(np.prod(repeats))
    if min(repeats) < 1 or crystal.n_positions * cells > MOST_POSITIONS:
        msg = f"An ordered cell takes 1 to {MOST_POSITIONS:,} positions, not {crystal.n_positions * cells:,}."
        raise OrderedCellError(msg)
    if not crystal.sites:
        msg = "The crystal has no sites, so there is nothing to draw."
        raise OrderedCellError(msg)
    rng = np.random.default_rng(seed)
    unit, unit_owners = symmetry.expand(crystal)
    steps = np.array(list(product(*map(range, repeats))))
    positions = ((unit[None] + steps[:, None]) / np.array(repeats)).reshape(-1, 3)
    owners = np.tile(unit_owners, cells)
    vectors = lattice_vectors(crystal.cell) * np.array(repeats)[:, None]

    wanted = species_counts(crystal.sites, np.bincount(owners, minlength=len(crystal.sites)), rng)
    excluded = exclusions(crystal, positions, owners, vectors, stated)
    counts: Sequence[Mapping[str, int]] = wanted
    filled = fill(owners, np.array([sum(_atoms(found).values()) for found in wanted]), excluded, rng)
    if complete and int(filled.sum()) < sum(_totals(wanted).values()):
        filled, counts = _packed(crystal, owners, wanted, filled, excluded, rng)
    symbols = _drawn(owners, filled, counts, rng)
    kept = np.flatnonzero(filled)
    return OrderedCell(
        crystal,
        repeats,
        seed,
        vectors,
        tuple(symbols[kept]),
        positions[kept],
        owners[kept],
        wanted=_totals(wanted),
        moved=_totals([Counter(_atoms(found)) - Counter(own) for found, own in zip(counts, wanted, strict=True)]),
    )


def suggest_repeats(crystal: WyckoffCrystal) -> tuple[int, int, int]:
    """The smallest cell that holds every element within `SUGGESTED_MISS` of its amount, as nearly isometric as can be.

    Of at most `SUGGESTED_POSITIONS` positions and `MOST_REPEATS` cells along an axis; where none is that good, the
    best one.
    """
    amounts = np.array(list(crystal.composition.values()))
    lengths = np.array(crystal.cell[:3])

    def cost(repeats: tuple[int, int, int]) -> tuple[float, int, float]:
        ideal = amounts * np.prod(repeats)
        miss = float((np.abs(ideal - np.rint(ideal)) / ideal).max(initial=0.0))
        edges = lengths * repeats
        good = miss <= SUGGESTED_MISS
        return (0.0 if good else miss, int(np.prod(repeats)), float(edges.max() / edges.min()))

    choices = [
        (a, b, c)
        for a, b, c in product(range(1, MOST_REPEATS + 1), repeat=3)
        if (a, b, c) == (1, 1, 1) or a * b * c * crystal.n_positions <= SUGGESTED_POSITIONS
    ]
    return min(choices, key=cost)


def species_counts(sites: Sequence[WyckoffSite], sizes: np.ndarray, rng: np.random.Generator) -> list[dict[str, int]]:
    """Atoms of each species on each site, "" standing for vacancies.

    Args:
        sites: of the crystal.
        sizes: (sites,) positions of each in the cell.
        rng: decides between equally good choices.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 (heavy, and needed here only)

    entries = [
        (number, symbol, share * size)
        for number, (site, size) in enumerate(zip(sites, sizes, strict=True))
        for symbol, share in _shares(site)
    ]
    owner = np.array([number for number, _, _ in entries])
    symbols = [symbol for _, symbol, _ in entries]
    ideal = np.array([amount for _, _, amount in entries])
    floor = np.floor(ideal + _WHOLE)
    rest = np.where(np.abs(ideal - np.rint(ideal)) < _WHOLE, 0.0, ideal - floor)
    missing = sizes - np.bincount(owner, weights=floor, minlength=len(sizes))
    elements = sorted(set(symbols) - {_VACANCY})
    n, m = len(entries), len(elements)

    # Unknowns: one more atom of each entry or not (n), then how far each element is off (m), which is to be small.
    row = (owner == np.arange(len(sizes))[:, None]).astype(float)
    column = np.array([[float(symbol == element) for symbol in symbols] for element in elements]).reshape(m, n)
    short = column @ rest
    constraints = [
        LinearConstraint(np.hstack([row, np.zeros((len(sizes), m))]), missing, missing),
        LinearConstraint(np.hstack([column, np.eye(m)]), short, np.inf),
        LinearConstraint(np.hstack([column, -np.eye(m)]), -np.inf, short),
    ]
    # Second, each entry is to be near its own share; third, the seed decides.
    nearness = 1e-3 * (1.0 - 2.0 * rest) + 1e-5 * rng.random(n)
    solution = milp(
        np.concatenate([nearness, np.ones(m)]),
        integrality=np.concatenate([np.ones(n), np.zeros(m)]),
        bounds=Bounds(0.0, np.concatenate([(rest > 0.0).astype(float), np.full(m, np.inf)])),
        constraints=constraints,
    )
    counts: list[dict[str, int]] = [{} for _ in sites]
    for number, symbol, amount in zip(owner, symbols, floor + np.rint(solution.x[:n]), strict=True):
        counts[number][symbol] = int(amount)
    return counts


def exclusions(
    crystal: WyckoffCrystal,
    positions: np.ndarray,
    owners: np.ndarray,
    vectors: np.ndarray,
    stated: Sequence[Alternative] = (),
) -> np.ndarray:
    """Pairs of partly filled positions that are too close to be filled together, (p, 2) indices.

    Too close is what screening calls implausible: less than 0.7 of the sum of the sites' covalent radii, each weighted
    by occupancy. A position's own image does not count: it could never be filled.

    Args:
        crystal: the crystal.
        positions: (m, 3) fractional coordinates in the cell.
        owners: (m,) the site of each.
        vectors: (3, 3) basis vectors of the cell as rows, Å.
        stated: alternatives that a file states; they exclude each other too.

    Raises:
        PairsError: if the cell is too flat to be looked at.
    """
    partly = np.array([site.vacancy > 0.0 for site in crystal.sites])
    chosen = np.flatnonzero(partly[owners])
    if not len(chosen):
        return np.zeros((0, 2), dtype=np.int64)
    reach = _reaches(crystal, stated)
    pairs = near_pairs(positions[chosen], vectors, float(reach[partly][:, partly].max()))
    first, second = chosen[pairs.first], chosen[pairs.second]
    close = (pairs.distance < reach[owners[first], owners[second]]) & (first != second)
    return np.unique(np.stack([first, second], axis=1)[close], axis=0)


def _reaches(crystal: WyckoffCrystal, stated: Sequence[Alternative]) -> np.ndarray:
    """(sites, sites) distance (Å) below which positions of two sites exclude each other."""
    radii = np.array([mean_radius(site, COVALENT_RADII) for site in crystal.sites])
    reach = PLAUSIBLE_CONTACT * (radii[:, None] + radii[None])
    for one in stated:
        farther = max(float(reach[one.first, one.second]), one.reach)
        reach[one.first, one.second] = reach[one.second, one.first] = farther
    return reach


def _shares(site: WyckoffSite) -> list[tuple[str, float]]:
    """Occupancies that sum to one exactly, the vacancy as "" among them; overfull sites are scaled down."""
    total = site.filling + site.vacancy
    shares = [(symbol, occupancy / total) for symbol, occupancy in site.occupancies]
    return [*shares, (_VACANCY, site.vacancy / total)] if site.vacancy else shares


def _packed(
    crystal: WyckoffCrystal,
    owners: np.ndarray,
    wanted: Sequence[Mapping[str, int]],
    filled: np.ndarray,
    excluded: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, Sequence[Mapping[str, int]]]:
    """The filling with most atoms, and the atoms of each species on each site; the given one if none is better."""
    elements = crystal.elements
    table = np.array([[found.get(symbol, 0) for symbol in elements] for found in wanted])
    allowed = np.array(
        [[site.vacancy > 0.0 and symbol in dict(site.occupancies) for symbol in elements] for site in crystal.sites]
    )
    packing = pack(owners, table, allowed, excluded, rng)
    if packing is None or packing.filled.sum() <= filled.sum():
        return filled, wanted
    return packing.filled, [dict(zip(elements, row, strict=True)) for row in packing.counts.tolist()]


def _drawn(
    owners: np.ndarray, filled: np.ndarray, counts: Sequence[Mapping[str, int]], rng: np.random.Generator
) -> np.ndarray:
    """(m,) symbols of the filled positions, "" for the others: each site's species in an order drawn at random."""
    symbols = np.full(len(owners), _VACANCY, dtype=object)
    for number, found in enumerate(counts):
        atoms = [symbol for symbol, count in _atoms(found).items() for _ in range(count)]
        places = np.flatnonzero(filled & (owners == number))
        symbols[places] = rng.permutation(np.array(atoms, dtype=object))[: len(places)]
    return symbols


def _atoms(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by species without the vacancies."""
    return {symbol: count for symbol, count in counts.items() if symbol != _VACANCY}


def _totals(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Atoms by element of all sites together."""
    total: Counter[str] = Counter()
    for found in counts:
        total.update(_atoms(found))
    return {symbol: count for symbol, count in total.items() if count}


def _listed(counts: Mapping[str, int], of: Mapping[str, int]) -> str:
    """Such as "25 of 162 Li"."""
    return ", ".join(f"{count} of {of[symbol]} {symbol}" for symbol, count in counts.items())
