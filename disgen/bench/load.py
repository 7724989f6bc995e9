"""Many people at once: each with a session over a WebSocket, a map with samples of its own, and a click now and then.

One of them searches instead. Every click is of a sample whose crystal is known beforehand, drawn and decoded here, so
that another person's crystal would be noticed.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from disgen.bench.app import offered_name
from disgen.bench.browser import AppBenchError, running_app
from disgen.errors import DisgenError
from disgen.generation.decoded import DecodedLatents
from disgen.latent.fitted import fitted_estimator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.bench.session import Answer
    from disgen.model.checkpoint import Run

SAMPLES = 300  # of each person
_SAMPLER = "kde"  # every complete run has it
_CRYSTALS = 24  # of a person's samples that are clicked, over and over
_PAUSE = (1.0, 5.0)  # s between an answer and the next click
_PATIENCE = 600.0  # s that an answer may take
_LOOK = 10.0  # s between two looks at the server's memory, at most; as many as `_LOOKS` at least
_LOOKS = 8
_SEARCH = "elements=Zn+O&search_n=64&search_steps=150"
_POLL = 2.0  # s between two looks at a search
_LOG = logging.getLogger(__name__)


@dataclass
class Person:
    """What one person has met with.

    Attributes:
        opened: seconds until the page with its samples stood.
        clicks: seconds of each click, until the script's end.
        others: clicks that showed another crystal than that of the sample.
        errors: what went wrong, a sentence each.
        searches: that have been finished.
    """

    opened: float | None = None
    clicks: list[float] = field(default_factory=list)
    others: int = 0
    errors: list[str] = field(default_factory=list)
    searches: int = 0


@dataclass(frozen=True)
class Sample:
    """A sample that can be clicked: its number in the set, its row on the map, and its crystal's formula, if any."""

    number: int
    row: int
    formula: str | None


def measure_load(run: Run, *, people: int, minutes: float, seed: int = 0) -> dict[str, Any]:
    """Start the app, let people use it, and stop it.

    Args:
        run: the model that the app shows.
        people: how many; where there are two or more, one of them searches and the others click.
        minutes: how long they click, once all of them have their page.
        seed: the first person's samples have this one, the next person's the next.

    Returns:
        "clicks", "click_median_s", "click_p95_s", "open_median_s", "open_max_s", "others_seen" (clicks that showed
        another crystal than the sample's), "errors" and the first of them, "searches", "memory_start_mb" and
        "memory_mb" (pairs of seconds and MB of the server's process; None where the system does not tell), and the
        settings.

    Raises:
        AppBenchError: if the app does not start.
        RunError: if the run is a light one.
    """
    entries = sum(len(run.latents[split]) for split in run.latents)
    name = offered_name(run)
    searching = people > 1
    clicking = [seed + number for number in range(people - searching)]
    _LOG.info("Drawing what %d people will click …", len(clicking))
    samples = {one: _samples(run, one, entries) for one in clicking}
    with running_app(run.path, name) as app:
        memory = _Memory(app.pid, min(_LOOK, 60.0 * minutes / _LOOKS))
        everyone, stop = [Person() for _ in range(people)], threading.Event()
        ready = threading.Barrier(people + 1)
        threads = [
            threading.Thread(
                target=_click_on, args=(person, app.url, name, one, samples[one], ready, stop), daemon=True
            )
            for person, one in zip(everyone, clicking, strict=False)
        ]
        if searching:
            threads.append(
                threading.Thread(target=_search_on, args=(everyone[-1], app.url, name, ready, stop), daemon=True)
            )
        for thread in threads:
            thread.start()
        try:
            _LOG.info("Waiting for everyone's page …")
            ready.wait(_PATIENCE)
            memory.begin()
            _LOG.info("Clicking for %g minutes …", minutes)
            curve = memory.watch(60.0 * minutes)
        except threading.BrokenBarrierError:
            said = next((error for person in everyone for error in person.errors), "")
            msg = f"Not everyone had a page within {_PATIENCE:g} s: measure with fewer people. {said}".strip()
            raise AppBenchError(msg) from None
        finally:
            stop.set()
        for thread in threads:
            thread.join(_PATIENCE)
        tracebacks = app.log.read_text(encoding="utf-8", errors="replace").count("Traceback")
    return {
        **load_figures(everyone),
        "tracebacks": tracebacks,
        "memory_start_mb": memory.start,
        "memory_mb": curve,
        "people": people,
        "minutes": minutes,
        "samples_each": SAMPLES,
        "run": run.name,
        "seed": seed,
    }


def load_figures(everyone: Sequence[Person]) -> dict[str, Any]:
    """What all people have met with, as figures."""
    clicks = [seconds for person in everyone for seconds in person.clicks]
    opened = [person.opened for person in everyone if person.opened is not None]
    errors = [error for person in everyone for error in person.errors]
    return {
        "clicks": len(clicks),
        "click_median_s": _quantile(clicks, 0.5),
        "click_p95_s": _quantile(clicks, 0.95),
        "open_median_s": _quantile(opened, 0.5),
        "open_max_s": _quantile(opened, 1.0),
        "others_seen": sum(person.others for person in everyone),
        "errors": len(errors),
        "first_error": errors[0] if errors else None,
        "searches": sum(person.searches for person in everyone),
    }


def is_of(answer: Answer, sample: Sample) -> bool:
    """True if an answer shows a sample: its number, and its crystal or none."""
    caption = f"Point {sample.number} of {SAMPLES:,} "
    if not any(text.startswith(caption) for text in answer.captions):
        return False
    return answer.formulas[:1] == ([] if sample.formula is None else [sample.formula])


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 3) if values else None


def _samples(run: Run, seed: int, entries: int) -> list[Sample]:
    """Some of a person's samples, in random order."""
    z = fitted_estimator(run, _SAMPLER).sample(SAMPLES, np.random.default_rng(seed), 1.0)
    numbers = np.random.default_rng([seed, 1]).permutation(SAMPLES)[:_CRYSTALS]
    found = DecodedLatents.of(run, z[numbers])
    return [
        Sample(number, entries + number, None if decoded.crystal is None else decoded.crystal.formula)
        for number, decoded in zip(numbers.tolist(), found, strict=True)
    ]


def _click_on(
    person: Person,
    url: str,
    name: str,
    seed: int,
    samples: Sequence[Sample],
    ready: threading.Barrier,
    stop: threading.Event,
) -> None:
    """Open the map with samples of one's own, and click them until it is over."""
    from disgen.bench.session import Session  # noqa: PLC0415 (only this needs Streamlit)

    rng = np.random.default_rng([seed, 2])
    query = f"run={quote(name)}&set={_SAMPLER}&n={SAMPLES}&seed={seed}"
    try:
        with Session(url, "latent_map", query, _PATIENCE) as session:
            answer = session.open()
            person.opened = answer.seconds
            person.errors += answer.problems
            ready.wait(_PATIENCE)
            turn = 0
            while not stop.wait(rng.uniform(*_PAUSE)):
                sample = samples[turn % len(samples)]
                answer = session.click(sample.row)
                person.clicks.append(answer.seconds)
                person.errors += answer.problems
                person.others += not is_of(answer, sample)
                turn += 1
    except (DisgenError, threading.BrokenBarrierError) as error:
        person.errors.append(str(error))
        ready.abort()


def _search_on(person: Person, url: str, name: str, ready: threading.Barrier, stop: threading.Event) -> None:
    """Search, and search again, until it is over."""
    from disgen.bench.session import Session  # noqa: PLC0415

    try:
        with Session(url, "conditioning", f"run={quote(name)}&{_SEARCH}", _PATIENCE) as session:
            answer = session.open()
            person.opened = answer.seconds
            ready.wait(_PATIENCE)
            going = False
            while not stop.wait(_POLL):
                if "Search" in session.buttons:
                    person.searches += going
                    going = True
                    answer = session.push("Search")
                    person.errors += answer.problems
                answer = session.open()
                person.errors += answer.problems
    except (DisgenError, threading.BrokenBarrierError) as error:
        person.errors.append(str(error))
        ready.abort()


class _Memory:
    """Memory of a process, from now on."""

    def __init__(self, pid: int, interval: float) -> None:
        self._pid, self._interval = pid, interval
        self.start: float | None = None

    def begin(self) -> None:
        """Look for the first time."""
        self.start = self._now()

    def watch(self, seconds: float) -> list[tuple[float, float | None]]:
        """Seconds and MB, until so many seconds are over."""
        start = time.monotonic()
        found = [(0.0, self.start)]
        while (left := start + seconds - time.monotonic()) > 0.0:
            time.sleep(min(left, self._interval))
            found.append((round(time.monotonic() - start, 1), self._now()))
        return found

    def _now(self) -> float | None:
        if sys.platform != "linux":
            return None
        pages = int(Path(f"/proc/{self._pid}/statm").read_text(encoding="ascii").split()[1])
        return round(pages * 4096 / 1e6, 1)
