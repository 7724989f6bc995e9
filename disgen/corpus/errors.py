"""The error of this part of the program."""

from __future__ import annotations


class CorpusError(ValueError):
    """A corpus or one of its sources cannot be used; the text is one sentence that says what to do."""
