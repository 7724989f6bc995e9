"""Sets of crystals judged in the background: reports as they are finished, a way to stop, and what is kept of them.

Reports lie in the visitor's place (`disgen.ui.base.visit`): they are there again after a reload, and nobody else can
come by them. CIFs are forgotten once they have been read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from disgen.ui.base.jobs import ALWAYS, StopError, long_job
from disgen.ui.compare.settings import CIFS, TEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.model.checkpoint import Run
    from disgen.ui.base.jobs import Job, Presence, Reporter
    from disgen.ui.base.places import Place
    from disgen.ui.compare.settings import WantedSet

Report = dict[str, Any]
MOST_KEPT = 12  # reports of a visitor: some 100 kB each, the last ones
_KEPT = "_judged_sets"
_SIZE = 25  # a report counts as so many crystals


@dataclass(frozen=True)
class JudgingProgress:
    """What there is.

    Attributes:
        wanted: what is judged, in this order.
        reports: of the sets that are finished.
        doing: what is being done, as a sentence goes on after "The …".
        done: of the samples or files of the set at hand.
        total: so many; 0 while no number can be told.
    """

    wanted: tuple[WantedSet, ...]
    reports: Mapping[WantedSet, Report] = field(default_factory=dict)
    doing: str = ""
    done: int = 0
    total: int = 0


def start_judging(
    wanted: Sequence[WantedSet],
    runs: Mapping[str, tuple[Run, HeldOut]],
    presence: Presence = ALWAYS,
) -> Job[JudgingProgress]:
    """Judge sets of crystals in the background, one after the other.

    Args:
        wanted: the sets.
        runs: their runs and real crystals, by the path of the run.
        presence: of whom it is done for.
    """
    start = JudgingProgress(tuple(wanted))
    work = partial(_judge_all, dict(runs))
    return long_job(work, start, name="The judgement", presence=presence)


def kept(place: Mapping[str, Any]) -> dict[WantedSet, Report]:
    """The reports that a visitor has, the latest last."""
    return dict(place.get(_KEPT, {}))


def keep(place: Place, reports: Mapping[WantedSet, Report]) -> None:
    """Keep finished reports, and of all of them the last ones."""
    new = {replace(wanted, files=()): report for wanted, report in reports.items()}
    with place.lock:
        there = kept(place)
        if new.keys() <= there.keys():
            return
        both = {**{wanted: report for wanted, report in there.items() if wanted not in new}, **new}
        last = dict(list(both.items())[-MOST_KEPT:])
        place.put(_KEPT, last, _SIZE * len(last))


def _judge_all(runs: Mapping[str, tuple[Run, HeldOut]], reporter: Reporter[JudgingProgress]) -> None:
    for wanted in reporter.progress.wanted:
        report = _judge(wanted, *runs[wanted.key.path], reporter)
        reporter.say(replace(reporter.progress, reports={**reporter.progress.reports, wanted: report}))


def _judge(wanted: WantedSet, run: Run, held_out: HeldOut, reporter: Reporter[JudgingProgress]) -> Report:
    from disgen.judge.cif_folder import read_files  # noqa: PLC0415 (torch: not before the first paint)
    from disgen.judge.report import of_cifs, of_estimator, of_test_split, report  # noqa: PLC0415

    def say(doing: str, done: int = 0, total: int = 0) -> None:
        if reporter.stopping:
            raise StopError
        reporter.say(replace(reporter.progress, doing=doing, done=done, total=total))

    if wanted.source == CIFS:
        say("reading the files", 0, len(wanted.files))
        found = read_files(wanted.files, partial(say, "reading the files"))
        subject = of_cifs(run, "cifs", found, held_out, n=None, seed=wanted.seed)
    elif wanted.source == TEST:
        say("decoding the test split")
        subject = of_test_split(run, held_out, None, n=wanted.n, seed=wanted.seed)
    else:
        say("drawing the samples")
        advance = partial(say, "samples judged")
        subject = of_estimator(run, wanted.source, held_out, n=wanted.n, seed=wanted.seed, workers=1, progress=advance)
    say("telling them from real crystals")
    return report(run, subject, held_out, seed=wanted.seed)
