"""Augmentation keeps crystals legal and changes what it says it changes."""

import numpy as np
import pytest
from synthetic import random_crystals

from disgen import symmetry, wyckoff
from disgen.crystal import ELEMENTS
from disgen.model.config import AugmentConfig
from disgen.model.training.augment import FAMILIES, Augmenter, _decay, remix, substitute
from disgen.representation import SiteArrays


@pytest.fixture(scope="module")
def arrays() -> SiteArrays:
    return SiteArrays.from_crystals(random_crystals(300, seed=11))


def contents(arrays: SiteArrays) -> list[list]:
    return [sorted(site.occupancies for site in crystal.sites) for crystal in arrays.crystals()]


def test_families_cover_every_element_once():
    assert sorted(" ".join(FAMILIES).split()) == sorted(ELEMENTS)


def test_nothing_happens_by_default(arrays):
    augmenter = Augmenter.for_split(arrays, AugmentConfig())
    assert augmenter(arrays, 0.0, np.random.default_rng(0)) is arrays


def test_substitution_is_a_permutation_inside_families(arrays):
    new = substitute(arrays.species, np.random.default_rng(0))
    family = {symbol: number for number, members in enumerate(FAMILIES) for symbol in members.split()}
    family_of = np.array([-1] + [family[symbol] for symbol in ELEMENTS])
    assert np.array_equal(family_of[new], family_of[arrays.species])
    for old, changed in zip(arrays.species, new, strict=True):
        pairs = set(zip(old.ravel().tolist(), changed.ravel().tolist(), strict=True))
        assert len(pairs) == len({x for x, _ in pairs}) == len({y for _, y in pairs})
    assert np.mean(new != arrays.species) > 0.1


def test_skeletons_are_legal_and_keep_contents(arrays):
    config = AugmentConfig(skeletons=1.0, decay="none")
    new = Augmenter.for_split(arrays, config)(arrays, 0.5, np.random.default_rng(0))
    assert contents(new) == contents(arrays)
    table = wyckoff.tables()
    expected = table.multiplicity_of[new.space_group[:, None], new.letter]
    assert np.array_equal(np.where(new.real, expected, 0), new.multiplicity)
    assert new.multiplicity.max() <= 50
    assert new.space_group.min() > 1
    rows = (table.first[new.space_group][:, None] + new.letter - 1)[new.real]
    points = new.coordinates[new.real]
    assert np.abs(symmetry.snap(rows, points) - points).max() < 1e-9
    crystal = np.nonzero(new.real)[0][table.freedom[rows] == 0]
    fixed = np.stack([crystal, rows[table.freedom[rows] == 0]])
    assert np.unique(fixed, axis=1).shape == fixed.shape
    assert np.allclose(symmetry.constrain_cells(new.space_group, new.cell), new.cell)
    assert len(np.unique(new.space_group)) > 100


def test_order_is_canonical_after_everything(arrays):
    config = AugmentConfig(substitution=0.6, mixing=0.3, skeletons=0.5)
    new = Augmenter.for_split(arrays, config)(arrays, 0.0, np.random.default_rng(0))
    for crystal in new.crystals():
        keys = [
            (site.letter, tuple((ELEMENTS.index(symbol), x) for symbol, x in site.occupancies), site.coordinates)
            for site in crystal.sites
        ]
        assert keys == sorted(keys)


def test_the_batch_itself_is_not_changed(arrays):
    before = arrays.crystals()
    config = AugmentConfig(substitution=1.0, mixing=1.0, skeletons=1.0)
    Augmenter.for_split(arrays, config)(arrays, 0.0, np.random.default_rng(0))
    assert arrays.crystals() == before


def test_same_seed_same_batch(arrays):
    augmenter = Augmenter.for_split(arrays, AugmentConfig(substitution=0.5, mixing=0.5, skeletons=0.5))
    one, two, three = (augmenter(arrays, 0.0, np.random.default_rng(seed)).crystals() for seed in (1, 1, 2))
    assert one == two
    assert one != three


def test_new_occupancies_keep_species_vacancies_and_sums(arrays):
    new = remix(arrays, np.random.default_rng(0))
    assert np.array_equal(new > 0.0, arrays.occupancy > 0.0)
    changed = SiteArrays(**{**vars(arrays), "occupancy": new})
    assert np.array_equal(changed.disordered, arrays.disordered)
    assert np.array_equal(changed.vacancy > 0.0, arrays.vacancy > 0.0)
    assert new.sum(axis=2).max() < 1.001
    assert np.array_equal(new[~arrays.disordered], arrays.occupancy[~arrays.disordered])


def test_skeletons_fade(arrays):
    for kind in ("linear", "cosine"):
        shares = [_decay(kind, progress) for progress in (0.0, 0.25, 0.5, 0.75, 1.0)]
        assert shares[0] == 1.0
        assert shares[-1] == pytest.approx(0.0)
        assert shares == sorted(shares, reverse=True)
    assert _decay("none", 1.0) == 1.0
    augmenter = Augmenter.for_split(arrays, AugmentConfig(skeletons=1.0))
    assert augmenter(arrays, 1.0, np.random.default_rng(0)) is arrays
