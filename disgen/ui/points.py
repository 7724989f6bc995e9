"""Sets of latent points as the map shows them: the test split, and what the estimators sample."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from disgen import wyckoff
from disgen.generation.outcome import Outcome
from disgen.generation.sampling import crystals_of, draw, known_keys
from disgen.generation.screening import outcomes, screen
from disgen.ui import samplers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.reconstruction import Reconstructions
    from disgen.generation.screening import Screen, Screening
    from disgen.latent.projection import LatentMap
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run

TEST = "test"
UNKNOWN = "none"  # crystal system and disorder of a sample that gives no crystal
SPLIT_LABELS = {TEST: samplers.label(TEST), "train": "Training split", "validation": "Validation split"}
SOURCE_LABELS = {"amcsd": "AMCSD", "3dsc_mp_cifs": "3DSC (MP)"}
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
        xy: (n, 2) float32 places on the map; (0, 2) for a split that is not drawn on it.
        table: a row a point: formula, space_group (0 for none), crystal_system, n_elements, disorder, source, outcome.
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


def test_points(run: Run, latent_map: LatentMap) -> Points:
    """The test split on its map."""
    return split_points(run, TEST, latent_map.coordinates)


def split_points(run: Run, split: str, xy: np.ndarray) -> Points:
    """A split; what is known of each point is what its real crystal is.

    Args:
        run: the model.
        split: whose latents it holds.
        xy: their places on the map; (0, 2) if they are not drawn on it.
    """
    index = run.split_index(split)
    groups = index["space_group"].to_numpy(dtype=int)
    table = pd.DataFrame(
        {
            "formula": index["formula"],
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "n_elements": [len(set(_ELEMENT.findall(formula))) for formula in index["formula"]],
            "disorder": index["disorder"]
            if "disorder" in index
            else np.where(index["disordered_sites"] > 0, "disordered", "ordered"),
            "source": [SOURCE_LABELS.get(source, source) for source in index["source"]],
            "outcome": "real crystal",
        }
    )
    return Points(split, SPLIT_LABELS[split], run.latents[split], xy, table)


def sampled_points(
    run: Run, latent_map: LatentMap, estimator: LatentEstimator, n: int, seed: int, *, temperature: float = 1.0
) -> Points:
    """Draw n latents from an estimator, decode them and place them on the map; the same for the same seed."""
    samples = draw(run, estimator, n, seed, temperature=temperature)
    decoded = _screened(samples.reconstructions, known_keys(run))
    crystals = [point.crystal for point in decoded]
    groups = np.array([crystal.space_group if crystal else 0 for crystal in crystals])
    label = samplers.label(estimator.name)
    table = pd.DataFrame(
        {
            "formula": [crystal.formula if crystal else "no crystal" for crystal in crystals],
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "n_elements": [len(crystal.elements) if crystal else 0 for crystal in crystals],
            "disorder": [str(crystal.disorder_class) if crystal else UNKNOWN for crystal in crystals],
            "source": label,
            "outcome": [str(point.outcome) for point in decoded],
        }
    )
    return Points(estimator.name, label, samples.z, latent_map.place(samples.z), table, tuple(decoded))


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


def crystal_systems(space_groups: Sequence[int] | np.ndarray) -> np.ndarray:
    """Names of the crystal systems, `UNKNOWN` for space group 0."""
    names = np.array([UNKNOWN, *(wyckoff.crystal_system(number) for number in range(1, 231))], dtype=object)
    return names[np.asarray(space_groups, dtype=int)]
