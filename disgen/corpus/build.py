"""From sources to a corpus: read every entry, filter as in the paper's Section 3.1, split, and store."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

import disgen
from disgen.corpus.errors import CorpusError
from disgen.corpus.filters import FilterResult, FilterTable, count_doubts, tabulate
from disgen.corpus.sources import Source, open_sources
from disgen.corpus.split import FRACTIONS, split_at_random, split_by_key
from disgen.corpus.storage import FORMAT, INDEX_COLUMNS, Corpus, check_writable, fingerprint, save_corpus
from disgen.corpus.workers import SECONDS_PER_ENTRY, default_workers, judge_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from disgen.corpus.sources import CifBlock
    from disgen.crystal import WyckoffCrystal

_PACKAGES = ("numpy", "gemmi", "moyopy", "pyxtal")


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes:
        folder: where the corpus lies.
        filters: entries by source and filter.
        left_out: kept entries flagged `uniform_vacancy`, of which `Corpus.rows` leaves those in training out.
        h_missing: kept entries that lack their hydrogen.
        splits: entries by split, for "split_key" and "split_random".
        fingerprint: see `Corpus.fingerprint`.
        doubts: kept entries by source and kind of doubt (`docs/reading.md`).
        seconds: wall time.
    """

    folder: Path
    filters: FilterTable
    left_out: int
    h_missing: int
    splits: dict[str, dict[str, int]]
    fingerprint: str
    doubts: dict[str, dict[str, int]]
    seconds: float

    def table(self) -> str:
        """The filter table and what else a person should know, as text."""
        kept = sum(self.filters.left.values())
        shares = ", ".join(f"{count} {name}" for name, count in self.splits["split_key"].items())
        return "\n".join(
            (
                self.filters.text(),
                "",
                f"{kept} crystals kept, split by crystal into {shares}.",
                f"{self.h_missing} lack their hydrogen (flag h_missing).",
                f"{self.left_out} have one vacancy share on all sites but oxygen's; training leaves them out.",
                *(f"Doubtful in {source}: {_listed(kinds)}." for source, kinds in self.doubts.items()),
                f"Written to {self.folder} in {self.seconds:.0f} s.",
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "folder": str(self.folder),
            "filters": self.filters.to_dict(),
            "kept": sum(self.filters.left.values()),
            "uniform_vacancy": self.left_out,
            "h_missing": self.h_missing,
            "splits": self.splits,
            "fingerprint": self.fingerprint,
            "doubts": self.doubts,
            "seconds": round(self.seconds, 1),
        }


def build_corpus(
    sources: list[str],
    out: str | Path,
    *,
    seed: int = 0,
    workers: int | None = None,
    seconds_per_entry: float = SECONDS_PER_ENTRY,
    progress: bool = True,
) -> BuildReport:
    """Build a corpus and write it to a folder.

    Args:
        sources: "amcsd", or paths of folders, archives or files of CIFs.
        out: folder to write; an existing corpus there is replaced once the new one is complete.
        seed: of the splits, not negative.
        workers: number of processes; all cores by default.
        seconds_per_entry: longest time for one entry.
        progress: draw a progress bar on standard error.

    Raises:
        CorpusError: if a source cannot be used, the folder cannot be written, or nothing is left.
    """
    started = time.perf_counter()
    if seed < 0:
        msg = f"The seed is {seed}: give a whole number from 0."
        raise CorpusError(msg)
    if workers is not None and workers < 1:
        msg = f"The number of workers is {workers}: give a whole number from 1."
        raise CorpusError(msg)
    opened = open_sources(sources)
    check_writable(out)
    results = list(
        tqdm(
            judge_all(_entries(opened), workers=workers or default_workers(), seconds=seconds_per_entry),
            total=sum(source.count() for source in opened),
            desc="Reading crystals",
            unit="",
            mininterval=0.5,
            disable=not progress,
        )
    )
    corpus = assemble(results, opened, seed=seed)
    save_corpus(corpus, out)
    return BuildReport(
        folder=Path(out),
        filters=corpus.filters,
        left_out=int(corpus.index["uniform_vacancy"].sum()),
        h_missing=int(corpus.index["h_missing"].sum()),
        splits={name: _counts(corpus.index[name]) for name in ("split_key", "split_random")},
        fingerprint=corpus.fingerprint,
        doubts=count_doubts(results),
        seconds=time.perf_counter() - started,
    )


def assemble(results: Sequence[FilterResult], sources: Sequence[Source], *, seed: int) -> Corpus:
    """A corpus from the results on all entries.

    Raises:
        CorpusError: if no crystal is left.
    """
    filters = tabulate(results, [source.name for source in sources])
    kept = [result for result in results if result.crystal is not None]
    if not kept:
        table = filters.text()
        msg = f"No crystal of {len(results)} passed the filters: give other sources.\n{table}"
        raise CorpusError(msg)
    crystals = [result.crystal for result in kept if result.crystal is not None]
    index = _index(kept, crystals, seed)
    cells = np.array([crystal.cell for crystal in crystals])
    rejected = pd.DataFrame(
        [(v.source, v.id, str(v.reason), v.sentence) for v in results if v.crystal is None],
        columns=["source", "id", "reason", "sentence"],
        dtype=str,
    )
    meta = {
        "format": FORMAT,
        "fingerprint": fingerprint(index["key"].tolist(), cells),
        "crystals": len(crystals),
        "seed": seed,
        "fractions": list(FRACTIONS),
        "sources": [{"name": s.name, "location": s.location, "version": s.version()} for s in sources],
        "software": {"disgen": disgen.__version__, "python": platform.python_version(), **_package_versions()},
    }
    return Corpus(crystals, index, rejected, filters, meta)


def _entries(sources: Sequence[Source]) -> Iterator[CifBlock]:
    for source in sources:
        yield from source.entries()


def _index(results: Sequence[FilterResult], crystals: Sequence[WyckoffCrystal], seed: int) -> pd.DataFrame:
    keys = [crystal.key for crystal in crystals]
    sources, identifiers = [result.source for result in results], [result.id for result in results]
    columns = {
        "source": sources,
        "id": identifiers,
        "formula": [crystal.formula for crystal in crystals],
        "space_group": np.array([crystal.space_group for crystal in crystals], dtype=np.int16),
        "n_sites": np.array([len(crystal.sites) for crystal in crystals], dtype=np.int16),
        "disordered_sites": np.array([crystal.disordered_sites for crystal in crystals], dtype=np.int16),
        "disorder": [str(crystal.disorder_class) for crystal in crystals],
        "n_elements": np.array([len(crystal.elements) for crystal in crystals], dtype=np.int16),
        "key": keys,
        "h_missing": np.array([result.h_missing for result in results], dtype=bool),
        "uniform_vacancy": np.array([result.uniform_vacancy for result in results], dtype=bool),
        "split_key": split_by_key(keys, seed=seed),
        "split_random": split_at_random(sources, identifiers, seed=seed),
    }
    return pd.DataFrame(columns)[list(INDEX_COLUMNS)]


def _listed(kinds: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing"


def _counts(splits: pd.Series) -> dict[str, int]:
    found = splits.value_counts()
    return {name: int(found.get(name, 0)) for name in ("train", "validation", "test")}


def _package_versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
