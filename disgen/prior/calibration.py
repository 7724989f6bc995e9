"""The language model's share of disordered crystals, put right after training.

What is drawn anew because no known crystal is near is more often ordered than not. Without a correction there would be
more disordered crystals among samples than in the data. So the score of the announcement "no disordered site" is moved
until samples have the share of the training split.

| symbol | in the code | meaning |
|---|---|---|
| p | `share` | share of crystals with a disordered site in the training split |
| q | `drawn` | the same among samples |
| Δ | `shift` | what is added to the score: logit(1 - p) - logit(1 - q) |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.prior.sampling import draw_within_reach
from disgen.prior.tokens import Token

if TYPE_CHECKING:
    from disgen.prior.language import LanguageModel
    from disgen.prior.templates import Templates

_ROUNDS = 3


def calibrate(
    language: LanguageModel,
    templates: Templates,
    share: float,
    reach: float,
    rng: np.random.Generator,
    *,
    samples: int = 3000,
) -> list[float]:
    """Move the score, in place.

    Args:
        language: trained.
        templates: known crystals.
        share: of crystals with a disordered site that samples should have, above 0 and below 1.
        reach: as of `disgen.prior.sampling.draw_within_reach`.
        rng: source of randomness.
        samples: drawn before each step.

    Returns:
        The share that samples had before each of the steps.
    """
    found = []
    for _ in range(_ROUNDS):
        skeletons = draw_within_reach(language, templates, samples, rng, reach=reach, most=1)[0].crystals
        drawn = np.clip(np.mean([crystal.disordered_sites > 0 for crystal in skeletons]), 0.01, 0.99)
        shift = np.log((1.0 - share) / share) - np.log((1.0 - drawn) / drawn)
        with torch.no_grad():
            language.next.bias[Token.DISORDERED] += float(shift)
        found.append(float(drawn))
    return found
