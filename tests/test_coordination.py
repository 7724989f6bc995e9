"""Coordination numbers, bond lengths and bond-valence sums of structures that everybody knows."""

import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.geometry.coordination import coordination


def site(letter, multiplicity, coordinates, **occupancies):
    return WyckoffSite(letter, multiplicity, coordinates, tuple(occupancies.items()))


def cubic(group, a, *sites):
    return WyckoffCrystal(group, (a, a, a, 90.0, 90.0, 90.0), sites)


def rock_salt(a, cation, anion):
    return cubic(225, a, site("a", 4, (0, 0, 0), **cation), site("b", 4, (0.5, 0.5, 0.5), **anion))


RUTILE = WyckoffCrystal(
    136,
    (4.594, 4.594, 2.959, 90.0, 90.0, 90.0),
    (site("a", 2, (0, 0, 0), Ti=1.0), site("f", 4, (0.305, 0.305, 0), O=1.0)),
)


def test_rutile_has_two_lengths_and_four_valences():
    titanium, oxygen = coordination(RUTILE)
    assert [(contact.site, contact.times) for contact in titanium.contacts] == [(1, 4), (1, 2)]
    # G. Burdett et al., J. Am. Chem. Soc. 109, 3639 (1987): 1.946 and 1.976 Å at 15 K.
    assert [contact.distance for contact in titanium.contacts] == pytest.approx([1.948, 1.982], abs=0.004)
    assert (titanium.number, oxygen.number) == (6, 3)
    assert titanium.valence == pytest.approx(4.0, abs=0.3)
    assert oxygen.valence == pytest.approx(-titanium.valence / 2.0)


@pytest.mark.parametrize(("a", "cation", "anion", "charge"), [(4.212, "Mg", "O", 2.0), (5.64, "Na", "Cl", 1.0)])
def test_the_sum_of_a_rock_salt_is_its_charge(a, cation, anion, charge):
    metal, other = coordination(rock_salt(a, {cation: 1.0}, {anion: 1.0}))
    assert metal.valence == pytest.approx(charge, abs=0.35)
    assert other.valence == pytest.approx(-metal.valence)


def test_empty_neighbours_count_by_their_filling_and_a_mixture_by_its_shares():
    whole, _ = coordination(rock_salt(4.3, {"Fe": 1.0}, {"O": 1.0}))
    holes, _ = coordination(rock_salt(4.3, {"Fe": 1.0}, {"O": 0.5}))
    assert (holes.number, holes.filled) == (6, 3.0)
    assert holes.valence == pytest.approx(whole.valence / 2.0)
    other, _ = coordination(rock_salt(4.3, {"Mn": 1.0}, {"O": 1.0}))
    mixed, _ = coordination(rock_salt(4.3, {"Fe": 0.5, "Mn": 0.5}, {"O": 1.0}))
    assert mixed.valence == pytest.approx((whole.valence + other.valence) / 2.0)


def test_what_is_bonded_to_nothing_has_no_sum():
    lonely = cubic(221, 12.0, site("a", 1, (0, 0, 0), Na=1.0), site("b", 1, (0.5, 0.5, 0.5), Cl=1.0))
    assert [(found.number, found.valence) for found in coordination(lonely)] == [(0, None), (0, None)]
