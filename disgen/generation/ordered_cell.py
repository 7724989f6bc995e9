"""One ordered cell of a disordered crystal: every position holds one species or none, drawn by occupancies.

Formats for simulation cannot hold partial occupancies. An ordered cell stands for the crystal without being it: another
seed gives another one, and none is the average.

The number of each species on each site is its share of the site's positions, rounded up or down such that the whole
cell comes as near as possible to the crystal's composition. Positions are then filled at random, and alternatives of
one split position, partly filled positions that are too close to each other, are never filled together.

| symbol | variable | meaning |
|---|---|---|
| N_s | `size` | positions of site s in the cell |
| x_sE | `share` | occupancy of species E on site s, the vacancy counted as a species |
| n_sE | `counts` | atoms of E on s: floor or ceiling of N_s x_sE, with sum over E of n_sE = N_s |
| Δ_E | `miss` | sum over s of n_sE - N_s x_sE; the sum over E of its absolute value is as small as can be |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen import symmetry
from disgen.crystal import lattice_vectors
from disgen.errors import DisgenError
from disgen.generation.distances import COVALENT_RADII
from disgen.generation.exclusion import fill
from disgen.generation.pairs import near_pairs
from disgen.generation.radii import mean_radius
from disgen.generation.screening import PLAUSIBLE_CONTACT

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        left_out: atoms that found no place, because positions too close to each other are not filled together.
    """

    crystal: WyckoffCrystal
    repeats: tuple[int, int, int]
    seed: int
    vectors: np.ndarray = field(repr=False)
    symbols: tuple[str, ...] = field(repr=False)
    positions: np.ndarray = field(repr=False)
    owners: np.ndarray = field(repr=False)
    left_out: int = 0

    def __len__(self) -> int:
        """Number of atoms."""
        return len(self.symbols)

    @property
    def composition(self) -> dict[str, int]:
        """Atoms by element, in the order of the crystal's elements."""
        return {symbol: self.symbols.count(symbol) for symbol in self.crystal.elements}


def draw_ordered_cell(crystal: WyckoffCrystal, repeats: tuple[int, int, int], seed: int) -> OrderedCell:
    """Draw one ordered cell; the same for the same seed.

    Args:
        crystal: ordered or disordered.
        repeats: conventional cells along a, b and c, at least 1 each.
        seed: of the random numbers, not negative.

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

    counts = species_counts(crystal.sites, np.bincount(owners, minlength=len(crystal.sites)), rng)
    wanted = np.array([sum(count for symbol, count in found.items() if symbol) for found in counts])
    filled = fill(owners, wanted, exclusions(crystal, positions, owners, vectors), rng)
    symbols = np.full(len(positions), _VACANCY, dtype=object)
    for number, found in enumerate(counts):
        atoms = [symbol for symbol, count in found.items() if symbol for _ in range(count)]
        places = np.flatnonzero(filled & (owners == number))
        symbols[places] = rng.permutation(np.array(atoms, dtype=object))[: len(places)]
    kept = np.flatnonzero(filled)
    return OrderedCell(
        crystal,
        repeats,
        seed,
        vectors,
        tuple(symbols[kept]),
        positions[kept],
        owners[kept],
        left_out=int(wanted.sum()) - len(kept),
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


def exclusions(crystal: WyckoffCrystal, positions: np.ndarray, owners: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Pairs of partly filled positions that are too close to be filled together, (p, 2) indices.

    Too close is what screening calls implausible: less than 0.7 of the sum of the sites' covalent radii, each weighted
    by occupancy. A position's own image does not count: it could never be filled.

    Args:
        crystal: the crystal.
        positions: (m, 3) fractional coordinates in the cell.
        owners: (m,) the site of each.
        vectors: (3, 3) basis vectors of the cell as rows, Å.

    Raises:
        PairsError: if the cell is too flat to be looked at.
    """
    partly = np.array([site.vacancy > 0.0 for site in crystal.sites])[owners]
    chosen = np.flatnonzero(partly)
    if not len(chosen):
        return np.zeros((0, 2), dtype=np.int64)
    radii = np.array([mean_radius(site, COVALENT_RADII) for site in crystal.sites])[owners[chosen]]
    pairs = near_pairs(positions[chosen], vectors, 2.0 * PLAUSIBLE_CONTACT * float(radii.max()))
    close = pairs.distance < PLAUSIBLE_CONTACT * (radii[pairs.first] + radii[pairs.second])
    found = np.stack([pairs.first, pairs.second], axis=1)[close & (pairs.first != pairs.second)]
    return chosen[np.unique(found, axis=0)]


def _shares(site: WyckoffSite) -> list[tuple[str, float]]:
    """Occupancies that sum to one exactly, the vacancy as "" among them; overfull sites are scaled down."""
    total = site.filling + site.vacancy
    shares = [(symbol, occupancy / total) for symbol, occupancy in site.occupancies]
    return [*shares, (_VACANCY, site.vacancy / total)] if site.vacancy else shares
