"""Figures in a run's folder as JSON: written whole, and read with a sentence where they cannot be used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from disgen.files import read_json, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from disgen.errors import DisgenError


def store_figures(path: Path, figures: dict[str, Any]) -> None:
    """Write figures in place of earlier ones."""
    write_file(path, (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode())


def load_figures(
    path: Path, is_whole: Callable[[dict[str, Any]], bool], *, command: str, error: type[DisgenError]
) -> dict[str, Any]:
    """Figures that a file holds.

    Args:
        path: of the file.
        is_whole: whether they are all there; what it raises on figures of another shape counts as damage.
        command: that makes them anew.
        error: raised, with one sentence.

    Raises:
        DisgenError: `error`, if the file is damaged or of another version.
    """
    try:
        figures = read_json(path)
        whole = is_whole(figures)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as reason:
        msg = f"{path} is damaged: run `{command}` again."
        raise error(msg) from reason
    if not whole:
        msg = f"{path} is of another version of the program: run `{command}` again."
        raise error(msg)
    return figures
