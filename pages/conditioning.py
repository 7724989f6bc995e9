"""Conditioning: search the latent space for crystals that are as one wants them."""

from disgen.ui import chrome
from disgen.ui.condition_benchmark import show_benchmark
from disgen.ui.conditioning import show_search

chrome.heading(
    "Conditioning",
    "Say what the crystals shall be: elements, symmetry, disorder, cell. A search moves points of the latent space "
    "until their crystals are, and you watch it.",
)
key, run = chrome.chosen_run()
show_search(key, run)
show_benchmark(key)
