"""Reading a CIF of a stranger's in a process of its own, which is ended when it takes too much time or memory.

A symmetry search may not return for minutes, from dense cells and from atoms that clash; compiled code cannot be
interrupted, only ended. Each file has its own process, started from nothing, so that neither threads nor the main
script of the caller (Streamlit, torch) matter, and no file can harm the next. Only JSON comes back.
"""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError
from disgen.cif.limits import first_exceeded
from disgen.cif.parse import parse_cif
from disgen.cif.read import read
from disgen.cif.standard.alternatives import Alternative
from disgen.cif.stated import Stated, StatedAtom, change_of_setting
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.processes import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 20.0  # of processor time of one file
PATIENCE = 6.0  # times as long by the clock: a busy machine is no reason to refuse a file
MEMORY = 3_000_000_000  # bytes of address space of one file
_NO_TIME_LEFT = int(getattr(signal, "SIGXCPU", 0)) or 24
_LOG = logging.getLogger(__name__)
_TURNS = threading.BoundedSemaphore(max(2, (os.cpu_count() or 2) // 2))  # processes at once, whoever asked for them
_ROOT = Path(__file__).parents[2]  # where Python finds this package, also in a plain clone used from elsewhere
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class IsolatedReading:
    """What came of a file.

    Attributes:
        crystal: None if the file cannot be read.
        problem: one sentence why it cannot be read, or why its crystal cannot be encoded; empty if all is well.
        doubts: what a reader should know, and where the file contradicts itself.
        reason: a `CifReason` for the problem, empty if there is none.
        over_full: a site holds more than one atom, whatever else may be wrong.
        alternatives: sites of which positions are never filled together, as the file states.
        stated: what the file lists, in its own setting; None if there is no crystal.
        change: from that setting to the crystal's (`disgen.cif.stated.Change.text`), empty where none was found.
    """

    crystal: WyckoffCrystal | None
    problem: str = ""
    doubts: tuple[Doubt, ...] = ()
    reason: str = ""
    over_full: bool = False
    alternatives: tuple[Alternative, ...] = ()
    stated: Stated | None = None
    change: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """The doubts as sentences."""
        return tuple(doubt.sentence for doubt in self.doubts)

    @property
    def is_sound(self) -> bool:
        """True if the crystal may be passed on as it is: no site holds more than one atom."""
        return self.crystal is not None and not self.over_full


def read_isolated(content: bytes, *, seconds: float = SECONDS, memory: int = MEMORY) -> IsolatedReading:
    """Read the first structure of a CIF within limits; whatever the file does, this returns.

    Args:
        content: of the file.
        seconds: longest processor time from the start of the process; not limited on Windows, where `PATIENCE` times
            as long by the clock is, as everywhere.
        memory: most address space in bytes; not limited on Windows.
    """
    (reading,) = read_together([content], seconds=seconds, memory=memory)
    return reading


def read_together(
    contents: Sequence[bytes], *, seconds: float = SECONDS, memory: int = MEMORY
) -> tuple[IsolatedReading, ...]:
    """Read several files in one process, within limits for all of them: one that breaks them stops the others too.

    Args:
        contents: of the files.
        seconds: longest processor time for all from the start of the process; `PATIENCE` times as long by the clock.
        memory: most address space in bytes; not limited on Windows.
    """
    command = [sys.executable, "-m", __name__, str(math.ceil(seconds)), str(memory)]
    with _TURNS:
        process = subprocess.Popen(  # noqa: S603 (our own module)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=_ROOT,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,
        )
        try:
            texts = json.dumps([content.decode("latin-1") for content in contents])
            answer, trouble = process.communicate(texts.encode(), timeout=PATIENCE * seconds)
            took_too_long = process.returncode == -_NO_TIME_LEFT
        except subprocess.TimeoutExpired:
            took_too_long = True
        finally:
            _end(process)
    if took_too_long:
        problem = f"Reading took longer than {seconds:g} s and was stopped: give a simpler structure."
        return (IsolatedReading(None, problem),) * len(contents)
    try:
        return tuple(map(_reading, json.loads(answer)))
    except (ValueError, KeyError, TypeError):
        _LOG.warning("Reading ended with status %s: %s", process.returncode, trouble[-2000:].decode(errors="replace"))
        problem = f"Reading broke down, or needed more than {memory / 1e9:.2g} GB of memory: give a simpler structure."
        return (IsolatedReading(None, problem),) * len(contents)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.communicate()


def _reading(content: dict[str, Any]) -> IsolatedReading:
    crystal = _crystal(content["crystal"])
    problem, reason = str(content["problem"]), str(content["reason"])
    doubts = tuple(Doubt(DoubtKind(one["kind"]), str(one["sentence"])) for one in content["doubts"])
    alternatives = tuple(Alternative(**one) for one in content["alternatives"])
    return IsolatedReading(
        crystal,
        problem,
        doubts,
        reason,
        bool(content["over_full"]),
        alternatives,
        _stated(content["stated"]),
        str(content["change"]),
    )


def _stated(content: dict[str, Any] | None) -> Stated | None:
    if content is None:
        return None
    atoms = tuple(
        StatedAtom(
            str(atom["label"]),
            str(atom["element"]),
            tuple(atom["written"]),
            tuple(atom["coordinates"]),
            float(atom["occupancy"]),
        )
        for atom in content["atoms"]
    )
    return Stated(tuple(content["cell"]), str(content["symbol"]), atoms)


def _crystal(content: dict[str, Any] | None) -> WyckoffCrystal | None:
    if content is None:
        return None
    sites = tuple(
        WyckoffSite(
            site["letter"],
            site["multiplicity"],
            tuple(site["coordinates"]),
            tuple((symbol, share) for symbol, share in site["occupancies"]),
        )
        for site in content["sites"]
    )
    return WyckoffCrystal(content["space_group"], tuple(content["cell"]), sites)


def _read_here(content: bytes) -> IsolatedReading:
    try:
        reading = read(content)
    except CifError as error:
        return IsolatedReading(None, str(error), reason=str(error.reason))
    stated = Stated.of(parse_cif(content))
    change = change_of_setting(stated, reading.crystal)
    plain = IsolatedReading(
        reading.crystal,
        doubts=reading.doubts,
        alternatives=reading.alternatives,
        stated=stated,
        change=change.text if change is not None else "",
    )
    limit = first_exceeded(reading)
    if limit is None:
        return plain
    problem, reason = limit.sentence(reading), str(limit.reason)
    return replace(plain, problem=problem, reason=reason, over_full=reading.over_full, alternatives=())


def _limit(seconds: int, memory: int) -> None:
    """Bound this process and those it starts, also for the case that nobody is left to end them."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 (not on Windows)

    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


if __name__ == "__main__":
    end_with_parent()
    _limit(*map(int, sys.argv[1:]))
    handed = [text.encode("latin-1") for text in json.loads(sys.stdin.buffer.read())]
    sys.stdout.write(json.dumps([asdict(_read_here(content)) for content in handed]))
