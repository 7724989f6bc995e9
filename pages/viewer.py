"""Viewer: a CIF of the user's, its crystal in 3D, and what the model makes of it."""

from disgen.ui import chrome
from disgen.ui.upload import show_comparison, uploaded_crystal

chrome.heading(
    "Viewer",
    "Upload a CIF: see its crystal with partial occupancies, and how the model reconstructs it.",
)
key, _ = chrome.chosen_run()
reading = uploaded_crystal(key)
if reading is not None:
    show_comparison(key, reading)
