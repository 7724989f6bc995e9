"""The representation: named rows, exact inverse, canonical order, and what it refuses."""

from dataclasses import fields, replace

import numpy as np
import pytest
from synthetic import random_crystals

from disgen import wyckoff
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.representation import RepresentationError, Rows, SiteArrays, decode, encode

PEROVSKITE = WyckoffCrystal(
    221,
    (3.905, 3.905, 3.905, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Sr", 0.3), ("La", 0.7))),
        WyckoffSite("b", 1, (0.5, 0.5, 0.5), (("Ti", 1.0),)),
        WyckoffSite("c", 3, (0.0, 0.5, 0.5), (("O", 0.95),)),
    ),
)


@pytest.fixture(scope="module")
def crystals() -> list[WyckoffCrystal]:
    return random_crystals(400)


def test_rows_are_those_of_the_paper():
    slices = [Rows.OCCUPANCY, Rows.MULTIPLICITY, Rows.DISORDERED, Rows.COORDINATES, Rows.LETTER]
    assert [part.stop - part.start for part in slices] == [101, 51, 1, 3, 27]
    assert [part.start for part in slices[1:]] == [part.stop for part in slices[:-1]]
    assert (slices[-1].stop, Rows.SPACE_GROUP.stop) == (Rows.SITE, Rows.CRYSTAL) == (183, 236)


def test_encode_known_crystal():
    a, c = encode([PEROVSKITE])
    assert a.shape == (1, 9, 183)
    assert c.shape == (1, 236)
    assert a.dtype == c.dtype == np.float32
    assert np.flatnonzero(a[0, 0, Rows.OCCUPANCY]).tolist() == [37, 56]
    assert a[0, 0, [37, 56]].tolist() == pytest.approx([0.3, 0.7])
    assert a[0, 2, Rows.VACANCY] == pytest.approx(0.05)
    assert a[0, :4, Rows.DISORDERED].ravel().tolist() == [1.0, 0.0, 1.0, 0.0]
    assert a[0, :, Rows.MULTIPLICITY].argmax(1).tolist() == [1, 1, 3, 0, 0, 0, 0, 0, 0]
    assert a[0, :, Rows.LETTER].argmax(1).tolist() == [1, 2, 3, 0, 0, 0, 0, 0, 0]
    assert np.all(a[0, 3:, Rows.VACANCY] == 1.0)
    assert c[0, :6].tolist() == pytest.approx([3.905, 3.905, 3.905, 90, 90, 90])
    assert c[0, Rows.SPACE_GROUP].argmax() + 1 == 221


def test_decode_is_the_exact_inverse(crystals):
    assert decode(*encode(crystals)) == crystals
    assert decode(*encode([])) == []


def test_arrays_are_the_crystals(crystals):
    assert SiteArrays.from_crystals(crystals).crystals() == crystals


def test_sums_of_probabilities(crystals):
    a, c = encode(crystals)
    for part in (Rows.MULTIPLICITY, Rows.LETTER):
        assert np.all(a[:, :, part].sum(axis=2) == 1.0)
    assert np.abs(a[:, :, Rows.OCCUPANCY].sum(axis=2) - 1.0).max() < 1.1e-3
    assert np.all(c[:, Rows.SPACE_GROUP].sum(axis=1) == 1.0)


def test_disorder_flag_agrees_with_the_crystal(crystals):
    flags = SiteArrays.from_crystals(crystals).disordered
    for crystal, row in zip(crystals, flags, strict=True):
        assert row[: len(crystal.sites)].tolist() == [site.is_disordered for site in crystal.sites]


def test_sorting_restores_the_canonical_order(crystals):
    arrays = SiteArrays.from_crystals(crystals)
    order = np.argsort(np.random.default_rng(1).random(arrays.letter.shape), axis=1)
    shuffled = replace(
        arrays,
        letter=np.take_along_axis(arrays.letter, order, axis=1),
        multiplicity=np.take_along_axis(arrays.multiplicity, order, axis=1),
        coordinates=np.take_along_axis(arrays.coordinates, order[:, :, None], axis=1),
        species=np.take_along_axis(arrays.species, order[:, :, None], axis=1)[:, :, ::-1],
        occupancy=np.take_along_axis(arrays.occupancy, order[:, :, None], axis=1)[:, :, ::-1],
    )
    assert shuffled.sorted().crystals() == crystals


def test_concatenate_and_take(crystals):
    arrays = SiteArrays.from_crystals(crystals)
    joined = SiteArrays.concatenate([SiteArrays.from_crystals([PEROVSKITE]), arrays.take(slice(0, 10))])
    assert joined.crystals() == [PEROVSKITE, *crystals[:10]]
    assert len(arrays.take(arrays.space_group == 999)) == 0


def test_compact_arrays_are_small(crystals):
    arrays = SiteArrays.from_crystals(crystals)
    a, c = arrays.dense()
    assert sum(getattr(arrays, field.name).nbytes for field in fields(arrays)) < (a.nbytes + c.nbytes) / 8


def site(letter="a", multiplicity=1, occupancies=(("O", 1.0),)):
    return WyckoffSite(letter, multiplicity, (0.0, 0.0, 0.0), occupancies)


@pytest.mark.parametrize(
    ("crystal", "reason"),
    [
        (replace(PEROVSKITE, sites=(site("i", 12),) * 10), "10 Wyckoff sites"),
        (replace(PEROVSKITE, sites=()), "0 Wyckoff sites"),
        (replace(PEROVSKITE, space_group=225, sites=(site("j", 96),)), "multiplicity 96"),
        (replace(PEROVSKITE, space_group=47, sites=(site(wyckoff.LETTERS[26], 8),)), "beyond z"),
        (replace(PEROVSKITE, sites=(site("z", 1),)), "no Wyckoff letter 'z'"),
        (replace(PEROVSKITE, sites=(site(occupancies=(("Md", 1.0),)),)), "beyond Fm"),
        (replace(PEROVSKITE, sites=(site(occupancies=()),)), "empty"),
        (replace(PEROVSKITE, space_group=231), "231"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(crystal, reason):
    with pytest.raises(RepresentationError, match=reason) as error:
        encode([crystal])
    assert str(error.value).endswith(".")


def test_decode_refuses_nonsense():
    a, c = encode([PEROVSKITE])
    with pytest.raises(RepresentationError, match="Expected"):
        decode(a[:, :, :100], c)
    a[0, 0, Rows.LETTER] = np.eye(27)[26]
    with pytest.raises(RepresentationError, match="not of its crystal's space group"):
        decode(a, c)
