"""A folder of CIFs with the ``manifest.csv`` that lists them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from disgen.files import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MANIFEST = "manifest.csv"
FILE = "file"  # the column with the CIFs' names, empty where a row has none


def prepare(folder: Path) -> Path:
    """Make a folder, or take the CIFs out of it that an earlier manifest lists: they are not of this command.

    Files that no manifest names stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / MANIFEST
    if manifest.is_file():
        with manifest.open(newline="", encoding="utf-8") as lines:
            names = [row.get(FILE) or "" for row in csv.DictReader(lines)]
        for name in names:
            if name.endswith(".cif") and Path(name).name == name:
                (folder / name).unlink(missing_ok=True)
        manifest.unlink()
    return folder


def write_manifest(folder: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write the manifest; one of its columns is `FILE`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    write_file(folder / MANIFEST, text.getvalue().encode())
