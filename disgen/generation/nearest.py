"""The nearest of many: by distance in latent space, and by composition. Both searches are exact, block by block.

Compositions are compared by the least work that turns the one into the other, as atoms are moved along Glawe's modified
Pettifor scale, on which elements that replace each other in crystals stand close together (H. Glawe et al., New J.
Phys. 18, 093011, 2016). This is the element mover's distance (C. J. Hargreaves et al., Chem. Mater. 32, 10610, 2020),
an earth mover's distance on a line,

    D(x, y) = Σₖ |Xₖ − Yₖ|,

in steps of the scale per atom: CaTiO₃ and SrTiO₃ are 0.2 apart, because one atom in five moves by one step.

| symbol | variable | unit, shape |
|---|---|---|
| x, y | `shares`, `among` | shares of atoms by atomic number, (100,) and (n, 100) |
| X, Y | `_cumulative` of them | shares of atoms up to the k-th place of the scale, (103,) and (n, 103) |
| D | `composition_distance` | steps of the scale, (n,) |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BLOCK = 4096  # rows compared at once: a few megabytes
# Glawe's order, with the three elements beyond the representation's so that the steps are those of the literature.
_SCALE = (
    "He Ne Ar Kr Xe Rn Fr Cs Rb K Na Li Ra Ba Sr Ca Eu Yb Lu Tm Y Er Ho Dy Tb Gd Sm Pm Nd Pr Ce La Ac Th Pa U Np Pu "
    "Am Cm Bk Cf Es Fm Md No Lr Sc Zr Hf Ti Ta Nb V Cr Mo W Re Tc Os Ru Ir Rh Pt Pd Au Ag Cu Ni Co Fe Mn Mg Zn Cd Hg "
    "Be Al Ga In Tl Pb Sn Ge Si B C N P As Sb Bi Po Te Se S O At I Br Cl F H"
)
_PLACES = np.array([_SCALE.split().index(symbol) for symbol in ELEMENTS])


class NearestError(DisgenError):
    """What is looked for, or among which, makes no sense; the message is one sentence."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest of many, the nearest first; of equally near ones the first comes first.

    Attributes:
        rows: (k,) int64, their numbers.
        distances: (k,) float64.
    """

    rows: np.ndarray = field(repr=False)
    distances: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)


def nearest_latents(z: np.ndarray, among: np.ndarray, k: int) -> Nearest:
    """The k latents nearest to one, by Euclidean distance; all, if there are fewer.

    Args:
        z: (d,) finite numbers.
        among: (n, d) finite numbers.
        k: at least 1.

    Raises:
        NearestError: if the shapes do not fit, or k is less than 1.
    """
    wanted = _checked(z, among, k)

    def distance(block: np.ndarray) -> np.ndarray:
        result: np.ndarray = np.linalg.norm(block.astype(np.float64) - wanted, axis=1)
        return result

    return _nearest(among, k, distance)


def nearest_compositions(shares: np.ndarray, among: np.ndarray, k: int) -> Nearest:
    """The k compositions nearest to one by `composition_distance`; all that are any, if there are fewer.

    Args:
        shares: (100,) see `composition_shares`.
        among: (n, 100) the same of others; rows of zeros are no compositions and are never found.
        k: at least 1.

    Raises:
        NearestError: if the shapes do not fit, k is less than 1, or there are no atoms in the composition.
    """
    _checked(shares, among, k)
    found = _nearest(among, k, lambda block: composition_distance(shares, block))
    real = np.isfinite(found.distances)
    return Nearest(found.rows[real], found.distances[real])


def composition_shares(composition: Mapping[str, float]) -> np.ndarray:
    """Share of atoms of each element, (100,) float64 by atomic number from 1, of amounts by symbol.

    Raises:
        NearestError: if there are no atoms, or an element lies beyond fermium.
    """
    shares = np.zeros(len(ELEMENTS))
    for symbol, amount in composition.items():
        if symbol not in ATOMIC_NUMBER:
            msg = f"There is no element {symbol!r} up to fermium."
            raise NearestError(msg)
        shares[ATOMIC_NUMBER[symbol] - 1] += amount
    return _normalised(shares)


def composition_distance(shares: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Element mover's distances of one composition (100,) from others (n, 100), (n,) float64, in steps of the scale.

    Infinite where a row of the others holds no atoms. Shares need not add up to 1.

    Raises:
        NearestError: if there are no atoms in the composition.
    """
    wanted = _cumulative(_normalised(np.asarray(shares, dtype=np.float64))[None])
    others = np.asarray(among, dtype=np.float64)
    total = others.sum(axis=1)
    real = total > 0.0
    distance = np.full(len(others), np.inf)
    distance[real] = np.abs(_cumulative(others[real] / total[real, None]) - wanted).sum(axis=1)
    return distance


def _cumulative(shares: np.ndarray) -> np.ndarray:
    on_scale = np.zeros((len(shares), len(_SCALE.split())))
    on_scale[:, _PLACES] = shares
    return on_scale.cumsum(axis=1)


def _normalised(shares: np.ndarray) -> np.ndarray:
    total = shares.sum()
    if not (0.0 < total < np.inf and (shares >= 0.0).all()):
        msg = "A composition needs at least one atom, and no negative amounts."
        raise NearestError(msg)
    result: np.ndarray = shares / total
    return result


def _checked(wanted: np.ndarray, among: np.ndarray, k: int) -> np.ndarray:
    vector = np.asarray(wanted, dtype=np.float64)
    if vector.ndim != 1 or np.ndim(among) != 2 or np.shape(among)[1] != len(vector):  # noqa: PLR2004 (rows, columns)
        msg = f"Cannot look for something of shape {vector.shape} among rows of shape {np.shape(among)}."
        raise NearestError(msg)
    if k < 1:
        msg = f"Cannot look for the {k} nearest: ask for at least one."
        raise NearestError(msg)
    return vector


def _nearest(among: np.ndarray, k: int, distance: Callable[[np.ndarray], np.ndarray]) -> Nearest:
    rows, distances = np.zeros(0, dtype=np.int64), np.zeros(0)
    for start in range(0, len(among), _BLOCK):
        block = distance(among[start : start + _BLOCK])
        rows = np.concatenate([rows, np.arange(start, start + len(block))])
        distances = np.concatenate([distances, block])
        best = np.argsort(distances, kind="stable")[:k]
        rows, distances = rows[best], distances[best]
    return Nearest(rows, distances)
