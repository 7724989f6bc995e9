"""Which site of one crystal is which of another's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from disgen.cif import read_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.site_pairs import SitePair, site_pairs

SPINEL = read_cif((Path(__file__).parent / "data" / "spinel.cif").read_bytes())
RUTILE = WyckoffCrystal(
    136,
    (4.59, 4.59, 2.96, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 2, (0.0, 0.0, 0.0), (("Ti", 1.0),)),
        WyckoffSite("f", 4, (0.305, 0.305, 0.0), (("O", 1.0),)),
    ),
)


@pytest.mark.parametrize("crystal", [SPINEL, RUTILE])
def test_a_crystal_is_itself(crystal):
    pairs = site_pairs(crystal, crystal)
    assert [(pair.first, pair.second) for pair in pairs] == [(n, n) for n in range(len(crystal.sites))]
    assert all(pair.same_letter and pair.occupancy == 0.0 for pair in pairs)
    assert [pair.shift for pair in pairs] == pytest.approx([0.0] * len(pairs), abs=1e-3)


def test_the_order_of_sites_does_not_matter():
    turned = replace(RUTILE, sites=RUTILE.sites[::-1])
    assert [(pair.first, pair.second) for pair in site_pairs(RUTILE, turned)] == [(0, 1), (1, 0)]


def test_differences_are_measured():
    oxygen = WyckoffSite("f", 4, (0.68, 0.68, 0.0), (("O", 0.9), ("F", 0.05)))  # near the equivalent of (-x, -x, 0)
    metal, other = site_pairs(RUTILE, replace(RUTILE, sites=(RUTILE.sites[0], oxygen)))
    assert (metal.occupancy, metal.shift) == (0.0, 0.0)
    assert other.same_letter
    assert other.occupancy == pytest.approx(0.1)
    assert other.shift == pytest.approx(np.sqrt(2.0) * 0.015 * 4.59)


def test_a_site_may_have_no_counterpart():
    fewer = replace(RUTILE, sites=RUTILE.sites[1:])
    assert site_pairs(RUTILE, fewer)[0] == SitePair(0, None)
    assert site_pairs(RUTILE, fewer)[1].second == 0
    assert site_pairs(fewer, RUTILE)[-1] == SitePair(None, 0)
    nothing = replace(RUTILE, sites=())
    assert site_pairs(nothing, RUTILE) == (SitePair(None, 0), SitePair(None, 1))
    assert site_pairs(nothing, nothing) == ()


def test_another_space_group_has_no_shifts():
    moved = WyckoffCrystal(123, (4.0, 4.0, 4.1, 90.0, 90.0, 90.0), (WyckoffSite("a", 1, (0.0,) * 3, (("Ti", 1.0),)),))
    pairs = site_pairs(RUTILE, moved)
    assert pairs[0].second == 0
    assert pairs[0].shift is None
