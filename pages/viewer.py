"""Viewer: CIFs of the user's, their crystals in 3D, and what the model makes of them."""

from disgen.ui import chrome
from disgen.ui.upload import show_upload

chrome.heading(
    "Viewer",
    "Upload CIFs: see each crystal with its partial occupancies, how the model reconstructs it, and where it lands.",
)
key, _ = chrome.chosen_run()
show_upload(key)
