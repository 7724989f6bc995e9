"""Sets of latent points as the map shows them: the splits, and what the estimators sample."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from disgen import wyckoff
from disgen.corpus.families import anion_families, metal_families
from disgen.corpus.search import atom_shares
from disgen.energies.heights import HEIGHTS, load_heights
from disgen.generation.decoded import decoding_steps
from disgen.generation.sampling import CHUNK, known_keys
from disgen.ui.base import samplers
from disgen.ui.base.resumable import Resumable

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from disgen.generation.decoded import DecodedLatent, DecodedLatents
    from disgen.latent.projection import LatentMap
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run

TEST = "test"
UNKNOWN = "none"  # crystal system and disorder of a sample that gives no crystal
SPLIT_LABELS = {TEST: samplers.label(TEST), "train": "Training split", "validation": "Validation split"}
SOURCE_LABELS = {"amcsd": "AMCSD", "3dsc_mp_cifs": "3DSC (MP)"}
REAL = "real crystal"  # in place of an outcome: a point of a split
# Of the index, with what they mean if true and if not.
_FLAGS = {
    "h_missing": ("hydrogen left out by the source", "complete"),
    "uniform_vacancy": ("all sites equally vacant", "other or no vacancies"),
}
_ELEMENT = re.compile(r"[A-Z][a-z]?")


@dataclass(frozen=True, eq=False)
class Points:
    """Latent points with their places on the map and what is known of each.

    Attributes:
        name: the split, or the estimator that sampled them.
        label: the same for people.
        z: (n, d) float32 latents.
        xy: (n, 2) float32 places on the map; (0, 2) for samples that are not placed.
        table: a row a point: formula, space_group (0 for none), crystal_system, anions, metals, n_elements,
            n_sites, disordered_sites, disorder, volume_per_atom (Å³; 0 or NaN where unknown), height (above the hull,
            eV an atom; NaN where unknown), source, h_missing, uniform_vacancy, outcome; of samples, also their checks.
        decoded: what each point decodes to; empty for a split, whose points are decoded when looked at.
    """

    name: str
    label: str
    z: np.ndarray = field(repr=False)
    xy: np.ndarray = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    decoded: Sequence[DecodedLatent] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.z)

    @cached_property
    def elements(self) -> np.ndarray:
        """(n, 100) bool, which elements each point's crystal has, by atomic number from 1."""
        return atom_shares(self.table["formula"].where(self.table["space_group"] > 0, "")) > 0.0


def split_points(run: Run, split: str, xy: np.ndarray) -> Points:
    """A split; what is known of each point is what its real crystal is.

    Args:
        run: the model.
        split: whose latents it holds.
        xy: their places on the map.
    """
    index = run.split_index(split)
    groups, shares = index["space_group"].to_numpy(dtype=int), atom_shares(index["formula"])
    table = pd.DataFrame(
        {
            "formula": index["formula"],
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "anions": anion_families(shares),
            "metals": metal_families(shares),
            "n_elements": [len(set(_ELEMENT.findall(formula))) for formula in index["formula"]],
            "n_sites": index["n_sites"].to_numpy(dtype=int),
            "disordered_sites": index["disordered_sites"].to_numpy(dtype=int),
            "disorder": index["disorder"]
            if "disorder" in index
            else np.where(index["disordered_sites"] > 0, "disordered", "ordered"),
            "volume_per_atom": index.get("volume_per_atom", 0.0),
            "height": _heights(run)[run.index["split"].to_numpy() == split],
            "source": [SOURCE_LABELS.get(source, source) for source in index["source"]],
            **{name: _flag(index[name], words) if name in index else UNKNOWN for name, words in _FLAGS.items()},
            "outcome": REAL,
        }
    )
    return Points(split, SPLIT_LABELS[split], run.latents[split], xy, table)


def sampled_points(
    run: Run, latent_map: LatentMap, estimator: LatentEstimator, n: int, seed: int, *, temperature: float = 1.0
) -> Points:
    """Draw n latents from an estimator, decode them and place them on the map; the same for the same seed."""
    found = Resumable(lambda: sampling(run, estimator, n, seed, temperature=temperature)).result()
    return replace(found, xy=latent_map.place(found.z))


def sampling(
    run: Run, estimator: LatentEstimator, n: int, seed: int, *, temperature: float = 1.0
) -> Generator[float, None, Points]:
    """As `sampled_points` without places on a map, in steps: yields the share that is done, returns the points."""
    z = estimator.sample(n, np.random.default_rng(seed), temperature)
    decoded = yield from decoding_steps(run, z, known_keys(run))
    label = samplers.label(estimator.name)
    nowhere = np.zeros((0, 2), dtype=np.float32)
    return Points(estimator.name, label, z, nowhere, sample_table(decoded, label), decoded)


def placing(latent_map: LatentMap, z: np.ndarray) -> Generator[float, None, np.ndarray]:
    """Places (n, 2) of latents on a map, in steps: yields the share that is done, returns the places."""
    found = []
    for start in range(0, len(z), CHUNK):
        found.append(latent_map.place(z[start : start + CHUNK]))
        yield min(1.0, (start + CHUNK) / len(z))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.float32)


def sample_table(decoded: DecodedLatents, label: str) -> pd.DataFrame:
    """What is known of samples, a row a sample; see `Points`."""
    table = decoded.table()
    words = {"formula": "no crystal", "crystal_system": UNKNOWN, "disorder": UNKNOWN}
    known = {name: table[name].fillna(word) for name, word in words.items()}
    real = table["space_group"].to_numpy() > 0
    shares = atom_shares(table.loc[real, "formula"])
    for name, families in (("anions", anion_families(shares)), ("metals", metal_families(shares))):
        known[name] = np.full(len(table), UNKNOWN, dtype=object)
        known[name][real] = families
    return table.assign(**known, height=np.nan, source=label, h_missing=UNKNOWN, uniform_vacancy=UNKNOWN)


def joined(parts: Sequence[Points]) -> Points:
    """Several splits as one set, one after the other; its name is the first one's."""
    if len(parts) == 1:
        return parts[0]
    return Points(
        parts[0].name,
        ", ".join(part.label for part in parts),
        np.concatenate([part.z for part in parts]),
        np.concatenate([part.xy for part in parts]),
        pd.concat([part.table for part in parts], ignore_index=True),
    )


def _heights(run: Run) -> np.ndarray:
    """(n,) heights above the hull of all entries, eV an atom; NaN where unknown.

    Raises:
        EnergyError: if their file is damaged, or another run's.
    """
    path = run.path / HEIGHTS
    return load_heights(path, len(run.index)).of_all if path.is_file() else np.full(len(run.index), np.nan)


def _flag(values: pd.Series, words: tuple[str, str]) -> np.ndarray:
    return np.where(values.to_numpy(dtype=bool), *words)


def crystal_systems(space_groups: Sequence[int] | np.ndarray) -> np.ndarray:
    """Names of the crystal systems, `UNKNOWN` for space group 0."""
    names = np.array([UNKNOWN, *(wyckoff.crystal_system(number) for number in range(1, 231))], dtype=object)
    result: np.ndarray = names[np.asarray(space_groups, dtype=int)]
    return result
