"""Corpus: what the chosen model was trained on, in distributions, and a search among its entries."""

from disgen.ui import chrome
from disgen.ui.corpus import show_search, show_statistics

chrome.heading(
    "Corpus",
    "What this model was trained and tested on: the paper's distributions for our open data, and every entry by "
    "formula, elements and space group.",
)
key, run = chrome.chosen_run()
show_search(key, run)
show_statistics(key)
