"""Corpus: what the chosen model was trained on, in distributions, and a search among its entries."""

from disgen.ui import frame
from disgen.ui.corpus.page import show_search, show_statistics

frame.heading(
    "Corpus",
    "What this model was trained and tested on: the paper's distributions for our open data, and every entry by "
    "formula, elements and space group.",
)
key, run = frame.chosen_run()
show_search(key, run)
show_statistics(key)
