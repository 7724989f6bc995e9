"""Cells and free coordinates: the numbers, the known crystals that they begin from, and the network."""
