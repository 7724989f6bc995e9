"""How often values occur among crystals: the counts are those of the crystals themselves."""

from collections import Counter

import numpy as np

from disgen.evaluation.fidelity.mixtures import pairs_on_sites
from disgen.evaluation.fidelity.traits import Traits
from disgen.judge.distributions import MOST_VOLUME, PANELS, distributions
from disgen.wyckoff import crystal_system


def test_counts_are_those_of_the_crystals(minerals):
    crystals = minerals[:200]
    found = distributions(Traits.of(crystals, pairs_on_sites([])))
    assert found.keys() == PANELS.keys()

    def counted(values):
        return {str(value): count for value, count in sorted(Counter(values).items())}

    on_sites = [len(site.occupancies) for crystal in crystals for site in crystal.sites]
    assert found["elements"] == {"n": 200, "counts": counted(len(crystal.elements) for crystal in crystals)}
    assert found["sites"] == {"n": 200, "counts": counted(len(crystal.sites) for crystal in crystals)}
    assert found["space_groups"]["counts"] == counted(crystal.space_group for crystal in crystals)
    assert found["species_a_site"] == {"n": len(on_sites), "counts": counted(on_sites)}
    systems = Counter(crystal_system(crystal.space_group) for crystal in crystals)
    assert found["crystal_systems"]["counts"] == systems
    order = list(found["crystal_systems"]["counts"])
    assert order.index("monoclinic") < order.index("orthorhombic") < order.index("cubic")


def test_volumes_are_in_bins_of_one_cubic_angstrom_and_the_last_takes_all_above(minerals):
    crystals = minerals[:200]
    counts = distributions(Traits.of(crystals, pairs_on_sites([])))["volume_per_atom"]["counts"]
    volumes = np.array([crystal.volume / crystal.n_atoms for crystal in crystals])
    inner = (volumes > 10.05) & (volumes < 10.95)  # whatever the rounding to half precision does
    assert counts["10"] >= inner.sum() > 0
    assert sum(counts.values()) == 200
    assert counts.get(f"{MOST_VOLUME:g}", 0) == (volumes >= MOST_VOLUME).sum()
    assert max(map(int, counts)) <= MOST_VOLUME


def test_of_no_crystal():
    assert all(part == {"n": 0, "counts": {}} for part in distributions(Traits.of([], pairs_on_sites([]))).values())
