"""The share of disordered crystals among samples, put right after training.

What is drawn anew because no known crystal is near is more often ordered than not, so there would be more disordered
crystals among samples than in the data. As soon as a sentence has announced that there will be disordered sites, some
are therefore given up; what disordered crystals are like does not change by that.

| symbol | in the code | meaning |
|---|---|---|
| p | `share` | share of crystals with a disordered site in the training split |
| q | `drawn` | the same among samples |
| k | what `calibrate` returns | share of disordered sentences that go on: (p / (1 - p)) / (q / (1 - q)), at most 1 |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.prior.sampling import draw_within_reach

if TYPE_CHECKING:
    from disgen.prior.language import LanguageModel
    from disgen.prior.templates import Templates


def calibrate(
    language: LanguageModel,
    templates: Templates,
    share: float,
    reach: float,
    rng: np.random.Generator,
    *,
    samples: int = 6000,
) -> tuple[float, float]:
    """Find k.

    Args:
        language: trained.
        templates: known crystals.
        share: of crystals with a disordered site that samples should have, above 0 and below 1.
        reach: as of `disgen.prior.sampling.draw_within_reach`.
        rng: source of randomness.
        samples: that q is measured on.

    Returns:
        k and q.
    """
    skeletons = draw_within_reach(language, templates, samples, rng, reach=reach, most=1)[0].crystals
    drawn = float(np.clip(np.mean([crystal.disordered_sites > 0 for crystal in skeletons]), 1e-3, 1.0 - 1e-3))
    return min(share / (1.0 - share) * (1.0 - drawn) / drawn, 1.0), drawn
