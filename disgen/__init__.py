"""Dis-GEN Explorer: generate and explore disordered crystals by their Wyckoff sites."""

__version__ = "0.1.0"
