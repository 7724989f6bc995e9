"""Crystals that meet targets: exact decoding, every condition checked on the crystal itself, screening, grades."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ELEMENTS
from disgen.generation.decoded import DecodedLatents
from disgen.generation.sampling import crystals_of, known_keys
from disgen.prior.estimator import CrystalPrior
from disgen.search.charges import nearest_charges
from disgen.search.mixing import Mixing
from disgen.search.proposals import plain
from disgen.search.settings import Grades

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run
    from disgen.search.targets import Targets

BASE_SAMPLES = 2000
# Of `Mixing.of_crystal`, in nats: 99 % of the test split's crystals have less.
MOST_MIXING = 0.5


class Grade(IntEnum):
    """How good a crystal is, for the search; each grade includes those below it.

    All targets are met; no two atoms are too close; what shares a site is nothing unheard of; it is neutral; new; and
    all distances are plausible.
    """

    UNMET = 0
    MET = 1
    VALID = 2
    SOUND = 3
    NEUTRAL = 4
    NOVEL = 5
    PLAUSIBLE = 6


@dataclass(frozen=True, eq=False)
class Checked:
    """What n latent points decode to, and what is to be said about it.

    Attributes:
        decoded: crystals, all checks of them, and their outcomes.
        met: (n, t) for each target whether the crystal meets it; False where there is none.
        grade: (n,) see `Grade`.
    """

    decoded: DecodedLatents
    met: np.ndarray
    grade: np.ndarray


@dataclass(frozen=True)
class Success:
    """What became of n latent points, as shares of n.

    Attributes:
        met: all targets are met.
        sound: and the crystal is sound (`disgen.generation.screening.Screening.sound`).
        unique_novel: and it is not in the training split; of several with one key one counts.
        distinct_valid: number, not share, of different keys that meet all targets and are structurally valid.
    """

    met: float
    sound: float
    unique_novel: float
    distinct_valid: int


@dataclass(frozen=True, eq=False)
class Checker:
    """Decodes and checks latent points of a run; the judge of a search (`disgen.search.settings.Judge`).

    Attributes:
        run: a loaded run.
        targets: what the crystals shall be.
        mixing: what shares sites in the run's training split.
        known: keys of the crystals that do not count as new.
    """

    run: Run
    targets: Targets
    mixing: Mixing
    known: AbstractSet[str]

    @classmethod
    def of(cls, run: Run, targets: Targets) -> Checker:
        """Checker with what the run was trained on."""
        return cls(run, targets, Mixing.of_run(run).allowing(targets), known_keys(run))

    @property
    def best(self) -> int:
        """The best grade."""
        return max(Grade)

    def __call__(self, z: np.ndarray) -> Grades:
        """Grades and keys of latent points (m, d), and charges where all but neutrality is there."""
        checked = self.check(z)
        charges = np.zeros((len(z), len(ELEMENTS)))
        screening = checked.decoded.screening
        for place in np.flatnonzero((checked.grade >= Grade.MET) & ~screening.neutral_mixed):
            crystal = checked.decoded.crystals[place]
            if crystal is not None:
                charges[place] = nearest_charges(crystal.composition)
        return Grades(checked.grade, screening.key, charges)

    def check(self, z: np.ndarray) -> Checked:
        """Decode latent points (m, d) exactly and check what comes out."""
        decoded = DecodedLatents.of(self.run, z, self.known)
        screening = decoded.screening
        met = self._met(decoded.crystals)
        mixes = [crystal is not None and self.mixing.of_crystal(crystal) <= MOST_MIXING for crystal in decoded.crystals]
        criteria = (
            met.all(axis=1) & screening.present,
            screening.valid_split_aware,
            np.array(mixes, dtype=bool),
            screening.neutral_mixed,
            screening.novel,
            screening.plausible,
        )
        return Checked(decoded, met, np.cumprod(criteria, axis=0).sum(axis=0))

    def success(self, checked: Checked) -> Success:
        """Shares of n latent points, n at least 1."""
        n, checks = len(checked.grade), checked.decoded.screening
        met = checked.grade >= Grade.MET
        sound = met & checks.sound
        return Success(
            met=int(met.sum()) / n,
            sound=int(sound.sum()) / n,
            unique_novel=len(set(checks.key[sound & checks.novel])) / n,
            distinct_valid=len(set(checks.key[met & checks.valid_split_aware])),
        )

    def base_rate(self, estimator: LatentEstimator, seed: int, samples: int = BASE_SAMPLES) -> float:
        """Share of the estimator's plain samples that meet all targets."""
        rng = np.random.default_rng(seed)
        crystals: Sequence[WyckoffCrystal | None]
        if isinstance(estimator, CrystalPrior):
            crystals = plain(estimator, self.targets, samples, rng)
        else:
            crystals = crystals_of(self.run, estimator.sample(samples, rng)).crystals
        return float(self._met(crystals).all(axis=1).mean())

    def _met(self, crystals: Sequence[WyckoffCrystal | None]) -> np.ndarray:
        nothing = (False,) * len(self.targets)
        rows = [nothing if crystal is None else self.targets.met(crystal) for crystal in crystals]
        return np.array(rows, dtype=bool).reshape(len(crystals), len(self.targets))
