"""Reconstruction: the paper's tables and figures for the chosen model, and the crystal behind any point."""

from disgen.ui import frame
from disgen.ui.reconstruction.page import show_figures, show_losses, show_tables

frame.heading(
    "Reconstruction",
    "How well crystals survive the way to their latent code and back: the paper's tables and figures for this model.",
)
key, run = frame.chosen_run()
show_tables(run)
show_figures(key)
show_losses(key)
