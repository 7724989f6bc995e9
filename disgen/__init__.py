"""Dis-GEN Explorer: generate and explore disordered crystals by their Wyckoff sites."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from disgen.drawing.notebook import view

__all__ = ["view"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """`disgen.view`, imported when it is asked for: `import disgen` need not wait for NumPy."""
    if name == "view":
        return import_module("disgen.drawing.notebook").view
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
