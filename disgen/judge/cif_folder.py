"""Any folder of CIFs as crystals to judge: strangers' files, which may be damaged or never end to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.cif.isolated import SECONDS, IsolatedReading, read_together
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from disgen.cif.bundle import CifFile
    from disgen.crystal import WyckoffCrystal

_TOGETHER = 32  # files that share a process, whose start takes seconds
_MOST_BYTES = 5_000_000  # of a file
_MOST_POSITIONS = 1000  # in a cell: distances in a larger one take too much memory


class CifFolderError(DisgenError):
    """There are no CIFs to judge; the message is one sentence."""


@dataclass(frozen=True)
class CifFolder:
    """What came of n files.

    Attributes:
        names: of the files, in order.
        crystals: None where a file cannot be read.
        problems: a sentence for each of these, by name.
    """

    names: tuple[str, ...]
    crystals: tuple[WyckoffCrystal | None, ...]
    problems: dict[str, str]


def read_folder(folder: Path, progress: Callable[[int, int], None] | None = None) -> CifFolder:
    """Read all ``*.cif`` of a folder, sorted by name, the first structure of each.

    Crystals beyond what a model's representation can hold are judged too.

    Args:
        folder: the folder; others in it are not looked at.
        progress: called with the number of files that have been read, and of all.

    Raises:
        CifFolderError: if there is no such folder, or no CIF in it.
    """
    paths = sorted(path for path in folder.glob("*.cif") if path.is_file()) if folder.is_dir() else []
    if not paths:
        msg = f"There are no .cif files in {str(folder)!r}: give a folder of CIFs."
        raise CifFolderError(msg)
    return _read_all([path.name for path in paths], lambda part: [_opened(path) for path in paths[part]], progress)


def read_files(files: Sequence[CifFile], progress: Callable[[int, int], None] | None = None) -> CifFolder:
    """Read CIFs that were handed over, as `read_folder` does.

    Args:
        files: of `disgen.cif.bundle.cif_files`; one with a problem is not read.
        progress: called with the number of files that have been read, and of all.

    Raises:
        CifFolderError: if there are none.
    """
    if not files:
        msg = "There are no CIFs to judge: give at least one."
        raise CifFolderError(msg)
    names = list(_distinct([file.name for file in files]))
    return _read_all(names, lambda part: [file.problem or file.content for file in files[part]], progress)


def _read_all(
    names: list[str], contents: Callable[[slice], list[bytes | str]], progress: Callable[[int, int], None] | None
) -> CifFolder:
    """Read contents of files; a sentence in place of one says why it is not to be read."""
    readings: list[IsolatedReading] = []
    for start in range(0, len(names), _TOGETHER):
        readings += _read(contents(slice(start, start + _TOGETHER)))
        if progress is not None:
            progress(len(readings), len(names))
    crystals = tuple(reading.crystal for reading in readings)
    problems = {name: one.problem for name, one in zip(names, readings, strict=True) if one.crystal is None}
    return CifFolder(tuple(names), crystals, problems)


def _distinct(names: Sequence[str]) -> Iterator[str]:
    """The names; files of one name, which zips may hold, are numbered."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _opened(path: Path) -> bytes | str:
    if path.stat().st_size > _MOST_BYTES:
        return f"The file has more than {_MOST_BYTES // 1_000_000} MB: give a simpler structure."
    return path.read_bytes()


def _read(handed: Sequence[bytes | str]) -> list[IsolatedReading]:
    contents = [content for content in handed if isinstance(content, bytes)]
    found = list(read_together(contents, seconds=SECONDS + len(contents))) if contents else []
    if (
        len(contents) > 1
        and all(reading.crystal is None for reading in found)
        and len({one.problem for one in found}) == 1
    ):
        # One file has brought the process down, or nothing can be read at all: each by itself.
        found = [read_together([content])[0] for content in contents]
    read = iter(found)
    return [IsolatedReading(None, one) if isinstance(one, str) else _judgeable(next(read)) for one in handed]


def _judgeable(reading: IsolatedReading) -> IsolatedReading:
    crystal = reading.crystal
    if crystal is not None and crystal.n_positions > _MOST_POSITIONS:
        return IsolatedReading(None, f"The cell has {crystal.n_positions} positions, more than {_MOST_POSITIONS}.")
    return reading
