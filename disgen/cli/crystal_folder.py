"""A folder of CIFs with the ``manifest.csv`` that lists them: all of one command, whatever ends the next one."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from disgen.crystal import WyckoffCrystal

MANIFEST = "manifest.csv"
FILE = "file"  # the column with the CIFs' names, empty where a row has none
_UNFINISHED = ".unfinished"  # folder of what is being written
_WHOLE = ".whole"  # the same once all is there, and is about to take its place
_BEFORE = "before.csv"  # in it: the manifest of the files that it replaces
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


def write_crystals(
    folder: Path,
    cifs: Iterable[tuple[str, WyckoffCrystal]],
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    beside: Mapping[str, bytes] = _NOTHING,
) -> None:
    """Write CIFs and the manifest in place of those that an earlier command wrote; files that no list names stay.

    All are written beside first, so that a full disk, Ctrl-C or a kill leaves what was there before. While they take
    their places there is no manifest, and the next command goes on with that if this one is killed.

    Args:
        folder: is made if it is not there.
        cifs: each with its name.
        head: the columns of the manifest; one of them is `FILE`.
        rows: of the manifest.
        beside: further files by name.

    Raises:
        OSError: if they cannot be written.
    """
    from disgen.cif import write_cif  # noqa: PLC0415 (help need not wait for it)

    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / _UNFINISHED, ignore_errors=True)
    _take_places(folder)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    unfinished = folder / _UNFINISHED
    try:
        unfinished.mkdir()
        for name, crystal in cifs:
            (unfinished / name).write_text(write_cif(crystal, name.removesuffix(".cif")), encoding="utf-8")
        for name, content in {**beside, MANIFEST: text.getvalue().encode()}.items():
            (unfinished / name).write_bytes(content)
        unfinished.rename(folder / _WHOLE)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    try:
        _take_places(folder)
    except BaseException:
        _take_places(folder)  # all of it is on the disk, and names change in no time: who stops this stops it after
        raise


def _take_places(folder: Path) -> None:
    """Let what was written take its place, if there is anything, from wherever that was stopped."""
    whole = folder / _WHOLE
    if not whole.is_dir():
        return
    before = whole / _BEFORE
    if (folder / MANIFEST).is_file() and (whole / MANIFEST).is_file() and not before.exists():
        (folder / MANIFEST).rename(before)
    if before.is_file():
        for name in _listed(before):
            (folder / name).unlink(missing_ok=True)
        before.unlink()
    for path in sorted(whole.iterdir(), key=lambda path: path.name == MANIFEST):  # it stands for all, so it comes last
        path.replace(folder / path.name)
    whole.rmdir()


def _listed(manifest: Path) -> list[str]:
    """The CIFs beside a manifest that it lists, whoever wrote it; none if it is no table."""
    try:
        with manifest.open(newline="", encoding="utf-8", errors="replace") as lines:
            names = [row.get(FILE) or "" for row in csv.DictReader(lines)]
    except csv.Error:
        return []
    return [name for name in names if name.endswith(".cif") and Path(name).name == name]
