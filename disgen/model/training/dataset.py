"""The entries of a corpus that a training uses, split and in compact form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from disgen.model.checkpoint import SPLITS
from disgen.model.training.state import TrainError
from disgen.representation import SiteArrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from disgen.crystal import WyckoffCrystal
    from disgen.model.config import TrainingConfig


class CorpusLike(Protocol):
    """What training needs of a corpus (`disgen.corpus.build.Corpus`)."""

    @property
    def crystals(self) -> Sequence[WyckoffCrystal]:
        """Canonical crystals."""

    @property
    def index(self) -> pd.DataFrame:
        """A row per crystal; "split_key" and "split_random" say in which split it is."""

    @property
    def fingerprint(self) -> str:
        """The same for corpora with the same crystals."""


@dataclass(frozen=True)
class Dataset:
    """The entries that a training uses, split.

    Attributes:
        index: a row per entry, with the columns "split" and "volume_per_atom" (Å³).
        splits: the crystals of each split, in the order of the index.
        fingerprint: of the corpus.
        excluded: entries left out because of their flag.
    """

    index: pd.DataFrame
    splits: dict[str, SiteArrays]
    fingerprint: str
    excluded: int

    @classmethod
    def from_corpus(cls, corpus: CorpusLike, config: TrainingConfig) -> Dataset:
        """Choose and split the entries.

        Raises:
            TrainError: if the corpus has no such split or too few training entries.
        """
        index = corpus.index.reset_index(drop=True)
        if config.split not in index:
            msg = f"The corpus has no column {config.split!r}: build it again with `disgen corpus build`."
            raise TrainError(msg)
        keep = index[config.split].isin(SPLITS).to_numpy()
        if "uniform_vacancy" in index and not config.include_uniform_vacancy:
            keep = keep & ~index["uniform_vacancy"].to_numpy(dtype=bool)
        crystals = [corpus.crystals[i] for i in np.flatnonzero(keep).tolist()]
        arrays = SiteArrays.from_crystals(crystals)
        kept = index[keep].rename(columns={config.split: "split"}).reset_index(drop=True)
        kept = kept.drop(columns=[name for name in kept if str(name).startswith("split_")])
        volumes = np.array([crystal.volume / crystal.n_atoms for crystal in crystals], dtype=np.float32)
        kept["volume_per_atom"] = volumes.round(2)
        splits = {split: arrays.take((kept["split"] == split).to_numpy()) for split in SPLITS}
        if len(splits["train"]) < 2:  # noqa: PLR2004 (batch normalisation needs two)
            msg = f"The corpus has {len(splits['train'])} training entries: at least 2 are needed."
            raise TrainError(msg)
        return cls(kept, splits, corpus.fingerprint, int((~keep).sum()))
