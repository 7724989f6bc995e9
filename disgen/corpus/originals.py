"""Original crystals of entries, as far as this machine can rebuild them: a run itself holds only their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.cif import CifError
from disgen.corpus import amcsd
from disgen.corpus.errors import CorpusError
from disgen.corpus.filters import read_entry
from disgen.corpus.sources import AMCSD

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal


def original(source: str, identifier: str, key: str) -> WyckoffCrystal:
    """The crystal of an entry.

    Args:
        source: where the entry comes from.
        identifier: its name there.
        key: the crystal's key, by which it is recognised.

    Raises:
        CorpusError: if it cannot be rebuilt, with the reason in one sentence.
    """
    crystal = rebuilt(source, identifier)
    if crystal.key != key:
        msg = f"The original is not shown: this machine's AMCSD holds another crystal as entry {identifier}."
        raise CorpusError(msg)
    return crystal


def rebuilt(source: str, identifier: str) -> WyckoffCrystal:
    """The crystal that this machine has under a name.

    Args:
        source: a database.
        identifier: the crystal's name there.

    Raises:
        CorpusError: if it cannot be rebuilt, with the reason in one sentence.
    """
    if source != AMCSD:
        msg = "The original is not shown: the program comes with the AMCSD's crystals only, not with this database's."
        raise CorpusError(msg)
    try:
        return read_entry(amcsd.cif(identifier)).crystal
    except CifError as error:
        msg = f"The original is not shown: this machine's AMCSD entry {identifier} cannot be read."
        raise CorpusError(msg) from error
