"""The one family of errors that people may see; it imports nothing, so that anything may import it."""

from __future__ import annotations


class DisgenError(ValueError):
    """Something that the person can mend; the text is one sentence that says what to do.

    Every error class of the package derives from it. The command line and the pages catch it and nothing broader: what
    is no `DisgenError` is a mistake in the program, and keeps its traceback.
    """
