"""What a selection of crystals has in common, set against the whole that it was selected from.

A feature counts for as much as it surprises. Were n of N crystals drawn without regard to a feature that K of the N
have, the number k of those among the n would be hypergeometric, and

    z = (k − n K / N) / √(n (K / N) (1 − K / N) (N − n) / (N − 1))

says how many standard deviations the selection is from that.

| symbol | variable | unit, shape |
|---|---|---|
| k, K | `Share.inside`, `Share.outside` | crystals with the feature: selected, of all |
| n, N | `Share.selected`, `Share.total` | crystals: selected, all |
| z | `Share.surprise` | standard deviations |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Share:
    """How often one feature occurs among selected crystals and among all.

    Attributes:
        kind: what sort of feature it is, such as "element".
        name: the feature.
        inside: selected crystals that have it.
        selected: selected crystals.
        outside: crystals that have it, of all.
        total: all crystals.
    """

    kind: str
    name: str
    inside: int
    selected: int
    outside: int
    total: int

    @property
    def of_selected(self) -> float:
        """Share of the selected crystals that have the feature."""
        return self.inside / self.selected

    @property
    def of_all(self) -> float:
        """Share of all crystals that have the feature."""
        return self.outside / self.total

    @property
    def surprise(self) -> float:
        """Standard deviations from a selection without regard to the feature; 0 if there is nothing to choose from."""
        spread = self.selected * self.of_all * (1.0 - self.of_all)
        spread *= (self.total - self.selected) / max(1, self.total - 1)
        return (self.inside - self.selected * self.of_all) / spread**0.5 if spread > 0.0 else 0.0


def column_shares(kind: str, values: Sequence[object] | np.ndarray, selected: np.ndarray) -> tuple[Share, ...]:
    """Shares of the values of a column, of which each crystal has one.

    Args:
        kind: of the features.
        values: (n,) of all crystals.
        selected: (n,) bool, at least one True.

    Raises:
        DisgenError: if nothing is selected.
    """
    codes, names = pd.factorize(pd.Series(values))
    inside, outside = (np.bincount(part, minlength=len(names)) for part in (codes[selected], codes))
    return _shares(kind, [str(name) for name in names], inside, outside, selected)


def flag_shares(kind: str, names: Sequence[str], flags: np.ndarray, selected: np.ndarray) -> tuple[Share, ...]:
    """Shares of features of which a crystal may have several.

    Args:
        kind: of the features.
        names: (m,) of the features.
        flags: (n, m) bool, which crystals have which.
        selected: (n,) bool, at least one True.

    Raises:
        DisgenError: if nothing is selected.
    """
    return _shares(kind, names, flags[selected].sum(axis=0), flags.sum(axis=0), selected)


def most_surprising(found: Iterable[Share], k: int) -> tuple[Share, ...]:
    """The k shares that tell most of a selection: higher than in the whole, the most surprising first."""
    higher = [share for share in found if share.surprise > 0.0]
    return tuple(sorted(higher, key=lambda share: -share.surprise)[:k])


def _shares(
    kind: str, names: Sequence[str], inside: np.ndarray, outside: np.ndarray, selected: np.ndarray
) -> tuple[Share, ...]:
    count = int(selected.sum())
    if not count:
        msg = "Nothing is selected, so there is nothing that it could share: select at least one crystal."
        raise DisgenError(msg)
    return tuple(
        Share(kind, name, int(here), count, int(everywhere), len(selected))
        for name, here, everywhere in zip(names, inside, outside, strict=True)
        if here
    )
