"""What the judges need to know of crystals once they are gone: their descriptors, keys and mixtures."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from disgen.evaluation.fidelity.descriptor import describe
from disgen.evaluation.fidelity.mixtures import Mixtures, mixtures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disgen.crystal import WyckoffCrystal

_AMOUNT = re.compile(r"\d\.\d+")


@dataclass(frozen=True, eq=False)
class Traits:
    """Of n crystals.

    Attributes:
        descriptor: (n, features) float32 (`disgen.evaluation.fidelity.descriptor`).
        key: (n,) their keys.
        mixtures: their mixed sites.
    """

    descriptor: np.ndarray
    key: np.ndarray
    mixtures: Mixtures

    @classmethod
    def of(cls, crystals: Sequence[WyckoffCrystal], together: np.ndarray) -> Traits:
        """The traits of canonical crystals with at least one site each.

        Args:
            crystals: n crystals.
            together: as in `disgen.evaluation.fidelity.mixtures.mixtures`.
        """
        keys = np.array([crystal.key for crystal in crystals], dtype=object)
        return cls(describe(crystals), keys, mixtures(crystals, together))

    @classmethod
    def concatenate(cls, parts: Sequence[Traits]) -> Traits:
        """The parts, at least one, one after the other."""
        mixed = {
            item.name: np.concatenate([getattr(part.mixtures, item.name) for part in parts])
            for item in fields(Mixtures)
        }
        return cls(
            np.concatenate([part.descriptor for part in parts]),
            np.concatenate([part.key for part in parts]),
            Mixtures(**mixed),
        )

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.descriptor)

    def __getitem__(self, chosen: np.ndarray) -> Traits:
        """Those of some crystals, by a mask (n,) or numbers."""
        mixed = {item.name: getattr(self.mixtures, item.name)[chosen] for item in fields(Mixtures)}
        return Traits(self.descriptor[chosen], self.key[chosen], Mixtures(**mixed))


def without_amounts(keys: Iterable[str]) -> list[str]:
    """Keys that crystals share which have the same space group, letters and species on them, in any amounts."""
    return ["|".join(sorted(_AMOUNT.sub("", key).split("|"))) for key in keys]
