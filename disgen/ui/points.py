"""Sets of latent points as the map shows them: the test split, and what the estimators sample."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from disgen import wyckoff
from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import reconstruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.outcome import Outcome
    from disgen.latent.estimators import LatentEstimator
    from disgen.latent.projection import LatentMap
    from disgen.model.checkpoint import Run

TEST = "test"
UNKNOWN = "none"  # crystal system and disorder of a sample that gives no crystal
ESTIMATOR_LABELS = {"kde": "KDE", "gmm": "Gaussian mixture", "gaussian": "N(0, I)"}
SOURCE_LABELS = {"amcsd": "AMCSD", "3dsc_mp_cifs": "3DSC (MP)"}
_ELEMENT = re.compile(r"[A-Z][a-z]?")


@dataclass(frozen=True, eq=False)
class Points:
    """Latent points with their places on the map and what is known of each.

    Attributes:
        name: "test", or the estimator that sampled them.
        label: the same for people.
        z: (n, d) float32 latents.
        xy: (n, 2) float32 places on the map.
        table: a row a point: formula, space_group (0 for none), crystal_system, n_elements, disorder, source, outcome.
        crystals: decoded crystals, None where a point gives none; empty for the test split, decoded when looked at.
    """

    name: str
    label: str
    z: np.ndarray = field(repr=False)
    xy: np.ndarray = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    crystals: tuple[WyckoffCrystal | None, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.z)


@dataclass(frozen=True)
class Decoded:
    """What a latent point decodes to.

    Attributes:
        crystal: None if the point gives no crystal.
        outcome: "ok", or why there is no crystal.
        symmetry_matched: the decoder's own letters and multiplicities are those of its space group.
    """

    crystal: WyckoffCrystal | None
    outcome: Outcome
    symmetry_matched: bool


def test_points(run: Run, latent_map: LatentMap) -> Points:
    """The test split on its map; what is known of each point is what its real crystal is."""
    index = run.split_index(TEST)
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
    return Points(TEST, "Test split", run.latents[TEST], latent_map.coordinates, table)


def sampled_points(run: Run, latent_map: LatentMap, estimator: LatentEstimator, n: int, seed: int) -> Points:
    """Draw n latents from an estimator, decode them and place them on the map; the same for the same seed."""
    z = estimator.sample(n, np.random.default_rng(seed))
    decoded = decode(run, z)
    crystals = tuple(point.crystal for point in decoded)
    groups = np.array([crystal.space_group if crystal else 0 for crystal in crystals])
    label = estimator_label(estimator.name)
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
    return Points(estimator.name, label, z, latent_map.place(z), table, crystals)


def decode(run: Run, z: np.ndarray) -> list[Decoded]:
    """What latent points (n, d) decode to, letters chosen among those legal in the space group (exact decoding)."""
    result = reconstruct(run.decode(z), Decoding.EXACT)
    return [
        Decoded(crystal, outcome, bool(matched))
        for crystal, outcome, matched in zip(result.crystals, result.outcomes, result.symmetry_matched, strict=True)
    ]


def disordered_crystals(
    run: Run, estimator: LatentEstimator, seed: int, *, wanted: int = 8, most: int = 512
) -> tuple[list[WyckoffCrystal], int]:
    """The first disordered crystals that an estimator's samples decode to.

    Args:
        run: the model.
        estimator: what to sample from.
        seed: of the samples.
        wanted: how many crystals to look for.
        most: latents to draw at most.

    Returns:
        The crystals, and how many latents were drawn up to the last of them (all, if too few were found).
    """
    rng = np.random.default_rng(seed)
    found: list[WyckoffCrystal] = []
    step = 4 * wanted
    for start in range(0, most, step):
        for number, point in enumerate(decode(run, estimator.sample(step, rng)), start=start + 1):
            if point.crystal is not None and point.crystal.disordered_sites:
                found.append(point.crystal)
                if len(found) == wanted:
                    return found, number
    return found, most


def crystal_systems(space_groups: Sequence[int] | np.ndarray) -> np.ndarray:
    """Names of the crystal systems, `UNKNOWN` for space group 0."""
    names = np.array([UNKNOWN, *(wyckoff.crystal_system(number) for number in range(1, 231))], dtype=object)
    return names[np.asarray(space_groups, dtype=int)]


def estimator_label(name: str) -> str:
    """An estimator's name for people."""
    return ESTIMATOR_LABELS.get(name, name)
