"""Known crystals that a new one may belong to: those that come with a run, and those of corpora."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from disgen.corpus.storage import load_corpus
from disgen.crystal import ELEMENTS
from disgen.ensembles.family.isotypism import skeleton
from disgen.errors import DisgenError
from disgen.generation.nearest import composition_shares
from disgen.prior.geometry.templates_file import TEMPLATES, load_known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal


class FamilyError(DisgenError):
    """There is nothing to compare a crystal with; one sentence."""


@dataclass(frozen=True)
class KnownCrystal:
    """A known crystal.

    Attributes:
        crystal: canonical.
        source: the database that it comes from; empty if that is not recorded.
        identifier: its name there.
    """

    crystal: WyckoffCrystal
    source: str = ""
    identifier: str = ""


@dataclass(frozen=True, eq=False)
class KnownCrystals:
    """Known crystals, found by their key, their skeleton and their elements.

    Attributes:
        entries: one of each key.
        names: source and identifier by key of further crystals, of which no more is at hand.
    """

    entries: tuple[KnownCrystal, ...] = field(repr=False)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, entries: Sequence[KnownCrystal], names: Mapping[str, tuple[str, str]] | None = None) -> KnownCrystals:
        """Of several crystals with one key, the first stays.

        Args:
            entries: known crystals.
            names: as in the attribute; those of the entries may be among them.

        Raises:
            FamilyError: if there are none.
        """
        first: dict[str, KnownCrystal] = {}
        for entry in entries:
            first.setdefault(entry.crystal.key, entry)
        if not first:
            msg = "There are no known crystals to compare with: name a corpus, or a run with a learned prior."
            raise FamilyError(msg)
        return cls(tuple(first.values()), {} if names is None else names)

    def __len__(self) -> int:
        """Number of different crystals."""
        return len(self.entries) + sum(key not in self.by_key for key in self.names)

    @cached_property
    def by_key(self) -> dict[str, KnownCrystal]:
        """Crystals by `WyckoffCrystal.key`."""
        return {entry.crystal.key: entry for entry in self.entries}

    @cached_property
    def by_skeleton(self) -> dict[tuple[int, str], np.ndarray]:
        """Rows of isopointal crystals, by `skeleton`."""
        rows: dict[tuple[int, str], list[int]] = defaultdict(list)
        for row, entry in enumerate(self.entries):
            rows[skeleton(entry.crystal)].append(row)
        return {name: np.array(some) for name, some in rows.items()}

    @cached_property
    def shares(self) -> np.ndarray:
        """(n, 100) share of atoms of each element."""
        return np.stack([composition_shares(entry.crystal.composition) for entry in self.entries])

    @cached_property
    def disordered(self) -> np.ndarray:
        """(n,) True for crystals with disordered sites."""
        return np.array([entry.crystal.disordered_sites > 0 for entry in self.entries])

    def within(self, crystal: WyckoffCrystal) -> np.ndarray:
        """Rows of crystals that hold no other elements than this one."""
        others = [number for number, symbol in enumerate(ELEMENTS) if symbol not in crystal.composition]
        return np.flatnonzero(self.shares[:, others].sum(axis=1) == 0.0)

    def around(self, crystal: WyckoffCrystal, more: int) -> np.ndarray:
        """Rows of crystals that hold all of this one's elements, and no more than so many others."""
        own = [number for number, symbol in enumerate(ELEMENTS) if symbol in crystal.composition]
        there = self.shares > 0.0
        return np.flatnonzero(there[:, own].all(axis=1) & (there.sum(axis=1) <= len(own) + more))


def known_of_run(folder: Path) -> KnownCrystals:
    """The known crystals of a run's learned prior, with their names where the run's index has them.

    They are the training split's, and ordered ones of the Materials Project. Of the other splits the index has the keys
    alone, by which the same crystal is recognised.

    Raises:
        PriorError: if the run has no learned prior, or its file is damaged.
    """
    arrays = load_known(folder / "estimators" / TEMPLATES)
    names: dict[str, tuple[str, str]] = {}
    if (folder / "index.parquet").is_file():
        index = pd.read_parquet(folder / "index.parquet", columns=["key", "source", "id"])
        names = dict(zip(index["key"], zip(index["source"], index["id"], strict=True), strict=True))
    entries = [KnownCrystal(crystal, *names.get(crystal.key, ("", ""))) for crystal in arrays.crystals()]
    return KnownCrystals.of(entries, names)


def known_of_corpus(folder: str | Path) -> list[KnownCrystal]:
    """All crystals of a corpus.

    Raises:
        CorpusError: if it is missing or damaged.
    """
    corpus = load_corpus(folder)
    rows = zip(corpus.crystals, corpus.index["source"], corpus.index["id"], strict=True)
    return [KnownCrystal(crystal, str(source), str(identifier)) for crystal, source, identifier in rows]
