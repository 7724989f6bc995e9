"""Filling positions at random where some of them exclude each other."""

from __future__ import annotations

import numpy as np

PATIENCE = 2000  # moves without any progress after which the search gives up
NOISE = 0.1  # share of moves that go anywhere, so that the search does not get stuck


def fill(owners: np.ndarray, wanted: np.ndarray, excluded: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose a number of positions of each site at random, none of them together with one that it excludes.

    Starts from a random choice and moves atoms of excluded pairs to empty positions of the same site where they are
    in the way of fewest others (min-conflicts search). Atoms for which there is no place are taken away.

    Args:
        owners: (m,) the site of each position.
        wanted: (sites,) positions to fill of each.
        excluded: (p, 2) pairs of positions that must not both be filled.
        rng: random numbers.

    Returns:
        (m,) True for the filled positions.
    """
    filled = np.zeros(len(owners), dtype=bool)
    for site, number in enumerate(wanted):
        filled[rng.permutation(np.flatnonzero(owners == site))[:number]] = True
    if not len(excluded):
        return filled
    both = np.concatenate([excluded, excluded[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    ends = np.searchsorted(both[:, 0], np.arange(1, len(owners)))
    neighbours = np.split(both[:, 1], ends)
    crowd = np.zeros(len(owners), dtype=np.int64)  # filled positions that exclude this one
    np.add.at(crowd, both[:, 0], filled[both[:, 1]])

    fewest, left = len(owners), PATIENCE
    while left and len(clashing := np.flatnonzero(filled & (crowd > 0))):
        fewest, left = (len(clashing), PATIENCE) if len(clashing) < fewest else (fewest, left - 1)
        leaving = rng.choice(clashing)
        filled[leaving] = False
        crowd[neighbours[leaving]] -= 1
        free = np.flatnonzero(~filled & (owners == owners[leaving]))
        if rng.random() > NOISE:
            free = free[crowd[free] == crowd[free].min()]
        arriving = rng.choice(free)
        filled[arriving] = True
        crowd[neighbours[arriving]] += 1
    while (filled & (crowd > 0)).any():
        worst = np.flatnonzero(filled & (crowd == crowd[filled].max()))
        leaving = rng.choice(worst)
        filled[leaving] = False
        crowd[neighbours[leaving]] -= 1
    return filled
