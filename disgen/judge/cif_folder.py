"""Any folder of CIFs as crystals to judge: strangers' files, which may be damaged or never end to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.cif.isolated import SECONDS, IsolatedReading, read_together
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

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
    readings: list[IsolatedReading] = []
    for start in range(0, len(paths), _TOGETHER):
        readings += _read(paths[start : start + _TOGETHER])
        if progress is not None:
            progress(len(readings), len(paths))
    crystals = tuple(reading.crystal for reading in readings)
    problems = {path.name: one.problem for path, one in zip(paths, readings, strict=True) if one.crystal is None}
    return CifFolder(tuple(path.name for path in paths), crystals, problems)


def _read(paths: Sequence[Path]) -> list[IsolatedReading]:
    large = [path.stat().st_size > _MOST_BYTES for path in paths]
    contents = [b"" if skip else path.read_bytes() for path, skip in zip(paths, large, strict=True)]
    found = list(read_together(contents, seconds=SECONDS + len(paths)))
    if (
        len(paths) > 1
        and all(reading.crystal is None for reading in found)
        and len({one.problem for one in found}) == 1
    ):
        # One file has brought the process down, or nothing can be read at all: each by itself.
        found = [read_together([content])[0] for content in contents]
    too_large = IsolatedReading(
        None, f"The file has more than {_MOST_BYTES // 1_000_000} MB: give a simpler structure."
    )
    return [too_large if skip else _judgeable(one) for skip, one in zip(large, found, strict=True)]


def _judgeable(reading: IsolatedReading) -> IsolatedReading:
    crystal = reading.crystal
    if crystal is not None and crystal.n_positions > _MOST_POSITIONS:
        return IsolatedReading(None, f"The cell has {crystal.n_positions} positions, more than {_MOST_POSITIONS}.")
    return reading
