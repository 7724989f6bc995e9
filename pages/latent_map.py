"""Latent map: the test split in the plane, samples among it, and the crystal that a clicked point decodes to."""

from disgen.ui import frame
from disgen.ui.map.page import show_explorer

frame.heading(
    "Latent map",
    "Every point is the latent code of a crystal; near points decode to similar crystals. "
    "Click one to see the disordered crystal that it decodes to.",
)
key, _ = frame.chosen_run()
show_explorer(key)
