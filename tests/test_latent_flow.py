"""The learned prior against densities that are known, and its training."""

import numpy as np
import pytest
import torch
from safetensors import safe_open
from scipy.stats import multivariate_normal

from disgen.latent.flow import FlowEstimator
from disgen.latent.protocol import EstimatorError
from disgen.latent.velocity import Velocity, log_density

QUICK = {"width": 16, "blocks": 1, "heads": 2, "training_steps": 400, "learning_rate": 5e-3, "batch_size": 128}
MEAN = np.array([1.0, -2.0, 0.3])
COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.2], [0.0, 0.2, 0.5]])


@pytest.fixture(scope="module")
def latents() -> np.ndarray:
    return np.random.default_rng(0).multivariate_normal(MEAN, COVARIANCE, 3000).astype(np.float32)


@pytest.fixture(scope="module")
def flow(latents) -> FlowEstimator:
    return FlowEstimator(layout=(1, 2), **QUICK).fit(latents)


def test_learns_a_correlated_gaussian(flow, latents):
    sample = flow.sample(4000, np.random.default_rng(1))
    assert np.allclose(sample.mean(0), MEAN, atol=0.12)
    assert np.allclose(np.cov(sample.T), COVARIANCE, atol=0.15)
    expected = multivariate_normal(MEAN, COVARIANCE).logpdf(latents[:200])
    assert np.abs(flow.log_prob(latents[:200]) - expected).mean() < 0.3


def test_a_smaller_spread_is_a_density_of_its_own(flow):
    """With a field that is all zero the flow is the noise itself."""
    still = FlowEstimator(layout=(1, 2), **QUICK, spread=0.5)
    state = {name: np.zeros_like(value) for name, value in flow._state.items()}
    still._state = state | {"deviation": np.ones(3, dtype=np.float32)}
    sample = still.sample(5000, np.random.default_rng(0))
    assert np.allclose(sample.std(0), 0.5, atol=0.02)
    assert np.allclose(
        still.log_prob(sample[:50]), multivariate_normal(np.zeros(3), 0.25).logpdf(sample[:50]), atol=1e-3
    )


def test_learns_two_clusters():
    rng = np.random.default_rng(2)
    z = np.where(rng.random((2000, 1)) < 0.5, -2.0, 2.0) + 0.2 * rng.standard_normal((2000, 1))
    sample = FlowEstimator(**QUICK).fit(z).sample(1000, rng)
    assert 0.4 < (sample > 0).mean() < 0.6
    assert (np.abs(np.abs(sample) - 2.0) < 1.0).mean() > 0.9


def test_estimated_and_exact_divergence_agree():
    torch.manual_seed(0)
    velocity = Velocity((20, 20), 16, 1, 2)
    for parameter in velocity.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    velocity.requires_grad_(requires_grad=False)
    z = torch.randn(1, 40).repeat(600, 1)
    estimates = log_density(velocity, z, 1.0, 4, torch.Generator().manual_seed(0))
    half_step = 1e-2
    x = torch.randn(1, 40)
    t = torch.tensor([0.5])
    exact = sum(
        (velocity(x + half_step * e, t) - velocity(x - half_step * e, t))[0, i] / (2 * half_step)
        for i, e in enumerate(torch.eye(40))
    )
    signs = torch.randint(0, 2, (4000, 40), generator=torch.Generator().manual_seed(1)) * 2.0 - 1.0
    points = x.repeat(4000, 1).requires_grad_()
    (product,) = torch.autograd.grad((velocity(points, t.repeat(4000)) * signs).sum(), points)
    assert float((product * signs).sum(1).mean()) == pytest.approx(float(exact), abs=0.15 * max(1.0, abs(float(exact))))
    assert estimates.isfinite().all()
    assert estimates.std() > 0.0


def test_a_sample_does_not_depend_on_the_number_drawn_after_it(flow):
    few, many = (flow.sample(n, np.random.default_rng(5)) for n in (1024, 2048))
    assert np.array_equal(few, many[:1024])


def test_an_interrupted_training_ends_with_the_same_weights(latents, tmp_path):
    settings = QUICK | {"training_steps": 40, "looks": 4}
    scale = latents.mean(0), latents.std(0)

    class KilledError(Exception):
        pass

    def draw(rng):
        return latents[rng.integers(len(latents), size=64)]

    def draw_until_killed(rng, calls=[]):  # noqa: B006 (counts its calls)
        calls.append(None)
        if len(calls) > 25:
            raise KilledError
        return draw(rng)

    whole = FlowEstimator(**settings).learn(draw, latents[:50], scale)
    state = tmp_path / "state.safetensors"
    with pytest.raises(KilledError):
        FlowEstimator(**settings).learn(draw_until_killed, latents[:50], scale, state)
    with safe_open(state, framework="np") as file:
        assert '"step": 20' in file.metadata()["progress"]
    with pytest.raises(EstimatorError, match="other settings"):
        FlowEstimator(**settings | {"seed": 1}).learn(draw, latents[:50], scale, state)
    resumed = FlowEstimator(**settings).learn(draw, latents[:50], scale, state)
    assert not state.exists()
    for name, value in whole._state.items():
        assert np.array_equal(value, resumed._state[name]), name


def test_stops_when_the_watched_loss_does_not_fall(latents):
    drawn = []

    def draw(rng):
        drawn.append(None)
        return rng.standard_normal((32, 3))

    FlowEstimator(**QUICK | {"looks": 20, "patience": 1, "learning_rate": 1e-9}).learn(
        draw, latents[:50], (np.zeros(3), np.ones(3))
    )
    assert len(drawn) < 400


@pytest.mark.parametrize(
    "settings",
    [
        {"layout": (3, 0)},
        {"width": 10, "heads": 4},
        {"training_steps": 0},
        {"learning_rate": -1.0},
        {"spread": 0.0},
        {"guidance": -1.0},
    ],
)
def test_refuses_settings_that_make_no_flow(settings):
    with pytest.raises(EstimatorError, match="positive sizes"):
        FlowEstimator(**settings)


def test_refuses_a_layout_that_does_not_fit(latents):
    with pytest.raises(EstimatorError, match="adds up to 4"):
        FlowEstimator(layout=(2, 2), **QUICK).fit(latents)


def test_learning_goes_on_from_another_flow(flow, latents):
    def draw(rng):
        return latents[rng.integers(len(latents), size=64)]

    other = (np.full(3, 9.0), np.full(3, 9.0))
    still = FlowEstimator(layout=(1, 2), **QUICK | {"training_steps": 1, "learning_rate": 1e-12})
    still.learn(draw, latents[:50], other, start=flow)
    for name, value in flow._state.items():
        assert np.allclose(value, still._state[name], atol=1e-6), name


def test_guidance_leads_away_from_the_earlier_field(flow, latents):
    """Where nothing has been learnt since, there is nowhere to be led; else a sample goes on where it was going."""
    settings = QUICK | {"layout": (1, 2), "rounds": 1}
    earlier = {name.replace("velocity.", "before."): value for name, value in flow._state.items() if "." in name}
    same = FlowEstimator(**settings, guidance=3.0)
    same._state = flow._state | earlier
    plain, guided = (estimator.sample(50, np.random.default_rng(0)) for estimator in (flow, same))
    assert np.allclose(plain, guided, atol=1e-5)
    assert np.allclose(flow.log_prob(latents[:20]), same.log_prob(latents[:20]), atol=1e-4)
    moved = FlowEstimator(**settings, guidance=1.0)
    offset = {name: value - 0.5 * name.endswith("token_out.0.bias") for name, value in earlier.items()}
    moved._state = flow._state | offset
    shift = moved.sample(50, np.random.default_rng(0)) - plain
    assert (shift[:, 0] > 0.1 * flow._state["deviation"][0]).all()


def test_a_flow_that_has_learnt_on_remembers_what_it_was(flow, latents, tmp_path):
    def draw(rng):
        return latents[rng.integers(len(latents), size=64)] + 1.0

    settings = QUICK | {"layout": (1, 2), "training_steps": 40, "guidance": 2.0}
    scale = latents.mean(0), latents.std(0)
    once = FlowEstimator(**settings, rounds=1).learn(draw, latents[:50], scale, start=flow)
    twice = FlowEstimator(**settings, rounds=2).learn(draw, latents[:50], scale, start=once)
    for name, value in flow._state.items():
        if name.startswith("velocity."):
            assert np.array_equal(value, twice._state[name.replace("velocity.", "before.")])
    twice.save(tmp_path)
    loaded = FlowEstimator.load(tmp_path)
    assert np.array_equal(*(one.sample(5, np.random.default_rng(0)) for one in (twice, loaded)))
