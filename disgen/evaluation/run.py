"""Evaluation of a run on one split of the corpus that it was trained on."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.corpus.errors import CorpusError
from disgen.corpus.filters import FilterTable
from disgen.corpus.statistics import corpus_statistics
from disgen.evaluation.figures import compare
from disgen.evaluation.reconstruction_error import ReconstructionError, reconstruction_error
from disgen.evaluation.reference import own_reference, store_reference
from disgen.files import read_json, write_file
from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import reconstruct
from disgen.model.checkpoint import update_metrics
from disgen.model.inference import encode_means
from disgen.representation import SiteArrays

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.corpus.storage import Corpus
    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run
    from disgen.model.output import DecoderOutput

_LOG = logging.getLogger(__name__)
MAX_STRANGERS = 0.01  # share of a split that may be read differently
CORPUS_FILE = "corpus.json"
_TOTALS = {
    "crystals",
    "disordered_share",
    "distinct_keys",
    "space_groups",
    "elements",
    "uniform_vacancy_left_out_of_training",
}  # without which there is nothing to show


@dataclass(frozen=True, eq=False)
class _Decoded:
    """Crystals of a split, their places in it, their sources, and their decoded latent means."""

    truth: SiteArrays
    row: np.ndarray
    sources: list[str]
    output: DecoderOutput


def evaluate_run(run: Run, corpus: Corpus, split: str) -> ReconstructionError:
    """Encode a split's crystals, decode their means, and compare.

    Args:
        run: a loaded run.
        corpus: the corpus that it was trained on.
        split: "train", "validation" or "test".

    Raises:
        CorpusError: if the corpus is another one.
        RunError: if the run is a light one without this split.
    """
    return _errors(run, split, _decoded(run, corpus, split))


def split_crystals(run: Run, corpus: Corpus, split: str) -> tuple[np.ndarray, list[WyckoffCrystal]]:
    """The crystals of a run's split, and the place of each among the split's latents, in their order.

    Entries are found by their id. Another version of a library may read a handful of them differently, or not at all:
    those are left out with a warning. More than `MAX_STRANGERS` of them, and the corpus is another one.

    Raises:
        CorpusError: if the corpus is not the one that the run was trained on.
    """
    rows = run.split_index(split)
    place = {name: number for number, name in enumerate(corpus.index["id"])}
    numbers = [place.get(name) for name in rows["id"]]
    found = {
        row: corpus.crystals[number]
        for row, (number, key) in enumerate(zip(numbers, rows["key"], strict=True))
        if number is not None and corpus.crystals[number].key == key
    }
    if len(found) < (1.0 - MAX_STRANGERS) * len(rows):
        msg = (
            f"The corpus has only {len(found)} of the {len(rows)} {split} crystals of run {run.name!r}: build it from "
            "the run's sources by `python -m disgen corpus build`."
        )
        raise CorpusError(msg)
    if len(found) < len(rows):
        _LOG.warning("%d of %d crystals differ in this corpus and are left out.", len(rows) - len(found), len(rows))
    return np.array(list(found), dtype=np.int64), list(found.values())


def store_metrics(run: Run, corpus: Corpus) -> dict[str, ReconstructionError]:
    """Evaluate the validation and test splits, as far as the run holds them, and store with it what its pages show.

    That is the figures of both splits in metrics.json, what Figs. 9 to 11 show of the test split in
    figures.safetensors, what samples are measured against in reference.json, and the statistics of the corpus in
    corpus.json.

    Raises:
        CorpusError: if the corpus is not the one that the run was trained on.
    """
    decoded = {
        split: _decoded(run, corpus, split) for split in ("validation", "test") if len(run.latents.get(split, ()))
    }
    figures = {split: _errors(run, split, part) for split, part in decoded.items()}
    update_metrics(run, figures)
    if "test" in decoded:
        test = decoded["test"]
        compare(test.truth, test.output, test.row).save(run.path)
        if "train" in run.latents:  # or it could not be said what is new
            store_reference(run, own_reference(run, test.truth.crystals()))
    text = json.dumps(corpus_summary(corpus), indent=1, ensure_ascii=False)
    write_file(run.path / CORPUS_FILE, (text + "\n").encode())
    return figures


def corpus_summary(corpus: Corpus) -> dict[str, Any]:
    """The statistics of a corpus without the places on this machine that it was built from."""
    statistics = corpus_statistics(corpus)
    sources = [{name: value for name, value in one.items() if name != "location"} for one in statistics["sources"]]
    return {**statistics, "sources": sources}


def load_corpus_summary(folder: Path) -> dict[str, Any] | None:
    """The statistics of the corpus that a run was trained on; None if the run has none.

    Raises:
        CorpusError: if the file is damaged.
    """
    path = folder / CORPUS_FILE
    if not path.is_file():
        return None
    try:
        found = read_json(path)
        FilterTable.from_dict(found["filters"]).rows()
        sound = found["totals"].keys() >= _TOTALS and isinstance(found["distributions"], dict)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"The corpus statistics in {path} are damaged: run `python -m disgen evaluate --store` again."
        raise CorpusError(msg) from error
    return found if sound else None


def _decoded(run: Run, corpus: Corpus, split: str) -> _Decoded:
    row, crystals = split_crystals(run, corpus, split)
    truth = SiteArrays.from_crystals(crystals)
    output = run.decode(encode_means(run.model, run.scaler, truth))
    return _Decoded(truth, row, run.split_index(split)["source"].iloc[row].tolist(), output)


def _errors(run: Run, split: str, part: _Decoded) -> ReconstructionError:
    kind = run.config.get("corpus", {}).get("split_kind")
    return reconstruction_error(
        split,
        part.truth,
        part.output,
        reconstruct(part.output, Decoding.FREE),
        reconstruct(part.output, Decoding.EXACT),
        sources=part.sources,
        split_kind=str(kind).removeprefix("split_") if kind else None,
    )
