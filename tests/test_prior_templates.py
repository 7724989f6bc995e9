"""Known crystals that lend their geometry to new ones, and the file that they are stored in."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from disgen.canonical import canonicalise, canonicalise_many
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.prior.errors import PriorError
from disgen.prior.geometry.parameters import element_volumes, parameters
from disgen.prior.geometry.templates import Templates, matched
from disgen.prior.geometry.templates_file import load_templates, templates_file


@pytest.fixture(scope="module")
def volumes(minerals):
    return element_volumes(minerals)


@pytest.fixture(scope="module")
def templates(minerals, volumes):
    return Templates.of(minerals, volumes)


def olivine(metal, oxygen="O", shift=0.0):
    """A2SiO4 in Pnma; `shift` moves the origin by half a cell along a."""
    sites = (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), ((metal, 1.0),)),
        WyckoffSite("c", 4, (0.28, 0.25, 0.99), ((metal, 1.0),)),
        WyckoffSite("c", 4, (0.095, 0.25, 0.43), (("Si", 1.0),)),
        WyckoffSite("c", 4, (0.09, 0.25, 0.77), ((oxygen, 1.0),)),
        WyckoffSite("c", 4, (0.45, 0.25, 0.22), ((oxygen, 1.0),)),
        WyckoffSite("d", 8, (0.16, 0.03, 0.28), ((oxygen, 1.0),)),
    )
    moved = tuple(replace(site, coordinates=(site.coordinates[0] + shift, *site.coordinates[1:])) for site in sites)
    return WyckoffCrystal(62, (10.2, 5.98, 4.76, 90.0, 90.0, 90.0), moved)


def bare(crystal):
    """The same without its geometry."""
    sites = tuple(replace(site, coordinates=(0.0, 0.0, 0.0)) for site in crystal.sites)
    return replace(crystal, cell=(1.0, 1.0, 1.0, 90.0, 90.0, 90.0), sites=sites)


@pytest.mark.parametrize("oxygen", ["O", "S", "F"])
def test_a_relative_of_a_known_crystal_gets_its_geometry(volumes, oxygen):
    """Whatever the order of its sites, which atomic numbers decide, and wherever its origin was."""
    known = Templates.of([canonicalise(olivine("Mg"))], volumes)
    expected = canonicalise(olivine("Fe", oxygen))
    ((placed,),) = known.placed([bare(expected)], 3)
    assert placed.crystal == expected
    assert placed.distance > 0.0
    assert placed.gap.shape == (6, 6)


def test_known_crystals_are_nearest_to_themselves(templates, minerals):
    chosen = minerals[:200]
    placed = templates.placed([bare(crystal) for crystal in chosen], 2)
    assert all(some[0].distance < 0.01 for some in placed), "amounts of one key may differ a little"
    assert all(len(some) < 2 or some[0].distance <= some[1].distance for some in placed)
    skeletons = [(c.space_group, [(s.letter, s.occupancies) for s in c.sites]) for c in chosen]
    found = [some[0].crystal for some in placed]
    assert [(c.space_group, [(s.letter, s.occupancies) for s in c.sites]) for c in found] == skeletons
    assert canonicalise_many(found) == found


def test_those_left_out_and_those_too_far_are_not_shown(templates, minerals):
    chosen = minerals[:100]
    others = templates.placed(chosen, 4, without=[{crystal.key} for crystal in chosen])
    near = templates.placed(chosen, 4, within=1.0, without=[{crystal.key} for crystal in chosen])
    assert any(not some for some in others)
    for all_of_them, some in zip(others, near, strict=True):
        assert [one.distance for one in some] == [one.distance for one in all_of_them if one.distance <= 1.0]
    itself = templates.placed(chosen, 1)
    assert sum(one[0].distance < 0.01 for one in itself) > sum(
        bool(some) and some[0].distance < 0.01 for some in others
    )


def test_sites_are_matched_as_well_as_can_be():
    rng = np.random.default_rng(0)
    letters = np.array([1, 3, 3, 3, 4, 4])
    asked, known = rng.normal(size=(2, 6, 6))
    cost, order = matched(asked, known, letters)
    assert (letters[order] == letters).all()
    every = [
        ((asked - known[[0, *one, *two]]) ** 2).sum() for one in permutations((1, 2, 3)) for two in permutations((4, 5))
    ]
    assert cost == pytest.approx(min(every))
    assert ((asked - known[order]) ** 2).sum() == pytest.approx(cost)


def test_the_file_keeps_what_geometry_needs(templates, minerals, volumes, tmp_path):
    (tmp_path / "known.parquet").write_bytes(templates_file(templates.arrays))
    loaded = load_templates(tmp_path / "known.parquet", volumes)
    order = np.lexsort([*templates.arrays.letter.T[::-1], templates.arrays.space_group])
    mine, yours = loaded.arrays, templates.arrays.take(order)
    for name in ("space_group", "letter", "multiplicity", "species"):
        assert np.array_equal(getattr(mine, name), getattr(yours, name))
    assert np.abs(mine.occupancy - yours.occupancy).max() < 5.1e-3
    assert np.abs(mine.cell - yours.cell).max() < 5.1e-3
    gap = np.abs(mine.coordinates - yours.coordinates)
    assert np.minimum(gap, 1.0 - gap).max() < 2e-4
    one, other = (known.placed([bare(crystal) for crystal in minerals[:100]], 1) for known in (loaded, templates))
    numbers = [parameters([some[0].crystal for some in found], volumes) for found in (one, other)]
    assert np.array_equal(numbers[0].kind, numbers[1].kind)


def test_a_missing_and_a_damaged_file_are_refused(volumes, tmp_path):
    with pytest.raises(PriorError, match="lacks its known crystals"):
        load_templates(tmp_path / "none.parquet", volumes)
    (tmp_path / "bad.parquet").write_bytes(b"no table")
    with pytest.raises(PriorError, match="are damaged"):
        load_templates(tmp_path / "bad.parquet", volumes)
