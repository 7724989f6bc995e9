"""Ensembles: many ordered cells of one disordered crystal, their energies, and what follows from them."""

from disgen.ui import frame
from disgen.ui.ensembles.page import show_ensembles

frame.heading(
    "Ensembles",
    "Model a disordered crystal by many ordered cells: distributions of their properties, averages at a temperature, "
    "and where order gives way to disorder.",
)
key, _ = frame.chosen_run()
show_ensembles(key)
