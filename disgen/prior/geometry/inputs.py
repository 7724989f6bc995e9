"""What the geometry's network takes: skeletons of crystals, their free numbers, and known crystals beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from disgen import wyckoff
from disgen.prior.geometry.parameters import expected_volume, parameters
from disgen.prior.geometry.templates import FEATURES
from disgen.representation import MAX_SITES, SiteArrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.prior.geometry.parameters import Parameters
    from disgen.prior.geometry.templates import PlacedTemplate


class Skeletons(NamedTuple):
    """Symmetry and contents of n crystals, as the network takes them.

    Attributes:
        group: (n,) space groups.
        row: (n, 9) 1 + row of `disgen.wyckoff.tables`, 0 for padding.
        content: (n, 9, 101) occupancies by atomic number.
        numbers: (n, 9, 4) of each site: log multiplicity, filling, disordered or not, species.
        whole: (n, 3) log of atoms, of positions, and of the expected volume per atom in Å³.
    """

    group: Tensor
    row: Tensor
    content: Tensor
    numbers: Tensor
    whole: Tensor


class Numbers(NamedTuple):
    """Kinds, owners and values (n, p) of free numbers as tensors."""

    kind: Tensor
    owner: Tensor
    value: Tensor


class Hints(NamedTuple):
    """What known crystals of the same skeletons are like.

    Attributes:
        value: (n, p) their free numbers, 0 where there is no such crystal.
        there: (n,) True where there is one.
        gap: (n, 9, 6) features of the sites asked about less those of the known crystals'.
    """

    value: Tensor
    there: Tensor
    gap: Tensor

    def take(self, index: np.ndarray, width: int) -> Hints:
        """Those of some crystals, cut to `width` numbers."""
        return Hints(self.value[index][:, :width], self.there[index], self.gap[index])


def present(skeletons: Skeletons) -> Tensor:
    """(n, 10) True for the crystal and its real sites."""
    real = skeletons.row > 0
    return torch.cat([torch.ones(len(real), 1, dtype=torch.bool), real], dim=1)


def skeletons_of(crystals: Sequence[WyckoffCrystal], volumes: np.ndarray) -> Skeletons:
    """What the network sees of crystals.

    Args:
        crystals: with one to nine sites; cells and coordinates are not looked at.
        volumes: (101,) expected volumes of atoms (`disgen.prior.geometry.parameters.element_volumes`).
    """
    arrays = SiteArrays.from_crystals(crystals)
    groups = arrays.space_group.astype(np.int64)
    real = arrays.real
    rows = np.where(real, wyckoff.tables().first[groups][:, None] + arrays.letter, 0)
    content = np.zeros((*real.shape, 101), dtype=np.float32)
    crystal, site, slot = np.nonzero(arrays.species)
    content[crystal, site, arrays.species[crystal, site, slot]] = arrays.occupancy[crystal, site, slot]
    filling = arrays.occupancy.sum(axis=2)
    positions = arrays.multiplicity.astype(float)
    numbers = np.stack(
        [np.log(np.maximum(positions, 1.0)), filling, arrays.disordered, (arrays.species > 0).sum(axis=2)], axis=2
    )
    whole = np.stack(
        [
            np.log((positions * filling).sum(axis=1)),
            np.log(positions.sum(axis=1)),
            np.log(expected_volume(arrays, volumes)),
        ],
        axis=1,
    )
    return Skeletons(
        torch.from_numpy(groups),
        torch.from_numpy(rows.astype(np.int64)),
        torch.from_numpy(content),
        torch.from_numpy(numbers.astype(np.float32)),
        torch.from_numpy(whole.astype(np.float32)),
    )


def as_numbers(found: Parameters) -> Numbers:
    """Free numbers as tensors."""
    return Numbers(*map(torch.from_numpy, (found.kind, found.owner, found.value)))


def hints_of(placed: Sequence[PlacedTemplate | None], width: int, volumes: np.ndarray) -> Hints:
    """What known crystals are like.

    Args:
        placed: crystals in the geometry of known ones, None where there is none.
        width: p, of free numbers.
        volumes: (101,) expected volumes of atoms.
    """
    value, gap = np.zeros((len(placed), width), np.float32), np.zeros((len(placed), MAX_SITES, FEATURES), np.float32)
    there = np.array([one is not None for one in placed], dtype=bool)
    some = [one for one in placed if one is not None]
    found = parameters([one.crystal for one in some], volumes).within_reach().value[:, :width]
    value[there, : found.shape[1]] = found
    value[there, :1] = np.array([one.swelling for one in some], dtype=np.float32)[:, None]
    for index, one in zip(np.flatnonzero(there).tolist(), some, strict=True):
        gap[index, : len(one.gap)] = one.gap
    return Hints(torch.from_numpy(value), torch.from_numpy(there), torch.from_numpy(gap))
