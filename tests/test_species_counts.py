"""Whole numbers of atoms on sites: roundings, elements that share sites, and the charge where it is to be kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from disgen.crystal import WyckoffSite
from disgen.generation.ordered.species_counts import VACANCY, atoms_in, shares_of, species_counts


@given(
    shares=st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=4), min_size=1, max_size=5),
    sizes=st.lists(st.integers(1, 24), min_size=5, max_size=5),
    seed=st.integers(0, 100),
)
def test_counts_are_whole_roundings_whose_sum_is_as_near_as_can_be(shares, sizes, seed):
    elements = ("Fe", "Co", "Ni", "Cu")
    sites = [
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), tuple((element, part / 120) for element, part in zip(elements, parts)))  # noqa: B905
        for parts in shares
    ]
    size = np.array(sizes[: len(sites)])
    counts = species_counts(sites, size, np.random.default_rng(seed))
    ideal = dict.fromkeys(elements, 0.0)
    for site, number, found in zip(sites, size, counts, strict=True):
        assert sum(found.values()) == number
        for symbol, share in site.occupancies:
            assert abs(found[symbol] - share * number) < 1.0 + 1e-6
            ideal[symbol] += share * number
    for element, amount in ideal.items():
        assert abs(sum(found.get(element, 0) for found in counts) - amount) < 1.0


def test_elements_that_share_sites_are_rounded_together():
    # A half each on three single positions: one or two atoms in all, not none or three.
    sites = [WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Fe", 0.5), ("Ni", 0.5)))] * 3
    counts = species_counts(sites, np.array([1, 1, 1]), np.random.default_rng(0))
    assert sum(found["Fe"] for found in counts) in (1, 2)


def test_an_overfull_site_is_scaled_and_an_empty_share_is_a_vacancy():
    over = WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Fe", 0.51), ("Ni", 0.51)))
    assert dict(shares_of(over)) == {"Fe": 0.5, "Ni": 0.5}
    partly = WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("O", 0.75),))
    assert dict(shares_of(partly)) == {"O": 0.75, VACANCY: 0.25}
    assert atoms_in(species_counts([partly], np.array([8]), np.random.default_rng(0))[0]) == {"O": 6}


@given(parts=st.lists(st.integers(1, 9), min_size=1, max_size=4), size=st.integers(1, 12), seed=st.integers(0, 20))
def test_the_charge_is_never_further_off_when_it_is_to_be_kept(parts, size, seed):
    states = {"Na": 1.0, "Ca": 2.0, "Y": 3.0, "Zr": 4.0}
    pairs = zip(states, parts, strict=False)
    sites = [WyckoffSite("a", 1, (0.0, 0.0, 0.0), ((symbol, part / 10),)) for symbol, part in pairs]
    sizes = np.full(len(sites), size)
    wanted = sum(states[symbol] * share * size for site in sites for symbol, share in site.occupancies)

    def off(charges):
        counts = species_counts(sites, sizes, np.random.default_rng(seed), charges)
        return abs(sum(states[symbol] * n for found in counts for symbol, n in atoms_in(found).items()) - wanted)

    assert off(states) <= off(None) + 1e-6
