"""What drawing anew would change, put right: shares of crystals that are known, and of those that are disordered.

What is drawn anew because no known crystal is near (`disgen.prior.sampling.draw_within_reach`) never repeats a known
crystal, and is more often ordered than not. Without a correction, samples would have more known and more disordered
crystals than the model means. So as many of those that repeat a known crystal are given up as of all others; and as
soon as a sentence has announced disordered sites, it is given up with a chance that leaves the training split's share.
What crystals of each sort are like does not change by that.

| symbol | in the code | meaning |
|---|---|---|
| r | `Calibration.repeated` | share within reach, of sentences that do not repeat a known crystal |
| p | `share` | share of crystals with a disordered site in the training split |
| q | `Calibration.drawn` | the same among samples within reach |
| k | `Calibration.disordered` | share of disordered sentences that go on: (p / (1 - p)) / (q / (1 - q)), at most 1 |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from disgen.prior.geometry.templates import SAME
from disgen.prior.sampling import draw_skeletons

if TYPE_CHECKING:
    from disgen.prior.geometry.templates import Templates
    from disgen.prior.language.network import LanguageModel


@dataclass(frozen=True)
class Calibration:
    """k, r and q of the module's table."""

    disordered: float
    repeated: float
    drawn: float


def calibrate(
    language: LanguageModel,
    templates: Templates,
    share: float,
    reach: float,
    rng: np.random.Generator,
    *,
    samples: int = 6000,
) -> Calibration:
    """Find out what is to be given up.

    Args:
        language: trained.
        templates: known crystals.
        share: of crystals with a disordered site that samples should have, above 0 and below 1.
        reach: as of `disgen.prior.sampling.draw_within_reach`.
        rng: source of randomness.
        samples: that shares are measured on.
    """
    crystals = draw_skeletons(language, samples, rng).crystals
    distance = np.array([placed[0].distance if placed else np.inf for placed in templates.placed(crystals, 1)])
    within, same = distance <= reach, distance <= SAME
    repeated = float(within[~same].mean()) if (within & ~same).any() else 1.0
    kept = np.where(same, repeated, within)
    mixed = np.array([crystal.disordered_sites > 0 for crystal in crystals])
    drawn = float(np.clip((kept * mixed).sum() / max(kept.sum(), 1e-9), 1e-3, 1.0 - 1e-3))
    return Calibration(min(share / (1.0 - share) * (1.0 - drawn) / drawn, 1.0), repeated, drawn)
