"""What can go wrong with the learned prior."""

from __future__ import annotations

from disgen.latent.protocol import EstimatorError


class PriorError(EstimatorError):
    """The learned prior cannot be trained or used so; the message is one sentence."""
