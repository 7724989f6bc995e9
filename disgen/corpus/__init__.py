"""The training data: sources of crystals, the paper's filters, splits, storage and statistics."""

from disgen.corpus.build import BuildReport, build_corpus
from disgen.corpus.errors import CorpusError
from disgen.corpus.filters import FilterTable
from disgen.corpus.statistics import PANELS, corpus_statistics
from disgen.corpus.storage import Corpus, load_corpus

__all__ = [
    "PANELS",
    "BuildReport",
    "Corpus",
    "CorpusError",
    "FilterTable",
    "build_corpus",
    "corpus_statistics",
    "load_corpus",
]
