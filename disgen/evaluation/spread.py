"""How far the learned prior's noise should spread, judged by what becomes of its samples."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from disgen.generation.outcome import Outcome
from disgen.generation.sampling import draw, known_keys
from disgen.generation.screening import outcomes, screen

if TYPE_CHECKING:
    from disgen.latent.flow import FlowEstimator
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)
SPREADS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
SAMPLES = 1000
SEED = 1  # not the one that figures are reported for


def with_best_spread(run: Run, flow: FlowEstimator) -> FlowEstimator:
    """The same flow with the spread of `SPREADS` that gives the highest yield.

    Yield is the share of samples that are legal, valid, neutral, unlike each other and unlike the training split
    (`disgen.generation.screening.outcomes`). No crystal of another split has a part in it.
    """
    known = known_keys(run)
    best, most = flow, -1
    for spread in SPREADS:
        candidate = replace(flow, spread=spread).with_state_of(flow)
        found = draw(run, candidate, SAMPLES, SEED).reconstructions
        good = outcomes(screen(found.crystals, known), found.outcomes).count(Outcome.OK)
        _LOG.info("Spread %.1f: %.1f %% of the samples are of use.", spread, 100.0 * good / SAMPLES)
        if good > most:
            best, most = candidate, good
    return best
