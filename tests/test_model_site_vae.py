"""The network of the released model: every site has a code of its own, and learns quickly because of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from synthetic import random_crystals

from disgen.model import inference
from disgen.model.config import LossConfig, LossWeights, ModelConfig
from disgen.model.loss import losses, total
from disgen.model.scaler import LatticeScaler
from disgen.model.site_vae import SiteVAE
from disgen.model.training.metrics import reconstruction_metrics
from disgen.representation import SiteArrays

CONFIG = ModelConfig(
    architecture="sites",
    log_lengths=True,
    width=48,
    blocks=1,
    symmetry_latent=6,
    cell_latent=6,
    contents_latent=8,
    position_latent=6,
)
SITES = slice(12, None)


@pytest.fixture(scope="module")
def arrays() -> SiteArrays:
    return SiteArrays.from_crystals(random_crystals(64, seed=11))


@pytest.fixture(scope="module")
def scaler(arrays) -> LatticeScaler:
    return LatticeScaler.fit(arrays.cell, log_lengths=True)


@pytest.fixture
def model() -> SiteVAE:
    torch.manual_seed(1)
    return SiteVAE(CONFIG).eval()


def encode(model, scaler, arrays) -> np.ndarray:
    return inference.encode_means(model, scaler, arrays)


def codes(z: np.ndarray) -> np.ndarray:
    return z[:, SITES].reshape(len(z), 9, 14)


def test_padding_is_the_prior(model, scaler, arrays):
    mean, log_var = inference.encode(model, scaler, *arrays.dense())
    padding = ~arrays.real
    assert padding.any()
    assert not codes(mean)[padding].any()
    assert not codes(log_var)[padding].any()
    assert codes(mean)[~padding].any(axis=1).all()


def test_a_sites_contents_change_half_of_its_own_code_and_nothing_else(model, scaler, arrays):
    changed = replace(arrays, species=arrays.species.copy())
    crystal = int(np.flatnonzero(arrays.real.sum(1) > 2)[0])
    changed.species[crystal, 1, 0] = 1 + changed.species[crystal, 1, 0] % 100
    moved = encode(model, scaler, changed) != encode(model, scaler, arrays)
    assert np.flatnonzero(moved.any(axis=1)).tolist() == [crystal]
    assert np.flatnonzero(moved[crystal]).tolist() == list(range(12 + 14, 12 + 14 + 8))


def test_a_sites_code_does_not_depend_on_its_place(model, scaler, arrays):
    crystal = int(np.flatnonzero(arrays.real.sum(1) > 3)[0])
    order = [2, 0, 1, *range(3, 9)]
    one = arrays.take(np.array([crystal]))
    names = ("letter", "multiplicity", "coordinates", "species", "occupancy")
    other = replace(one, **{name: getattr(one, name)[:, order] for name in names})
    before, after = codes(encode(model, scaler, one)), codes(encode(model, scaler, other))
    assert np.allclose(before[:, order], after, atol=1e-6)


def test_equivalent_ends_of_the_cell_are_one_place(model, scaler, arrays):
    shifted = replace(arrays, coordinates=arrays.coordinates + 1.0)
    assert np.allclose(encode(model, scaler, arrays), encode(model, scaler, shifted), atol=1e-4)


def test_a_code_beyond_the_last_site_says_nothing(model, scaler, arrays):
    z = encode(model, scaler, arrays)
    output = inference.decode(model, scaler, z)
    count = (output.letter.argmax(2) > 0).sum(1)
    other = z.copy()
    for crystal, sites in enumerate(count):
        other[crystal, 12 + 14 * sites :] = 3.0
    again = inference.decode(model, scaler, other)
    assert (count < 9).any()
    assert np.array_equal(output.letter.argmax(2), again.letter.argmax(2))
    assert np.array_equal(output.occupancy.argmax(2), again.occupancy.argmax(2))


def test_gradients_reach_every_part_of_the_code(model):
    z = torch.randn(8, model.latent, requires_grad=True)
    heads = model.decode(z)
    sum(value.clamp(-10, 10).square().sum() for value in heads).backward()
    assert z.grad.isfinite().all()
    first_site = slice(0, 12 + 14)
    assert (z.grad[:, first_site].abs().sum(0) > 0).all()


def test_learns_random_crystals_by_heart(arrays, scaler):
    torch.manual_seed(0)
    model = SiteVAE(CONFIG).train()
    config = LossConfig("cross_entropy", "smooth_l1", 0.1, "periodic", kl="sum", weights=LossWeights(1e-3, *[1.0] * 7))
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    a, c = (torch.from_numpy(values) for values in arrays.dense())
    c = inference.standardise(c, scaler)
    for _ in range(250):
        heads, mean, log_var = model(a, c)
        loss = total(losses(heads, mean, log_var, a, c, config), config)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    output = inference.decode(model, scaler, encode(model, scaler, arrays))
    found = reconstruction_metrics(output, arrays)
    assert found["space_group_accuracy"] > 0.98
    assert found["letter_accuracy"] > 0.95
    assert found["multiplicity_accuracy"] > 0.95
    assert found["coordinate_mae"] < 0.05
