"""Whether near means alike: what the nearest neighbours of a split's crystals share with them, on a map or elsewhere.

The figures are means over all crystals of the split and their k nearest others, by Euclidean distance of the places:

| figure | of a crystal and a neighbour |
|---|---|
| `crystal_system`, `space_group` | 1 if they are the same |
| `skeleton` | 1 if space group and all Wyckoff letters are the same |
| `elements` | Jaccard overlap: elements of both, divided by elements of either |

Each stands between `chance`, the same for two crystals of the split drawn at random, and `ceiling`, the most that any
arrangement can reach: a crystal whose skeleton only three others have can have three such neighbours at most.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from disgen import wyckoff
from disgen.corpus.search import atom_shares
from disgen.errors import DisgenError
from disgen.files import write_file
from disgen.latent.likeness import describe
from disgen.latent.projection import stored_maps
from disgen.latent.run_map import load_run_map, mapped_latents, mapped_splits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from disgen.model.checkpoint import Run

K = 10
_FILE = "purity.json"
_BLOCK = 512  # crystals compared with all others at once


class NeighbourError(DisgenError):
    """Neighbours cannot be compared; the message is one sentence."""


@dataclass(frozen=True)
class Purity:
    """What neighbours share: shares from 0 to 1, see the module's text."""

    crystal_system: float
    space_group: float
    skeleton: float
    elements: float


@dataclass(frozen=True, eq=False)
class _Traits:
    """What is compared: one number a crystal for each kind of likeness, and its elements (n, 100) as 0 and 1."""

    kinds: tuple[np.ndarray, np.ndarray, np.ndarray]
    elements: np.ndarray


def neighbour_purity(index: pd.DataFrame, places: np.ndarray, k: int = K) -> Purity:
    """What crystals share with their k nearest.

    Args:
        index: a row a crystal, with the columns space_group, key and formula (see `disgen.model.checkpoint`).
        places: (n, d) where they are, in the same order.
        k: neighbours a crystal.

    Raises:
        NeighbourError: if the numbers of crystals differ, or there are not more than k.
    """
    _check(index, k, len(places))
    # Of many at one place, the crystal itself need not be the first found.
    found = NearestNeighbors(n_neighbors=k + 1).fit(places).kneighbors(places, return_distance=False)
    itself = found == np.arange(len(found))[:, None]
    itself[~itself.any(axis=1), -1] = True
    near = found[~itself].reshape(-1, k)
    traits = _traits(index)
    system, group, skeleton = (float((kind[near] == kind[:, None]).mean()) for kind in traits.kinds)
    mine, theirs = traits.elements[:, None], traits.elements[near]
    overlaps = _jaccard((mine * theirs).sum(axis=2), mine.sum(axis=2), theirs.sum(axis=2))
    return Purity(system, group, skeleton, float(overlaps.mean()))


def chance(index: pd.DataFrame) -> Purity:
    """What two different crystals of a split share on average.

    Raises:
        NeighbourError: if there are fewer than two.
    """
    _check(index, 1)
    n, traits = len(index), _traits(index)
    sizes = [np.bincount(kind) for kind in traits.kinds]
    system, group, skeleton = (float((size * (size - 1)).sum() / (n * (n - 1))) for size in sizes)
    total = sum(float(overlaps.sum()) for _, overlaps in _overlaps(traits.elements))
    return Purity(system, group, skeleton, (total - n) / (n * (n - 1)))


def ceiling(index: pd.DataFrame, k: int = K) -> Purity:
    """The most that each figure can be by itself, whatever the places.

    Raises:
        NeighbourError: if there are not more than k crystals.
    """
    _check(index, k)
    traits = _traits(index)
    others = [np.bincount(kind)[kind] - 1 for kind in traits.kinds]
    system, group, skeleton = (float(np.minimum(number, k).mean() / k) for number in others)
    best = []
    for start, overlaps in _overlaps(traits.elements):
        overlaps[np.arange(len(overlaps)), start + np.arange(len(overlaps))] = -1.0  # not with itself
        best.append(np.partition(overlaps, -k, axis=1)[:, -k:].mean(axis=1))
    return Purity(system, group, skeleton, float(np.concatenate(best).mean()))


def run_purity(run: Run, k: int = K) -> dict[str, Any]:
    """Purity of a run's mapped entries on its stored maps, in its latent space and by likeness, as plain values.

    Of k neighbours, or of all others where there are fewer.

    Raises:
        NeighbourError: if there are fewer than two crystals.
        ProjectionError: if a stored map is damaged.
    """
    splits = mapped_splits(run)
    index = pd.concat([run.split_index(split) for split in splits], ignore_index=True)
    z = mapped_latents(run)
    k = min(k, len(index) - 1)
    of_maps = {
        f"{method}_map": neighbour_purity(index, load_run_map(run, method).coordinates, k)
        for method in stored_maps(run.maps_path)
    }
    spaces = {"latent": neighbour_purity(index, z, k), "likeness": neighbour_purity(index, describe(run, z), k)}
    bounds = {"chance": chance(index), "ceiling": ceiling(index, k)}
    rows = {name: asdict(purity) for name, purity in (of_maps | spaces | bounds).items()}
    return {"run": run.name, "splits": list(splits), "n": len(index), "neighbours": k, "purity": rows}


def store_purity(run: Run) -> dict[str, Any]:
    """Measure and write ``maps/purity.json``; returns what it holds."""
    found = run_purity(run)
    write_file(_path(run.maps_path), (json.dumps(found, indent=2) + "\n").encode())
    return found


def _traits(index: pd.DataFrame) -> _Traits:
    groups = index["space_group"].to_numpy(dtype=int)
    # A key is the group and the sites, each a letter and its contents, with bars between.
    skeletons = [(number, *(site[:1] for site in sites)) for number, *sites in (key.split("|") for key in index["key"])]
    systems = [wyckoff.crystal_system(number) for number in groups.tolist()]
    kinds = [np.unique(values, return_inverse=True)[1] for values in (systems, groups, list(map("".join, skeletons)))]
    elements = (atom_shares(index["formula"]) > 0.0).astype(np.float32)
    return _Traits((kinds[0], kinds[1], kinds[2]), elements)


def _overlaps(elements: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Jaccard overlaps of all crystals with all, in blocks of rows with the number of the first."""
    size = elements.sum(axis=1)
    for start in range(0, len(elements), _BLOCK):
        part = slice(start, start + _BLOCK)
        yield start, _jaccard(elements[part] @ elements.T, size[part, None], size[None])


def _jaccard(shared: np.ndarray, mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    return np.asarray(shared / np.maximum(mine + theirs - shared, 1.0))


def _check(index: pd.DataFrame, k: int, places: int | None = None) -> None:
    if places is not None and places != len(index):
        msg = f"There are {places} places for {len(index)} crystals: give one a crystal."
        raise NeighbourError(msg)
    if not 1 <= k < len(index):
        msg = f"Cannot compare {len(index)} crystals with {k} neighbours each: take more crystals, or fewer neighbours."
        raise NeighbourError(msg)


def _path(folder: Path) -> Path:
    return folder / _FILE
