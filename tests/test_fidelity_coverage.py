"""Coverage and density: known values of small sets, and the right answer for sets that agree or miss."""

import numpy as np
import pytest

from disgen.evaluation.fidelity.coverage import K, coverage_and_density
from disgen.evaluation.fidelity.mixtures import Mixtures
from disgen.evaluation.fidelity.traits import Traits


def traits(points):
    points = np.asarray(points, dtype=np.float32)
    counts = [np.ones(len(points), int)] * 7
    return Traits(points, np.array([str(row) for row in range(len(points))], dtype=object), Mixtures(*counts))


@pytest.fixture(scope="module")
def cloud():
    return np.random.default_rng(0).normal(size=(600, 4))


def test_a_set_covers_itself(cloud):
    found = coverage_and_density(traits(cloud), traits(cloud))
    assert found["coverage"]["value"] == 1.0
    # Each ball holds its centre and its five nearest: (K + 1) / K on average.
    assert found["density"]["value"] == pytest.approx((K + 1) / K, abs=0.01)
    assert found["n"] == 600


def test_two_samples_of_one_distribution(cloud):
    found = coverage_and_density(traits(np.random.default_rng(1).normal(size=(600, 4))), traits(cloud))
    assert found["coverage"]["value"] == pytest.approx(1.0 - 0.5**K, abs=0.03)
    assert found["density"]["value"] == pytest.approx(1.0, abs=0.12)
    for name in ("coverage", "density"):
        low, high = found[name]["interval"]
        assert low < found[name]["value"] < high


def test_one_point_is_dense_but_covers_little(cloud):
    found = coverage_and_density(traits(np.tile(np.median(cloud, axis=0), (600, 1))), traits(cloud))
    assert found["coverage"]["value"] < 0.2
    assert found["density"]["value"] > found["coverage"]["value"]


def test_what_is_far_away_covers_nothing(cloud):
    found = coverage_and_density(traits(cloud + 100.0), traits(cloud))
    assert found["coverage"]["value"] == found["density"]["value"] == 0.0


def test_definition_by_loops():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(40, 2)), rng.normal(size=(40, 2))
    mean, spread = x.astype(np.float32).mean(axis=0, dtype=float), x.astype(np.float32).std(axis=0, dtype=float)
    a, b = ((points.astype(np.float32) - mean) / spread for points in (x, y))
    radius = [np.sort(np.linalg.norm(a - point, axis=1))[K] for point in a]
    inside = np.array([[np.linalg.norm(p - q) <= r for q in b] for p, r in zip(a, radius, strict=True)])
    found = coverage_and_density(traits(y), traits(x))
    assert found["coverage"]["value"] == inside.any(axis=1).mean()
    assert found["density"]["value"] == pytest.approx(inside.sum() / (K * 40))


def test_unequal_and_small_sets(cloud):
    assert coverage_and_density(traits(cloud), traits(cloud[:100]))["n"] == 100
    assert coverage_and_density(traits(cloud[:K]), traits(cloud)) is None


def test_unknown_numbers_are_average(cloud):
    holes = cloud.copy()
    holes[::7, 2] = np.nan
    assert 0.5 < coverage_and_density(traits(holes), traits(cloud))["coverage"]["value"] <= 1.0
