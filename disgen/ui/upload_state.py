"""The files that a person has uploaded: read in the background, and kept until they are cleared.

Pure functions over the session's state, any mutable mapping, so that pages stay thin and tests need no browser. Each
file is read in a process of its own (`disgen.cif.isolated`); a thread of this one only waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from disgen.cif.bundle import CifFile, cif_files
from disgen.cif.isolated import IsolatedReading, read_isolated
from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from disgen.crystal import WyckoffCrystal

    Reader = Callable[[bytes], IsolatedReading]

MOST_HELD = 300  # files of a session
_BATCHES = "_upload_batches"
_CHOSEN = "_upload_chosen"
_REFUSED = "_upload_refused"
_REVISION = "_upload_revision"
_LAST = "_upload_last"
_SINCE = "_upload_since"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """A file.

    Attributes:
        number: in the order of upload, from 0.
        name: for people.
        reading: what came of it; None while it is not read yet.
    """

    number: int
    name: str
    reading: IsolatedReading | None

    @property
    def fits(self) -> bool:
        """True if its crystal can be encoded."""
        return self.reading is not None and self.reading.crystal is not None and not self.reading.problem


class Batch:
    """Files that were handed over together; they are read one after the other until nobody holds the batch any more.

    Attributes:
        names: of the files.
    """

    def __init__(self, files: Sequence[CifFile], reader: Reader = read_isolated) -> None:
        self.names = tuple(file.name for file in files)
        self._found: list[IsolatedReading | None] = [
            IsolatedReading(None, file.problem) if file.problem else None for file in files
        ]
        self._stop = threading.Event()
        weakref.finalize(self, self._stop.set)
        work = (tuple(files), reader, self._found, self._stop)
        threading.Thread(target=_read_all, args=work, name="uploads", daemon=True).start()

    @property
    def readings(self) -> tuple[IsolatedReading | None, ...]:
        """What came of each file so far."""
        return tuple(self._found)

    def stop(self) -> None:
        """Read no further file."""
        self._stop.set()


def take(
    state: MutableMapping[Any, Any],
    handed: Sequence[tuple[str, bytes]],
    reader: Reader = read_isolated,
    *,
    identity: str = "",
) -> None:
    """Start reading files, or keep the sentence why they are not taken; the first of them that fits will be shown.

    Args:
        state: the session's.
        handed: names and contents of CIFs, or of zips of them.
        reader: turns a content into a reading.
        identity: of this upload, of which a browser may tell twice; then nothing is done. Empty for a new one.
    """
    if identity and identity == state.get(_LAST):
        return
    state[_LAST] = identity
    state[_REVISION] = revision(state) + 1
    state[_REFUSED] = ""
    try:
        files = cif_files(handed)
    except DisgenError as error:
        state[_REFUSED] = str(error)
        return
    held = len(rows(state))
    if held + len(files) > MOST_HELD:
        state[_REFUSED] = f"There are {held} files here already, and {MOST_HELD} at most: clear them first."
    elif files:
        _hold(state, Batch(files, reader))


def take_crystal(state: MutableMapping[Any, Any], crystal: WyckoffCrystal, name: str) -> None:
    """A crystal that need not be read, as if it had been uploaded."""
    state[_REFUSED] = ""
    _hold(state, Batch((CifFile(name),), lambda _: IsolatedReading(crystal)))


def rows(state: Mapping[Any, Any]) -> tuple[Row, ...]:
    """All files in the order of upload."""
    pairs = [pair for batch in state.get(_BATCHES, ()) for pair in zip(batch.names, batch.readings, strict=True)]
    return tuple(Row(number, name, reading) for number, (name, reading) in enumerate(pairs))


def goes_on(state: Mapping[Any, Any]) -> bool:
    """True while a file is still to be read."""
    return any(row.reading is None for row in rows(state))


def chosen(state: Mapping[Any, Any]) -> Row | None:
    """The file that is shown: the one that was chosen, else the first of the last upload that fits, or failed."""
    first, picked = state.get(_CHOSEN, (0, None))
    found = rows(state)
    if picked is not None and picked < len(found):
        return found[picked]
    last = found[first:]
    return next((row for row in last if row.fits), next((row for row in last if row.reading is not None), None))


def choose(state: MutableMapping[Any, Any], number: int) -> None:
    """Show a file."""
    first, _ = state.get(_CHOSEN, (0, None))
    state[_CHOSEN] = (first, number)


def refused(state: Mapping[Any, Any]) -> str:
    """One sentence why the last upload was not taken; empty if it was."""
    return state.get(_REFUSED, "")


def revision(state: Mapping[Any, Any]) -> int:
    """A number that changes with every upload, for the key of the widget, which is empty again afterwards."""
    return state.get(_REVISION, 0)


def clear(state: MutableMapping[Any, Any]) -> None:
    """Forget all files, and read no further one."""
    for batch in state.get(_BATCHES, ()):
        batch.stop()
    for name in (_BATCHES, _CHOSEN, _REFUSED):
        state.pop(name, None)
    state[_REVISION] = revision(state) + 1


def wait(state: Mapping[Any, Any], seconds: float) -> None:
    """Wait until something can be shown, at most until so long after the upload: most files are read by then."""
    end = state.get(_SINCE, 0.0) + seconds
    while goes_on(state) and time.monotonic() < end:
        if (row := chosen(state)) is not None and row.fits:
            return
        time.sleep(0.05)


def _hold(state: MutableMapping[Any, Any], batch: Batch) -> None:
    state[_CHOSEN] = (len(rows(state)), None)
    state[_SINCE] = time.monotonic()
    state[_BATCHES] = (*state.get(_BATCHES, ()), batch)


def _read_all(
    files: tuple[CifFile, ...], reader: Reader, found: list[IsolatedReading | None], stop: threading.Event
) -> None:
    """Read the files that are not judged yet; whatever happens, each gets its answer."""
    for number, file in enumerate(files):
        if stop.is_set():
            return
        if found[number] is not None:
            continue
        try:
            found[number] = reader(file.content)
        except Exception:  # noqa: BLE001 (in a thread nobody else would hear of it)
            _LOG.exception("Reading %s failed.", file.name)
            found[number] = IsolatedReading(
                None, "Reading failed for a reason that was not foreseen: the server's log tells more."
            )
