"""Crystals to take a geometry from: known ones of the same space group and letters, the chemically nearest first.

Nine of ten skeletons are those of known crystals, whose atoms' places say more about where new atoms sit than any
density that a network could learn. So the geometry's network (`disgen.prior.geometry.network`) is shown one such
crystal, with the atoms of the new one on its sites, and says how the new one will differ from it.

| symbol | in the code | meaning |
|---|---|---|
| f_s | `features` | of site s: weighted means of five properties of its species, standardised, and twice its filling |
| π | `matched` | which site of the known crystal each site takes its place from; letters are kept |
| d² | `cost` | sum over s of the squared distance of f_s from the known crystal's f_π(s), smallest over π |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from scipy.optimize import linear_sum_assignment

from disgen.canonical import canonicalise_many
from disgen.prior.elements import places
from disgen.prior.geometry.parameters import volume_numbers
from disgen.representation import SiteArrays

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from disgen.crystal import WyckoffCrystal

FEATURES = 6
SAME = 0.01  # d² up to which a crystal repeats a known one, amounts in the last digits aside
_PROPERTIES = 5  # the first columns of `places`
_COMPARED = 24  # known crystals whose sites are matched one by one
_ELECTRONEGATIVITY = 2  # column of the features that orders sites before they are matched


class PlacedTemplate(NamedTuple):
    """A crystal in the geometry of a known one.

    Attributes:
        crystal: canonical; its skeleton is that of the crystal asked about.
        gap: (sites, 6) features of the sites asked about less those of the known crystal's, means over sites of the
            same letter and content.
        swelling: the known crystal's own volume as the first of its free numbers (`disgen.prior.geometry.parameters`).
        distance: d².
    """

    crystal: WyckoffCrystal
    gap: np.ndarray
    swelling: float
    distance: float


@dataclass(frozen=True, eq=False)
class Templates:
    """Known crystals.

    Attributes:
        arrays: m canonical crystals.
        features: (m, 9, 6) as in the module's table, 0 for padding.
        swelling: (m,) volumes as the first free number (`disgen.prior.geometry.parameters`).
        keys: (m,) of the crystals; empty if nobody will ask to leave some out.
    """

    arrays: SiteArrays
    features: np.ndarray
    swelling: np.ndarray
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, crystals: Sequence[WyckoffCrystal], volumes: np.ndarray) -> Self:
        """Templates of canonical crystals, one of each key.

        Args:
            crystals: canonical crystals.
            volumes: (101,) expected volumes of atoms.
        """
        chosen = {crystal.key: crystal for crystal in crystals}
        return cls.of_arrays(SiteArrays.from_crystals(list(chosen.values())), volumes, tuple(chosen))

    @classmethod
    def of_arrays(cls, arrays: SiteArrays, volumes: np.ndarray, keys: tuple[str, ...] = ()) -> Self:
        """Templates of canonical crystals as arrays, with their keys."""
        return cls(arrays, _features(arrays), volume_numbers(arrays, volumes), keys)

    def placed(
        self,
        crystals: Sequence[WyckoffCrystal],
        most: int,
        *,
        within: float = np.inf,
        without: Sequence[Collection[str]] | None = None,
    ) -> list[list[PlacedTemplate]]:
        """Crystals in the geometry of up to `most` known ones each, the chemically nearest first.

        Args:
            crystals: canonical crystals; their own cells and coordinates are not looked at.
            most: at least 1.
            within: largest d² of known crystals.
            without: keys of known crystals that are left out, for each of the crystals.

        Returns:
            A list for each crystal, empty where no known crystal has its space group and letters, or none is so near.
        """
        left_out = without if without is not None else [()] * len(crystals)
        arrays = SiteArrays.from_crystals(crystals)
        skeletons = np.column_stack([arrays.space_group, arrays.letter]).tolist()
        asked = zip(map(tuple, skeletons), _features(arrays), left_out, strict=True)
        matches = [[match for match in self._matches(*one)[:most] if match.distance <= within] for one in asked]
        found = [[self._put(crystal, match) for match in some] for crystal, some in zip(crystals, matches, strict=True)]
        owner = [index for index, some in enumerate(found) for _ in some]
        flat = [placed for some in found for placed in some]
        result: list[list[PlacedTemplate]] = [[] for _ in crystals]
        # Sites of equal content take their order from their places, so this comes last.
        for index, whole, placed in zip(owner, canonicalise_many([one.crystal for one in flat]), flat, strict=True):
            result[index].append(placed._replace(crystal=whole))
        return result

    def _matches(self, skeleton: tuple[int, ...], features: np.ndarray, without: Collection[str]) -> list[_Match]:
        """The nearest known crystals of a skeleton, features (9, 6) and padded, and how their sites correspond."""
        like = self._by_skeleton.get(skeleton)
        if like is None:
            return []
        letters = np.array([letter for letter in skeleton[1:] if letter])
        asked = features[: len(letters)]
        alike = ((like.ordered - asked[_in_order(asked, letters)]) ** 2).sum(axis=(1, 2))
        matches = []
        for row in np.argsort(alike, kind="stable")[: _COMPARED + len(without)].tolist():
            which = int(like.which[row])
            if not without or self.keys[which] not in without:
                distance, order = matched(asked, like.features[row], letters)
                matches.append(_Match(distance, which, order, asked - like.features[row][order]))
        return sorted(matches, key=lambda match: match.distance)

    def _put(self, crystal: WyckoffCrystal, match: _Match) -> PlacedTemplate:
        """The crystal in the geometry of the known one."""
        points = self.arrays.coordinates[match.which, match.order].tolist()
        sites = tuple(
            replace(site, coordinates=tuple(point)) for site, point in zip(crystal.sites, points, strict=True)
        )
        placed = replace(crystal, cell=tuple(self.arrays.cell[match.which].tolist()), sites=sites)
        return PlacedTemplate(placed, _shared(crystal, match.gap), float(self.swelling[match.which]), match.distance)

    @cached_property
    def _by_skeleton(self) -> dict[tuple[int, ...], _Alike]:
        members: dict[tuple[int, ...], list[int]] = {}
        described = np.column_stack([self.arrays.space_group, self.arrays.letter]).tolist()
        for index, skeleton in enumerate(described):
            members.setdefault(tuple(skeleton), []).append(index)
        return {skeleton: self._alike(np.array(skeleton[1:]), np.array(which)) for skeleton, which in members.items()}

    def _alike(self, letter: np.ndarray, which: np.ndarray) -> _Alike:
        letters = letter[letter > 0]
        features = self.features[which, : len(letters)]
        return _Alike(which, features, np.stack([one[_in_order(one, letters)] for one in features]))


class _Alike(NamedTuple):
    """Known crystals of one skeleton: which, their features (m, s, 6), and these in the order of `_in_order`."""

    which: np.ndarray
    features: np.ndarray
    ordered: np.ndarray


class _Match(NamedTuple):
    """A known crystal: d², which one, the order of its sites, and features asked for less its own (s, 6)."""

    distance: float
    which: int
    order: np.ndarray
    gap: np.ndarray


def matched(asked: np.ndarray, known: np.ndarray, letters: np.ndarray) -> tuple[float, np.ndarray]:
    """d², and for each site asked about (s, 6) the site of a known crystal (s, 6) that it is matched with, (s,)."""
    order = np.arange(len(letters))
    cost = 0.0
    for letter in set(letters.tolist()):
        which = np.flatnonzero(letters == letter)
        apart = ((asked[which][:, None] - known[which]) ** 2).sum(axis=2)
        rows, columns = linear_sum_assignment(apart) if len(which) > 1 else ([0], [0])
        order[which] = which[columns]
        cost += float(apart[rows, columns].sum())
    return cost, order


def _features(arrays: SiteArrays) -> np.ndarray:
    """Features (n, 9, 6) of the sites of crystals, as in the module's table."""
    filling = arrays.occupancy.sum(axis=2, keepdims=True)
    means = (arrays.occupancy[..., None] * places()[arrays.species, :_PROPERTIES]).sum(axis=2)
    return np.concatenate([means / np.where(filling > 0.0, filling, 1.0), 2.0 * filling], axis=2)


def _in_order(features: np.ndarray, letters: np.ndarray) -> np.ndarray:
    """Indices (s,) of sites by letter and electronegativity: those of like crystals stand side by side."""
    return np.lexsort([features[:, _ELECTRONEGATIVITY], letters])


def _shared(crystal: WyckoffCrystal, gap: np.ndarray) -> np.ndarray:
    """Means of gaps (s, 6) over sites of the same letter and content, whose order is not settled yet."""
    names = [(site.letter, site.occupancies) for site in crystal.sites]
    same = np.array([[one == other for other in names] for one in names], dtype=float)
    shared: np.ndarray = same @ gap / same.sum(axis=1, keepdims=True)
    return shared
