"""Estimators: the samplers of the latent space side by side, by what becomes of their samples."""

from disgen.ui import frame
from disgen.ui.estimators.judgements import show_judgements
from disgen.ui.estimators.page import show_comparison
from disgen.ui.estimators.panels import show_samples

frame.heading(
    "Estimators",
    "Ways to sample the latent space side by side: how many samples of each become legal, valid, neutral and new "
    "crystals, and what they look like.",
)
key, run = frame.chosen_run()
show_judgements(key)
show_comparison(key, run)
show_samples(key, run)
