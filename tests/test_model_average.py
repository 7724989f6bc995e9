"""The running average of the weights: its recursion, its warm-up, its buffers."""

import pytest
import torch
from torch import nn

from disgen.model.training.average import WeightAverage, decay_at


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def test_follows_the_recursion_in_float64():
    model = network()
    average = WeightAverage(model, 0.9)
    expected = [value.detach().double().clone() for value in model.parameters()]
    for step in range(200):
        with torch.no_grad():
            for value in model.parameters():
                value.add_(torch.randn_like(value))
        average.update(model, step)
        decay = min(0.9, step / (step + 10))
        expected = [decay * old + (1 - decay) * new for old, new in zip(expected, model.parameters(), strict=True)]
    for ours, theirs in zip(average.model.parameters(), expected, strict=True):
        assert not ours.requires_grad
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-5, atol=1e-5)


def test_initial_weights_leave_no_trace():
    one, other = network(), network()
    with torch.no_grad():
        other[0].weight.add_(100.0)
    averages = [WeightAverage(model, 0.999) for model in (one, other)]
    for average in averages:
        average.update(one, 0)
    assert all(torch.equal(average.model[0].weight, one[0].weight) for average in averages)


def test_buffers_are_copied_and_the_network_is_left_alone():
    model = network().train()
    average = WeightAverage(model, 0.999)
    model(torch.randn(8, 3))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    average.update(model, 5)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(average.model[1].running_mean, model[1].running_mean)
    assert average.model[1].num_batches_tracked == 1
    assert not average.model.training
    assert model.training


def test_window_grows_with_the_training_up_to_the_decay():
    assert decay_at(0, 0.999) == 0.0
    assert decay_at(90, 0.999) == pytest.approx(0.9)
    assert decay_at(10**6, 0.999) == 0.999
