"""Changes to training batches that teach the network to carry any legal crystal, not only the ones it has seen.

All work on the compact arrays of a whole batch, draw from an explicit generator and cost little beside a training
step. None makes chemical sense of its own: they widen what the autoencoder can encode, and the share of a batch that
they touch is configured (`AugmentConfig`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from disgen import symmetry, wyckoff
from disgen.crystal import ATOMIC_NUMBER
from disgen.representation import MAX_LETTER, MAX_MULTIPLICITY, MAX_SITES, SiteArrays

if TYPE_CHECKING:
    from disgen.model.config import AugmentConfig

# Elements that stand in for each other; hydrogen only for itself.
FAMILIES: tuple[str, ...] = (
    "H",
    "He Ne Ar Kr Xe Rn",
    "Li Na K Rb Cs Fr",
    "Be Mg Ca Sr Ba Ra",
    "Sc Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm",
    "Ti V Cr Mn Fe Co Ni Cu Zn Zr Nb Mo Tc Ru Rh Pd Ag Cd Hf Ta W Re Os Ir Pt Au Hg",
    "B Al Ga In Tl C Si Ge Sn Pb",
    "N P As Sb Bi",
    "O S Se Te Po",
    "F Cl Br I At",
)
_FAMILY = np.zeros(100, dtype=np.int64)
for _number, _members in enumerate(FAMILIES):
    _FAMILY[[ATOMIC_NUMBER[symbol] - 1 for symbol in _members.split()]] = _number

_POINTS = 128  # stored points per Wyckoff position, because snapping anew for every batch would take too long
_REPEAT_WEIGHT = 0.5  # chance of a further site on a position with free coordinates, relative to a new position
_CELL_JITTER = 0.05  # standard deviation of the logarithm of each length of a borrowed cell
_SMALLEST_SHARE = 0.01  # of random occupancies, so that no species of a site vanishes
_NUMBER_OF_SPECIES = np.array([0.25, 0.45, 0.18, 0.08, 0.03, 0.01])  # on a site with random contents
_VACANT = 0.25


class _Skeletons(NamedTuple):
    """What drawing legal sets of Wyckoff positions needs; k candidates per group, padded with weight 0."""

    groups: tuple[np.ndarray, ...]  # by number of sites: the groups that have legal positions for as many
    rows: np.ndarray  # (231, k) rows of the tables; positions with free coordinates stand in it nine times
    weight: np.ndarray  # (231, k)
    points: np.ndarray  # (1731, points, 3) canonical representatives at random places


@dataclass(frozen=True)
class Augmenter:
    """Augmentation of batches of one training split.

    Attributes:
        config: which changes, and how many.
        cells: (n, 6) cells of the training split, sorted by crystal system; synthetic skeletons borrow them.
        first: (8,) the cells of crystal system s are ``first[s]:first[s + 1]``.
    """

    config: AugmentConfig
    cells: np.ndarray
    first: np.ndarray

    @classmethod
    def for_split(cls, arrays: SiteArrays, config: AugmentConfig) -> Augmenter:
        """Augmenter for a training split."""
        system = _system_of()[arrays.space_group]
        order = np.argsort(system, kind="stable")
        count = len(wyckoff.CRYSTAL_SYSTEMS)
        return cls(config, arrays.cell[order], np.searchsorted(system[order], np.arange(count + 1)))

    def __call__(self, batch: SiteArrays, progress: float, rng: np.random.Generator) -> SiteArrays:
        """A changed copy of the batch, sites back in canonical order.

        Args:
            batch: crystals of the training split.
            progress: how much of the training is over, 0 to 1.
            rng: source of all random numbers.
        """
        config = self.config
        left = _decay(config.decay, progress)
        share = config.skeletons * left
        swapped, mixed, rebuilt = (
            np.flatnonzero(rng.random(len(batch)) < chance) for chance in (config.substitution, config.mixing, share)
        )
        refilled = batch.real & (rng.random(batch.real.shape) < config.contents * left)
        if not len(swapped) + len(mixed) + len(rebuilt) + refilled.sum():
            return batch
        batch = batch.take(np.arange(len(batch)))
        if len(swapped):
            batch.species[swapped] = substitute(batch.species[swapped], rng)
            batch.cell[swapped, :3] *= np.exp(config.cell_scale * rng.standard_normal((len(swapped), 1)))
        if len(mixed):
            batch.occupancy[mixed] = remix(batch.take(mixed), rng)
        batch.species[refilled], batch.occupancy[refilled] = random_contents(
            int(refilled.sum()), batch.species.shape[2], rng
        )
        if len(rebuilt):
            new = self.rebuild(batch.take(rebuilt), rng)
            batch.space_group[rebuilt], batch.cell[rebuilt] = new.space_group, new.cell
            batch.letter[rebuilt], batch.multiplicity[rebuilt] = new.letter, new.multiplicity
            batch.coordinates[rebuilt] = new.coordinates
        return batch.sorted()

    def rebuild(self, batch: SiteArrays, rng: np.random.Generator) -> SiteArrays:
        """Synthetic legal skeletons: same number of sites and contents, all else random but legal.

        Space groups are uniform over those with enough positions (P1 excepted), fixed positions are used at most
        once, multiplicities follow from the tables, and the cell is one of the training split of the same crystal
        system with slightly changed lengths. Sites are not in canonical order.
        """
        skeletons = _skeletons()
        m = len(batch)
        real = batch.real
        count = real.sum(axis=1)
        group = np.zeros(m, dtype=np.int64)
        for sites in np.unique(count):
            chosen = count == sites
            group[chosen] = rng.choice(skeletons.groups[sites], chosen.sum())

        # Weighted draw without replacement: the smallest of independent exponential waiting times.
        with np.errstate(divide="ignore"):
            waiting = rng.exponential(size=(m, skeletons.rows.shape[1])) / skeletons.weight[group]
        best = np.argpartition(waiting, MAX_SITES - 1, axis=1)[:, :MAX_SITES]
        best = np.take_along_axis(best, np.argsort(np.take_along_axis(waiting, best, axis=1), axis=1), axis=1)
        rows = np.take_along_axis(skeletons.rows[group], best, axis=1)

        table = wyckoff.tables()
        points = skeletons.points[rows, rng.integers(_POINTS, size=rows.shape)]
        return replace(
            batch,
            space_group=group.astype(batch.space_group.dtype),
            cell=self._borrowed_cells(group, batch.cell, rng),
            letter=np.where(real, table.letter[rows], 0).astype(batch.letter.dtype),
            multiplicity=np.where(real, table.multiplicity[rows], 0).astype(batch.multiplicity.dtype),
            coordinates=np.where(real[:, :, None], points, 0.0),
        )

    def _borrowed_cells(self, group: np.ndarray, own: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        system = _system_of()[group]
        available = self.first[system + 1] - self.first[system]
        pick = self.first[system] + (rng.random(len(group)) * available).astype(np.int64)
        cells = np.where(available[:, None] > 0, self.cells[np.minimum(pick, len(self.cells) - 1)], own)
        cells[:, :3] *= np.exp(_CELL_JITTER * rng.standard_normal((len(group), 3)))
        return symmetry.constrain_cells(group, cells)


def substitute(species: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Atomic numbers (n, 9, s) after one random permutation per crystal inside each of `FAMILIES`; 0 stays 0."""
    n = len(species)
    sorted_elements = np.argsort(_FAMILY, kind="stable")
    shuffled = np.argsort(_FAMILY + rng.random((n, len(_FAMILY))), axis=1)
    becomes = np.zeros((n, len(_FAMILY) + 1), dtype=species.dtype)
    becomes[:, sorted_elements + 1] = shuffled + 1
    result: np.ndarray = becomes[np.arange(n)[:, None, None], species]
    return result


def remix(batch: SiteArrays, rng: np.random.Generator) -> np.ndarray:
    """Occupancies (n, 9, s) with new random ones on the disordered sites, uniform over all mixing ratios.

    The species stay; a site that was full stays full within the tolerance of occupancies.
    """
    present = np.concatenate([batch.species > 0, batch.vacancy[:, :, None] > 0.0], axis=2)
    new = _random_shares(present, rng)[:, :, :-1]
    return np.where(batch.disordered[:, :, None], new, batch.occupancy)


def random_contents(m: int, slots: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Contents of m sites that mix any elements in any ratio, so that no pair of elements is new to the network.

    Returns:
        Atomic numbers and occupancies, (m, slots) each, unused slots 0; `_VACANT` of the sites have a vacancy too.
    """
    shares = _NUMBER_OF_SPECIES[:slots] / _NUMBER_OF_SPECIES[:slots].sum()
    used = np.arange(slots) < rng.choice(np.arange(1, len(shares) + 1), size=m, p=shares)[:, None]
    elements = 1 + np.argsort(rng.random((m, len(_FAMILY))), axis=1)[:, :slots]
    present = np.concatenate([used, rng.random((m, 1)) < _VACANT], axis=1)
    return np.where(used, elements, 0), np.where(used, _random_shares(present, rng)[:, :-1], 0.0)


def _random_shares(present: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shares (…, k) of those present, adding up to one and uniform over all ratios, none below `_SMALLEST_SHARE`."""
    shares = np.where(present, rng.exponential(size=present.shape), 0.0)
    shares /= np.maximum(shares.sum(axis=-1, keepdims=True), 1e-12)
    number = np.maximum(present.sum(axis=-1, keepdims=True), 1)
    shares = np.where(present, _SMALLEST_SHARE + (1.0 - number * _SMALLEST_SHARE) * shares, 0.0)
    return np.round(shares, symmetry.OCCUPANCY_DECIMALS)


def _decay(kind: str, progress: float) -> float:
    left = 1.0 - min(max(progress, 0.0), 1.0)
    return {"linear": left, "cosine": 0.5 - 0.5 * float(np.cos(np.pi * left)), "none": 1.0}[kind]


@cache
def _system_of() -> np.ndarray:
    """(231,) index of the crystal system of each space group."""
    names = [wyckoff.crystal_system(max(group, 1)) for group in range(wyckoff.SPACE_GROUPS + 1)]
    return np.array([wyckoff.CRYSTAL_SYSTEMS.index(name) for name in names])


@cache
def _skeletons() -> _Skeletons:
    table = wyckoff.tables()
    legal = (table.multiplicity <= MAX_MULTIPLICITY) & (table.letter <= MAX_LETTER) & (table.group > 1)
    copies = np.where(legal, np.where(table.freedom > 0, MAX_SITES, 1), 0)
    row = np.repeat(np.arange(len(copies)), copies)
    first_copy = np.diff(row, prepend=-1) > 0
    group = table.group[row]
    column = np.arange(len(row)) - np.searchsorted(group, group)
    shape = (wyckoff.SPACE_GROUPS + 1, max(int(column.max()) + 1, MAX_SITES))
    rows, weight = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    rows[group, column] = row
    weight[group, column] = np.where(first_copy, 1.0, _REPEAT_WEIGHT)
    capacity = (weight > 0.0).sum(axis=1)

    rng = np.random.default_rng(0)
    points = np.zeros((len(copies), _POINTS, 3))
    used = np.flatnonzero(legal)
    random = rng.random((len(used), _POINTS, 3))
    points[used] = symmetry.snap(np.repeat(used, _POINTS), random.reshape(-1, 3)).reshape(random.shape)
    groups = tuple(np.flatnonzero(capacity >= max(sites, 1)) for sites in range(MAX_SITES + 1))
    return _Skeletons(groups, rows, weight, points)
