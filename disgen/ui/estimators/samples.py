"""Sets of samples to look at, one a sampler: drawn in the background, shared by all sessions, and as a zip.

What a set holds depends on the model, the sampler, its size and its seed alone, so that sharing gives nothing away.
"""

from __future__ import annotations

import csv
import io
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.cif import write_cif
from disgen.export.bundle import MANIFEST, file_name, zipped
from disgen.generation.checks import CHECK_COLUMNS, check_values
from disgen.generation.read_back import comes_back
from disgen.judge.verdict_columns import VERDICT_COLUMNS, verdict_values
from disgen.ui.base.jobs import Job, sentence
from disgen.ui.crystal.provenance import origin
from disgen.ui.data.selection import PointId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.verdict import Verdict
    from disgen.latent.projection import LatentMap
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run
    from disgen.ui.base.jobs import Reporter
    from disgen.ui.data.loading import RunKey, SampleKey
    from disgen.ui.data.points import Points

_TURN = threading.Semaphore()  # one set is drawn at a time, to leave the other cores to the pages
_PATIENCE = 20.0  # s without a question, after which nothing more is drawn


@dataclass(frozen=True, eq=False)
class DrawnSets:
    """The sets that are there.

    Attributes:
        found: by sampler.
        problems: one sentence for each sampler that cannot be sampled.
    """

    found: Mapping[str, Points] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def ready(self, names: Sequence[str]) -> int:
        """How many of these samplers are done with, for better or worse."""
        return sum(name in self.found or name in self.problems for name in names)

    def missing(self, names: Sequence[str]) -> str | None:
        """The first of these samplers that is not done with."""
        return next((name for name in names if not self.ready((name,))), None)


class SampleSets:
    """Samples of several samplers, drawn one after the other for as long as somebody asks.

    Attributes:
        key: of the run.
        n: samples in each set.
        seed: of each set.
    """

    def __init__(self, key: RunKey, n: int, seed: int) -> None:
        self.key, self.n, self.seed = key, n, seed
        self._job: Job[DrawnSets] | None = None
        self._wanted: tuple[str, ...] = ()
        self._asked = 0.0
        self._lock = threading.Lock()

    def look(self) -> DrawnSets:
        """The sets that are there now."""
        return self._job.look().progress if self._job is not None else DrawnSets()

    def ask(self, run: Run, latent_map: LatentMap, names: Sequence[str]) -> DrawnSets:
        """Say which samplers are wanted.

        Args:
            run: the run of the key.
            latent_map: the map of its test split, on which samples are placed.
            names: of the samplers, in the order in which they are wanted.

        Returns:
            The sets that are there.
        """
        with self._lock:
            self._wanted, self._asked = tuple(names), time.monotonic()
            there = self.look()
            if there.missing(names) is not None and (self._job is None or not self._job.look().goes_on):
                self._job = Job(partial(self._draw, run, latent_map), there, name="Sampling")
        return there

    def _draw(self, run: Run, latent_map: LatentMap, reporter: Reporter[DrawnSets]) -> None:
        while (name := reporter.progress.missing(self._wanted)) is not None:
            if time.monotonic() - self._asked > _PATIENCE:
                return
            before = reporter.progress
            try:
                with _TURN:
                    points = _points(self.key, name, run, latent_map, self.n, self.seed)
            except Exception as error:  # noqa: BLE001 (in a thread nobody else would hear of it)
                problems = {**before.problems, name: sentence(error, "Sampling")}
                reporter.say(DrawnSets(before.found, problems))
            else:
                reporter.say(DrawnSets({**before.found, name: points}, before.problems))


@st.cache_resource(max_entries=8, show_spinner=False)
def sample_sets(key: RunKey, n: int, seed: int) -> SampleSets:
    """The sets of a run with this size and seed; whoever asks gets the same."""
    return SampleSets(key, n, seed)


@st.cache_resource(max_entries=9, show_spinner=False)
def _estimator(
    key: RunKey,  # noqa: ARG001 (names the run in the cache)
    name: str,
    _run: Run,
) -> LatentEstimator:
    from disgen.latent.fitted import fitted_estimator  # noqa: PLC0415

    return fitted_estimator(_run, name)


def _points(key: RunKey, name: str, run: Run, latent_map: LatentMap, n: int, seed: int) -> Points:
    from disgen.ui.data import points  # noqa: PLC0415 (torch: not before the first paint)

    return points.sampled_points(run, latent_map, _estimator(key, name, run), n, seed)


def archive(
    samples: SampleKey, decoded: Sequence[DecodedLatent], judge: Callable[[DecodedLatent], Verdict | None]
) -> bytes:
    """Zip of a set: the CIF of each sample that is read back as it was, and a manifest of all with their checks.

    Args:
        samples: names the set.
        decoded: what each of its samples decodes to.
        judge: gives the verdict on a sample; None where there is no crystal.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    columns = ("sample", "outcome", "file", "formula", "space_group", "symbol")
    writer.writerow((*columns, *VERDICT_COLUMNS, *CHECK_COLUMNS))
    cifs: dict[str, str] = {}
    for index, point in enumerate(decoded):
        crystal, about = point.crystal, ("", "", "", "")
        if crystal is not None:
            name = ""
            if comes_back(crystal):
                name = file_name(crystal, origin(samples, PointId(samples.estimator, index)))
                cifs[name] = write_cif(crystal)
            group = crystal.space_group
            about = (name, crystal.formula, str(group), wyckoff.symbol(group))
        checks = check_values(point.checks).values()
        writer.writerow((index, str(point.outcome), *about, *verdict_values(judge(point)), *checks))
    return zipped({MANIFEST: table.getvalue()} | cifs)
