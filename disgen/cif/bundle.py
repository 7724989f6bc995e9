"""The CIFs in what a person hands over: files as they are, zips of them unpacked in memory.

Nothing is ever written to a disk, and no name in a zip is used as a path. A zip is judged by its table of contents
before anything is unpacked, and each file is unpacked no further than it may be large.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_CIF = 1_000_000  # bytes
LARGEST_ZIP = 5_000_000
LARGEST_UNPACKED = 30_000_000  # of a zip
MOST_FILES = 100  # CIFs handed over at once
MOST_ENTRIES = 1000  # of a zip, of whatever kind
LONGEST_NAME = 60  # characters shown
_ARCHIVES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst")
_ARCHIVE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_ZIP_STARTS = _ARCHIVE_STARTS[:2]
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What reading a damaged or unusual zip may raise.
DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError, NotImplementedError)


class BundleError(DisgenError):
    """What was handed over cannot be taken; the message is one sentence."""


@dataclass(frozen=True)
class CifFile:
    """One file.

    Attributes:
        name: for people; its folder is left out, and so is what cannot be printed.
        content: empty if there is a problem.
        problem: one sentence why it is not to be read; empty if it is.
    """

    name: str
    content: bytes = field(repr=False, default=b"")
    problem: str = ""


def cif_files(handed: Sequence[tuple[str, bytes]]) -> tuple[CifFile, ...]:
    """The CIFs among files and in zips of them, in their order; files in a zip that are no CIFs are left out.

    Args:
        handed: names and contents.

    Raises:
        BundleError: if a zip is damaged, too large, hostile or without a CIF, or there are too many CIFs.
    """
    found: list[CifFile] = []
    for name, content in handed:
        if content.startswith(_ZIP_STARTS) or name.lower().endswith(".zip"):
            found += _unpacked(shown_name(name), content)
        else:
            found.append(_checked(shown_name(name), content))
    if len(found) > MOST_FILES:
        msg = f"There are {len(found)} CIFs; at most {MOST_FILES} are read at once: give fewer."
        raise BundleError(msg)
    return tuple(found)


def shown_name(path: str) -> str:
    """The last part of a path, printable, of at most `LONGEST_NAME` characters, in which the ending stays."""
    last = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    name = "".join(letter for letter in last if letter.isprintable()).strip() or "unnamed"
    if len(name) > LONGEST_NAME:
        ending = PurePosixPath(name).suffix[-8:]
        name = name[: LONGEST_NAME - len(ending) - 1] + "…" + ending
    return name


def _checked(name: str, content: bytes) -> CifFile:
    if content.startswith(_ARCHIVE_STARTS):
        return CifFile(name, problem="The file is an archive of another kind than zip: unpack it first.")
    if len(content) > LARGEST_CIF:
        return CifFile(name, problem=f"The file is larger than {LARGEST_CIF // 1_000_000} MB: give one structure.")
    return CifFile(name, content)


def _unpacked(name: str, content: bytes) -> list[CifFile]:
    if len(content) > LARGEST_ZIP:
        msg = f"{name} is larger than {LARGEST_ZIP // 1_000_000} MB: give fewer CIFs."
        raise BundleError(msg)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            entries = [entry for entry in bundle.infolist() if not entry.is_dir()]
            problem = _problem(name, entries)
            files = [] if problem else [_entry(bundle, entry) for entry in entries if _is_wanted(entry.filename)]
    except DAMAGED as error:
        msg = f"{name} is no zip, or a damaged one: pack the CIFs anew."
        raise BundleError(msg) from error
    if problem:
        raise BundleError(problem)
    if not files:
        msg = f"{name} holds no file whose name ends with .cif: add one."
        raise BundleError(msg)
    return files


def _problem(name: str, entries: Sequence[zipfile.ZipInfo]) -> str:
    """What is wrong with a zip by its table of contents, one sentence; empty if it may be unpacked."""
    cifs = sum(_is_wanted(entry.filename) for entry in entries)
    if cifs > MOST_FILES or len(entries) > MOST_ENTRIES:
        return f"{name} holds more than {MOST_FILES} CIFs, or more than {MOST_ENTRIES} files: give fewer."
    if sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        return f"Unpacked, {name} is larger than {LARGEST_UNPACKED // 1_000_000} MB: give fewer CIFs."
    if any(entry.flag_bits & 1 for entry in entries):
        return f"{name} is locked by a password: pack the CIFs without one."
    if any(entry.compress_type not in _PACKINGS for entry in entries):
        return f"{name} is packed in an unusual way: pack the CIFs as an ordinary zip."
    outside = next((entry.orig_filename for entry in entries if _leads_outside(entry.orig_filename)), None)
    if outside is not None:
        return f"{name} holds {shown_name(outside)!r} with a path that leads out of its folder: pack the CIFs anew."
    return ""


def _entry(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo) -> CifFile:
    name = shown_name(entry.filename)
    if name.lower().endswith(_ARCHIVES):
        return CifFile(name, problem="This is an archive inside the zip: unpack it first.")
    with bundle.open(entry) as file:
        return _checked(name, file.read(LARGEST_CIF + 1))


def _is_wanted(path: str) -> bool:
    """True for CIFs, and for archives, of which a word must be said; not for what systems add by themselves."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in re.split(r"[/\\]", path))
    return not hidden and path.lower().endswith((".cif", *_ARCHIVES))


def _leads_outside(path: str) -> bool:
    parts = re.split(r"[/\\]", path)
    return ".." in parts or parts[0] == "" or bool(re.match(r"[A-Za-z]:", path)) or "\0" in path
