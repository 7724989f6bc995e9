"""The network, its losses and decoding."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from synthetic import random_crystals

from disgen.model import inference
from disgen.model.config import LossConfig, LossWeights, ModelConfig
from disgen.model.loss import Losses, kl_divergence, losses, total
from disgen.model.networks import build_vae
from disgen.model.scaler import LatticeScaler
from disgen.model.vae import VAE, ConvolutionalVAE, Heads
from disgen.representation import Rows, encode

SHAPES = Heads((101,), (51,), (), (3,), (27,), (), ())


@pytest.fixture(scope="module")
def scaler() -> LatticeScaler:
    return LatticeScaler((2.0, 2.0, 2.2, 90.0, 95.0, 100.0), (0.4, 0.4, 0.5, 2.0, 8.0, 15.0), log_lengths=True)


CONFIGS = {
    "cnn": ModelConfig(filters=4, latent=24),
    "sites": ModelConfig(
        architecture="sites",
        width=16,
        blocks=1,
        symmetry_latent=4,
        cell_latent=2,
        contents_latent=1,
        position_latent=1,
    ),
}


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def model(request) -> VAE:
    torch.manual_seed(0)
    model = build_vae(CONFIGS[request.param])
    with torch.no_grad():
        model(torch.rand(64, 9, 183), torch.rand(64, 236))  # moves the running statistics off their start
    return model.eval()


@pytest.fixture(scope="module")
def batch(scaler) -> tuple[torch.Tensor, torch.Tensor]:
    a, c = (torch.from_numpy(values) for values in encode(random_crystals(32, seed=5)))
    return a, inference.standardise(c, scaler)


def test_size_is_the_published_one():
    for filters, millions in ((16, 3.34), (64, 11.4)):
        parameters = sum(value.numel() for value in ConvolutionalVAE(filters, 256).parameters())
        assert parameters / 1e6 == pytest.approx(millions, abs=0.02)


def test_shapes(model, batch):
    heads, mean, log_var = model(*batch)
    assert mean.shape == log_var.shape == (32, 24)
    site_shapes = [(32, 9, *shape) for shape in SHAPES[:5]]
    assert [tuple(value.shape) for value in heads] == [*site_shapes, (32, 6), (32, 230)]


def test_layout_covers_the_latent(model):
    assert sum(model.layout) == model.latent == 24


@pytest.mark.parametrize("architecture", sorted(CONFIGS))
def test_latent_is_drawn_in_training_only(batch, architecture):
    model = build_vae(CONFIGS[architecture])
    model.eval()
    assert torch.equal(model(*batch)[0].letter, model(*batch)[0].letter)
    model.train()
    assert not torch.equal(model(*batch)[0].letter, model(*batch)[0].letter)


def test_a_latent_decodes_the_same_alone_and_in_company(model, scaler):
    z = np.random.default_rng(0).standard_normal((300, 24)).astype(np.float32)
    together = inference.decode(model, scaler, z)
    order = np.random.default_rng(1).permutation(300)
    shuffled = inference.decode(model, scaler, z[order])
    for field in fields(together):
        whole = getattr(together, field.name)
        assert whole.dtype == np.float32
        assert np.array_equal(whole[order], getattr(shuffled, field.name))
        for i in (0, 17, 31, 32, 299):
            assert np.array_equal(whole[i], getattr(inference.decode(model, scaler, z[i : i + 1]), field.name)[0])


def test_decoded_numbers_are_probabilities_and_cells(model, scaler):
    output = inference.decode(model, scaler, np.zeros((2, 24)))
    assert np.allclose(output.occupancy.sum(2), 1.0, atol=1e-5)
    for part in (output.multiplicity, output.letter, output.space_group):
        assert np.allclose(np.exp(part).sum(-1), 1.0, atol=1e-5)
    assert np.all((output.disordered >= 0.0) & (output.disordered <= 1.0))
    assert np.all(output.lattice[:, :3] > 0.0)
    assert len(inference.decode(model, scaler, np.zeros((0, 24)))) == 0


@pytest.mark.parametrize("z", [np.zeros((2, 5)), np.zeros(24), np.full((1, 24), np.nan)])
def test_decode_refuses_wrong_latents(model, scaler, z):
    with pytest.raises(ValueError, match="Expected finite latent points"):
        inference.decode(model, scaler, z)


def test_encoding_does_not_depend_on_the_batch_or_leave_traces(model, scaler):
    a, c = encode(random_crystals(20, seed=3))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.train()
    mean, log_var = inference.encode(model, scaler, a, c)
    assert model.training
    model.eval()
    alone, _ = inference.encode(model, scaler, a[7:8], c[7:8])
    assert np.array_equal(alone[0], mean[7])
    assert mean.shape == log_var.shape == (20, 24)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(ValueError, match="Expected A"):
        inference.encode(model, scaler, a[:3], c)


def perfect(a: torch.Tensor, c: torch.Tensor) -> Heads:
    sure = 60.0
    return Heads(
        occupancy=torch.log(a[:, :, Rows.OCCUPANCY].clamp(min=1e-20)),
        multiplicity=sure * a[:, :, Rows.MULTIPLICITY],
        disordered=sure * (2.0 * a[:, :, Rows.DISORDERED.start] - 1.0),
        coordinates=a[:, :, Rows.COORDINATES].clone(),
        letter=sure * a[:, :, Rows.LETTER],
        lattice=c[:, Rows.LATTICE].clone(),
        space_group=sure * c[:, Rows.SPACE_GROUP],
    )


@pytest.mark.parametrize("occupancy", ["mse", "cross_entropy"])
@pytest.mark.parametrize("lattice", ["mae", "smooth_l1"])
@pytest.mark.parametrize("coordinates", ["mse", "periodic"])
def test_losses_vanish_for_a_perfect_decoder(batch, occupancy, lattice, coordinates):
    a, c = batch
    config = LossConfig(occupancy=occupancy, lattice=lattice, coordinates=coordinates)
    terms = losses(perfect(a, c), torch.zeros(32, 24), torch.zeros(32, 24), a, c, config)
    share = a[:, :, Rows.OCCUPANCY] / a[:, :, Rows.OCCUPANCY].sum(2, keepdim=True)
    # What is left of a cross entropy is the entropy of the distribution itself.
    entropy = torch.special.entr(share).sum((1, 2)).mean() if occupancy == "cross_entropy" else torch.tensor(0.0)
    assert terms.occupancy == pytest.approx(float(entropy), abs=1e-4)
    for name in set(Losses._fields) - {"occupancy"}:
        assert float(getattr(terms, name)) == pytest.approx(0.0, abs=1e-6)


def test_losses_of_sites_are_summed_over_sites(batch):
    a, c = batch
    heads = perfect(a, c)
    blind = heads._replace(letter=torch.zeros_like(heads.letter), coordinates=heads.coordinates + 0.1)
    terms = losses(blind, torch.zeros(32, 24), torch.zeros(32, 24), a, c, LossConfig())
    assert float(terms.letter) == pytest.approx(9 * np.log(27), rel=1e-5)
    real_sites = float((a[:, :, Rows.LETTER.start] == 0).sum(1).float().mean())
    assert float(terms.coordinates) == pytest.approx(0.01 * real_sites, rel=1e-3)  # padding does not count


def test_periodic_loss_takes_the_nearest_image(batch):
    a, c = batch
    heads = perfect(a, c)
    config = LossConfig(coordinates="periodic", coordinate_width=0.02)

    def loss(shift):
        moved = heads._replace(coordinates=heads.coordinates + shift)
        return float(losses(moved, torch.zeros(32, 24), torch.zeros(32, 24), a, c, config).coordinates)

    sites = float((a[:, :, Rows.LETTER.start] == 0).sum(1).float().mean())
    assert loss(1.0) == pytest.approx(0.0, abs=1e-6)
    assert loss(0.01) == pytest.approx(0.5 * 0.01**2 / 0.02 * sites, rel=1e-2)  # quadratic
    assert loss(0.9) == pytest.approx((0.1 - 0.01) * sites, rel=1e-3)  # linear


def test_mixtures_weigh_on_disordered_sites_only(batch):
    a, c = batch
    blind = perfect(a, c)._replace(occupancy=torch.zeros(32, 9, 101))
    plain, weighted = (
        float(losses(blind, a, a, a, c, LossConfig(occupancy="cross_entropy", mixtures=factor)).occupancy)
        for factor in (1.0, 3.0)
    )
    disordered = float(a[:, :, Rows.DISORDERED.start].sum(1).mean())
    assert weighted - plain == pytest.approx(2.0 * disordered * np.log(101), rel=1e-4)


def test_kl_divergence_against_a_known_value():
    mean, log_var = torch.full((3, 4), 2.0), torch.zeros(3, 4)
    assert float(kl_divergence(mean, log_var, "mean")) == pytest.approx(2.0)
    assert float(kl_divergence(mean, log_var, "sum")) == pytest.approx(8.0)
    gaussian = torch.distributions.Normal(1.0, 0.5)
    expected = torch.distributions.kl_divergence(gaussian, torch.distributions.Normal(0.0, 1.0))
    ours = kl_divergence(torch.ones(1, 1), torch.full((1, 1), 2.0 * float(np.log(0.5))), "sum")
    assert float(ours) == pytest.approx(float(expected), rel=1e-5)


def test_total_is_equation_4():
    ones = Losses(*[torch.tensor(1.0)] * 8)
    assert float(total(ones, LossConfig())) == pytest.approx(1 + 10 + 3 + 2000 + 1 + 1 + 0.1 + 1)
    only_letters = LossWeights(**dict.fromkeys(Losses._fields, 0.0) | {"letter": 2.0})
    assert float(total(ones, LossConfig(weights=only_letters))) == 2.0


def test_gradients_reach_the_latent(model, scaler):
    z = torch.zeros(3, 24, requires_grad=True)
    heads = model.decode(z)
    (scaler.inverse(heads.lattice).sum() + heads.occupancy.softmax(-1)[..., 7].sum()).backward()
    assert torch.all(z.grad.abs().sum(1) > 0.0)


@pytest.mark.parametrize("log_lengths", [True, False])
def test_scaler_round_trip(log_lengths):
    cells = np.random.default_rng(0).uniform((3, 3, 3, 80, 80, 80), (30, 30, 30, 120, 120, 120), (50, 6))
    scaler = LatticeScaler.fit(cells, log_lengths=log_lengths)
    tensor = torch.from_numpy(cells)
    assert torch.allclose(scaler.inverse(scaler.transform(tensor)), tensor)
    assert float(scaler.transform(tensor).mean()) == pytest.approx(0.0, abs=1e-9)
    assert LatticeScaler.from_dict(scaler.to_dict()) == scaler
    assert np.isfinite(scaler.inverse(torch.full((1, 6), 1e9)).numpy()).all()
    assert min(LatticeScaler.fit(np.ones((4, 6))).deviation) > 0.0


def test_scaler_refuses_damaged_values():
    good = LatticeScaler((0.0,) * 6, (1.0,) * 6).to_dict()
    for damage in ({"mean": [1.0]}, {"deviation": [0.0] * 6}, {"deviation": "x"}):
        with pytest.raises(ValueError, match="scaler"):
            LatticeScaler.from_dict(good | damage)
    with pytest.raises(ValueError, match="incomplete"):
        LatticeScaler.from_dict({})


def test_output_take_and_concatenate(model, scaler):
    output = inference.decode(model, scaler, np.eye(24)[:4])
    again = type(output).concatenate([output.take(slice(0, 1)), output.take(np.array([1, 2, 3]))])
    assert len(again) == 4
    assert np.array_equal(again.letter, output.letter)
    assert replace(output).space_group is output.space_group
