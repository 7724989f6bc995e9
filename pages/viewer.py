"""Viewer: CIFs of the user's, their crystals in 3D, and what the model makes of them."""

from disgen.ui import frame
from disgen.ui.upload.page import show_upload

frame.heading(
    "Viewer",
    "Upload CIFs: see each crystal with its partial occupancies, how the model reconstructs it, and where it lands.",
)
key, _ = frame.chosen_run()
show_upload(key)
