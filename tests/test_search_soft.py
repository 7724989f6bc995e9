"""Decoder outputs read softly: the same numbers as exact decoding where outputs are sure, and useful gradients."""

from itertools import product

import numpy as np
import pytest
import torch
from synthetic import random_crystals

from disgen.crystal import ELEMENTS
from disgen.generation.reconstruction import reconstruct
from disgen.model.scaler import LatticeScaler
from disgen.model.vae import Heads, to_output
from disgen.representation import Rows, encode
from disgen.search.soft import SoftCrystals, log_complement, log_count_between

SURE = 15.0
FREE = torch.zeros(101, 101)


def heads_of(crystals, scaler):
    """Outputs of a decoder that is sure of these crystals."""
    a, c = (torch.from_numpy(array) for array in encode(crystals))
    return Heads(
        occupancy=a[:, :, Rows.OCCUPANCY].clamp(min=1e-6).log(),
        multiplicity=SURE * a[:, :, Rows.MULTIPLICITY],
        disordered=SURE * (2.0 * a[:, :, Rows.DISORDERED.start] - 1.0),
        coordinates=a[:, :, Rows.COORDINATES],
        letter=SURE * a[:, :, Rows.LETTER],
        lattice=scaler.transform(c[:, Rows.LATTICE]),
        space_group=SURE * c[:, Rows.SPACE_GROUP],
    )


@pytest.fixture(scope="module")
def crystals():
    return random_crystals(150, seed=4)


@pytest.fixture(scope="module")
def scaler(crystals):
    return LatticeScaler.fit(np.array([crystal.cell for crystal in crystals]), log_lengths=True)


@pytest.fixture(scope="module")
def soft(crystals, scaler):
    return SoftCrystals.read(heads_of(crystals, scaler), scaler, FREE)


def test_amounts_are_those_of_exact_decoding(crystals, scaler, soft):
    decoded = reconstruct(to_output(heads_of(crystals, scaler), scaler)).crystals
    for amounts, crystal in zip(soft.amounts.numpy(), decoded, strict=True):
        found = {symbol: amounts[row] for row, symbol in enumerate(ELEMENTS) if amounts[row] > 1e-4}
        assert found == pytest.approx(crystal.composition, abs=2e-2)


def test_volume_and_sites(crystals, soft):
    assert soft.volume.numpy() == pytest.approx([crystal.volume for crystal in crystals], rel=1e-3)
    assert soft.log_real.exp().sum(1).numpy() == pytest.approx([len(crystal.sites) for crystal in crystals], abs=1e-2)


def test_mixtures_are_the_disordered_sites(crystals, soft):
    clear = [
        index
        for index, crystal in enumerate(crystals)
        if all(_second(site) > 0.05 for site in crystal.sites if site.is_disordered)
    ]
    assert len(clear) > 50
    counts = soft.log_mixture.exp().sum(1).numpy()[clear]
    assert counts == pytest.approx([crystals[index].disordered_sites for index in clear], abs=0.4)
    # Where nothing is known about what shares sites, both readings are one; a site that is mostly empty has an element.
    full = soft.log_share[:, :, -1] < soft.log_share.amax(-1)
    assert torch.allclose(soft.log_sound_mixture[full], soft.log_mixture[full])
    assert (soft.log_sound_mixture <= soft.log_mixture + 1e-5).all()


def test_a_second_species_that_does_not_fit_counts_for_less(crystals, scaler):
    costs = torch.full((101, 101), 5.0).fill_diagonal_(0.0)
    strict = SoftCrystals.read(heads_of(crystals, scaler), scaler, costs)
    assert (strict.log_sound_mixture <= strict.log_mixture + 1e-5).all()
    assert (strict.log_sound_mixture < strict.log_mixture - 0.1).any()


def test_temperature_evens_out_occupancies_only(crystals, scaler, soft):
    warm = SoftCrystals.read(heads_of(crystals, scaler), scaler, FREE, 4.0)
    assert (warm.log_share.amax(-1) <= soft.log_share.amax(-1) + 1e-6).all()
    assert torch.equal(warm.log_letter, soft.log_letter)
    single = torch.full((len(crystals), 1, 1), 4.0)
    assert torch.equal(SoftCrystals.read(heads_of(crystals, scaler), scaler, FREE, single).log_share, warm.log_share)


def test_log_probabilities_are_read_like_logits(crystals, scaler, soft):
    heads = heads_of(crystals, scaler)
    normalised = heads._replace(letter=heads.letter.log_softmax(-1), multiplicity=heads.multiplicity.log_softmax(-1))
    again = SoftCrystals.read(normalised, scaler, FREE)
    assert torch.allclose(again.log_letter, soft.log_letter, atol=1e-4)


def test_gradients_are_finite_everywhere(scaler):
    generator = torch.Generator().manual_seed(1)
    shapes = ((9, 101), (9, 51), (9,), (9, 3), (9, 27), (6,), (230,))
    for size in (1.0, 30.0, 300.0):
        leaves = [size * torch.randn(20, *shape, generator=generator) for shape in shapes]
        leaves[5] = leaves[5] / size
        heads = Heads(*(leaf.requires_grad_() for leaf in leaves))
        soft = SoftCrystals.read(heads, scaler, FREE)
        total = soft.amounts.sum() + soft.volume.sum() + soft.log_present.logsumexp(1).sum()
        for low, high in ((0, 0), (1, 1), (9, 9)):
            total = total + log_count_between(soft.log_mixture, log_complement(soft.log_mixture), low, high).sum()
            total = total + log_count_between(soft.log_real, log_complement(soft.log_real), low, high).sum()
        total.backward()
        assert all(torch.isfinite(leaf.grad).all() for leaf in leaves if leaf.grad is not None)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (1, 2), (3, 5), (0, 5)])
def test_counts_of_independent_events(low, high):
    chance = np.random.default_rng(low).uniform(0.02, 0.98, (4, 5))
    log_yes = torch.from_numpy(np.log(chance))
    found = log_count_between(log_yes, log_complement(log_yes), low, high).exp().numpy()
    wanted = np.zeros(4)
    for events in product((0, 1), repeat=5):
        if low <= sum(events) <= high:
            wanted += np.where(events, chance, 1.0 - chance).prod(axis=1)
    assert found == pytest.approx(wanted, rel=1e-5)


def _second(site):
    shares = sorted([share for _, share in site.occupancies] + [site.vacancy])
    return shares[-2]
