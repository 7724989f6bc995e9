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
    from collections.abc import Set as AbstractSet

    from disgen.latent.flow import FlowEstimator
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)
SPREADS = (1.0, 0.9, 0.8, 0.7)
GUIDANCES = (0.0, 1.0, 2.0, 4.0)
FIRST, FINALISTS, FINAL = 2000, 10, 16_000  # few samples hardly repeat each other, so the better are judged by many
SEED = 1  # not the one that figures are reported for


def with_best_spread(
    run: Run, flow: FlowEstimator, *, first: int = FIRST, final: int = FINAL, finalists: int = FINALISTS
) -> FlowEstimator:
    """The same flow with the spread of `SPREADS`, and the guidance of `GUIDANCES`, that give the highest yield.

    Yield is the share of samples that are, once polished, legal, valid, neutral, unlike each other and unlike the
    training split (`disgen.generation.screening.outcomes`). No crystal of another split has a part in it. A flow that
    has learnt in no further round takes no guidance.

    Args:
        run: a loaded run.
        flow: its learned prior.
        first: samples of every pair of spread and guidance.
        final: samples of the best ones.
        finalists: how many these are.
    """
    known = known_keys(run)
    pairs = itertools.product(SPREADS, GUIDANCES if flow.rounds else (0.0,))
    flows = [replace(flow, spread=spread, guidance=guidance).with_state_of(flow) for spread, guidance in pairs]
    flows.sort(key=lambda candidate: _yield(run, candidate, first, known), reverse=True)
    return max(flows[:finalists], key=lambda candidate: _yield(run, candidate, final, known))


def _yield(run: Run, flow: FlowEstimator, n: int, known: AbstractSet[str]) -> float:
    found = draw(run, flow, n, SEED).reconstructions
    there = iter(polish([crystal for crystal in found.crystals if crystal is not None], threads=1))
    crystals = [None if crystal is None else next(there) for crystal in found.crystals]
    good = outcomes(screen(crystals, known), found.outcomes).count(Outcome.OK) / n
    _LOG.info(
        "Spread %.1f, guidance %.0f: %.1f %% of %d samples are of use.", flow.spread, flow.guidance, 100.0 * good, n
    )
    return good
