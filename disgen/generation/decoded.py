"""Latents with all that is known of them: what each decodes to, every check of it, and the one outcome that counts.

This is the value that commands, pages and notebooks pass on:

    batch = DecodedLatents.of(run, z, known_keys(run))
    batch[3].crystal, batch.screening.sound.mean(), batch.table()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, overload

import numpy as np
import pandas as pd

from disgen import wyckoff
from disgen.generation.checks import CHECK_COLUMNS
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.reconstruction import Reconstructions
from disgen.generation.sampling import crystals_in_chunks, crystals_of, known_keys
from disgen.generation.screening import Screening, outcomes, screen

if TYPE_CHECKING:
    from collections.abc import Generator
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.screening import Screen
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run


@dataclass(frozen=True)
class DecodedLatent:
    """One latent of a batch.

    Attributes:
        crystal: None if it decodes to none.
        outcome: the one that counts, "ok" if nothing speaks against the crystal.
        symmetry_matched: the decoder's own letters and multiplicities are those of its space group.
        checks: numbers and verdicts; NaN and False where there is no crystal.
        z: (d,) float32.
    """

    crystal: WyckoffCrystal | None
    outcome: Outcome
    symmetry_matched: bool
    checks: Screen
    z: np.ndarray = field(repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class DecodedLatents(Sequence[DecodedLatent]):
    """n latents and what has become of them; a sequence of `DecodedLatent`, of which a slice is a batch again.

    Attributes:
        z: (n, d) float32.
        reconstructions: the crystals, and how they came about.
        screening: every check of each crystal.
        outcomes: the one that counts for each latent.
    """

    z: np.ndarray = field(repr=False)
    reconstructions: Reconstructions = field(repr=False)
    screening: Screening = field(repr=False)
    outcomes: tuple[Outcome, ...] = field(repr=False)

    @classmethod
    def of(
        cls, run: Run, z: np.ndarray, known: AbstractSet[str] = frozenset(), decoding: Decoding = Decoding.EXACT
    ) -> DecodedLatents:
        """Decode latents (n, d) and judge what comes of them; of several alike, the later are duplicates.

        Args:
            run: the model.
            z: the latents.
            known: keys of the crystals that are not new (`disgen.generation.sampling.known_keys`).
            decoding: free or exact.
        """
        return cls.judged(z, crystals_of(run, z, decoding), known)

    @classmethod
    def judged(
        cls, z: np.ndarray, reconstructions: Reconstructions, known: AbstractSet[str] = frozenset()
    ) -> DecodedLatents:
        """Of latents (n, d) that have been decoded already."""
        screening = screen(reconstructions.crystals, known)
        return cls(z, reconstructions, screening, outcomes(screening, reconstructions.outcomes))

    @classmethod
    def concatenate(cls, parts: Sequence[DecodedLatents]) -> DecodedLatents:
        """The parts, at least one, one after the other; what is a duplicate is judged anew over all of them."""
        made = Reconstructions.concatenate([part.reconstructions for part in parts], parts[0].reconstructions.decoding)
        screening = Screening.concatenate([part.screening for part in parts])
        return cls(np.concatenate([part.z for part in parts]), made, screening, outcomes(screening, made.outcomes))

    @property
    def crystals(self) -> tuple[WyckoffCrystal | None, ...]:
        """What each latent decodes to, None where that is no crystal."""
        return self.reconstructions.crystals

    @property
    def good(self) -> np.ndarray:
        """(n,) True where nothing speaks against the crystal: the yield."""
        return np.array([outcome is Outcome.OK for outcome in self.outcomes], dtype=bool)

    def __len__(self) -> int:
        return len(self.z)

    @overload
    def __getitem__(self, index: int) -> DecodedLatent: ...

    @overload
    def __getitem__(self, index: slice) -> DecodedLatents: ...

    def __getitem__(self, index: int | slice) -> DecodedLatent | DecodedLatents:
        """One latent; or the latents of a slice, with the outcomes that they have in this batch."""
        if isinstance(index, slice):
            parts = self.reconstructions.part(index), self.screening.part(index)
            return DecodedLatents(self.z[index], *parts, self.outcomes[index])
        matched = bool(self.reconstructions.symmetry_matched[index])
        return DecodedLatent(self.crystals[index], self.outcomes[index], matched, self.screening[index], self.z[index])

    def alone(self) -> DecodedLatents:
        """The same, each latent judged by itself: what is like an earlier one is no duplicate."""
        screening = replace(self.screening, unique=self.screening.present)
        before = self.reconstructions.outcomes
        single = (outcomes(screening.part(slice(i, i + 1)), [before[i]])[0] for i in range(len(self)))
        return replace(self, screening=screening, outcomes=tuple(single))

    def table(self) -> pd.DataFrame:
        """A row a latent: what is known of its crystal, its outcome, and its checks (`CHECK_COLUMNS`).

        Where there is no crystal, texts are missing values, numbers 0, distances and volume NaN.
        """
        crystals = self.crystals
        groups = [crystal.space_group if crystal else 0 for crystal in crystals]
        return pd.DataFrame(
            {
                "formula": [crystal.formula if crystal else None for crystal in crystals],
                "space_group": np.array(groups, dtype=int),
                "crystal_system": [wyckoff.crystal_system(group) if group else None for group in groups],
                "n_elements": [len(crystal.elements) if crystal else 0 for crystal in crystals],
                "n_sites": [len(crystal.sites) if crystal else 0 for crystal in crystals],
                "disordered_sites": [crystal.disordered_sites if crystal else 0 for crystal in crystals],
                "disorder": [str(crystal.disorder_class) if crystal else None for crystal in crystals],
                "outcome": [str(outcome) for outcome in self.outcomes],
                **{column: getattr(self.screening, column) for column in CHECK_COLUMNS},
            }
        )


def decoding_steps(
    run: Run, z: np.ndarray, known: AbstractSet[str] = frozenset()
) -> Generator[float, None, DecodedLatents]:
    """As `DecodedLatents.of`, for those who show progress: yields the share that is done, returns the batch.

    There must be at least one latent.
    """
    parts: list[DecodedLatents] = []
    done = 0
    for made in crystals_in_chunks(run, z):
        parts.append(DecodedLatents.judged(z[done : done + len(made)], made, known))
        done += len(made)
        yield done / len(z)
    return DecodedLatents.concatenate(parts)


def first_disordered(
    run: Run, estimator: LatentEstimator, seed: int, *, wanted: int = 8, most: int = 2048
) -> tuple[list[DecodedLatent], int]:
    """The first disordered crystals without any complaint that an estimator's samples decode to.

    Args:
        run: the model.
        estimator: what to sample from.
        seed: of the samples.
        wanted: how many crystals to look for.
        most: latents to draw at most.

    Returns:
        What was found, and how many latents were drawn up to the last of them (all, if too few were found).
    """
    rng = np.random.default_rng(seed)
    known = known_keys(run)
    found: list[DecodedLatent] = []
    step = 8 * wanted
    for start in range(0, most, step):
        batch = DecodedLatents.of(run, estimator.sample(step, rng), known)
        for number, latent in enumerate(batch, start=start + 1):
            if latent.crystal is not None and latent.outcome is Outcome.OK and latent.crystal.disordered_sites:
                found.append(latent)
                if len(found) == wanted:
                    return found, number
    return found, most
