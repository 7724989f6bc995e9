"""One battery over all estimators of the latent space, and each against an independent definition."""

import json

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from disgen.latent.estimators import ESTIMATORS, EstimatorError, LatentEstimator, load_estimator, make_estimator

DIMENSION = 6


@pytest.fixture(scope="module")
def latents() -> np.ndarray:
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(12, DIMENSION))
    z = centres[rng.integers(12, size=600)] + 0.2 * rng.normal(size=(600, DIMENSION))
    z[:, -1] *= 1e-4  # a dimension that the autoencoder does not use
    return z.astype(np.float32)


@pytest.fixture(scope="module", params=sorted(ESTIMATORS))
def fitted(request: pytest.FixtureRequest, latents: np.ndarray) -> LatentEstimator:
    return make_estimator(request.param).fit(latents)


def test_follows_the_protocol(fitted):
    assert isinstance(fitted, LatentEstimator)


@pytest.mark.parametrize("n", [1, 257])
def test_samples_have_shape_type_and_are_finite(fitted, n):
    sample = fitted.sample(n, np.random.default_rng(0))
    assert sample.shape == (n, DIMENSION)
    assert sample.dtype == np.float32
    assert np.isfinite(sample).all()


def test_equal_seeds_give_equal_samples(fitted):
    first, again, other = (fitted.sample(50, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_fitting_again_gives_the_same_estimator(fitted, latents):
    twin = make_estimator(fitted.name).fit(latents)
    assert np.array_equal(twin.sample(50, np.random.default_rng(1)), fitted.sample(50, np.random.default_rng(1)))


def test_densities_are_finite_and_input_stays_untouched(fitted, latents):
    before = latents.copy()
    density = fitted.log_prob(latents)
    assert density.shape == (len(latents),)
    assert np.isfinite(density).all()
    make_estimator(fitted.name).fit(latents)
    assert np.array_equal(before, latents)


def test_samples_do_not_share_memory_with_the_estimator(fitted):
    sample = fitted.sample(20, np.random.default_rng(0))
    sample[:] = 99.0
    assert np.abs(fitted.sample(20, np.random.default_rng(0))).max() < 99.0


@pytest.mark.parametrize("n", [0, -3])
def test_refuses_fewer_than_one_sample(fitted, n):
    with pytest.raises(EstimatorError, match="at least one"):
        fitted.sample(n, np.random.default_rng(0))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_numbers_that_are_not_finite(fitted, latents, bad):
    broken = latents.copy()
    broken[5, 2] = bad
    with pytest.raises(EstimatorError, match="1 of 600 latents"):
        make_estimator(fitted.name).fit(broken)
    with pytest.raises(EstimatorError, match="not finite"):
        fitted.log_prob(broken)


def test_refuses_wrong_shapes(fitted, latents):
    with pytest.raises(EstimatorError, match="table"):
        make_estimator(fitted.name).fit(latents[0])
    with pytest.raises(EstimatorError, match="table"):
        make_estimator(fitted.name).fit(latents[:0])
    with pytest.raises(EstimatorError, match="6 latent dimensions, got 5"):
        fitted.log_prob(latents[:, :5])


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_refuses_use_before_fitting(name, tmp_path):
    for use in (
        lambda e: e.sample(1, np.random.default_rng(0)),
        lambda e: e.log_prob(np.zeros((1, 2))),
        lambda e: e.save(tmp_path),
    ):
        with pytest.raises(EstimatorError, match="fit it first"):
            use(make_estimator(name))


def test_storing_changes_nothing(fitted, latents, tmp_path):
    fitted.save(tmp_path / "estimators")
    loaded = load_estimator(tmp_path / "estimators", fitted.name)
    assert loaded == fitted
    assert np.array_equal(loaded.sample(40, np.random.default_rng(2)), fitted.sample(40, np.random.default_rng(2)))
    assert np.array_equal(loaded.log_prob(latents), fitted.log_prob(latents))
    assert sorted(path.suffix for path in (tmp_path / "estimators").iterdir()) == [".json", ".safetensors"]


def test_damaged_files_are_named(fitted, tmp_path):
    with pytest.raises(EstimatorError, match=rf"lacks .*{fitted.name}\.json"):
        load_estimator(tmp_path, fitted.name)
    fitted.save(tmp_path)
    arrays, settings = tmp_path / f"{fitted.name}.safetensors", tmp_path / f"{fitted.name}.json"
    content = arrays.read_bytes()
    arrays.write_bytes(content[: len(content) // 2])
    with pytest.raises(EstimatorError, match=rf"{fitted.name}\.safetensors is damaged"):
        load_estimator(tmp_path, fitted.name)
    arrays.write_bytes(content)
    settings.write_text(json.dumps({"estimator": fitted.name, "settings": {}, "dimension": 99}))
    with pytest.raises(EstimatorError, match="does not fit"):
        load_estimator(tmp_path, fitted.name)
    settings.write_text("[")
    with pytest.raises(EstimatorError, match=rf"{fitted.name}\.json is damaged"):
        load_estimator(tmp_path, fitted.name)


def test_unknown_names_and_settings_are_refused():
    with pytest.raises(EstimatorError, match="choose one of kde, gmm, gaussian"):
        make_estimator("copula")
    with pytest.raises(EstimatorError, match="no setting 'bandwith': it has bandwidth"):
        make_estimator("kde", bandwith=0.3)
    with pytest.raises(EstimatorError, match="it has none"):
        make_estimator("gaussian", bandwidth=0.3)
    with pytest.raises(EstimatorError, match="above zero"):
        make_estimator("kde", bandwidth=0.0)
    with pytest.raises(EstimatorError, match="at least one component"):
        make_estimator("gmm", components=0)
    with pytest.raises(EstimatorError, match="3 latents are too few"):
        make_estimator("gmm").fit(np.eye(3))


def test_kernel_density_is_scikit_learns(latents):
    ours = make_estimator("kde").fit(latents)
    points = latents[:100] + 0.3
    theirs = KernelDensity(kernel="gaussian", bandwidth=0.25).fit(latents.astype(float))
    np.testing.assert_allclose(ours.log_prob(points), theirs.score_samples(points.astype(float)), rtol=1e-9)


def test_kernel_density_samples_follow_scikit_learns_distribution(latents):
    ours = make_estimator("kde").fit(latents).sample(40_000, np.random.default_rng(0))
    theirs = KernelDensity(bandwidth=0.25).fit(latents).sample(40_000, random_state=0)
    np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.cov(ours.T), np.cov(theirs.T), atol=0.04)
    nearest = np.linalg.norm(ours[:300, None] - latents[None], axis=2).min(axis=1)
    expected = np.linalg.norm(theirs[:300, None] - latents[None], axis=2).min(axis=1)
    assert abs(nearest.mean() - expected.mean()) < 0.03


def test_mixture_is_scikit_learns(latents):
    ours = make_estimator("gmm", seed=3).fit(latents)
    theirs = GaussianMixture(5, covariance_type="full", random_state=3).fit(latents.astype(float))
    np.testing.assert_allclose(ours.log_prob(latents), theirs.score_samples(latents.astype(float)), atol=1e-3)
    sample = ours.sample(40_000, np.random.default_rng(0))
    expected, _ = theirs.sample(40_000)
    np.testing.assert_allclose(sample.mean(axis=0), expected.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.cov(sample.T), np.cov(expected.T), atol=0.04)


def test_gaussian_is_the_standard_normal(latents):
    ours = make_estimator("gaussian").fit(latents)
    expected = multivariate_normal(np.zeros(DIMENSION), np.eye(DIMENSION)).logpdf(latents)
    np.testing.assert_allclose(ours.log_prob(latents), expected, rtol=1e-12)
    sample = ours.sample(40_000, np.random.default_rng(0))
    np.testing.assert_allclose(np.cov(sample.T), np.eye(DIMENSION), atol=0.03)
