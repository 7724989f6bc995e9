"""Densities of geometries."""

import numpy as np
import pytest
import torch
from scipy import stats

from disgen.prior.geometry import (
    GeometryModel,
    GeometrySettings,
    Numbers,
    Skeletons,
    as_numbers,
    mixture_log_prob,
    skeletons_of,
)
from disgen.prior.parameters import Kind, element_volumes, parameters

SMALL = GeometrySettings(width=32, depth=2, heads=2, components=4, dropout=0.0)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return GeometryModel(SMALL).eval()


@pytest.fixture(scope="module")
def batch(minerals):
    crystals = minerals[:60]
    volumes = element_volumes(crystals)
    return skeletons_of(crystals, volumes), as_numbers(parameters(crystals, volumes))


def test_mixtures_are_those_of_scipy():
    weight = torch.tensor([[0.3, 0.7]]).log()
    centre, width = torch.tensor([[0.1, 0.8]]), torch.tensor([[-1.0, -2.0]])
    for value in (0.05, 0.5, 0.99):
        there = torch.tensor([value])
        normal = mixture_log_prob(torch.tensor([Kind.VOLUME]), there, weight, centre, width).item()
        expected = 0.3 * stats.norm(0.1, np.exp(-1)).pdf(value) + 0.7 * stats.norm(0.8, np.exp(-2)).pdf(value)
        assert normal == pytest.approx(np.log(expected), abs=1e-4)
        circle = mixture_log_prob(torch.tensor([Kind.X]), there, weight, centre, width).item()
        angle = 2 * np.pi * value
        expected = (
            2
            * np.pi
            * (
                0.3 * stats.vonmises(np.exp(2.0), loc=0.2 * np.pi).pdf(angle)
                + 0.7 * stats.vonmises(np.exp(4.0), loc=1.6 * np.pi).pdf(angle)
            )
        )
        assert circle == pytest.approx(np.log(expected), abs=1e-3)


def test_drawn_numbers_have_the_density_that_is_said(model, batch):
    skeletons, numbers = batch
    rng = torch.Generator().manual_seed(0)
    values, density = model.draw(skeletons, numbers.kind, numbers.owner, rng, draws=3)
    assert values.shape == (60, 3, numbers.kind.shape[1])
    for draw in range(3):
        again = model.log_prob(skeletons, Numbers(numbers.kind, numbers.owner, values[:, draw])).sum(dim=1)
        assert torch.allclose(again, density[:, draw], atol=1e-3)
    circle = (numbers.kind >= Kind.X)[:, None].expand_as(values)
    assert ((values[circle] >= 0.0) & (values[circle] < 1.0)).all()
    assert (values[(numbers.kind == 0)[:, None].expand_as(values)] == 0.0).all()


def test_sharp_draws_are_denser(model, batch):
    skeletons, numbers = batch
    mean = []
    for sharpness in (1.0, 20.0):
        rng = torch.Generator().manual_seed(1)
        mean.append(model.draw(skeletons, numbers.kind, numbers.owner, rng, draws=8, sharpness=sharpness)[1].mean())
    assert mean[1] > mean[0]


def test_later_numbers_have_no_part_in_earlier_ones(model, batch):
    skeletons, numbers = batch
    changed = numbers._replace(value=numbers.value.clone())
    changed.value[:, 3:] = 0.123
    with torch.inference_mode():
        one, two = (model.log_prob(skeletons, each)[:, :3] for each in (numbers, changed))
    assert torch.allclose(one, two, atol=1e-4)


def test_a_crystal_does_not_depend_on_its_company(model, batch):
    skeletons, numbers = batch
    with torch.inference_mode():
        together = model.log_prob(skeletons, numbers)[5]
        alone = model.log_prob(Skeletons(*(x[5:6] for x in skeletons)), Numbers(*(x[5:6] for x in numbers)))[0]
    assert torch.allclose(together, alone, atol=1e-4)
