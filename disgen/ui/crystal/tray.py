"""The tray: crystals that a person has put aside on any page, with names and notes.

Pure functions over any mutable mapping, in the app the visitor's place, so that pages stay thin and tests
need no browser.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.errors import DisgenError
from disgen.export.bundle import file_stem

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from disgen.crystal import WyckoffCrystal

MOST = 100  # crystals
MOST_COMPARED = 4
LONGEST_NAME = 60  # characters
LONGEST_NOTE = 500
_KEY = "_tray"
_REVISION = "_tray_revision"
_FIELDS = {"Compare": "compared", "Name": "name", "Note": "note"}


class TrayError(DisgenError):
    """Something cannot be put into the tray or compared; one sentence."""


@dataclass(frozen=True)
class Origin:
    """Where a crystal comes from.

    Attributes:
        run: name of the model that decoded it; empty for originals.
        origin: what it is, fit for a file name, such as ``kde-n300-seed0-12`` or ``original``.
        estimator: that sampled its latent; empty if none did.
        seed: of the samples.
        latent: (d,) what it was decoded from; empty for originals.
        outcome: of decoding and screening, a value of `disgen.generation.outcome.Outcome`; empty if it is not known.
        novel: it is not among the run's training data; None if that is not known.
    """

    run: str
    origin: str
    estimator: str = ""
    seed: int | None = None
    latent: tuple[float, ...] = ()
    outcome: str = ""
    novel: bool | None = None


@dataclass(frozen=True)
class Item:
    """A crystal in the tray.

    Attributes:
        crystal: the crystal.
        source: where it comes from.
        name: given by the person.
        note: the same.
        compared: it is among those that are drawn side by side.
    """

    crystal: WyckoffCrystal
    source: Origin
    name: str = ""
    note: str = ""
    compared: bool = True

    @property
    def label(self) -> str:
        """Its name, or else its formula."""
        return self.name or self.crystal.formula

    @property
    def stem(self) -> str:
        """Its name in files, without an ending."""
        return file_stem(self.crystal, self.source.origin)

    def is_same(self, other: Item) -> bool:
        """True if the other is the same crystal from the same place, whatever it is called."""
        mine, others = (item.source.run + "/" + item.source.origin for item in (self, other))
        return mine == others and self.crystal == other.crystal


def latent_numbers(z: np.ndarray) -> tuple[float, ...]:
    """A latent (d,) in single precision as plain numbers of as few digits as tell it apart."""
    return tuple(float(str(value)) for value in np.asarray(z, dtype=np.float32))


def items(state: Mapping[Any, Any]) -> tuple[Item, ...]:
    """What is in the tray, in the order of collection."""
    result: tuple[Item, ...] = state.get(_KEY, ())
    return result


def compared(state: Mapping[Any, Any]) -> tuple[Item, ...]:
    """What is drawn side by side."""
    return tuple(item for item in items(state) if item.compared)


def revision(state: Mapping[Any, Any]) -> int:
    """A number that changes whenever the tray does, for the keys of widgets that show it."""
    result: int = state.get(_REVISION, 0)
    return result


def holds(state: Mapping[Any, Any], item: Item) -> bool:
    """Whether a crystal is in the tray."""
    return any(item.is_same(other) for other in items(state))


def add(state: MutableMapping[Any, Any], new: Sequence[Item]) -> int:
    """Put crystals into the tray; those that are there already stay as they are.

    New ones are compared as long as there is room, unless they say that they are not.

    Returns:
        How many were added.

    Raises:
        TrayError: if the tray cannot hold them all; then none is added.
    """
    found = list(items(state))
    before = len(found)
    for item in new:
        if not any(item.is_same(other) for other in found):
            room = sum(other.compared for other in found) < MOST_COMPARED
            name, note = cut(item.name, LONGEST_NAME), cut(item.note, LONGEST_NOTE)
            found.append(replace(item, name=name, note=note, compared=item.compared and room))
    if len(found) > MOST:
        msg = f"The tray holds {MOST} crystals; {len(found) - before} more do not fit: download it and clear it first."
        raise TrayError(msg)
    _put(state, found)
    return len(found) - before


def clear(state: MutableMapping[Any, Any]) -> None:
    """Empty the tray."""
    _put(state, [])


def edit(state: MutableMapping[Any, Any], changes: Mapping[str, Any], seen: int) -> None:
    """Apply what a person changed in the table of the tray.

    Args:
        state: where the tray is.
        changes: as `st.data_editor` reports them: ``edited_rows`` (by row, then column) and ``deleted_rows``.
        seen: the tray's revision in that table, whose rows they are.

    Raises:
        TrayError: if more than `MOST_COMPARED` crystals would be compared, or the tray is another by now; then nothing
            is changed.
    """
    if seen != revision(state):
        msg = "The tray has been changed in another tab: look at it as it is now, and change it again."
        raise TrayError(msg)
    found = list(items(state))
    for row, cells in changes.get("edited_rows", {}).items():
        known = {_FIELDS[column]: value for column, value in cells.items() if column in _FIELDS}
        if "name" in known:
            known["name"] = cut(known["name"], LONGEST_NAME)
        if "note" in known:
            known["note"] = cut(known["note"], LONGEST_NOTE)
        if int(row) < len(found):
            found[int(row)] = replace(found[int(row)], **known)
    gone = {int(row) for row in changes.get("deleted_rows", ())}
    found = [item for row, item in enumerate(found) if row not in gone]
    if sum(item.compared for item in found) > MOST_COMPARED:
        _put(state, items(state))  # so that the table forgets the refused change
        msg = f"Up to {MOST_COMPARED} crystals can be compared: untick one first."
        raise TrayError(msg)
    _put(state, found)


def cut(text: str | None, longest: int) -> str:
    """Text on one line, without control characters, of at most so many characters."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text or "").split())
    return words[:longest].strip()


def _put(state: MutableMapping[Any, Any], found: Sequence[Item]) -> None:
    state[_KEY] = tuple(found)
    state[_REVISION] = revision(state) + 1
