"""Conditioning: search the latent space for crystals that are as one wants them."""

from disgen.ui import frame
from disgen.ui.conditioning.benchmark import show_benchmark
from disgen.ui.conditioning.page import show_search

frame.heading(
    "Conditioning",
    "Say what the crystals shall be: elements, symmetry, disorder, cell. A search moves points of the latent space "
    "until their crystals are, and you watch it.",
)
key, run = frame.chosen_run()
show_search(key, run)
show_benchmark(key)
