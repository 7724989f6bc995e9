"""What the learned prior learns from: the training split, ordered crystals beside it, and isovalent relatives of both.

Of the ordered crystals those are left out that stand in the validation or test split, amounts and geometry aside, so
that a test crystal that is found again has been found.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from disgen.canonical import canonicalise_many
from disgen.prior.exchange import Exchange
from disgen.prior.language.tokens import CORPUS, LONGEST, ORDERED, RELATED, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of a batch, at the beginning and at the end of a training; in between they change evenly.

    Attributes:
        ordered: share of ordered crystals from beside the corpus.
        exchanged: share of all in which elements are exchanged.
    """

    ordered: tuple[float, float]
    exchanged: tuple[float, float]


class Batch(NamedTuple):
    """Crystals to learn from at once.

    Attributes:
        crystals: n canonical crystals.
        source: (n,) where each comes from (`disgen.prior.language.tokens`).
        keys: those of the crystals that they are, or are relatives of.
    """

    crystals: list[WyckoffCrystal]
    source: np.ndarray
    keys: list[str]


@dataclass(frozen=True, eq=False)
class Material:
    """Crystals to learn from.

    Attributes:
        corpus: canonical crystals of the training split.
        chance: (n,) of each of them to be drawn: one over the root of the number of its copies.
        ordered: canonical ordered crystals from elsewhere, may be none.
        exchange: how elements are exchanged.
    """

    corpus: tuple[WyckoffCrystal, ...]
    chance: np.ndarray
    ordered: tuple[WyckoffCrystal, ...]
    exchange: Exchange

    @classmethod
    def of(
        cls, train: Sequence[WyckoffCrystal], held_out: Sequence[WyckoffCrystal], ordered: Sequence[WyckoffCrystal] = ()
    ) -> Self:
        """Material without what is held out.

        Args:
            train: canonical crystals of the training split.
            held_out: those of the validation and test splits.
            ordered: canonical ordered crystals from elsewhere.
        """
        train = tuple(crystal for crystal in train if len(sentence(crystal)) <= LONGEST)
        copies = Counter(crystal.key for crystal in train)
        weight = np.array([copies[crystal.key] ** -0.5 for crystal in train])
        forbidden = {without_amounts(crystal) for crystal in held_out}
        beside: dict[str, WyckoffCrystal] = {}
        for crystal in ordered:
            if without_amounts(crystal) not in forbidden and len(sentence(crystal)) <= LONGEST:
                beside.setdefault(crystal.key, crystal)
        return cls(train, weight / weight.sum(), tuple(beside.values()), Exchange.like(train))

    def draw(self, n: int, shares: Shares, progress: float, rng: np.random.Generator) -> Batch:
        """Draw canonical crystals.

        Args:
            n: how many.
            shares: of which kinds.
            progress: share of the training that is over, 0 to 1.
            rng: source of randomness.
        """
        beside, exchanged = (first + progress * (last - first) for first, last in (shares.ordered, shares.exchanged))
        m = rng.binomial(n, beside) if self.ordered else 0
        chosen = [self.corpus[index] for index in rng.choice(len(self.corpus), size=n - m, p=self.chance)]
        chosen += [self.ordered[index] for index in rng.integers(max(len(self.ordered), 1), size=m)]
        source = np.repeat([CORPUS, ORDERED], [n - m, m])
        keys = [crystal.key for crystal in chosen]
        changed = np.flatnonzero(rng.random(n) < exchanged).tolist()
        relatives = canonicalise_many([self.exchange(chosen[index], rng) for index in changed])
        for index, relative in zip(changed, relatives, strict=True):
            chosen[index] = relative
        source[changed] += RELATED
        return Batch(chosen, source, keys)


def keys_file(crystals: Sequence[WyckoffCrystal]) -> bytes:
    """The file of keys of crystals that do not count as new once they lie beside a prior."""
    table = pa.table({"key": sorted({crystal.key for crystal in crystals})})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=19)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def without_amounts(crystal: WyckoffCrystal) -> str:
    """Text that crystals share which have the same space group, letters and species on each site."""
    sites = sorted(site.letter + "".join(symbol for symbol, _ in site.occupancies) for site in crystal.sites)
    return f"{crystal.space_group}|" + "|".join(sites)
