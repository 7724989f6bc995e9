"""Dis-GEN Explorer: generate and explore disordered crystals by their Wyckoff sites."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("disgen-explorer")
except PackageNotFoundError:  # the app runs from a plain clone, where nothing is installed as a package
    __version__ = "0.1.0"
