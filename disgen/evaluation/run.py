"""Evaluation of a run on one split of the corpus that it was trained on."""

from __future__ import annotations

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

    Raises:
        CorpusError: if the corpus is not the one that the run was trained on.
    """
    if corpus.fingerprint != run.config["corpus"]["fingerprint"]:
        msg = (
            f"The corpus is not the one that run {run.name!r} was trained on: build it from the run's sources, "
            "with the same seed, by `python -m disgen corpus build`."
        )
        raise CorpusError(msg)
    place = {
        identity: number for number, identity in enumerate(zip(corpus.index["source"], corpus.index["id"], strict=True))
    }
    rows = run.split_index(split)
    return [corpus.crystals[place[identity]] for identity in zip(rows["source"], rows["id"], strict=True)]


def store_metrics(run: Run, corpus: Corpus) -> dict[str, ReconstructionError]:
    """Evaluate the validation and test splits and write the figures into the run's metrics.json.

    Raises:
        CorpusError: if the corpus is not the one that the run was trained on.
    """
    figures = {split: evaluate_run(run, corpus, split) for split in ("validation", "test")}
    update_metrics(run, figures)
    return figures
