"""CIFs in a column of a table: how benchmark sets of the Materials Project are handed around.

A comma-separated file, compressed or not, with a column ``cif``; the first column names the entries.
"""

from __future__ import annotations

import lzma
import zlib
from typing import TYPE_CHECKING

import pandas as pd

from disgen.corpus.archives import unpacked
from disgen.corpus.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMN = "cif"
_SUFFIXES = {".csv", ".csv.xz", ".csv.gz", ".csv.bz2"}


def is_table(path: Path) -> bool:
    """True for the name of a comma-separated file, compressed or not."""
    return "".join(path.suffixes[-2:]).lower() in _SUFFIXES or path.suffix.lower() in _SUFFIXES


def cifs(path: Path) -> Iterator[tuple[str, str]]:
    """(name, text) of each entry, in the table's order; the text is empty where there is none.

    Raises:
        CorpusError: if the file is damaged or has no column ``cif``.
    """
    table = _read(path)
    return zip(table.iloc[:, 0].astype(str), table[COLUMN].fillna("").astype(str), strict=True)


def count(path: Path) -> int:
    """Number of entries.

    Raises:
        CorpusError: as for `cifs`.
    """
    return len(_read(path))


def _read(path: Path) -> pd.DataFrame:
    try:
        with unpacked(path) as stream:
            table = pd.read_csv(stream, dtype=str)
    except CorpusError:
        raise
    except (OSError, ValueError, EOFError, lzma.LZMAError, zlib.error) as error:
        msg = f"The table {str(path)!r} is damaged or no comma-separated file ({error}): fetch it again."
        raise CorpusError(msg) from error
    if COLUMN not in table.columns:
        msg = f"The table {str(path)!r} has no column named {COLUMN!r}: name the column that holds the CIFs so."
        raise CorpusError(msg)
    return table
