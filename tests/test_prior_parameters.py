"""Free numbers of a geometry, and back."""

import numpy as np
import pytest

from disgen import wyckoff
from disgen.canonical import canonicalise_many
from disgen.prior.geometry.parameters import (
    Quantity,
    element_volumes,
    expected_volume,
    free_numbers,
    parameters,
    with_geometry,
)
from disgen.representation import SiteArrays


@pytest.fixture(scope="module")
def volumes(minerals):
    return element_volumes(minerals)


def test_geometry_comes_back(minerals, volumes):
    found = parameters(minerals, volumes)
    again = canonicalise_many(with_geometry(minerals, found, volumes))
    for crystal, other in zip(minerals, again, strict=True):
        assert crystal.key == other.key
        np.testing.assert_allclose(crystal.cell, other.cell, rtol=2e-5)
        for one, two in zip(crystal.sites, other.sites, strict=True):
            gap = np.subtract(one.coordinates, two.coordinates)
            assert np.abs(gap - np.rint(gap)).max() < 3e-5


def test_only_what_symmetry_leaves_open_is_listed(minerals):
    kind, owner = free_numbers(minerals)
    table = wyckoff.tables()
    for index, crystal in enumerate(minerals):
        of_cell = (owner[index] == 0) & (kind[index] > 0)
        assert of_cell.sum() == {"cubic": 1, "triclinic": 6, "monoclinic": 4, "orthorhombic": 3}.get(
            wyckoff.crystal_system(crystal.space_group), 2
        )
        free = sum(table.freedom[wyckoff.row(crystal.space_group, site.letter)] for site in crystal.sites)
        assert (kind[index] >= Quantity.X).sum() == free
        assert kind[index][kind[index] > 0][0] == Quantity.VOLUME


def test_volumes_of_atoms_explain_those_of_crystals(minerals, volumes):
    expected = expected_volume(SiteArrays.from_crystals(minerals), volumes)
    per_atom = np.array([crystal.volume / crystal.n_atoms for crystal in minerals])
    assert np.median(np.abs(np.log(expected / per_atom))) < 0.12
    assert volumes[8] < volumes[56], "oxygen is smaller than barium"


def test_padding_is_zero_and_taken_away(minerals, volumes):
    found = parameters(minerals, volumes)
    assert (found.value[found.kind == 0] == 0.0).all()
    cubic = np.array([index for index, crystal in enumerate(minerals) if crystal.space_group == 225])
    assert found.take(cubic).kind.shape[1] < found.kind.shape[1]
