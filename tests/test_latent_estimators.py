"""One battery over all estimators of the latent space, and each against an independent definition."""

import json

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from disgen.latent.base import BaseEstimator
from disgen.latent.estimators import (
    ESTIMATORS,
    EstimatorError,
    LatentEstimator,
    estimator_class,
    load_estimator,
    make_estimator,
)
from disgen.latent.kde import likeliest_bandwidth

DIMENSION = 6
FITTED = sorted(set(ESTIMATORS) - {"prior"})  # the learned prior learns from crystals: test_prior_estimator.py


def make(name: str) -> BaseEstimator:
    return make_estimator(name)


@pytest.fixture(scope="module")
def latents() -> np.ndarray:
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(12, DIMENSION))
    z = centres[rng.integers(12, size=600)] + 0.2 * rng.normal(size=(600, DIMENSION))
    z[:, -1] *= 1e-4  # a dimension that the autoencoder does not use
    return z.astype(np.float32)


@pytest.fixture(scope="module")
def padded_latents() -> np.ndarray:
    """Latents of crystals with one to four sites of three dimensions each; what is left is exactly zero."""
    rng = np.random.default_rng(8)
    z = rng.normal(size=(400, 12)).astype(np.float32)
    sites = rng.choice(4, p=[0.6, 0.25, 0.14, 0.01], size=400) + 1
    z[np.arange(12) >= 3 * sites[:, None]] = 0.0
    return z


@pytest.fixture(scope="module", params=FITTED)
def fitted(request: pytest.FixtureRequest, latents: np.ndarray) -> LatentEstimator:
    return make(request.param).fit(latents)


@pytest.fixture(scope="module", params=FITTED)
def fitted_to_plane(request: pytest.FixtureRequest) -> LatentEstimator:
    """Fitted to points of a plane, where densities can be added up."""
    rng = np.random.default_rng(9)
    z = rng.normal(size=(500, 2)) * [0.8, 0.4] + rng.choice([-1.0, 1.0], size=(500, 1))
    return make(request.param).fit(z)


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
    twin = make(fitted.name).fit(latents)
    assert np.array_equal(twin.sample(50, np.random.default_rng(1)), fitted.sample(50, np.random.default_rng(1)))


def test_densities_are_finite_and_input_stays_untouched(fitted, latents):
    before = latents.copy()
    density = fitted.log_prob(latents)
    assert density.shape == (len(latents),)
    assert np.isfinite(density).all()
    make(fitted.name).fit(latents)
    assert np.array_equal(before, latents)


def test_samples_do_not_share_memory_with_the_estimator(fitted):
    sample = fitted.sample(20, np.random.default_rng(0))
    sample[:] = 99.0
    assert np.abs(fitted.sample(20, np.random.default_rng(0))).max() < 99.0


def test_a_temperature_of_one_changes_nothing(fitted):
    plain = fitted.sample(60, np.random.default_rng(5))
    assert np.array_equal(fitted.sample(60, np.random.default_rng(5), 1.0), plain)
    assert not np.array_equal(fitted.sample(60, np.random.default_rng(5), 1.1), plain)


def test_samples_spread_with_the_temperature(fitted):
    temperatures = (0.1, 0.5, 1.0, 2.0, 4.0)
    samples = [fitted.sample(4000, np.random.default_rng(5), temperature) for temperature in temperatures]
    spread = [sample.var(axis=0).sum() for sample in samples]
    assert spread == sorted(spread)
    assert spread[-1] > 1.05 * spread[0]


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.nan, np.inf])
def test_refuses_impossible_temperatures(fitted, temperature):
    with pytest.raises(EstimatorError, match="choose a number above zero"):
        fitted.sample(3, np.random.default_rng(0), temperature)


def test_samples_follow_the_density(fitted_to_plane):
    axis = np.arange(-9.0, 9.0, 0.06)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(fitted_to_plane.log_prob(grid)) * 0.06**2
    assert density.sum() == pytest.approx(1.0, abs=0.02)
    sample = fitted_to_plane.sample(20_000, np.random.default_rng(0))
    for low in ([0.0, 0.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]):
        expected = density[(grid > low).all(axis=1)].sum()
        assert np.mean((sample > low).all(axis=1)) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("name", FITTED)
def test_padding_leaves_densities_finite(name, padded_latents):
    estimator = make(name).fit(padded_latents)
    unlike = np.random.default_rng(1).normal(size=(50, 12))  # four sites, which hardly any crystal has
    assert np.isfinite(estimator.log_prob(padded_latents)).all()
    assert np.isfinite(estimator.log_prob(unlike)).all()
    assert np.isfinite(estimator.sample(100, np.random.default_rng(0))).all()


def test_settings_say_what_was_chosen(fitted, tmp_path):
    assert None not in fitted.settings.values()
    fitted.save(tmp_path)
    record = json.loads((tmp_path / f"{fitted.name}.json").read_text())
    assert record["settings"] | record["choices"] == json.loads(json.dumps(fitted.settings))
    assert load_estimator(tmp_path, fitted.name).settings == fitted.settings


@pytest.mark.parametrize("n", [0, -3])
def test_refuses_fewer_than_one_sample(fitted, n):
    with pytest.raises(EstimatorError, match="at least one"):
        fitted.sample(n, np.random.default_rng(0))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_numbers_that_are_not_finite(fitted, latents, bad):
    broken = latents.copy()
    broken[5, 2] = bad
    with pytest.raises(EstimatorError, match="1 of 600 latents"):
        make(fitted.name).fit(broken)
    with pytest.raises(EstimatorError, match="not finite"):
        fitted.log_prob(broken)


def test_refuses_wrong_shapes(fitted, latents):
    with pytest.raises(EstimatorError, match="table"):
        make(fitted.name).fit(latents[0])
    with pytest.raises(EstimatorError, match="table"):
        make(fitted.name).fit(latents[:0])
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
    with pytest.raises(EstimatorError, match="choose one of kde, kde-cv, gmm, gmm-bic, gaussian"):
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
    with pytest.raises(EstimatorError, match="above zero"):
        make_estimator("kde-cv", bandwidth=np.inf)
    with pytest.raises(EstimatorError, match="at least one latent to hold out"):
        make_estimator("kde-cv", held_out=0)
    with pytest.raises(EstimatorError, match="at least one iteration"):
        make_estimator("gmm-bic", search_iterations=0)
    with pytest.raises(EstimatorError, match="above zero"):
        make_estimator("gaussian-fit", regularisation=0.0)
    for name in ("kde-cv", "gmm-bic", "gaussian-fit"):
        with pytest.raises(EstimatorError, match="give more"):
            make(name).fit(np.ones((1, 3)))


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


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_every_entry_names_a_class(name):
    found = estimator_class(name)
    assert issubclass(found, BaseEstimator)
    assert found.name == name


def test_fitted_gaussian_has_the_latents_moments(latents):
    ours = make_estimator("gaussian-fit").fit(latents)
    mean, covariance = latents.mean(axis=0), np.cov(latents.T, bias=True) + 1e-6 * np.eye(DIMENSION)
    expected = multivariate_normal(mean, covariance).logpdf(latents)
    np.testing.assert_allclose(ours.log_prob(latents), expected, atol=1e-3)
    for temperature in (1.0, 0.5):
        sample = ours.sample(60_000, np.random.default_rng(0), temperature)
        np.testing.assert_allclose(sample.mean(axis=0), mean, atol=0.02)
        np.testing.assert_allclose(np.cov(sample.T), temperature**2 * covariance, atol=0.03)


def test_temperature_scales_the_noise_of_each_centre(latents):
    for name in ("kde", "gmm", "gmm-bic"):
        estimator = make(name).fit(latents)
        cold = estimator.sample(200, np.random.default_rng(0), 1e-6)
        half, whole = (estimator.sample(200, np.random.default_rng(0), t) for t in (0.5, 1.0))
        np.testing.assert_allclose(half - cold, 0.5 * (whole - cold), atol=1e-4)
        centres = estimator._state["latents" if name == "kde" else "means"]
        assert np.linalg.norm(cold[:, None] - centres[None], axis=2).min(axis=1).max() < 1e-4


def test_bandwidth_has_the_highest_leave_one_out_likelihood(latents):
    chosen = make_estimator("kde-cv").fit(latents).settings["bandwidth"]

    def left_out(bandwidth: float) -> float:
        z = latents[::10].astype(float)
        others = [np.delete(latents, 10 * row, axis=0).astype(float) for row in range(len(z))]
        scores = [KernelDensity(bandwidth=bandwidth).fit(o).score(z[[i]]) for i, o in enumerate(others)]
        return float(np.mean(scores))

    best = likeliest_bandwidth(latents.astype(float), np.arange(0, len(latents), 10))
    assert left_out(best) >= max(left_out(0.97 * best), left_out(1.03 * best))
    assert chosen == pytest.approx(best, rel=0.15)
    assert make_estimator("kde-cv", bandwidth=0.4).fit(latents).settings["bandwidth"] == 0.4


def test_one_crystal_many_times_gets_a_bandwidth():
    estimator = make_estimator("kde-cv").fit(np.ones((30, 3)))
    assert 0.0 < estimator.settings["bandwidth"] < 0.1
    assert np.isfinite(estimator.log_prob(np.ones((1, 3)))).all()


@pytest.mark.parametrize("clusters", [1, 5])
def test_criterion_finds_the_number_of_clusters(clusters):
    rng = np.random.default_rng(3)
    shapes = rng.normal(size=(clusters, 4, 4))
    centres = 30.0 * rng.normal(size=(clusters, 4))
    z = np.concatenate([c + rng.normal(size=(300, 4)) @ s for c, s in zip(centres, shapes, strict=True)])
    settings = make_estimator("gmm-bic").fit(z).settings
    assert (settings["components"], settings["covariance"]) == (clusters, "full")


def test_criterion_takes_diagonal_covariances_for_many_small_clusters():
    rng = np.random.default_rng(4)
    z = 10.0 * rng.normal(size=(50, 8)).repeat(20, axis=0) + 0.1 * rng.normal(size=(1000, 8))
    estimator = make_estimator("gmm-bic").fit(z)
    assert estimator.settings["covariance"] == "diagonal"
    sample = estimator.sample(500, np.random.default_rng(0))
    assert np.linalg.norm(sample[:, None] - z[None], axis=2).min(axis=1).max() < 1.0
    assert estimator.log_prob(z).mean() > make_estimator("gmm").fit(z).log_prob(z).mean()
