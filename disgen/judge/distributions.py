"""How often values occur among crystals, for pictures of two sets over each other; plain JSON."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.evaluation.fidelity.descriptor import column
from disgen.wyckoff import crystal_system

if TYPE_CHECKING:
    from collections.abc import Iterable

    from disgen.evaluation.fidelity.traits import Traits

VOLUME_BIN = 1.0  # Å³ per atom
MOST_VOLUME = 60.0  # Å³ per atom, and more: the last bin
_SYMBOL = re.compile("[A-Z][a-z]?")

# Title and axis of each distribution, by its key in `distributions`, and what is counted.
PANELS: dict[str, tuple[str, str, str]] = {
    "volume_per_atom": ("Volume per atom", "Å³", "crystals"),
    "elements": ("Elements of a crystal", "number of elements", "crystals"),
    "species_a_site": ("Species on a site", "number of species", "sites"),
    "sites": ("Wyckoff sites of a crystal", "number of sites", "crystals"),
    "crystal_systems": ("Crystal systems", "", "crystals"),
    "space_groups": ("Space groups", "number of the group", "crystals"),
}


def distributions(traits: Traits) -> dict[str, dict[str, Any]]:
    """How often each value occurs among n crystals.

    Returns:
        By key of `PANELS`: "n", of all that are counted, and "counts" by value as text, in natural order. Volumes are
        counted in bins of `VOLUME_BIN`, named by their lower end; cells that are none are left out. Sites without a
        species are no sites.
    """
    volumes = traits.descriptor[:, column("volume_per_atom")].astype(float)
    bins = np.floor(np.minimum(volumes[np.isfinite(volumes)], MOST_VOLUME) / VOLUME_BIN) * VOLUME_BIN
    groups = sorted(int(group) for group in traits.descriptor[:, column("space_group")])
    on_sites = [len(_SYMBOL.findall(site[1:])) for key in traits.key for site in str(key).split("|")[1:]]
    systems = Counter(crystal_system(group) for group in groups)  # in the order of the groups
    return {
        "volume_per_atom": _counted(int(value) for value in bins),
        "elements": _counted(int(value) for value in traits.descriptor[:, column("n_elements")]),
        "species_a_site": _counted(on_sites),
        "sites": _counted(int(value) for value in traits.mixtures.sites),
        "crystal_systems": {"n": len(groups), "counts": dict(systems)},
        "space_groups": _counted(groups),
    }


def _counted(values: Iterable[int]) -> dict[str, Any]:
    counts = Counter(values)
    return {"n": counts.total(), "counts": {str(value): counts[value] for value in sorted(counts)}}
