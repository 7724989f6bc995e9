"""A corpus on disk: a folder of Parquet and JSON files, from which the crystals come back exactly as they were.

crystals.parquet   one row per crystal: space group, cell, and its sites as lists
index.parquet      one row per crystal, in the same order: what people search by, flags and splits
rejected.parquet   one row per rejected entry: source, id, reason, sentence
filters.json       the filter table
meta.json          sources and their versions, software versions, seed, fingerprint
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from disgen.corpus.errors import CorpusError
from disgen.corpus.filters import FilterTable
from disgen.crystal import ATOMIC_NUMBER, ELEMENTS, WyckoffCrystal, WyckoffSite
from disgen.files import read_json, replace_folder, require_writable, restore_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT = 1
INDEX_COLUMNS = (
    "source",
    "id",
    "formula",
    "space_group",
    "n_sites",
    "disordered_sites",
    "disorder",
    "n_elements",
    "key",
    "h_missing",
    "uniform_vacancy",
    "split_key",
    "split_random",
)
_FILES = ("crystals.parquet", "index.parquet", "rejected.parquet", "filters.json", "meta.json")


@dataclass(frozen=True)
class Corpus:
    """Crystals that passed the filters, with their index.

    Attributes:
        crystals: canonical crystals.
        index: a row per crystal, columns `INDEX_COLUMNS`.
        rejected: a row per rejected entry: source, id, reason, sentence.
        filters: the filter table.
        meta: sources, versions, seed, fingerprint.
    """

    crystals: list[WyckoffCrystal]
    index: pd.DataFrame
    rejected: pd.DataFrame
    filters: FilterTable
    meta: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over keys and cells: two corpora with one fingerprint hold the same crystals in the same order."""
        return str(self.meta["fingerprint"])

    def rows(self, split: str, *, column: str = "split_key", artefacts: bool = False) -> np.ndarray:
        """Row numbers of a split, (n,) int64.

        Args:
            split: "train", "validation" or "test".
            column: "split_key" (no crystal in two splits) or "split_random" (the paper's).
            artefacts: keep the entries flagged `uniform_vacancy` in the training split, where they do not belong.
        """
        chosen = (self.index[column] == split).to_numpy()
        if split == "train" and not artefacts:
            chosen = chosen & ~self.index["uniform_vacancy"].to_numpy(dtype=bool)
        return np.flatnonzero(chosen)


def fingerprint(keys: Sequence[str], cells: np.ndarray) -> str:
    """SHA-256 of crystals by their keys and cells.

    Args:
        keys: (n,) `WyckoffCrystal.key`.
        cells: (n, 6) float64, Å and degrees.
    """
    digest = hashlib.sha256("\n".join(keys).encode())
    digest.update(np.ascontiguousarray(cells, dtype="<f8").tobytes())
    return digest.hexdigest()


def save_corpus(corpus: Corpus, folder: str | Path) -> None:
    """Write a corpus; a corpus that is already there is replaced at the end, any other folder is left alone.

    Raises:
        CorpusError: if the folder cannot be written or holds something else.
    """
    target = Path(folder)
    check_writable(target)
    partial = target.with_name(target.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        pq.write_table(_to_table(corpus.crystals), partial / "crystals.parquet", compression="zstd")
        corpus.index.to_parquet(partial / "index.parquet", compression="zstd", index=False)
        corpus.rejected.to_parquet(partial / "rejected.parquet", compression="zstd", index=False)
        _write_json(partial / "filters.json", corpus.filters.to_dict())
        _write_json(partial / "meta.json", corpus.meta)
        replace_folder(target, partial)
    except OSError as error:
        msg = f"The corpus cannot be written to {str(target)!r} ({error.strerror or error}): choose another folder."
        raise CorpusError(msg) from error


def check_writable(folder: str | Path) -> None:
    """Refuse a folder that holds something other than a corpus, or cannot be made; so that no work is done for nothing.

    Raises:
        CorpusError: if so.
    """
    target = Path(folder)
    restore_folder(target)
    try:
        require_writable(target.parent)
    except OSError as error:
        msg = f"Nothing can be written beside {str(target)!r} ({error.strerror or error}): choose another folder."
        raise CorpusError(msg) from error
    if target.is_dir() and (target / "meta.json").is_file() and (target / "crystals.parquet").is_file():
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        msg = f"The folder {str(target)!r} is not empty and is no corpus: choose another folder."
        raise CorpusError(msg)


def load_corpus(path: str | Path) -> Corpus:
    """Read a corpus that `save_corpus` wrote.

    Raises:
        CorpusError: if the folder or one of its files is missing or damaged.
    """
    folder = Path(path)
    restore_folder(folder)
    if not folder.is_dir():
        msg = f"There is no corpus {str(folder)!r}: build one with 'python -m disgen corpus build'."
        raise CorpusError(msg)
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        msg = f"The corpus {str(folder)!r} lacks {missing[0]}: build it again with 'python -m disgen corpus build'."
        raise CorpusError(msg)
    try:
        meta = read_json(folder / "meta.json")
        filters = FilterTable.from_dict(read_json(folder / "filters.json"))
        index = pd.read_parquet(folder / "index.parquet")
        rejected = pd.read_parquet(folder / "rejected.parquet")
        crystals, cells = _from_table(pq.read_table(folder / "crystals.parquet"))
        intact = meta["format"] == FORMAT and meta["fingerprint"] == fingerprint(index["key"].tolist(), cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, pa.ArrowException) as error:
        msg = f"The corpus {str(folder)!r} is damaged ({error}): build it again with 'python -m disgen corpus build'."
        raise CorpusError(msg) from error
    if not intact:
        msg = (
            f"The corpus {str(folder)!r} is damaged or of another version (its fingerprint differs): "
            "build it again with 'python -m disgen corpus build'."
        )
        raise CorpusError(msg)
    return Corpus(crystals, index, rejected, filters, meta)


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _to_table(crystals: Sequence[WyckoffCrystal]) -> pa.Table:
    """Sites as list columns; `species` says how many of the flat elements and occupancies belong to each site."""
    columns = {
        "space_group": (pa.int16(), [crystal.space_group for crystal in crystals]),
        "cell": (pa.list_(pa.float64(), 6), [crystal.cell for crystal in crystals]),
        "letters": (pa.string(), ["".join(site.letter for site in crystal.sites) for crystal in crystals]),
        "multiplicities": (pa.list_(pa.int16()), [[site.multiplicity for site in c.sites] for c in crystals]),
        "coordinates": (pa.list_(pa.float64()), [[x for site in c.sites for x in site.coordinates] for c in crystals]),
        "species": (pa.list_(pa.int8()), [[len(site.occupancies) for site in c.sites] for c in crystals]),
        "elements": (
            pa.list_(pa.uint8()),
            [[ATOMIC_NUMBER[symbol] for site in c.sites for symbol, _ in site.occupancies] for c in crystals],
        ),
        "occupancies": (
            pa.list_(pa.float64()),
            [[occupancy for site in c.sites for _, occupancy in site.occupancies] for c in crystals],
        ),
    }
    return pa.table({name: pa.array(values, type=kind) for name, (kind, values) in columns.items()})


def _from_table(table: pa.Table) -> tuple[list[WyckoffCrystal], np.ndarray]:
    """Crystals, and their cells as (n, 6)."""
    columns = [table[name].to_pylist() for name in table.schema.names]
    crystals = [_crystal(*row) for row in zip(*columns, strict=True)]
    return crystals, np.array([crystal.cell for crystal in crystals], dtype=float).reshape(-1, 6)


def _crystal(
    space_group: int,
    cell: list[float],
    letters: str,
    multiplicities: list[int],
    coordinates: list[float],
    species: list[int],
    elements: list[int],
    occupancies: list[float],
) -> WyckoffCrystal:
    pairs = zip((ELEMENTS[number - 1] for number in elements), occupancies, strict=True)
    points = zip(*[iter(coordinates)] * 3, strict=True)
    sites = tuple(
        WyckoffSite(letter, multiplicity, point, tuple(next(pairs) for _ in range(count)))
        for letter, multiplicity, point, count in zip(letters, multiplicities, points, species, strict=True)
    )
    return WyckoffCrystal(space_group, tuple(cell), sites)  # type: ignore[arg-type]
