"""How densely points lie: levels hold the shares that they are meant to."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from disgen.latent.density import HELD, density


def at(found, xy):
    places = (xy - np.array(found.origin)) / found.step
    return map_coordinates(found.values.astype(float), places[:, ::-1].T, order=1)


@pytest.fixture(scope="module")
def cloud():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0.0, 1.0, (600, 2)), rng.normal((9.0, 2.0), 0.3, (300, 2))]).astype(np.float32)


def test_levels_rise_and_hold_their_shares_of_the_points(cloud):
    found = density(cloud)
    assert list(found.levels) == sorted(found.levels)
    inside = [(at(found, cloud) >= level).mean() for level in found.levels]
    assert inside == pytest.approx(HELD, abs=0.01)


def test_all_points_are_counted_once_and_well_within_the_grid(cloud):
    found = density(cloud)
    assert found.values.sum() == pytest.approx(len(cloud), rel=1e-4)
    edges = (found.values[0], found.values[-1], found.values[:, 0], found.values[:, -1])
    assert max(edge.max() for edge in edges) < min(found.levels)


def test_the_densest_place_is_that_of_the_tight_group(cloud):
    found = density(cloud)
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    place = np.array(found.origin) + found.step * np.array([column, row])
    assert np.abs(place - (9.0, 2.0)).max() < 0.5


def test_a_map_of_another_size_has_the_same_contours(cloud):
    found, larger = density(cloud), density(cloud * 100.0)
    assert larger.values == pytest.approx(found.values, abs=0.05)
    assert larger.step == pytest.approx(100.0 * found.step, rel=1e-5)


@pytest.mark.parametrize("xy", [np.zeros((0, 2)), np.zeros((9, 2)), np.ones((50, 2))])
def test_too_few_points_and_a_single_place_have_no_density(xy):
    assert density(xy) is None
