"""How far the learned prior's noise should spread, and how much guidance it needs, by what becomes of its samples."""

from __future__ import annotations

import itertools
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from disgen.generation.outcome import Outcome
from disgen.generation.polish import polish
from disgen.generation.sampling import draw, known_keys
from disgen.generation.screening import outcomes, screen

if TYPE_CHECKING:
    from disgen.latent.flow import FlowEstimator
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)
SPREADS = (1.0, 0.9, 0.8, 0.7)
GUIDANCES = (0.0, 1.0, 2.0, 4.0)
SAMPLES = 4000  # as many as it takes to see how often samples repeat each other
SEED = 1  # not the one that figures are reported for


def with_best_spread(run: Run, flow: FlowEstimator) -> FlowEstimator:
    """The same flow with the spread of `SPREADS`, and the guidance of `GUIDANCES`, that give the highest yield.

    Yield is the share of samples that are, once polished, legal, valid, neutral, unlike each other and unlike the
    training split (`disgen.generation.screening.outcomes`). No crystal of another split has a part in it. A flow that
    has learnt in no further round takes no guidance.
    """
    known = known_keys(run)
    best, most = flow, -1
    for spread, guidance in itertools.product(SPREADS, GUIDANCES if flow.rounds else (0.0,)):
        candidate = replace(flow, spread=spread, guidance=guidance).with_state_of(flow)
        found = draw(run, candidate, SAMPLES, SEED).reconstructions
        there = iter(polish([crystal for crystal in found.crystals if crystal is not None], threads=1))
        crystals = [None if crystal is None else next(there) for crystal in found.crystals]
        good = outcomes(screen(crystals, known), found.outcomes).count(Outcome.OK)
        _LOG.info(
            "Spread %.1f, guidance %.0f: %.1f %% of the samples are of use.", spread, guidance, 100.0 * good / SAMPLES
        )
        if good > most:
            best, most = candidate, good
    return best
