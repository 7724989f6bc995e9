"""Moves sites and strains cells until atoms are far enough apart, many crystals at once, symmetry kept.

The unknowns of a crystal are the displacement u of each site's representative along the free directions of its Wyckoff
position, and the strains ε of the cell that its crystal system allows; everything else follows by symmetry. Damped
Gauss-Newton steps lower

    E = ½ Σ_c w_c (1 - d_c / σ_c)² + ½ ρ^t (k_u Σ_s m_s |u_s|² + k_ε |ε|²),

where c runs over all pairs of points closer than σ_c, each pair of orbits measured from one representative and weighted
by its multiplicity. The second part is a tether to the start that is let out from step to step.

| symbol | variable | meaning |
|---|---|---|
| d, σ | `distance`, `wanted` | distance of a pair and what it should be, Å |
| w | `Candidates.weight` | share of the pair's orbit in all positions of the cell |
| u | `shift` | displacement of a representative in the unstrained cell, Å |
| ε | `strain` | symmetric strain: the lattice is L (1 + ε), vectors as rows |
| m | `Problem.weight` | share of a site in all positions of the cell |
| ρ, k_u, k_ε | `_LET_OUT`, `_TETHER`, `_STRAIN_TETHER` | rate of letting out, tether of a site (Å⁻²) and of the cell |
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Self

import numpy as np
import torch
from torch import Tensor

from disgen.generation.geometry.distances import reduce_bases

AIM = 1.02  # pairs are driven to this multiple of the distance that they need
REACHED = 1.005  # and are left alone from here on, so that rounding to the grid does not undo it
MOST_STRAIN = 0.35  # of the cell in any direction
_TETHER = 0.02
_STRAIN_TETHER = 5.0
_LET_OUT = 0.7
_DAMPING = 0.001  # of Gauss-Newton: a tether to the last step that never fades
_LONGEST, _LARGEST = 0.3, 0.1  # step of a site (Å) and of a strain
_NUDGE_AT, _NUDGE = 3, 0.02  # step at which atoms are nudged off dead points (atom on atom, or between two), and Å
_NOTHING = 1e-9  # Å
_STRAINS = 6
_UNIT = torch.eye(3, dtype=torch.float64)
_IMAGES = torch.tensor(list(product((-1.0, 0.0, 1.0), repeat=3)), dtype=torch.float64)
_HOME = 13  # the image that is no translation


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of points that may come close: a site's representative and one point of another site's orbit.

    Attributes:
        crystal: (pairs,) which crystal.
        one: (pairs,) the site whose representative is meant.
        other: (pairs,) the site of the other point.
        itself: (pairs,) True for a representative and its own lattice translations.
        offset: (pairs, 3) vector from one to the other before any displacement, Å.
        turn: (pairs, 3, 3) how the other point moves (columns, Å) with its site's displacement.
        needed: (pairs,) distance that the pair needs, Å.
        weight: (pairs,) of the pair in the energy.
    """

    crystal: Tensor
    one: Tensor
    other: Tensor
    itself: Tensor
    offset: Tensor
    turn: Tensor
    needed: Tensor
    weight: Tensor


@dataclass(frozen=True, eq=False)
class Problem:
    """n crystals with s sites each.

    Attributes:
        lattice: (n, 3, 3) basis vectors as rows, Å.
        projector: (n, s, 3, 3) onto the free directions of each site.
        weight: (n, s) multiplicity over the positions in the cell.
        strains: (n, 6, 3, 3) strains that the crystal system allows, filled up with zeros.
        smallest: (n,) least volume, as a multiple of the start.
        largest: (n,) greatest volume.
        candidates: the pairs.
    """

    lattice: Tensor
    projector: Tensor
    weight: Tensor
    strains: Tensor
    smallest: Tensor
    largest: Tensor
    candidates: Candidates

    def take(self, keep: Tensor) -> Self:
        """The crystals where `keep` (n,) is True."""
        candidates = _chosen(self.candidates, keep[self.candidates.crystal])
        candidates = replace(candidates, crystal=(keep.cumsum(0) - 1)[candidates.crystal])
        own = {item.name: getattr(self, item.name)[keep] for item in fields(self) if item.name != "candidates"}
        return replace(self, candidates=candidates, **own)


@dataclass(frozen=True, eq=False)
class _Contacts:
    """Pairs that are too close, as indices of candidates, and the vectors (contacts, 3) from one to the other in Å."""

    pair: Tensor
    vector: Tensor


def free_strains(space_groups: np.ndarray) -> np.ndarray:
    """Strains that keep the cell in its crystal system (unique axis b, hexagonal axes), a along x, b in the xy plane.

    Args:
        space_groups: (n,) numbers from 1 to 230.

    Returns:
        (n, 6, 3, 3) symmetric matrices, filled up with zeros.
    """
    x, y, z = (np.diag(unit) for unit in np.eye(3))
    shears = [np.eye(3)[[i]].T @ np.eye(3)[[j]] for i, j in ((0, 2), (1, 2), (0, 1))]
    xz, yz, xy = (shear + shear.T for shear in shears)
    systems = ((2, (x, y, z, xz, yz, xy)), (15, (x, y, z, xz)), (74, (x, y, z)), (194, (x + y, z)), (230, (x + y + z,)))
    table = np.zeros((len(systems), _STRAINS, 3, 3))
    for row, (_, strains) in zip(table, systems, strict=True):
        row[: len(strains)] = strains
    return table[np.searchsorted([last for last, _ in systems], space_groups)]


def relax(problem: Problem, steps: int) -> tuple[Tensor, Tensor]:
    """Drive atoms apart; a crystal rests as soon as all its pairs have what they need.

    Args:
        problem: crystals, at least one.
        steps: how many Gauss-Newton steps at most.

    Returns:
        Displacements (n, s, 3) in Å of the unstrained cell and strains (n, 3, 3): of all steps those with which the
        worst pair came closest to what it needs.
    """
    n, sites = problem.weight.shape
    shift, strain = problem.lattice.new_zeros((n, sites, 3)), _bounded(problem, torch.zeros_like(problem.lattice))
    best_shift, best_strain, best = shift.clone(), strain.clone(), torch.full((n,), -torch.inf, dtype=torch.float64)
    place = torch.arange(n)  # in the results, of the crystals that are still worked on
    nudge = torch.from_numpy(np.random.default_rng(0).normal(scale=_NUDGE, size=(sites, 3)))
    for step in range(steps + 1):
        contacts, reach = _too_close(problem, shift, strain)
        better = reach > best[place]
        where = place[better]
        best[where], best_shift[where], best_strain[where] = reach[better], shift[better], strain[better]
        going = reach < REACHED  # not so where a number is no longer finite
        if step == steps or not going.any():
            break
        if not going.all():
            alive = going[problem.candidates.crystal]
            kept = alive[contacts.pair]
            contacts = _Contacts((alive.cumsum(0) - 1)[contacts.pair[kept]], contacts.vector[kept])
            problem, shift, strain, place = problem.take(going), shift[going], strain[going], place[going]
        move, stretch = _gauss_newton(problem, contacts, shift, strain, _LET_OUT**step)
        shift, strain = shift + move, _bounded(problem, strain + stretch)
        if step == _NUDGE_AT:
            shift = shift + _apply(problem.projector, nudge)
    return best_shift, best_strain


def _too_close(problem: Problem, shift: Tensor, strain: Tensor) -> tuple[_Contacts, Tensor]:
    """Pairs closer than they should be, and for each crystal its smallest distance over needed distance (n,)."""
    candidates = problem.candidates
    crystal = candidates.crystal
    lattice = problem.lattice + problem.lattice @ strain
    reduced, change = (torch.from_numpy(array) for array in reduce_bases(lattice.numpy())[:2])
    moved = _apply(problem.projector, shift)[crystal, candidates.one]
    offset = candidates.offset + _apply(candidates.turn, shift[crystal, candidates.other]) - moved
    fraction = _apply((torch.linalg.inv(problem.lattice) @ change).mT[crystal], offset)
    nearest = _apply(reduced.mT[crystal], fraction - fraction.round()).T.contiguous()  # (3, pairs)

    translations = (_IMAGES @ reduced).permute(1, 2, 0).contiguous()  # (27, 3, n)
    limit = (AIM * candidates.needed) ** 2
    smallest = torch.full_like(limit, torch.inf)
    pairs, vectors = [], []
    for image, translation in enumerate(translations):
        vector = nearest + translation[:, crystal]
        squared = vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2
        if image == _HOME:
            squared = squared.masked_fill(candidates.itself, torch.inf)
        smallest = torch.minimum(smallest, squared)
        close = torch.nonzero(squared < limit)[:, 0]
        pairs.append(close)
        vectors.append(vector[:, close].T)
    reach = smallest.new_full((len(lattice),), torch.inf)
    reach.scatter_reduce_(0, crystal, smallest.sqrt() / candidates.needed, "amin")
    return _Contacts(torch.cat(pairs), torch.cat(vectors)), reach


def _gauss_newton(
    problem: Problem, contacts: _Contacts, shift: Tensor, strain: Tensor, tether: float
) -> tuple[Tensor, Tensor]:
    """Changes of displacements and strains in one step, not longer than is safe; `tether` is ρ^t."""
    n, sites = problem.weight.shape
    size = 3 * sites + _STRAINS
    pairs = _chosen(problem.candidates, contacts.pair)
    wanted = AIM * pairs.needed
    distance = contacts.vector.norm(dim=1)
    by_vector = -contacts.vector / (distance.clamp(min=_NOTHING) * wanted)[:, None]
    column, jacobian = _derivatives(problem, pairs, contacts.vector, by_vector, strain)

    weighted = pairs.weight[:, None] * jacobian
    row = pairs.crystal[:, None] * size + column
    place = row[:, :, None] * size + column[:, None, :]
    gradient = torch.zeros(n * size, dtype=torch.float64)
    gradient.index_add_(0, row.ravel(), (weighted * (1.0 - distance / wanted)[:, None]).ravel())
    curvature = torch.zeros(n * size * size, dtype=torch.float64)
    curvature.index_add_(0, place.ravel(), (weighted[:, :, None] * jacobian[:, None, :]).ravel())
    gradient, curvature = gradient.reshape(n, size), curvature.reshape(n, size, size)

    share = problem.weight.repeat_interleave(3, dim=1)
    whole = torch.ones((n, _STRAINS), dtype=torch.float64)
    stiffness = tether * torch.cat([_TETHER * share, _STRAIN_TETHER * whole], dim=1)
    gradient += stiffness * torch.cat([shift.reshape(n, -1), _components(problem.strains, strain)], dim=1)
    curvature += torch.diag_embed(stiffness + _DAMPING * torch.cat([share, whole], dim=1))

    step = torch.linalg.solve_ex(curvature, -gradient[:, :, None])[0][:, :, 0].nan_to_num(0.0, 0.0, 0.0)
    move = step[:, : 3 * sites].reshape(n, sites, 3)
    stretch = (step[:, 3 * sites :, None, None] * problem.strains).sum(1)
    excess = torch.maximum(move.norm(dim=2).amax(1) / _LONGEST, stretch.abs().amax((1, 2)) / _LARGEST).clamp(min=1.0)
    return move / excess[:, None, None], stretch / excess[:, None, None]


def _derivatives(
    problem: Problem, pairs: Candidates, vector: Tensor, by_vector: Tensor, strain: Tensor
) -> tuple[Tensor, Tensor]:
    """Derivatives of a function of each pair's vector by displacements and strains.

    Args:
        problem: n crystals with s sites.
        pairs: the pairs.
        vector: (pairs, 3) from one point to the other, Å.
        by_vector: (pairs, 3) derivative of the function by this vector.
        strain: (n, 3, 3).

    Returns:
        For each pair 12 numbers of unknowns, of which its crystal has 3 s + 6, and the 12 derivatives by them.
    """
    deformation = (_UNIT + strain)[pairs.crystal]
    unstrained = _apply(torch.linalg.inv(_UNIT + strain).mT[pairs.crystal], vector)
    by_unstrained = _apply(deformation, by_vector)
    by_one = -_apply(problem.projector[pairs.crystal, pairs.one], by_unstrained)
    by_other = _apply(pairs.turn.mT, by_unstrained)
    by_deformation = unstrained[:, :, None] * by_vector[:, None, :]
    by_strain = (problem.strains[pairs.crystal] * by_deformation[:, None]).sum((2, 3))
    axes, strains = torch.arange(3), 3 * problem.weight.shape[1] + torch.arange(_STRAINS)
    columns = (3 * pairs.one[:, None] + axes, 3 * pairs.other[:, None] + axes, strains.expand(len(vector), -1))
    return torch.cat(columns, dim=1), torch.cat([by_one, by_other, by_strain], dim=1)


def _bounded(problem: Problem, strain: Tensor) -> Tensor:
    """The strains, cut at `MOST_STRAIN`, then scaled in all directions alike where the volume leaves its bounds."""
    strain = strain.clamp(-MOST_STRAIN, MOST_STRAIN)
    deformation = _UNIT + strain
    volume = torch.linalg.det(deformation)
    scale = (torch.minimum(torch.maximum(volume, problem.smallest), problem.largest) / volume) ** (1 / 3)
    scale = torch.where(volume > 0.0, scale, 1.0)
    return torch.where(scale[:, None, None] == 1.0, strain, scale[:, None, None] * deformation - _UNIT)


def _components(strains: Tensor, strain: Tensor) -> Tensor:
    """Coefficients (n, 6) of strains (n, 3, 3) in a basis of orthogonal matrices (n, 6, 3, 3)."""
    square = (strains**2).sum((2, 3)).clamp(min=1.0)
    return (strains * strain[:, None]).sum((2, 3)) / square


def _apply(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Matrices (…, 3, 3) times column vectors (…, 3)."""
    return (matrices @ vectors[..., None])[..., 0]


def _chosen(candidates: Candidates, which: Tensor) -> Candidates:
    """Some of the candidates, by mask or index."""
    return replace(candidates, **{item.name: getattr(candidates, item.name)[which] for item in fields(candidates)})
