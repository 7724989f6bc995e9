"""Files that are there completely or not at all, and files of which nothing is known before they are read."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LARGEST_JSON = 100_000_000  # bytes
_TRIAL = 65_536  # bytes


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it is there completely or not at all, whenever the program is killed or the disk is full."""
    write_files({path: content})


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write files that belong together, so that new ones are never taken for a whole with old ones.

    All are on the disk before the first one takes its place, so a full disk leaves the old ones. The last one stands
    for all: while the others take their places it is gone, so that a kill in between leaves what counts as missing.

    Args:
        files: contents by path; the last is the one without which the others are not read.
    """
    parts = {path: path.with_name(path.name + ".part") for path in files}
    try:
        for path, content in files.items():
            _write_through(parts[path], content)
        if len(parts) > 1:
            list(files)[-1].unlink(missing_ok=True)
        for path, part in parts.items():
            part.replace(path)
    except OSError:
        for part in parts.values():
            part.unlink(missing_ok=True)  # what was written of it takes the room that is missing
        raise


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_json(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds, whoever wrote it.

    Raises:
        OSError: if it cannot be opened.
        ValueError: if it is no JSON, no object, larger than `LARGEST_JSON`, or nested deeper than Python can follow.
    """
    if path.stat().st_size > LARGEST_JSON:
        msg = f"it is larger than {LARGEST_JSON // 1_000_000} MB"
        raise ValueError(msg)
    try:
        found = json.loads(path.read_bytes())
    except RecursionError as error:
        msg = "it is nested too deeply"
        raise ValueError(msg) from error
    if not isinstance(found, dict):
        msg = "it holds no object"
        raise ValueError(msg)  # noqa: TRY004 (what callers expect of a damaged file)
    return found


def require_writable(folder: Path) -> None:
    """See that files can be written into a folder, or where it would be made: some bytes, taken away again at once.

    Raises:
        OSError: if not.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    try:
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(bytes(_TRIAL))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error  # not the file of the trial


def replace_folder(folder: Path, by: Path) -> None:
    """Put a folder in another one's place; killed in between, `restore_folder` gives the old one back.

    Raises:
        OSError: if that is not possible.
    """
    before = _before(folder)
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():
        folder.rename(before)
    by.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def restore_folder(folder: Path) -> None:
    """Give a folder back that `replace_folder` was about to replace when the program was killed, if it was."""
    if not folder.exists() and _before(folder).is_dir():
        _before(folder).rename(folder)


def _before(folder: Path) -> Path:
    return folder.with_name(folder.name + ".before")
