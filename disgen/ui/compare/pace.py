"""How long it takes to judge crystals on this machine, by a few that are judged to measure it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen.ui.compare.settings import CIFS, TEST
from disgen.ui.data import loading, run_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.ui.compare.settings import WantedSet
    from disgen.ui.data.loading import RunKey

_FEW, _SOME = 24, 300  # samples, and crystals that are told apart
_AREAS = 4  # of all crystals and of new ones, with geometry and without
_START, _FILE = 4.0, 0.3  # s that a process for reading takes to start, and about that each file takes
_MINUTE = 60.0


def seconds(wanted: Sequence[WantedSet]) -> float:
    """About how long all of these take on one core."""
    return sum(_one(one) for one in wanted)


def time_text(wanted: Sequence[WantedSet]) -> str:
    """The same in words."""
    found = seconds(wanted)
    told = f"{max(1, round(found))} s" if found < 2 * _MINUTE else f"{found / _MINUTE:.0f} min"
    return f"At most about {told} at this machine's speed."


def _one(wanted: WantedSet) -> float:
    real = len(run_files.held_out(wanted.key).test)
    beside = _telling_apart(wanted.key) / _SOME
    if wanted.source == CIFS:
        own = _START + _FILE * len(wanted.files)
        return own + _AREAS * beside * min(len(wanted.files), real) + _beside(wanted.key, beside)
    own = _judging(wanted.key, wanted.source) * wanted.n
    return own + _AREAS * beside * min(wanted.n, real) + _beside(wanted.key, beside)


def _beside(key: RunKey, pace: float) -> float:
    """Of real crystals against real ones, which is done once."""
    return 2.0 * pace * len(run_files.held_out(key).validation)


@st.cache_data(max_entries=32, show_spinner="Timing a few …")
def _judging(key: RunKey, source: str) -> float:
    """How long a sample takes to be drawn and judged, in s."""
    from disgen.judge.report import of_estimator, of_test_split  # noqa: PLC0415 (torch: not before the first paint)

    run, held_out = loading.load_run(key), run_files.held_out(key)
    if source != TEST:
        loading.fitted_estimator(key, source)
    start = time.perf_counter()
    if source == TEST:
        of_test_split(run, held_out, None, n=_FEW, seed=0)
    else:
        of_estimator(run, source, held_out, n=_FEW, seed=0, workers=1)
    return (time.perf_counter() - start) / _FEW


@st.cache_data(max_entries=8, show_spinner="Timing a few …")
def _telling_apart(key: RunKey) -> float:
    """How long a classifier of some crystals takes, in s."""
    from disgen.evaluation.fidelity.classifier import auc  # noqa: PLC0415 (scikit-learn: not before the first paint)

    held_out = run_files.held_out(key)
    some = np.arange(min(_SOME, len(held_out.validation), len(held_out.test)))
    start = time.perf_counter()
    auc(held_out.validation[some], held_out.test[some])
    return time.perf_counter() - start
