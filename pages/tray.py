"""Tray: crystals put aside on the other pages, side by side, to take away and to bring back."""

from disgen.ui import frame
from disgen.ui.tray.page import show_tray

frame.heading(
    "Tray",
    "Crystals that you put aside: name them, compare up to four, take them away in one zip and bring them back.",
)
key, _ = frame.chosen_run()
show_tray(key)
