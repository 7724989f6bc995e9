"""What can go wrong with an ensemble."""

from disgen.errors import DisgenError


class EnsembleError(DisgenError):
    """An ensemble cannot be made as asked; one sentence."""
