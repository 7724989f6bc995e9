"""Where crystals come from: the AMCSD inside `larixite`, a folder, archive or table of CIFs, or one CIF file.

Every source is read as a stream of `CifBlock`, the text of one CIF block. Nothing is downloaded and nothing is
written. A file that cannot be read still gives an entry, with no text, so that it is counted.
"""

from __future__ import annotations

import hashlib
import logging
import re
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from disgen.cif.text import MAX_BYTES as LARGEST
from disgen.corpus import amcsd, tables
from disgen.corpus.archives import MAX_BYTES, damage_told, is_cif, is_tar, tar_files, zip_files
from disgen.corpus.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator

AMCSD = "amcsd"
Kind = Literal["amcsd", "folder", "tar", "zip", "cif", "table"]

_SUFFIX = ".cif"
_ARCHIVE_SUFFIX = re.compile(r"(\.tar(\.\w+)?|\.t[gbx]z2?|\.zip|\.cif|\.csv(\.\w+)?)$", re.IGNORECASE)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CifBlock:
    """One crystal as its source gives it.

    Attributes:
        source: short name of the source, for example ``amcsd``.
        id: name of the entry in its source.
        text: the CIF block, empty if the file could not be read.
    """

    source: str
    id: str
    text: str


@dataclass(frozen=True)
class Source:
    """A place that entries come from.

    Attributes:
        location: ``amcsd`` or a path, as given.
        name: short name that the index uses.
        kind: what the location is.
    """

    location: str
    name: str
    kind: Kind

    def entries(self) -> Iterator[CifBlock]:
        """Entries in a fixed order.

        Raises:
            CorpusError: if an archive ends early or is damaged.
        """
        if self.kind == "amcsd":
            for code, text in amcsd.cifs():
                yield CifBlock(self.name, code, text)
            return
        if self.kind == "table":
            for identifier, text in tables.cifs(Path(self.location)):
                yield CifBlock(self.name, identifier, text)
            return
        for identifier, data in _files(self):
            yield from _entries_of_file(self.name, identifier, data)

    def count(self) -> int:
        """Number of files (of entries for the AMCSD); a file with several blocks gives more entries.

        Raises:
            CorpusError: as for `entries`.
        """
        if self.kind == "amcsd":
            return amcsd.count()
        if self.kind == "table":
            return tables.count(Path(self.location))
        if self.kind == "folder":
            return len(_cif_paths(Path(self.location)))
        if self.kind == "zip":
            with damage_told(Path(self.location)), zipfile.ZipFile(self.location) as archive:
                return sum(is_cif(name) for name in archive.namelist())
        if self.kind == "tar":
            return sum(1 for _ in tar_files(Path(self.location), read=False))
        return 1

    def version(self) -> str:
        """What pins the content: larixite's version, or the SHA-256 of a file; empty for a folder."""
        if self.kind == "amcsd":
            return f"larixite {version('larixite')}"
        if self.kind == "folder":
            return ""
        with Path(self.location).open("rb") as stream:
            return f"sha256 {hashlib.file_digest(stream, 'sha256').hexdigest()}"


def open_source(location: str) -> Source:
    """The source at a location, without reading its entries.

    Args:
        location: ``amcsd``, or the path of a folder, a tar or zip archive, a CIF file, or a table with a column of CIFs
            (`disgen.corpus.tables`).

    Raises:
        CorpusError: if there is nothing there, or nothing that can hold CIFs.
    """
    if location == AMCSD:
        amcsd.database_path()
        return Source(location, AMCSD, "amcsd")
    if not location.strip():
        msg = "The name of a source is empty: give 'amcsd', a folder or archive of CIFs, or a CIF file."
        raise CorpusError(msg)
    path = Path(location)
    if path.resolve() == Path(path.resolve().anchor):
        msg = f"The source {location!r} is the whole disk: give the folder that the CIFs are in."
        raise CorpusError(msg)
    if not path.exists():
        msg = f"There is no source {location!r}: give 'amcsd', a folder or archive of CIFs, or a CIF file."
        raise CorpusError(msg)
    name = _ARCHIVE_SUFFIX.sub("", path.resolve().name) or path.resolve().name
    return Source(location, name, _kind_of(path))


def open_sources(locations: list[str]) -> list[Source]:
    """The sources at several locations, with distinct names.

    Raises:
        CorpusError: if there are none, one cannot be used, or one is given twice.
    """
    if not locations:
        msg = "A corpus needs at least one source: give 'amcsd', a folder or archive of CIFs, or a CIF file."
        raise CorpusError(msg)
    sources: list[Source] = []
    for location in locations:
        source = open_source(location)
        if any(_same_place(source.location, other.location) for other in sources):
            msg = f"The source {location!r} is given twice: name each source once."
            raise CorpusError(msg)
        taken = {other.name for other in sources}
        names = (f"{source.name}-{number}" for number in range(2, len(sources) + 3))
        name = source.name if source.name not in taken else next(name for name in names if name not in taken)
        sources.append(Source(source.location, name, source.kind))
    return sources


def split_blocks(text: str) -> list[tuple[str, str]]:
    """The data blocks of a CIF that hold atoms, as (name, text); the whole text under "" if there are not several.

    Only lines outside of text fields (between lines that start with a semicolon) can start a block.
    """
    if len(re.findall(r"^data_", text, re.IGNORECASE | re.MULTILINE)) < 2:  # noqa: PLR2004 (nothing to split)
        return [("", text)]
    blocks: list[tuple[str, list[str]]] = []
    in_text_field = False
    for line in text.splitlines(keepends=True):
        if line.startswith(";"):
            in_text_field = not in_text_field
        elif not in_text_field and line[:5].lower() == "data_":
            words = line[5:].split()
            blocks.append((words[0] if words else "", []))
        if blocks:
            blocks[-1][1].append(line)
    with_atoms = [(name, joined) for name, lines in blocks if "_atom_site_" in (joined := "".join(lines)).lower()]
    return with_atoms if len(with_atoms) > 1 else [("", with_atoms[0][1] if with_atoms else text)]


def _kind_of(path: Path) -> Kind:
    if path.is_dir():
        if not _cif_paths(path):
            msg = f"The folder {str(path)!r} holds no file that ends in .cif: give the folder that the CIFs are in."
            raise CorpusError(msg)
        return "folder"
    try:
        if is_cif(path.name):
            return "cif"
        if tables.is_table(path):
            return "table"
        if zipfile.is_zipfile(path):
            return "zip"
        if is_tar(path):
            return "tar"
    except OSError as error:
        reason = error.strerror or error
        msg = f"The source {str(path)!r} cannot be opened ({reason}): check the file and its permissions."
        raise CorpusError(msg) from error
    msg = f"The source {str(path)!r} is no CIF, folder, tar or zip archive: unpack it and give the folder."
    raise CorpusError(msg)


def _same_place(one: str, other: str) -> bool:
    if AMCSD in (one, other):
        return one == other
    return Path(one).resolve() == Path(other).resolve()


def _cif_paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if is_cif(path.name) and path.is_file())


def _files(source: Source) -> Iterator[tuple[str, bytes | None]]:
    """(identifier, content or None if unreadable) of each CIF file of a source."""
    path = Path(source.location)
    if source.kind in {"zip", "tar"}:
        for name, content in (zip_files if source.kind == "zip" else tar_files)(path):
            if content is None:
                _log.warning("%s in %s cannot be read.", name, path)
            yield _identifier(name), content
    else:
        paths = _cif_paths(path) if source.kind == "folder" else [path]
        for item in paths:
            name = item.relative_to(path).as_posix() if source.kind == "folder" else item.name
            try:
                data = item.read_bytes() if item.stat().st_size <= MAX_BYTES else None
            except OSError as error:
                _log.warning("%s cannot be read: %s", item, error)
                data = None
            yield _identifier(name), data


def _identifier(name: str) -> str:
    return name.removeprefix("./")[: -len(_SUFFIX)]


def _entries_of_file(source: str, identifier: str, data: bytes | None) -> Iterator[CifBlock]:
    if data is None:
        yield CifBlock(source, identifier, "")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    for name, block in split_blocks(text):
        # What no reader takes is not carried about.
        yield CifBlock(source, f"{identifier}#{name}" if name else identifier, block if len(block) <= LARGEST else "")
