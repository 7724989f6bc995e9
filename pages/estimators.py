"""Estimators: the samplers of the latent space side by side, by what becomes of their samples."""

from disgen.ui import chrome
from disgen.ui.estimators import show_comparison
from disgen.ui.judgement_table import show_judgements
from disgen.ui.sample_panels import show_samples

chrome.heading(
    "Estimators",
    "Ways to sample the latent space side by side: how many samples of each become legal, valid, neutral and new "
    "crystals, and what they look like.",
)
key, run = chrome.chosen_run()
show_judgements(key)
show_comparison(key, run)
show_samples(key, run)
