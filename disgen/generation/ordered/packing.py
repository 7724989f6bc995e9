"""Filling positions that exclude each other with as many atoms as they can hold, by integer programming.

| symbol | variable | meaning |
|---|---|---|
| x_p | `filled` | 1 if position p holds an atom; x_p + x_q <= 1 for positions that exclude each other |
| h_sE, a_sE | `home`, `away` | atoms of E on site s, of those that belong there, and of those that belong elsewhere |

The sum of x_p is made as large as can be; of equals that with the fewest atoms away, of these the seed's choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SECONDS = 10.0  # after which the best filling so far is taken
_AWAY = 0.01  # of an atom: what it costs to put one on another site than its own
_CHOICE = 1e-5  # of an atom: by which the seed prefers a position


@dataclass(frozen=True)
class Packing:
    """A filling.

    Attributes:
        filled: (m,) True for the filled positions.
        counts: (sites, elements) atoms on each site.
    """

    filled: np.ndarray
    counts: np.ndarray


def pack(
    owners: np.ndarray, wanted: np.ndarray, allowed: np.ndarray, excluded: np.ndarray, rng: np.random.Generator
) -> Packing | None:
    """As many atoms as can be, on the sites where they belong or else on others that hold their element.

    The same for the same generator, unless the time runs out; None if it does before any filling is found.

    Args:
        owners: (m,) the site of each position.
        wanted: (sites, elements) atoms that belong to each site.
        allowed: (sites, elements) True where atoms of an element may be put that belong elsewhere.
        excluded: (p, 2) pairs of positions that must not both be filled.
        rng: decides between equally good fillings.
    """
    from scipy.optimize import Bounds, milp  # noqa: PLC0415 (heavy, and needed here only)

    m, k = len(owners), wanted.size
    worth = np.concatenate([1.0 + _CHOICE * rng.random(m), np.zeros(k), np.full(k, -_AWAY)])
    most = np.concatenate([np.ones(m), wanted.ravel(), (allowed * wanted.sum(axis=0)).ravel()])
    solution = milp(
        -worth,
        integrality=np.ones(len(worth)),
        bounds=Bounds(0.0, most),
        constraints=_constraints(owners, wanted, excluded),
        options={"time_limit": SECONDS, "mip_rel_gap": 0.0},
    )
    if solution.x is None:
        return None
    found = np.rint(solution.x).astype(np.int64)
    return Packing(found[:m] > 0, (found[m : m + k] + found[m + k :]).reshape(wanted.shape))


def _constraints(owners: np.ndarray, wanted: np.ndarray, excluded: np.ndarray) -> list[object]:
    """One of a pair; on each site as many atoms as filled positions; of each element no more than there are."""
    from scipy.optimize import LinearConstraint  # noqa: PLC0415
    from scipy.sparse import coo_array, eye_array, hstack, kron  # noqa: PLC0415

    (sites, elements), m, p = wanted.shape, len(owners), len(excluded)
    of_pairs = coo_array((np.ones(2 * p), (np.repeat(np.arange(p), 2), excluded.ravel())), shape=(p, m))
    of_sites = coo_array((np.ones(m), (owners, np.arange(m))), shape=(sites, m))
    atoms_on = kron(eye_array(sites), np.ones((1, elements)))
    atoms_of = kron(np.ones((1, sites)), eye_array(elements))
    no_counts, no_places = coo_array((p, 2 * wanted.size)), coo_array((elements, m))
    return [
        LinearConstraint(hstack([of_pairs, no_counts], format="csr"), -np.inf, 1.0),
        LinearConstraint(hstack([of_sites, -atoms_on, -atoms_on], format="csr"), 0.0, 0.0),
        LinearConstraint(hstack([no_places, atoms_of, atoms_of], format="csr"), -np.inf, wanted.sum(axis=0)),
    ]
