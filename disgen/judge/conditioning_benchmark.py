"""How often conditional generation succeeds: 60 targets that the test split shows to be possible.

The targets are drawn with a seed from the test split's own combinations: 20 sets of elements, 20 sets with their space
group, and 20 with their space group and number of disordered sites. A set of elements means exactly these: each is on
some site, and there are no others. What counts is a *credible* crystal that meets all of the target, by what can be
told without energies (`disgen.judge.credible`): legal, plausible distances, neutral, plausible mixtures, not in the
training data. In second place stands the figure of the paper's kind, *reached*: at least one latent point gives a
crystal that meets all of the target and is structurally valid.

The figures lie with the run as `conditioning.json`:

| field | content |
|---|---|
| `run`, `estimator`, `n`, `steps`, `seed` | how it was done |
| `kinds`, `all` | by kind and over all: targets, how many have a credible hit, share, its 95 % interval; the same of |
| | those that are reached; medians of trials |
| `targets` | a record of each target, see `Trial` |
"""

from __future__ import annotations

import logging
import re
import statistics
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from disgen.evaluation.rates import wilson
from disgen.evaluation.stored import load_figures, store_figures
from disgen.judge.search_results import credible_points
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import RunError
from disgen.search.conditioning import optimise
from disgen.search.conditions import Checker, Success
from disgen.search.targets import AllowedElements, DisorderedSites, RequiredElements, SpaceGroups, Target, Targets
from disgen.threads import one_thread

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run
    from disgen.search.settings import Settings

_LOG = logging.getLogger(__name__)

FILE = "conditioning.json"
KINDS: dict[str, tuple[str, ...]] = {
    "elements": ("elements",),
    "elements, space group": ("elements", "space_group"),
    "elements, space group, disordered sites": ("elements", "space_group", "disordered_sites"),
}
PER_KIND = 20


@dataclass(frozen=True)
class Trial:
    """What a search for one target gave.

    Attributes:
        kind: key of `KINDS`.
        targets: what was asked for.
        credible: number of different credible crystals that meet all targets.
        reached: at least one latent point gives a valid crystal that meets all targets.
        reached_neutral: and one of these is neutral, mixed valence allowed.
        success: shares of the latent points.
        seconds: from drawing the first samples to the checked crystals, by the clock.
        processor_seconds: of that, time of the processor (less if the machine was busy).
    """

    kind: str
    targets: Targets
    credible: int
    reached: bool
    reached_neutral: bool
    success: Success
    seconds: float
    processor_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "kind": self.kind,
            "text": self.targets.text,
            "targets": self.targets.to_dict(),
            "credible": self.credible,
            "reached": self.reached,
            "reached_neutral": self.reached_neutral,
            **asdict(self.success),
            "seconds": round(self.seconds, 3),
            "processor_seconds": round(self.processor_seconds, 3),
        }


def draw_targets(index: pd.DataFrame, seed: int, per_kind: int = PER_KIND) -> list[tuple[str, Targets]]:
    """Targets with their kinds, drawn from combinations that crystals have; the same for the same seed.

    Args:
        index: a row per crystal, with the columns "formula", "space_group" and "disordered_sites".
        seed: of the draw.
        per_kind: targets of each kind.

    Raises:
        RunError: if there are not as many different combinations.
    """
    rng = np.random.default_rng(seed)
    rows = index.assign(elements=[tuple(sorted(set(re.findall(r"[A-Z][a-z]?", text)))) for text in index["formula"]])
    drawn = []
    for kind, columns in KINDS.items():
        combinations = rows[list(columns)].drop_duplicates().sort_values(list(columns))
        if len(combinations) < per_kind:
            msg = f"The test split has {len(combinations)} combinations of {kind}: {per_kind} are needed."
            raise RunError(msg)
        chosen = rng.choice(len(combinations), size=per_kind, replace=False)
        drawn += [(kind, _targets(combination)) for combination in combinations.iloc[chosen].to_dict("records")]
    return drawn


def benchmark(run: Run, estimator: str, settings: Settings, per_kind: int = PER_KIND) -> dict[str, Any]:
    """Search for each target, on one thread, and count; each target's figures are logged when it is done.

    Args:
        run: a loaded run with its test split.
        estimator: name of the one that searches start from.
        settings: of each search; the seed also draws the targets.
        per_kind: targets of each kind.

    Returns:
        Plain values: how it was done, figures by kind and over all, and a record of each target.

    Raises:
        RunError: if the test split has too few crystals.
        EstimatorError: if there is no such estimator.
    """
    fitted = fitted_estimator(run, estimator)
    drawn = draw_targets(run.split_index("test"), settings.seed, per_kind)
    checker = Checker.of(run, drawn[0][1])  # these targets ask for no mixture, so what mixes is the same for all
    with one_thread():
        trials = [
            _trial(kind, replace(checker, targets=targets), fitted, settings)
            for kind, targets in tqdm(drawn, desc="targets", disable=None)
        ]
    return {
        "run": run.name,
        "estimator": estimator,
        "n": settings.n,
        "steps": settings.steps,
        "seed": settings.seed,
        "kinds": {kind: _summary([trial for trial in trials if trial.kind == kind]) for kind in KINDS},
        "all": _summary(trials),
        "targets": [trial.to_dict() for trial in trials],
    }


def store(run: Run, figures: dict[str, Any]) -> None:
    """Write the figures into the run's folder."""
    store_figures(run.path / FILE, figures)


def load_benchmark(folder: Path) -> dict[str, Any] | None:
    """Figures stored with a run; None if there are none.

    Raises:
        RunError: if the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    return load_figures(path, _is_whole, command="python -m disgen condition --benchmark --store", error=RunError)


def _is_whole(figures: dict[str, Any]) -> bool:
    return {*KINDS} <= set(figures["kinds"]) and "credible" in figures["all"]


def table(figures: dict[str, Any]) -> str:
    """The figures by kind as lines of text."""
    parts = {**figures["kinds"], "all": figures["all"]}
    return "\n".join(
        f"{kind}: {part['credible']} of {part['targets']} targets have a credible hit, {part['median_credible']:.0f} "
        f"different ones; {part['reached']} are reached by a valid crystal, {part['median_success']:.1%} of the latent "
        f"points; {part['median_seconds']:.1f} s by the clock, {part['median_processor_seconds']:.1f} s of the "
        "processor (medians)"
        for kind, part in parts.items()
    )


def _targets(combination: dict[str, Any]) -> Targets:
    elements = combination["elements"]
    wanted: list[Target] = [RequiredElements(elements), AllowedElements(elements)]
    if "space_group" in combination:
        wanted.append(SpaceGroups((int(combination["space_group"]),)))
    if "disordered_sites" in combination:
        wanted.append(DisorderedSites(*2 * (int(combination["disordered_sites"]),)))
    return Targets(tuple(wanted))


def _trial(kind: str, checker: Checker, estimator: LatentEstimator, settings: Settings) -> Trial:
    start, busy = time.perf_counter(), time.process_time()
    for step in optimise(checker.run, checker.targets, estimator, checker, checker.mixing, settings):
        last = step
    checked = checker.check(last.z)
    success, credible = checker.success(checked), int(credible_points(checker, checked).sum())
    trial = Trial(
        kind=kind,
        targets=checker.targets,
        credible=credible,
        reached=success.distinct_valid > 0,
        reached_neutral=success.sound > 0.0,
        success=success,
        seconds=time.perf_counter() - start,
        processor_seconds=time.process_time() - busy,
    )
    _LOG.info(
        "%s: %d credible and %d valid crystals, all different, of %d points, %.1f s.",
        *(checker.targets.text, trial.credible, success.distinct_valid, settings.n, trial.seconds),
    )
    return trial


def _summary(trials: list[Trial]) -> dict[str, Any]:
    credible, reached = sum(trial.credible > 0 for trial in trials), sum(trial.reached for trial in trials)
    return {
        "targets": len(trials),
        "credible": credible,
        "credible_share": credible / len(trials),
        "credible_interval": wilson(credible, len(trials)),
        "reached": reached,
        "reached_neutral": sum(trial.reached_neutral for trial in trials),
        "share": reached / len(trials),
        "interval": wilson(reached, len(trials)),
        "median_credible": statistics.median(trial.credible for trial in trials),
        "median_success": statistics.median(trial.success.met for trial in trials),
        "median_seconds": round(statistics.median(trial.seconds for trial in trials), 3),
        "median_processor_seconds": round(statistics.median(trial.processor_seconds for trial in trials), 3),
    }
