"""Evaluation of a run on one split of the corpus that it was trained on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from disgen.corpus.errors import CorpusError
from disgen.evaluation.reconstruction_error import ReconstructionError, reconstruction_error
from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import reconstruct
from disgen.model.checkpoint import update_metrics
from disgen.model.inference import encode_means
from disgen.representation import SiteArrays

if TYPE_CHECKING:
    from disgen.corpus.storage import Corpus
    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)
MAX_STRANGERS = 0.01  # share of a split that may be read differently


def evaluate_run(run: Run, corpus: Corpus, split: str) -> ReconstructionError:
    """Encode a split's crystals, decode their means, and compare.

    Args:
        run: a loaded run.
        corpus: the corpus that it was trained on.
        split: "train", "validation" or "test".

    Raises:
        CorpusError: if the corpus is another one.
    """
    truth = SiteArrays.from_crystals(split_crystals(run, corpus, split))
    output = run.decode(encode_means(run.model, run.scaler, truth))
    return reconstruction_error(
        split, truth, output, reconstruct(output, Decoding.FREE), reconstruct(output, Decoding.EXACT)
    )


def split_crystals(run: Run, corpus: Corpus, split: str) -> list[WyckoffCrystal]:
    """The crystals of a run's split, in the order of its latents.

    Entries are found by their id. Another version of a library may read a handful of them differently, or not at all:
    those are left out with a warning. More than `MAX_STRANGERS` of them, and the corpus is another one.

    Raises:
        CorpusError: if the corpus is not the one that the run was trained on.
    """
    rows = run.split_index(split)
    place = {name: number for number, name in enumerate(corpus.index["id"])}
    numbers = [place.get(name) for name in rows["id"]]
    found = [
        corpus.crystals[number]
        for number, key in zip(numbers, rows["key"], strict=True)
        if number is not None and corpus.crystals[number].key == key
    ]
    if len(found) < (1.0 - MAX_STRANGERS) * len(rows):
        msg = (
            f"The corpus has only {len(found)} of the {len(rows)} {split} crystals of run {run.name!r}: build it from "
            "the run's sources by `python -m disgen corpus build`."
        )
        raise CorpusError(msg)
    if len(found) < len(rows):
        _LOG.warning("%d of %d crystals differ in this corpus and are left out.", len(rows) - len(found), len(rows))
    return found


def store_metrics(run: Run, corpus: Corpus) -> dict[str, ReconstructionError]:
    """Evaluate the validation and test splits and write the figures into the run's metrics.json.

    Raises:
        CorpusError: if the corpus is not the one that the run was trained on.
    """
    figures = {split: evaluate_run(run, corpus, split) for split in ("validation", "test")}
    update_metrics(run, figures)
    return figures
