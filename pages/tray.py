"""Tray: crystals put aside on the other pages, side by side, to take away and to bring back."""

from disgen.ui import chrome
from disgen.ui.tray_page import show_tray

chrome.heading(
    "Tray",
    "Crystals that you put aside: name them, compare up to four, take them away in one zip and bring them back.",
)
chrome.chosen_run()
show_tray()
