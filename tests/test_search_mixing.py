"""What species on one site cost a search, from the sites that real crystals have."""

import pytest
import torch
from synthetic import random_crystals
from test_search_targets import KEYS, LAYERED, SCALER, sure_of

from disgen.crystal import ELEMENTS
from disgen.search.mixing import Mixing


def test_what_shares_sites_costs_nothing():
    costs = Mixing.of_keys(KEYS).costs
    row = {symbol: ELEMENTS.index(symbol) for symbol in ("Na", "K", "Cl", "Fe", "O", "F", "Rb")} | {"vacancy": 100}
    assert torch.equal(costs, costs.T)
    assert float(costs.diagonal().abs().max()) == 0.0
    for one, other in (("Na", "K"), ("Fe", "vacancy"), ("O", "F")):
        assert costs[row[one], row[other]] == 0.0
    assert costs[row["Na"], row["O"]] > 2.0 > costs[row["Na"], row["Cl"]]
    assert costs[row["Rb"], row["K"]] < 0.5, "families stand in for what is rare"


def test_mixing_of_a_crystal_is_its_loss():
    mixing = Mixing.of_keys(KEYS)
    crystals = random_crystals(40, seed=6)
    loss = mixing.loss(sure_of(crystals, SCALER)).numpy()
    assert loss == pytest.approx([mixing.of_crystal(crystal) for crystal in crystals], abs=0.01)
    manganese, iron, sodium = (ELEMENTS.index(symbol) for symbol in ("Mn", "Fe", "Na"))
    wanted = 2 * (0.25 * mixing.costs[manganese, iron] + 0.21 * mixing.costs[sodium, 100])
    assert mixing.of_crystal(LAYERED) == pytest.approx(float(wanted), abs=1e-6)


def test_without_disordered_sites_nothing_costs():
    for keys in ([], ["225|aNa1.00|bCl1.00"]):
        assert not Mixing.of_keys(keys).costs.any()
