"""How crystals are distributed over density, size, disorder, symmetry and elements, and how far two sets differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import gemmi
import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.crystal import WyckoffCrystal

_DENSITY_DECIMALS = 3
_GRAM_PER_CM3 = 1.66053906892  # of one dalton per Å³
_MASSES: dict[str, float] = {symbol: gemmi.Element(symbol).weight for symbol in ELEMENTS}  # Da

# What is compared, and how: numbers by the Wasserstein distance, names by the Jensen-Shannon divergence.
NUMBERS = ("density", "n_sites", "n_species", "disordered_share")
NAMES = ("space_groups", "elements")


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """Values and how often each occurs.

    Attributes:
        values: (m,) different values, rising.
        counts: (m,) how often.
    """

    values: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Self:
        """The distribution of values; NaN is left out."""
        array = np.asarray(values, dtype=np.float64)
        return cls(*np.unique(array[~np.isnan(array)], return_counts=True))

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """All parts together."""
        values, place = np.unique(np.concatenate([part.values for part in parts]), return_inverse=True)
        weights = np.concatenate([part.counts for part in parts])
        return cls(values, np.bincount(place, weights=weights, minlength=len(values)).astype(np.int64))

    @classmethod
    def from_dict(cls, record: Mapping[str, Sequence[float]]) -> Self:
        """What `to_dict` gave.

        Raises:
            ValueError: if there are not as many counts as values.
            KeyError: if one of them is missing.
        """
        values, counts = np.array(record["values"], dtype=np.float64), np.array(record["counts"], dtype=np.int64)
        if values.ndim != 1 or values.shape != counts.shape:
            msg = "A distribution needs one count for each value."
            raise ValueError(msg)
        return cls(values, counts)

    def to_dict(self) -> dict[str, list[float]]:
        """JSON-able form."""
        return {"values": self.values.tolist(), "counts": self.counts.tolist()}


def properties(crystals: Sequence[WyckoffCrystal], volume_per_atom: np.ndarray) -> dict[str, ValueCounts]:
    """The distributions of a set of crystals.

    Args:
        crystals: n crystals.
        volume_per_atom: (n,) in Å³, as `disgen.generation.screening.screen` measures it.

    Returns:
        density: in g/cm³, to three decimals.
        n_sites: Wyckoff sites of a crystal.
        n_species: different elements in a crystal.
        disordered_share: of a crystal's sites.
        space_groups: their numbers.
        elements: atomic numbers, each once for every crystal that holds the element.
    """
    compositions = [crystal.composition for crystal in crystals]
    mass = [sum(_MASSES[symbol] * amount for symbol, amount in atoms.items()) for atoms in compositions]
    mean_mass = np.array(mass) / np.array([sum(atoms.values()) for atoms in compositions])
    sites = np.array([len(crystal.sites) for crystal in crystals])
    return {
        "density": ValueCounts.of(np.round(_GRAM_PER_CM3 * mean_mass / volume_per_atom, _DENSITY_DECIMALS)),
        "n_sites": ValueCounts.of(sites),
        "n_species": ValueCounts.of([len(atoms) for atoms in compositions]),
        "disordered_share": ValueCounts.of(np.array([crystal.disordered_sites for crystal in crystals]) / sites),
        "space_groups": ValueCounts.of([crystal.space_group for crystal in crystals]),
        "elements": ValueCounts.of([ATOMIC_NUMBER[symbol] for atoms in compositions for symbol in atoms]),
    }


def merged(parts: Sequence[Mapping[str, ValueCounts]]) -> dict[str, ValueCounts]:
    """The distributions of several sets of crystals, at least one, together."""
    return {name: ValueCounts.merged([part[name] for part in parts]) for name in (*NUMBERS, *NAMES)}


def distances(one: Mapping[str, ValueCounts], other: Mapping[str, ValueCounts]) -> dict[str, Any]:
    """How far two sets of crystals differ; None where a set is empty.

    Returns:
        "wasserstein": by `NUMBERS`, in the property's unit. "jensen_shannon": by `NAMES`, in bits.
    """
    return {
        "wasserstein": {name: wasserstein(one[name], other[name]) for name in NUMBERS},
        "jensen_shannon": {name: jensen_shannon(one[name], other[name]) for name in NAMES},
    }


def wasserstein(one: ValueCounts, other: ValueCounts) -> float | None:
    """Distance of order 1, ∫ |F(x) - G(x)| dx of the cumulative distributions, in the unit of x; None if one is empty.

    It is how far the values have to be moved on average for one distribution to become the other.
    """
    if not one.counts.sum() or not other.counts.sum():
        return None
    return float(wasserstein_distance(one.values, other.values, one.counts, other.counts))


def jensen_shannon(one: ValueCounts, other: ValueCounts) -> float | None:
    """Divergence ½ KL(p‖m) + ½ KL(q‖m) with m = ½ (p + q), in bits, 0 (alike) to 1 (disjoint); None if one is empty."""
    if not one.counts.sum() or not other.counts.sum():
        return None
    values = np.union1d(one.values, other.values)
    counts = np.zeros((2, len(values)))
    for row, part in zip(counts, (one, other), strict=True):
        row[np.searchsorted(values, part.values)] = part.counts
    return float(jensenshannon(*counts, base=2.0) ** 2)  # SciPy gives the root, the Jensen-Shannon distance
