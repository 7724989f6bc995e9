"""Densities of geometries."""

import numpy as np
import pytest
import torch
from scipy import stats

from disgen.prior.geometry.inputs import Hints, Numbers, Skeletons, as_numbers, hints_of, skeletons_of
from disgen.prior.geometry.network import GeometryModel, GeometrySettings, mixture_log_prob
from disgen.prior.geometry.parameters import Quantity, element_volumes, parameters
from disgen.prior.geometry.templates import Templates

SMALL = GeometrySettings(width=32, depth=2, heads=2, components=4, dropout=0.0)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return GeometryModel(SMALL).eval()


@pytest.fixture(scope="module")
def batch(minerals):
    """Sixty crystals, two of three beside a known one."""
    crystals = minerals[:60]
    volumes = element_volumes(crystals)
    numbers = as_numbers(parameters(crystals, volumes))
    placed = Templates.of(minerals[:600], volumes).placed(crystals, 1)
    shown = [some[0] if some and index % 3 else None for index, some in enumerate(placed)]
    return skeletons_of(crystals, volumes), numbers, hints_of(shown, numbers.value.shape[1], volumes)


def test_mixtures_are_those_of_scipy():
    weight = torch.tensor([[0.3, 0.7]]).log()
    centre, width = torch.tensor([[0.1, 0.8]]), torch.tensor([[-1.0, -2.0]])
    for value in (0.05, 0.5, 0.99):
        there = torch.tensor([value])
        normal = mixture_log_prob(torch.tensor([Quantity.VOLUME]), there, weight, centre, width).item()
        expected = 0.3 * stats.norm(0.1, np.exp(-1)).pdf(value) + 0.7 * stats.norm(0.8, np.exp(-2)).pdf(value)
        assert normal == pytest.approx(np.log(expected), abs=1e-4)
        circle = mixture_log_prob(torch.tensor([Quantity.X]), there, weight, centre, width).item()
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
    skeletons, numbers, hints = batch
    values, density = model.draw(skeletons, numbers.kind, numbers.owner, hints, torch.Generator().manual_seed(0))
    assert values.shape == numbers.kind.shape
    again = model.log_prob(skeletons, numbers._replace(value=values), hints).sum(dim=1)
    assert torch.allclose(again, density, atol=1e-3)
    circle = numbers.kind >= Quantity.X
    assert ((values[circle] >= 0.0) & (values[circle] < 1.0)).all()
    assert (values[numbers.kind == 0] == 0.0).all()


def test_sharp_draws_are_denser(model, batch):
    skeletons, numbers, hints = batch
    mean = []
    for sharpness in (1.0, 20.0):
        rng = torch.Generator().manual_seed(1)
        mean.append(model.draw(skeletons, numbers.kind, numbers.owner, hints, rng, sharpness=sharpness)[1].mean())
    assert mean[1] > mean[0]


def test_later_numbers_have_no_part_in_earlier_ones(model, batch):
    skeletons, numbers, hints = batch
    changed = numbers._replace(value=numbers.value.clone())
    changed.value[:, 3:] = 0.123
    with torch.inference_mode():
        one, two = (model.log_prob(skeletons, each, hints)[:, :3] for each in (numbers, changed))
    assert torch.allclose(one, two, atol=1e-4)


def test_a_crystal_does_not_depend_on_its_company(model, batch):
    alone = (
        kind(*(column[5:6] for column in part)) for kind, part in zip((Skeletons, Numbers, Hints), batch, strict=True)
    )
    with torch.inference_mode():
        assert torch.allclose(model.log_prob(*batch)[5], model.log_prob(*alone)[0], atol=1e-4)


def test_a_known_crystal_is_looked_at_where_there_is_one(model, batch):
    """Other values of it change the densities of its crystal, and of no other."""
    skeletons, numbers, hints = batch
    moved = hints._replace(value=hints.value + 0.1)
    with torch.inference_mode():
        same = torch.isclose(model.log_prob(*batch).sum(1), model.log_prob(skeletons, numbers, moved).sum(1), atol=1e-5)
    assert 20 < hints.there.sum() <= 40
    assert torch.equal(same, ~hints.there)
