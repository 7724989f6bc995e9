"""The report's part on mixed sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.evaluation.rates import rates

if TYPE_CHECKING:
    from disgen.evaluation.fidelity.traits import Traits

_Z = 1.959963984540054


def mixing(samples: Traits) -> dict[str, Any]:
    """Whether species share sites as they do in real crystals; plain JSON.

    Returns:
        rates "sites": of the mixed sites those whose every pair is plausible (`disgen.evaluation.fidelity.mixtures`),
        and "crystals": of the crystals with mixed sites those all of whose mixed sites are so. "species_a_site": mean
        over all sites with its interval (95 %, over crystals), and "most_species", the most on any site; None where
        there is no crystal.
    """
    mixtures = samples.mixtures
    mixed = mixtures.mixed > 0
    hits = {"sites": int(mixtures.plausible.sum()), "crystals": int((mixed & mixtures.all_plausible).sum())}
    shares = rates(hits, {"sites": int(mixtures.mixed.sum()), "crystals": int(mixed.sum())})
    if not len(samples):
        return {**shares, "species_a_site": None, "most_species": None}
    mean = mixtures.species.sum() / mixtures.sites.sum()
    # A ratio of two sums: the spread of its numerator about the mean (the delta method).
    spread = np.std(mixtures.species - mean * mixtures.sites) / mixtures.sites.mean()
    half = _Z * spread / np.sqrt(len(samples))
    return {
        **shares,
        "species_a_site": {"value": float(mean), "interval": [float(mean - half), float(mean + half)]},
        "most_species": int(mixtures.most.max()),
        "n": len(samples),
    }
