"""Where the latent points of a search have been: enough of its steps to draw paths, and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from disgen.search.settings import Step

MOST = 48  # steps that are kept; a path has no more corners


@dataclass(frozen=True, eq=False)
class SearchPath:
    """How the best of one latent point changed.

    Attributes:
        latent: its index in the batch.
        steps: (k,) at which it was as it is in the same row of z.
        z: (k, d), consecutive rows differ.
        places: (k, 2) on the map.
    """

    latent: int
    steps: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    places: np.ndarray = field(repr=False)


class History:
    """The latents of some steps, evenly spread over the search so far.

    Attributes:
        stride: every so many steps one is kept; it doubles whenever there are too many.
    """

    def __init__(self) -> None:
        self.stride = 1
        self._kept: list[tuple[int, np.ndarray]] = []

    def add(self, step: Step) -> None:
        """Remember a step, unless it falls between those that are kept."""
        if step.step % self.stride:
            return
        self._kept.append((step.step, step.z))
        if len(self._kept) > MOST:
            self.stride *= 2
            self._kept = [kept for kept in self._kept if kept[0] % self.stride == 0]

    def of(self, latent: int, last: Step) -> tuple[np.ndarray, np.ndarray]:
        """Steps (k,) and latents (k, d) of one point, without those at which it had not changed.

        Args:
            latent: index of the point in the batch.
            last: step at which the path ends.
        """
        kept = [*self._kept, (last.step, last.z)]
        z = np.stack([z[latent] for _, z in kept])
        moved = np.concatenate([[True], (z[1:] != z[:-1]).any(axis=1)])
        return np.array([step for step, _ in kept])[moved], z[moved]
