"""Weights in a quarter of their size."""

import numpy as np
import pytest
import torch

from disgen.model.networks import WeightsError
from disgen.prior.compact import compacted, restored


def test_weights_come_back_within_half_a_step_of_their_row():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(40, 30), torch.nn.LayerNorm(30))
    stored = compacted(model.state_dict(), "net.")
    other = restored(lambda: torch.nn.Sequential(torch.nn.Linear(40, 30), torch.nn.LayerNorm(30)), stored, "net.")
    weight = model[0].weight.detach()
    again = torch.from_numpy(stored["net.0.weight"] * stored["net.0.weight.scale"])
    step = weight.abs().amax(dim=1, keepdim=True) / 127
    assert ((weight - again).abs() <= 0.5001 * step).all()
    # Where the processor has bfloat16, the network computes with it: eight bits of mantissa.
    assert torch.allclose(again, other[0].weight.float(), rtol=2**-8)
    assert torch.allclose(model[0].bias, other[0].bias.float(), atol=1e-3)
    assert not other.training
    assert not any(parameter.requires_grad for parameter in other.parameters())
    assert stored["net.0.weight"].dtype == np.int8


def test_another_networks_weights_are_refused():
    stored = compacted(torch.nn.Linear(3, 2).state_dict(), "net.")
    with pytest.raises(WeightsError, match="another shape"):
        restored(lambda: torch.nn.Linear(4, 2), stored, "net.")
    with pytest.raises(WeightsError, match="missing"):
        restored(lambda: torch.nn.Linear(3, 2), stored, "other.")


def test_rows_of_zeros_stay_so():
    model = torch.nn.Linear(3, 2)
    torch.nn.init.zeros_(model.weight)
    again = restored(lambda: torch.nn.Linear(3, 2), compacted(model.state_dict(), ""), "")
    assert (again.weight == 0.0).all()
