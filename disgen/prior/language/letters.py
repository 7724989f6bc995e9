"""Which letters the sites of a crystal can have, and how many sites can follow."""

from __future__ import annotations

from functools import cache

import numpy as np

from disgen import wyckoff
from disgen.representation import MAX_LETTER, MAX_MULTIPLICITY, MAX_SITES


def legal_letters() -> np.ndarray:
    """(231, 27) True where a space group has a letter (1 for a) that the representation can hold."""
    demanded = wyckoff.tables().multiplicity_of[:, : MAX_LETTER + 1]
    return (demanded > 0) & (demanded <= MAX_MULTIPLICITY)


@cache
def positions_from() -> np.ndarray:
    """(231, 27) sites that find a position from each letter of a group on: one a fixed one, nine any other."""
    each = np.where(legal_letters(), np.where(wyckoff.fixed_letters()[:, : MAX_LETTER + 1], 1, MAX_SITES), 0)
    result: np.ndarray = np.minimum(each[:, ::-1].cumsum(axis=1)[:, ::-1], MAX_SITES)
    return result


@cache
def most_sites() -> np.ndarray:
    """(231,) sites that a group has positions for."""
    return positions_from()[:, 1]
