"""Crystals as arrays of sites that may move along their Wyckoff positions, and back to crystals.

A representative x = M p + t of a site moves by u (Å) within the subspace that its position leaves free if its free
coordinates p change by D u, with D the pseudo-inverse of Lᵀ M and the basis vectors as rows of L. Point k of the orbit,
x = M_k p + t_k, then moves by Lᵀ M_k D u.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from disgen import symmetry, wyckoff
from disgen.crystal import OCCUPANCY_TOLERANCE, cell_parameters
from disgen.generation.geometry.distances import bases, contents_of, rows_of
from disgen.generation.geometry.relaxation import Candidates, Problem, free_strains
from disgen.ragged import Ragged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal


@dataclass(frozen=True, eq=False)
class Bucket:
    """Crystals with the same number of sites, as arrays (n, …) or (n, sites, …).

    Attributes:
        crystals: the crystals.
        rows: of the Wyckoff tables.
        parameters: free coordinates p of the representatives.
        lattice: basis vectors as rows, Å.
        to_parameters: (n, sites, 3, 3) changes of p (columns) from displacements in Å; what leads off the position is
            left out.
    """

    crystals: Sequence[WyckoffCrystal]
    rows: np.ndarray
    parameters: np.ndarray
    lattice: np.ndarray
    to_parameters: np.ndarray

    @classmethod
    def of(cls, crystals: Sequence[WyckoffCrystal]) -> Self:
        """Prepare crystals, at least one."""
        shape = (len(crystals), len(crystals[0].sites))
        groups = np.array([crystal.space_group for crystal in crystals])
        sites = [site for crystal in crystals for site in crystal.sites]
        rows = rows_of(groups.repeat(shape[1]), sites)
        parameters = symmetry.free_coordinates(rows, np.array([site.coordinates for site in sites], dtype=float))
        lattice = bases(np.array([crystal.cell for crystal in crystals], dtype=float))[0]
        maps = wyckoff.orbit_maps()
        rows = rows.reshape(shape)
        directions = lattice.transpose(0, 2, 1)[:, None] @ maps.linear[maps.start[rows]]
        return cls(crystals, rows, parameters.reshape(*shape, 3), lattice, np.linalg.pinv(directions, rcond=1e-9))

    def problem(self, smallest: np.ndarray, largest: np.ndarray, contact: float, nearest: float) -> Problem:
        """What to relax.

        Args:
            smallest: (n,) least volume, as a multiple of the crystal's.
            largest: (n,) greatest volume.
            contact: share of the sum of the sites' covalent radii, weighted by occupancy, that every distance needs.
            nearest: distance in Å that every pair needs.
        """
        maps = wyckoff.orbit_maps()
        directions = self.lattice.transpose(0, 2, 1)[:, None] @ maps.linear[maps.start[self.rows]]
        multiplicity = wyckoff.tables().multiplicity[self.rows]
        weight = multiplicity / multiplicity.sum(axis=1, keepdims=True)
        strains = free_strains(np.array([crystal.space_group for crystal in self.crystals]))
        return Problem(
            lattice=torch.from_numpy(self.lattice),
            projector=torch.from_numpy(directions @ self.to_parameters),
            weight=torch.from_numpy(weight),
            strains=torch.from_numpy(strains),
            smallest=torch.from_numpy(smallest),
            largest=torch.from_numpy(largest),
            candidates=self._candidates(weight, contact, nearest),
        )

    def displaced(self, shift: torch.Tensor, strain: torch.Tensor) -> list[WyckoffCrystal]:
        """The crystals after displacements (n, sites, 3) in Å and strains (n, 3, 3), not canonical.

        A crystal whose cell would be impossible, or a number not finite, stays what it is.
        """
        maps = wyckoff.orbit_maps()
        parameters = self.parameters + np.einsum("nsij,nsj->nsi", self.to_parameters, shift.numpy())
        first = maps.start[self.rows]
        points = np.einsum("nsij,nsj->nsi", maps.linear[first], parameters) + maps.shift[first]
        cells = np.array([cell_parameters(rows) for rows in self.lattice + self.lattice @ strain.numpy()])
        sound = bases(cells)[1] & np.isfinite(points).all(axis=(1, 2))
        return [
            _moved(crystal, cell, places) if good else crystal
            for crystal, cell, places, good in zip(
                self.crystals, cells.tolist(), symmetry.wrap(points).tolist(), sound.tolist(), strict=True
            )
        ]

    def _candidates(self, weight: np.ndarray, contact: float, nearest: float) -> Candidates:
        """All pairs of a representative and a point that count, as in `disgen.generation.geometry.distances`."""
        table, maps = wyckoff.tables(), wyckoff.orbit_maps()
        n, sites = self.rows.shape
        filling, radius = contents_of([site.occupancies for crystal in self.crystals for site in crystal.sites])
        filling, radius = filling.reshape(n, sites), radius.reshape(n, sites)
        # Of two sites, the representative of the one with more positions meets all points of the other.
        first, second = (np.broadcast_to(index, (n, len(index))) for index in np.triu_indices(sites))
        multiplicity = table.multiplicity[self.rows]
        at = np.arange(n)[:, None]
        swap = multiplicity[at, first] < multiplicity[at, second]
        crystal, one, other = (
            array.ravel() for array in (at + 0 * first, np.where(swap, second, first), np.where(swap, first, second))
        )
        together = filling[crystal, one] + filling[crystal, other] > 1.0 + OCCUPANCY_TOLERANCE + 1e-9
        pair, point = Ragged(maps.start[:-1], table.multiplicity).entries(self.rows[crystal, other])
        itself = (one == other)[pair] & (point == maps.start[self.rows[crystal, one]][pair])
        kept = together[pair] | itself  # an atom and its own copy in the next cell are never alternatives
        pair, point, itself = pair[kept], point[kept], itself[kept]
        crystal, one, other = crystal[pair], one[pair], other[pair]

        from_maps = maps.start[self.rows[crystal, one]]
        start = np.einsum("pij,pj->pi", maps.linear[from_maps], self.parameters[crystal, one]) + maps.shift[from_maps]
        end = np.einsum("pij,pj->pi", maps.linear[point], self.parameters[crystal, other]) + maps.shift[point]
        needed = np.maximum(contact * (radius[crystal, one] + radius[crystal, other]), nearest)
        turn = self.lattice.transpose(0, 2, 1)[crystal] @ maps.linear[point] @ self.to_parameters[crystal, other]
        arrays = (
            crystal,
            one,
            other,
            itself,
            np.einsum("pi,pij->pj", end - start, self.lattice[crystal]),
            turn,
            needed,
            weight[crystal, one] * np.where(one == other, 0.5, 1.0),  # each pair of one orbit is met from both ends
        )
        return Candidates(*map(torch.from_numpy, arrays))


def _moved(crystal: WyckoffCrystal, cell: list[Any], points: list[list[Any]]) -> WyckoffCrystal:
    sites = (replace(site, coordinates=tuple(point)) for site, point in zip(crystal.sites, points, strict=True))
    return replace(crystal, cell=tuple(cell), sites=tuple(sites))
