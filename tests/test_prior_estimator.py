"""The learned prior as a sampler of the latent space; networks with random weights are all that plumbing needs."""

import shutil

import numpy as np
import pytest
import torch

from disgen.generation.sampling import crystals_of
from disgen.latent.estimators import LatentEstimator, load_estimator
from disgen.latent.fitted import available_estimators, best_estimator, fitted_estimator
from disgen.latent.protocol import EstimatorError
from disgen.model.checkpoint import load_run
from disgen.prior.estimator import CrystalPrior
from disgen.prior.geometry.network import GeometryModel, GeometrySettings
from disgen.prior.geometry.parameters import element_volumes
from disgen.prior.geometry.templates import Templates
from disgen.prior.language.network import LanguageModel, LanguageSettings
from disgen.prior.language.wishes import Wishes
from disgen.representation import SiteArrays


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory, minerals):
    """A copy of the small run with a prior of its own."""
    folder = tmp_path_factory.mktemp("with prior") / "run"
    shutil.copytree(small_run, folder)
    found = load_run(str(folder))
    torch.manual_seed(0)
    networks = LanguageModel(LanguageSettings(32, 1, 2)), GeometryModel(GeometrySettings(32, 1, 2, 4))
    volumes = element_volumes(minerals)
    known = Templates.of(minerals, volumes)
    prior = CrystalPrior.of(found, *(network.eval() for network in networks), known, volumes)
    prior.save(folder / "estimators")
    return load_run(str(folder))


@pytest.fixture(scope="module")
def prior(run):
    return fitted_estimator(run, "prior")


def test_it_is_the_runs_best_estimator(run):
    assert "prior" in available_estimators(run)
    assert best_estimator(run) == "prior"
    assert isinstance(fitted_estimator(run, "prior"), LatentEstimator)


def test_samples_are_latents_of_what_was_drawn(run, prior):
    z = prior.sample(40, np.random.default_rng(0))
    crystals, density = prior.draw_crystals(40, np.random.default_rng(0))
    assert z.shape == (40, prior.dimension)
    assert z.dtype == np.float32
    assert np.array_equal(z, prior.latents(crystals))
    assert np.isfinite(density).all()
    decoded = crystals_of(run, z).crystals
    assert np.mean([a.space_group == b.space_group for a, b in zip(crystals, decoded, strict=True) if b]) > 0.9


def test_equal_seeds_give_equal_samples_and_a_stored_prior_the_same(run, prior):
    first, again, other = (prior.sample(12, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    loaded = load_estimator(run.path / "estimators", "prior").of_run(run)
    assert loaded == prior
    assert np.array_equal(loaded.sample(12, np.random.default_rng(3)), first)


def test_wishes_are_met(prior):
    wishes = Wishes(required=frozenset({3, 15, 8}), allowed=frozenset(), groups=frozenset({62}))
    crystals, _ = prior.draw_crystals(30, np.random.default_rng(1), wishes=wishes)
    assert crystals
    assert {crystal.elements for crystal in crystals} == {("Li", "O", "P")}
    assert {crystal.space_group for crystal in crystals} == {62}
    SiteArrays.from_crystals(crystals)


def test_densities_are_those_of_the_crystals(run, prior):
    z = run.split_latents("test")[:10]
    assert np.allclose(prior.log_prob(z), prior.log_prob_of(crystals_of(run, z).crystals), atol=0.1)


def test_it_neither_learns_from_latents_nor_works_without_its_run(run):
    alone = load_estimator(run.path / "estimators", "prior")
    with pytest.raises(EstimatorError, match="learns from crystals, not from latents"):
        alone.fit(run.split_latents("test"))
    with pytest.raises(EstimatorError, match="does not know its run"):
        alone.sample(3, np.random.default_rng(0))
    with pytest.raises(EstimatorError, match="fit it first"):
        CrystalPrior().of_run(run).draw_crystals(1, np.random.default_rng(0))


def test_what_is_drawn_has_a_known_relative_where_there_can_be_one(run, minerals):
    """Random weights draw much that is unlike any mineral; of that, most is drawn anew."""
    prior = load_estimator(run.path / "estimators", "prior").of_run(run)
    prior.reach = 30.0
    small = Wishes(allowed=frozenset({8, 14}), sites=frozenset({1, 2}))
    plain = prior.draw_skeletons(200, np.random.default_rng(5), wishes=small).crystals
    crystals, _ = prior.draw_crystals(40, np.random.default_rng(5), wishes=small)
    assert prior.within_reach(crystals).mean() > 2 * prior.within_reach(plain).mean() > 0.0
    assert prior.within_reach(minerals[:50]).all()


def test_a_prior_without_its_known_crystals_is_refused(run, tmp_path):
    for path in (run.path / "estimators").glob("prior.*"):
        if path.suffix != ".parquet":
            shutil.copy(path, tmp_path)
    with pytest.raises(EstimatorError, match="lacks its known crystals"):
        load_estimator(tmp_path, "prior")


def test_another_versions_weights_are_refused(run):
    other = load_estimator(run.path / "estimators", "prior").of_run(run)
    other.language_width = 64
    with pytest.raises(EstimatorError, match="damaged or of another version"):
        other.sample(1, np.random.default_rng(0))
