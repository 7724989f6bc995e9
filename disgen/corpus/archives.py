"""The CIFs in archives, whoever packed them: damage is a sentence, and nothing unpacks without bounds.

Text packs to a fiftieth of its size at best; what packs much better was made to fill memories.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from disgen.corpus.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A file above this many bytes is not read: whole databases in one file stay below, archives of noise do not.
MAX_BYTES = 256 * 2**20
LARGEST_UNPACKED = 16 * 2**30  # bytes of an archive
MOST_PACKED = 200  # times smaller than its content, of more than
SMALL = 8 * 2**20  # bytes
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    IndexError,
    RuntimeError,  # encrypted
    NotImplementedError,  # packed in an unknown way
)
_SUFFIX = ".cif"


class Unpacked:
    """A packed file as the stream of its content, which ends with a sentence where that is out of all proportion."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        """Take the stream of the file's content."""
        self._stream, self._path, self._packed, self._read = stream, path, path.stat().st_size, 0

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, all that is allowed if negative.

        Raises:
            CorpusError: if the content is too large.
        """
        most = max(SMALL, min(LARGEST_UNPACKED, MOST_PACKED * self._packed)) - self._read
        data = self._stream.read(most + 1 if size < 0 else size)
        self._read += len(data)
        if len(data) > most:
            raise _too_much(self._path)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """Pieces of the content."""
        return iter(lambda: self.read(2**20), b"")


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The content of a file, packed by gzip, bzip2, xz, or not at all, as a stream that is read from start to end.

    Raises:
        CorpusError: if it is damaged, or its content is out of all proportion.
    """
    with damage_told(path), path.open("rb") as file:
        start = file.read(6)
        file.seek(0)
        stream = cast("IO[bytes]", file)
        if start.startswith(b"\x1f\x8b"):
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=file))
        elif start.startswith(b"BZh"):
            stream = cast("IO[bytes]", bz2.BZ2File(file))
        elif start.startswith(b"\xfd7zXZ"):
            stream = cast("IO[bytes]", lzma.LZMAFile(file))  # noqa: SIM115 (the file beneath is closed)
        yield cast("IO[bytes]", Unpacked(stream, path))


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Whatever a damaged archive provokes becomes a sentence.

    Raises:
        CorpusError: in its place.
    """
    try:
        yield
    except CorpusError:
        raise
    except _DAMAGE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:100]
        msg = f"The archive {str(path)!r} is damaged or ends early ({reason}): fetch it again."
        raise CorpusError(msg) from error


def zip_files(path: Path) -> Iterator[tuple[str, bytes | None]]:
    """(name, content) of the CIFs of a zip, by name; None for one that cannot be read.

    Raises:
        CorpusError: if the table of contents is damaged, or the contents are out of all proportion.
    """
    with damage_told(path), zipfile.ZipFile(path) as archive:
        members = sorted(archive.infolist(), key=lambda info: info.filename)
        wanted = [member for member in members if not member.is_dir() and is_cif(member.filename)]
        sizes = [member.file_size for member in wanted]
        if sum(sizes) > max(SMALL, min(LARGEST_UNPACKED, MOST_PACKED * path.stat().st_size)):
            raise _too_much(path)
        for member in wanted:
            yield member.filename, _content(archive, member)


def tar_files(path: Path, *, read: bool = True) -> Iterator[tuple[str, bytes | None]]:
    """(name, content) of the CIFs of a tar of any packing, one at a time; content only if asked for.

    Raises:
        CorpusError: if it is damaged or ends early, or its content is out of all proportion.
    """
    with damage_told(path), unpacked(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if not member.isfile() or not is_cif(member.name):
                continue
            file = archive.extractfile(member) if read and member.size <= MAX_BYTES else None
            yield member.name, file.read() if file else None
        while stream.read(SMALL):  # the checksum stands at the end
            pass


def is_tar(path: Path) -> bool:
    """True for a tar of any packing whose beginning is sound.

    Raises:
        OSError: if the file cannot be opened.
    """
    try:
        return tarfile.is_tarfile(path)
    except OSError:
        raise
    except _DAMAGE:
        return False


def is_cif(name: str) -> bool:
    """True for a CIF's name; the resource forks that macOS adds to archives (``._name.cif``) are none."""
    path = PurePosixPath(name)
    return path.suffix.lower() == _SUFFIX and not path.name.startswith("._")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    """A member's content; None if it is damaged, locked, or other than the table of contents says."""
    if member.file_size > MAX_BYTES:
        return None
    try:
        with archive.open(member) as file:
            data = file.read(member.file_size + 1)
    except _DAMAGE:
        return None
    return data if len(data) == member.file_size else None


def _too_much(path: Path) -> CorpusError:
    msg = f"The archive {str(path)!r} unpacks to far more than text does: unpack it, and give the folder of its CIFs."
    return CorpusError(msg)
