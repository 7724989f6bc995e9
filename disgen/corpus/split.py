"""Splits into train, validation and test: by crystal, so that near-copies never stand in two, and at random.

Many entries describe one crystal (several refinements, several temperatures). A random split puts such near-copies on
both sides; its figures flatter a model. The paper used one (Section 3.1), so both are kept in the index.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Sequence

SPLITS = ("train", "validation", "test")
FRACTIONS = (0.7, 0.1, 0.2)


def split_by_key(keys: Sequence[str], *, seed: int, fractions: tuple[float, float, float] = FRACTIONS) -> np.ndarray:
    """Assign each entry to a split so that entries with one key stay together.

    The distinct keys are shuffled by a hash of seed and key and laid end to end with as many places as they have
    entries; cuts at the fractions make the splits, and a key belongs where its middle lies. So the fractions hold to
    within one key's entries, the order of the entries does not matter, and new entries move few old ones.

    Args:
        keys: (n,) one text for each entry.
        seed: not negative; the same seed gives the same split.
        fractions: of train, validation and test; their sum is 1.

    Returns:
        (n,) of "train", "validation" and "test", dtype object.

    Raises:
        DisgenError: if the seed is negative or the fractions do not sum to 1.
    """
    if seed < 0:
        msg = f"The seed is {seed}: give a whole number from 0."
        raise DisgenError(msg)
    if min(fractions) < 0 or abs(sum(fractions) - 1.0) > 1e-9:  # noqa: PLR2004 (float noise)
        msg = f"The fractions {fractions} do not sum to 1: give three shares of the whole."
        raise DisgenError(msg)
    distinct, inverse, sizes = np.unique(np.asarray(keys, dtype=object), return_inverse=True, return_counts=True)
    digests = [hashlib.sha256(f"{seed}|{key}".encode()).digest() for key in distinct]
    order = np.array(sorted(range(len(distinct)), key=digests.__getitem__), dtype=np.int64)
    middle = np.empty(len(distinct))
    middle[order] = np.cumsum(sizes[order]) - sizes[order] / 2
    cuts = np.cumsum(fractions)[:-1] * len(keys)
    return np.array(SPLITS, dtype=object)[np.searchsorted(cuts, middle, side="right")][inverse]


def split_at_random(
    sources: Sequence[str], identifiers: Sequence[str], *, seed: int, fractions: tuple[float, float, float] = FRACTIONS
) -> np.ndarray:
    """Assign each entry to a split on its own, whatever it describes, as the paper did.

    Args:
        sources: (n,) source of each entry.
        identifiers: (n,) identifier in the source; together with the source it is unique.
        seed: see `split_by_key`.
        fractions: see `split_by_key`.

    Returns:
        (n,) of "train", "validation" and "test", dtype object.
    """
    names = [f"{source}\n{identifier}" for source, identifier in zip(sources, identifiers, strict=True)]
    return split_by_key(names, seed=seed, fractions=fractions)
