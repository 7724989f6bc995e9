"""What the measurements work on: CIFs of the AMCSD, crystals of a corpus if there is one, and a run's decoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from disgen.corpus import amcsd
from disgen.corpus.sources import AMCSD, CifBlock
from disgen.corpus.storage import load_corpus
from disgen.corpus.workers import judge_all
from disgen.model.output import DecoderOutput
from disgen.representation import Rows, SiteArrays

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal

_IMPROBABLE = 1e-6  # probability of what a true representation says is not so


@dataclass(frozen=True)
class Named:
    """A crystal and the entry that it comes from."""

    source: str
    id: str
    crystal: WyckoffCrystal


def corpus_sample(folder: str | Path, n: int | None, seed: int) -> list[Named]:
    """Crystals of a corpus, all or a random sample in the corpus's order.

    Raises:
        CorpusError: if there is no corpus, or it is damaged.
    """
    corpus = load_corpus(folder)
    rows = np.arange(len(corpus.crystals))
    if n is not None and n < len(rows):
        rows = np.sort(np.random.default_rng(seed).choice(rows, n, replace=False))
    sources, identifiers = (corpus.index[column].tolist() for column in ("source", "id"))
    return [Named(sources[row], identifiers[row], corpus.crystals[row]) for row in rows.tolist()]


def amcsd_sample(n: int | None, seed: int, workers: int, *, progress: bool = True) -> list[Named]:
    """Crystals that the AMCSD's own CIFs give, all or the first n of a random order, read on several processes.

    Raises:
        CorpusError: if larixite is not installed.
    """
    entries = (CifBlock(AMCSD, code, text) for code, text in amcsd_texts(seed))
    result: list[Named] = []
    with tqdm(total=n, desc="Reading crystals", unit="", mininterval=0.5, disable=not progress) as bar:
        for verdict in judge_all(entries, workers=workers):
            if verdict.crystal is not None:
                result.append(Named(verdict.source, verdict.id, verdict.crystal))
                bar.update()
            if len(result) == n:
                break
    return result


def amcsd_texts(seed: int) -> list[tuple[str, str]]:
    """(code, CIF) of all entries of the AMCSD, in random order.

    Raises:
        CorpusError: if larixite is not installed.
    """
    texts = list(amcsd.cifs())
    return [texts[index] for index in np.random.default_rng(seed).permutation(len(texts)).tolist()]


def true_output(crystals: Sequence[WyckoffCrystal]) -> DecoderOutput:
    """What a decoder without any error would say about crystals: their representation as its output."""
    a, c = SiteArrays.from_crystals(crystals).dense()
    log_a, log_c = (np.log(np.maximum(values, _IMPROBABLE, dtype=np.float32)) for values in (a, c))
    return DecoderOutput(
        occupancy=a[:, :, Rows.OCCUPANCY],
        multiplicity=log_a[:, :, Rows.MULTIPLICITY],
        disordered=a[:, :, Rows.DISORDERED.start],
        coordinates=a[:, :, Rows.COORDINATES],
        letter=log_a[:, :, Rows.LETTER],
        lattice=c[:, Rows.LATTICE],
        space_group=log_c[:, Rows.SPACE_GROUP],
    )
