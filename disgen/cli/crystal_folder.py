"""A folder of CIFs with the ``manifest.csv`` that lists them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from disgen.files import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disgen.crystal import WyckoffCrystal

MANIFEST = "manifest.csv"
_UNFINISHED = "manifest.csv.unfinished"  # what a command that was killed while it wrote leaves
FILE = "file"  # the column with the CIFs' names, empty where a row has none


def prepare(folder: Path) -> Path:
    """Make a folder, or take the CIFs out of it that an earlier command wrote: they are not of this command.

    Files that no list names stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for listed in (folder / MANIFEST, folder / _UNFINISHED):
        if listed.is_file():
            with listed.open(newline="", encoding="utf-8") as lines:
                names = [row.get(FILE) or "" for row in csv.DictReader(lines)]
            for name in names:
                if name.endswith(".cif") and Path(name).name == name:
                    (folder / name).unlink(missing_ok=True)
            listed.unlink()
    return folder


def write_crystals(
    folder: Path, cifs: Iterable[tuple[str, WyckoffCrystal]], head: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write CIFs and the manifest, which is there once all of them are; until then an unfinished one lists them.

    Args:
        folder: that `prepare` made.
        cifs: each with its name.
        head: the columns of the manifest; one of them is `FILE`.
        rows: of the manifest.

    Raises:
        OSError: if they cannot be written; then none of them is left.
    """
    from disgen.cif import write_cif  # noqa: PLC0415 (help need not wait for it)

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    write_file(folder / _UNFINISHED, text.getvalue().encode())
    try:
        for name, crystal in cifs:
            (folder / name).write_text(write_cif(crystal, name.removesuffix(".cif")), encoding="utf-8")
        (folder / _UNFINISHED).replace(folder / MANIFEST)
    except OSError:
        prepare(folder)
        raise
