"""Sets of latent points as the map shows them: the splits, and what the estimators sample."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from disgen import wyckoff
from disgen.corpus.families import anion_families
from disgen.corpus.search import atom_shares
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.reconstruction import Reconstructions
from disgen.generation.sampling import CHUNK, crystals_in_chunks, crystals_of, known_keys
from disgen.generation.screening import Screening, outcomes, screen
from disgen.ui.base import samplers
from disgen.ui.base.resumable import Resumable

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.screening import Screen
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


@dataclass(frozen=True)
class Decoded:
    """What a latent point decodes to.

    Attributes:
        crystal: None if the point gives no crystal.
        outcome: what counts for or against it, the first of all reasons; "ok" if there is none.
        symmetry_matched: the decoder's own letters and multiplicities are those of its space group.
        checks: distances, charge, novelty; meaningless if there is no crystal.
    """

    crystal: WyckoffCrystal | None
    outcome: Outcome
    symmetry_matched: bool
    checks: Screen


@dataclass(frozen=True, eq=False)
class Points:
    """Latent points with their places on the map and what is known of each.

    Attributes:
        name: the split, or the estimator that sampled them.
        label: the same for people.
        z: (n, d) float32 latents.
        xy: (n, 2) float32 places on the map; (0, 2) for samples that are not placed.
        table: a row a point: formula, space_group (0 for none), crystal_system, anions, n_elements, n_sites,
            disordered_sites, disorder, volume_per_atom (Å³; 0 where unknown), source, h_missing, uniform_vacancy,
            outcome.
        decoded: what each point decodes to; empty for a split, whose points are decoded when looked at.
    """

    name: str
    label: str
    z: np.ndarray = field(repr=False)
    xy: np.ndarray = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    decoded: tuple[Decoded, ...] = field(default=(), repr=False)

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
    groups = index["space_group"].to_numpy(dtype=int)
    table = pd.DataFrame(
        {
            "formula": index["formula"],
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "anions": anion_families(atom_shares(index["formula"])),
            "n_elements": [len(set(_ELEMENT.findall(formula))) for formula in index["formula"]],
            "n_sites": index["n_sites"].to_numpy(dtype=int),
            "disordered_sites": index["disordered_sites"].to_numpy(dtype=int),
            "disorder": index["disorder"]
            if "disorder" in index
            else np.where(index["disordered_sites"] > 0, "disordered", "ordered"),
            "volume_per_atom": index.get("volume_per_atom", 0.0),
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
    found = Resumable(sampling(run, estimator, n, seed, temperature=temperature)).result()
    return replace(found, xy=latent_map.place(found.z))


def sampling(
    run: Run, estimator: LatentEstimator, n: int, seed: int, *, temperature: float = 1.0
) -> Generator[float, None, Points]:
    """As `sampled_points` without places on a map, in steps: yields the share that is done, returns the points."""
    z = estimator.sample(n, np.random.default_rng(seed), temperature)
    known = known_keys(run)
    found: list[Reconstructions] = []
    checks: list[Screening] = []
    for part in crystals_in_chunks(run, z):
        found.append(part)
        checks.append(screen(part.crystals, known))
        yield sum(len(part) for part in found) / n
    reconstructions, screening = Reconstructions.concatenate(found, Decoding.EXACT), Screening.concatenate(checks)
    decoded = decoded_points(reconstructions, screening, outcomes(screening, reconstructions.outcomes))
    label = samplers.label(estimator.name)
    nowhere = np.zeros((0, 2), dtype=np.float32)
    return Points(estimator.name, label, z, nowhere, sample_table(decoded, label), tuple(decoded))


def placing(latent_map: LatentMap, z: np.ndarray) -> Generator[float, None, np.ndarray]:
    """Places (n, 2) of latents on a map, in steps: yields the share that is done, returns the places."""
    found = []
    for start in range(0, len(z), CHUNK):
        found.append(latent_map.place(z[start : start + CHUNK]))
        yield min(1.0, (start + CHUNK) / len(z))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.float32)


def sample_table(decoded: Sequence[Decoded], label: str) -> pd.DataFrame:
    """What is known of samples, a row a sample; see `Points`."""
    crystals = [point.crystal for point in decoded]
    groups = np.array([crystal.space_group if crystal else 0 for crystal in crystals], dtype=int)
    return pd.DataFrame(
        {
            "formula": [crystal.formula if crystal else "no crystal" for crystal in crystals],
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "anions": _families(crystals),
            "n_elements": [len(crystal.elements) if crystal else 0 for crystal in crystals],
            "n_sites": [len(crystal.sites) if crystal else 0 for crystal in crystals],
            "disordered_sites": [crystal.disordered_sites if crystal else 0 for crystal in crystals],
            "disorder": [str(crystal.disorder_class) if crystal else UNKNOWN for crystal in crystals],
            "volume_per_atom": [crystal.volume / crystal.n_atoms if crystal else 0.0 for crystal in crystals],
            "source": label,
            "h_missing": UNKNOWN,
            "uniform_vacancy": UNKNOWN,
            "outcome": [str(point.outcome) for point in decoded],
        }
    )


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


def _families(crystals: Sequence[WyckoffCrystal | None]) -> np.ndarray:
    names = np.full(len(crystals), UNKNOWN, dtype=object)
    real = np.array([crystal is not None for crystal in crystals], dtype=bool)
    names[real] = anion_families(atom_shares([crystal.formula for crystal in crystals if crystal is not None]))
    return names


def decode(run: Run, z: np.ndarray, known: AbstractSet[str] = frozenset()) -> list[Decoded]:
    """What latent points (n, d) decode to, each judged by itself; letters are legal by choice (exact decoding).

    Args:
        run: the model.
        z: the points.
        known: keys of the crystals that are not new.
    """
    found = crystals_of(run, z)
    return [
        replace(point, outcome=outcomes(screen([point.crystal], known), [before])[0])
        for point, before in zip(_screened(found, known), found.outcomes, strict=True)
    ]


def disordered_crystals(
    run: Run, estimator: LatentEstimator, seed: int, *, wanted: int = 8, most: int = 2048
) -> tuple[list[tuple[WyckoffCrystal, np.ndarray]], int]:
    """The first disordered crystals without any complaint that an estimator's samples decode to.

    Args:
        run: the model.
        estimator: what to sample from.
        seed: of the samples.
        wanted: how many crystals to look for.
        most: latents to draw at most.

    Returns:
        The crystals with their latents (d,), and how many latents were drawn up to the last of them
        (all, if too few were found).
    """
    rng = np.random.default_rng(seed)
    known = known_keys(run)
    found: list[tuple[WyckoffCrystal, np.ndarray]] = []
    step = 8 * wanted
    for start in range(0, most, step):
        latents = estimator.sample(step, rng)
        decoded = _screened(crystals_of(run, latents), known)
        for number, (point, z) in enumerate(zip(decoded, latents, strict=True), start=start + 1):
            if point.crystal is not None and point.outcome is Outcome.OK and point.crystal.disordered_sites:
                found.append((point.crystal, z))
                if len(found) == wanted:
                    return found, number
    return found, most


def decoded_points(found: Reconstructions, checks: Screening, reasons: Sequence[Outcome]) -> list[Decoded]:
    """Reconstructions, their checks and the outcomes that count, point by point."""
    return [
        Decoded(crystal, outcome, bool(matched), check)
        for crystal, outcome, matched, check in zip(
            found.crystals, reasons, found.symmetry_matched, checks, strict=True
        )
    ]


def _screened(found: Reconstructions, known: AbstractSet[str]) -> list[Decoded]:
    """Reconstructions with their checks; of several alike the later ones are duplicates."""
    checks = screen(found.crystals, known)
    return decoded_points(found, checks, outcomes(checks, found.outcomes))


def _flag(values: pd.Series, words: tuple[str, str]) -> np.ndarray:
    return np.where(values.to_numpy(dtype=bool), *words)


def crystal_systems(space_groups: Sequence[int] | np.ndarray) -> np.ndarray:
    """Names of the crystal systems, `UNKNOWN` for space group 0."""
    names = np.array([UNKNOWN, *(wyckoff.crystal_system(number) for number in range(1, 231))], dtype=object)
    return names[np.asarray(space_groups, dtype=int)]
