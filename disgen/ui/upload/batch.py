"""The files that a person has uploaded: read in the background, and kept until they are cleared.

Pure functions over the session's state, any mutable mapping, so that pages stay thin and tests need no browser. Each
file is read in a process of its own (`disgen.cif.isolated`); a thread of this one only waits for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from disgen.cif.bundle import CifFile, cif_files
from disgen.cif.isolated import IsolatedReading, read_isolated
from disgen.errors import DisgenError
from disgen.ui.base.jobs import Job, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.ui.base.jobs import Reporter

    Reader = Callable[[bytes], IsolatedReading]
    Readings = tuple[IsolatedReading | None, ...]

MOST_HELD = 300  # files of a session
MOST_BYTES = 50_000_000  # of their contents
_BATCHES = "_upload_batches"
_CHOSEN = "_upload_chosen"
_REFUSED = "_upload_refused"
_REVISION = "_upload_revision"
_LAST = "_upload_last"
_SINCE = "_upload_since"


@dataclass(frozen=True)
class Row:
    """A file.

    Attributes:
        number: in the order of upload, from 0.
        name: for people.
        reading: what came of it; None while it is not read yet.
        content: as uploaded.
    """

    number: int
    name: str
    reading: IsolatedReading | None
    content: bytes = field(repr=False, default=b"")

    @property
    def fits(self) -> bool:
        """True if its crystal can be encoded."""
        return self.reading is not None and self.reading.crystal is not None and not self.reading.problem


@dataclass(frozen=True)
class Uploads:
    """All files of a session at one moment.

    Attributes:
        rows: in the order of upload.
        first: number of the first file of the last upload.
        picked: number of the file that the person has chosen; None before that.
    """

    rows: tuple[Row, ...]
    first: int = 0
    picked: int | None = None

    @property
    def goes_on(self) -> bool:
        """True while a file is still to be read."""
        return any(row.reading is None for row in self.rows)

    @property
    def chosen(self) -> Row | None:
        """The file that is shown: the one that was chosen, else the first of the last upload that fits, or failed."""
        if self.picked is not None and self.picked < len(self.rows):
            return self.rows[self.picked]
        last = self.rows[self.first :]
        return next((row for row in last if row.fits), next((row for row in last if row.reading is not None), None))


class UploadBatch:
    """Files that were handed over together; they are read one after the other until nobody holds the batch any more.

    Attributes:
        names: of the files.
        contents: of the files.
    """

    def __init__(self, files: Sequence[CifFile], reader: Reader = read_isolated) -> None:
        self.names = tuple(file.name for file in files)
        self.contents = tuple(file.content for file in files)
        judged = tuple(IsolatedReading(None, file.problem) if file.problem else None for file in files)
        self._job: Job[Readings] = Job(partial(_read_all, tuple(files), reader), judged, name="Reading")

    @property
    def readings(self) -> Readings:
        """What came of each file so far."""
        return self._job.look().progress

    def stop(self) -> None:
        """Read no further file."""
        self._job.stop()


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
    rows = look(state).rows
    size = sum(len(row.content) for row in rows) + sum(len(file.content) for file in files)
    if len(rows) + len(files) > MOST_HELD or size > MOST_BYTES:
        most = f"{MOST_HELD} files or {MOST_BYTES // 1_000_000} MB of them at most"
        state[_REFUSED] = f"There are {len(rows)} files here already, and {most}: clear them first, or take fewer."
    elif files:
        _hold(state, UploadBatch(files, reader))


def take_crystal(state: MutableMapping[Any, Any], crystal: WyckoffCrystal, name: str) -> None:
    """A crystal that need not be read, as if it had been uploaded."""
    state[_REFUSED] = ""
    _hold(state, UploadBatch((CifFile(name),), lambda _: IsolatedReading(crystal)))


def look(state: Mapping[Any, Any]) -> Uploads:
    """All files as they are now: one look for a script, from which everything is drawn."""
    files = [
        file
        for batch in state.get(_BATCHES, ())
        for file in zip(batch.names, batch.readings, batch.contents, strict=True)
    ]
    rows = tuple(Row(number, *file) for number, file in enumerate(files))
    return Uploads(rows, *state.get(_CHOSEN, (0, None)))


def choose(state: MutableMapping[Any, Any], number: int) -> None:
    """Show a file."""
    first, _ = state.get(_CHOSEN, (0, None))
    state[_CHOSEN] = (first, number)


def refused(state: Mapping[Any, Any]) -> str:
    """One sentence why the last upload was not taken; empty if it was."""
    result: str = state.get(_REFUSED, "")
    return result


def revision(state: Mapping[Any, Any]) -> int:
    """A number that changes with every upload, for the key of the widget, which is empty again afterwards."""
    result: int = state.get(_REVISION, 0)
    return result


def clear(state: MutableMapping[Any, Any]) -> None:
    """Forget all files, and read no further one."""
    for batch in state.get(_BATCHES, ()):
        batch.stop()
    for name in (_BATCHES, _CHOSEN, _REFUSED):
        state.pop(name, None)
    state[_REVISION] = revision(state) + 1


def wait(state: Mapping[Any, Any], seconds: float) -> Uploads:
    """Wait until something can be shown, at most until so long after the upload: most files are read by then."""
    end = state.get(_SINCE, 0.0) + seconds
    while (seen := look(state)).goes_on and time.monotonic() < end:
        if seen.chosen is not None and seen.chosen.fits:
            break
        time.sleep(0.05)
    return seen


def _hold(state: MutableMapping[Any, Any], batch: UploadBatch) -> None:
    state[_CHOSEN] = (len(look(state).rows), None)
    state[_SINCE] = time.monotonic()
    state[_BATCHES] = (*state.get(_BATCHES, ()), batch)


def _read_all(files: tuple[CifFile, ...], reader: Reader, reporter: Reporter[Readings]) -> None:
    """Read the files that are not judged yet; whatever happens, each gets its answer."""
    for number, file in enumerate(files):
        if reporter.stopping:
            return
        before = reporter.progress
        if before[number] is None:
            reporter.say((*before[:number], _reading(file, reader), *before[number + 1 :]))


def _reading(file: CifFile, reader: Reader) -> IsolatedReading:
    try:
        return reader(file.content)
    except Exception as error:  # noqa: BLE001 (in a thread nobody else would hear of it)
        return IsolatedReading(None, sentence(error, "Reading"))
