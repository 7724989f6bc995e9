"""The error of this part of the program."""

from __future__ import annotations

from disgen.errors import DisgenError


class CorpusError(DisgenError):
    """A corpus or one of its sources cannot be used; the text is one sentence that says what to do."""
