"""What the learned prior learns from."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from disgen.prior.language.tokens import CORPUS, ORDERED, RELATED
from disgen.prior.material import Material, Shares, keys_file, without_amounts

NONE = Shares(ordered=(0.0, 0.0), exchanged=(0.0, 0.0))


@pytest.fixture(scope="module")
def material(minerals):
    ordered = [crystal for crystal in minerals[400:800] if not crystal.disordered_sites]
    return Material.of(minerals[:300], minerals[300:420], ordered)


def test_nothing_that_is_held_out_is_learnt_from(material, minerals):
    held_out = {without_amounts(crystal) for crystal in minerals[300:420]}
    assert not held_out & {without_amounts(crystal) for crystal in material.ordered}
    assert len({crystal.key for crystal in material.ordered}) == len(material.ordered) > 50


def test_copies_share_their_chances(minerals):
    found = Material.of([minerals[0]] * 4 + [minerals[1]], [])
    np.testing.assert_allclose(found.chance, [1 / 6] * 4 + [1 / 3])


def test_shares_change_evenly(material):
    shares = Shares(ordered=(0.8, 0.0), exchanged=(0.0, 0.0))
    drawn = [material.draw(2000, shares, progress, np.random.default_rng(0)).source for progress in (0.0, 0.5, 1.0)]
    for source, expected in zip(drawn, (0.8, 0.4, 0.0), strict=True):
        assert (source == ORDERED).mean() == pytest.approx(expected, abs=0.04)
        assert set(source) <= {CORPUS, ORDERED}


def test_without_exchange_only_the_crystals_themselves_are_drawn(material):
    crystals, source, keys = material.draw(200, NONE, 0.3, np.random.default_rng(1))
    assert set(crystals) <= set(material.corpus)
    assert (source == CORPUS).all()
    assert keys == [crystal.key for crystal in crystals]


def test_relatives_are_canonical(material):
    from disgen.canonical import canonicalise_many

    everything = Shares(ordered=(0.5, 0.5), exchanged=(1.0, 1.0))
    crystals, source, keys = material.draw(100, everything, 0.0, np.random.default_rng(2))
    assert (source >= RELATED).all()
    assert set(keys) <= {crystal.key for crystal in (*material.corpus, *material.ordered)}
    assert canonicalise_many(crystals) == crystals
    assert len(set(crystals) - set(material.corpus) - set(material.ordered)) > 50


def test_keys_are_stored_once_each(material):
    content = keys_file([*material.ordered, *material.ordered])
    stored = pq.read_table(pa.BufferReader(content))["key"].to_pylist()
    assert stored == sorted({crystal.key for crystal in material.ordered})


def test_amounts_do_not_count_without_them(minerals):
    mixed = next(crystal for crystal in minerals if crystal.disordered_sites)
    assert "0." not in without_amounts(mixed)
    assert without_amounts(mixed).startswith(f"{mixed.space_group}|")
