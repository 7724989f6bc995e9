"""What a light run does not hold of its corpus, from another installed run of the same corpus, which holds it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from disgen.files import read_json
from disgen.model.checkpoint import available_runs

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.model.checkpoint import Run

REST = "rest"  # split of the entries that a light run was trained or validated on; which of both is not known
_COLUMNS = ("source", "id", "formula", "key", "volume_per_atom")
_NAME = ["source", "id"]  # of an entry, in every index


def entries_beside(run: Run) -> pd.DataFrame | None:
    """The entries of a run's corpus that its own index does not have.

    Args:
        run: a loaded run.

    Returns:
        A row an entry, with the columns "source", "id", "formula", "key", "volume_per_atom" (Å³) and "split", which is
        `REST`; none if the run holds all splits; None if no installed run of the same corpus does.
    """
    if "train" in run.latents:
        return pd.DataFrame(columns=[*_COLUMNS, "split"])
    corpus = run.config.get("corpus", {})
    for folder in available_runs().values():
        whole = _index_of(folder, corpus)
        if whole is None:
            continue
        held = pd.MultiIndex.from_frame(run.index[_NAME])
        rest = whole[~pd.MultiIndex.from_frame(whole[_NAME]).isin(held)]
        if len(rest) == len(whole) - len(run.index):
            return rest.assign(split=REST).reset_index(drop=True)
    return None


def _index_of(folder: Path, corpus: dict[str, Any]) -> pd.DataFrame | None:
    """The index of a run, if it is of this corpus and holds all of it."""
    path, size = folder / "index.parquet", sum(corpus.get("sizes", {}).values())
    try:
        other = read_json(folder / "config.json").get("corpus", {})
        if other.get("fingerprint") != corpus.get("fingerprint") or pq.read_metadata(path).num_rows != size:
            return None
        return pq.read_table(path, columns=list(_COLUMNS)).to_pandas()
    except (OSError, AttributeError, ValueError, pa.ArrowException):  # a damaged run helps nobody
        return None
