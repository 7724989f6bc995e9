"""Sets of samples to look at, one a sampler: drawn in the background, shared by all sessions, and as a zip.

What a set holds depends on the model, the sampler, its size and its seed alone, so that sharing gives nothing away.
"""

from __future__ import annotations

import csv
import io
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.cif import write_cif
from disgen.errors import DisgenError
from disgen.ui.downloads import MANIFEST, file_name, zipped
from disgen.ui.provenance import origin
from disgen.ui.selection import PointId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.latent.projection import LatentMap
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run
    from disgen.ui.loading import RunKey, SampleKey
    from disgen.ui.points import Decoded, Points

_LOG = logging.getLogger(__name__)
_TURN = threading.Lock()  # one set is drawn at a time, to leave the other cores to the pages
_PATIENCE = 20.0  # s without a question, after which nothing more is drawn


@dataclass(eq=False)
class SampleSets:
    """Samples of several samplers, drawn one after the other for as long as somebody asks.

    Attributes:
        key: of the run.
        n: samples in each set.
        seed: of each set.
        found: the sets that are there, by sampler.
        problems: one sentence for each sampler that cannot be sampled.
    """

    key: RunKey
    n: int
    seed: int
    found: dict[str, Points] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    _wanted: tuple[str, ...] = ()
    _asked: float = 0.0
    _working: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, run: Run, latent_map: LatentMap, names: Sequence[str]) -> None:
        """Say which samplers are wanted.

        Args:
            run: the run of the key.
            latent_map: the map of its test split, on which samples are placed.
            names: of the samplers, in the order in which they are wanted.
        """
        with self._lock:
            self._wanted, self._asked = tuple(names), time.monotonic()
            if self._next() is not None and not self._working:
                self._working = True
                threading.Thread(target=self._work, args=(run, latent_map), name="samples", daemon=True).start()

    def ready(self, names: Sequence[str]) -> int:
        """How many of these samplers are done with, for better or worse."""
        return sum(name in self.found or name in self.problems for name in names)

    def _next(self) -> str | None:
        return next((name for name in self._wanted if name not in self.found and name not in self.problems), None)

    def _work(self, run: Run, latent_map: LatentMap) -> None:
        from disgen.ui import points  # noqa: PLC0415

        while True:
            with self._lock:
                name = self._next()
                if name is None or time.monotonic() - self._asked > _PATIENCE:
                    self._working = False
                    return
            try:
                with _TURN:
                    estimator = _estimator(self.key, name, run)
                    self.found[name] = points.sampled_points(run, latent_map, estimator, self.n, self.seed)
            except DisgenError as error:
                self.problems[name] = str(error)
            except Exception:  # noqa: BLE001 (in a thread nobody else would hear of it)
                _LOG.exception("Sampling from %s failed.", name)
                self.problems[name] = "Sampling failed for a reason that was not foreseen: the server's log tells more."


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


def archive(samples: SampleKey, decoded: Sequence[Decoded]) -> bytes:
    """Zip of a set: the CIF of each sample that gives a crystal, and a manifest of all samples with their checks.

    Args:
        samples: names the set.
        decoded: what each of its samples decodes to.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    columns = ("sample", "outcome", "file", "formula", "space_group", "symbol")
    checks = ("valid", "valid_split_aware", "plausible", "neutral", "neutral_mixed", "alloy", "unique", "novel")
    measures = ("min_distance", "min_distance_split_aware", "volume_per_atom")
    writer.writerow((*columns, *measures, *checks))
    cifs: dict[str, str] = {}
    for index, point in enumerate(decoded):
        crystal = point.crystal
        if crystal is None:
            writer.writerow((index, str(point.outcome), *[""] * (len(columns) - 2 + len(measures) + len(checks))))
            continue
        name = file_name(crystal, origin(samples, PointId(samples.estimator, index)))
        cifs[name] = write_cif(crystal)
        writer.writerow(
            (
                index,
                str(point.outcome),
                name,
                crystal.formula,
                crystal.space_group,
                wyckoff.symbol(crystal.space_group),
                *(f"{getattr(point.checks, measure):.4f}" for measure in measures),
                *("yes" if getattr(point.checks, check) else "no" for check in checks),
            )
        )
    return zipped({MANIFEST: table.getvalue()} | cifs)
