"""Isovalent relatives of crystals."""

from collections import Counter

import numpy as np
import pytest

from disgen.crystal import ATOMIC_NUMBER
from disgen.prior.exchange import ISOVALENT, Exchange

FAMILY = {symbol: number for number, members in enumerate(ISOVALENT) for symbol in members.split()}


@pytest.fixture(scope="module")
def exchange(minerals):
    return Exchange.like(minerals)


def test_relatives_keep_symmetry_amounts_and_families(minerals, exchange):
    rng = np.random.default_rng(0)
    changed = 0
    for crystal in minerals:
        relative = exchange(crystal, rng)
        assert relative.space_group == crystal.space_group
        changed += relative.elements != crystal.elements
        assert len(relative.elements) == len(crystal.elements), "no two elements become one"
        for one, other in zip(crystal.sites, relative.sites, strict=True):
            families = [sorted(str(FAMILY.get(symbol, symbol)) for symbol, _ in s.occupancies) for s in (one, other)]
            assert families[0] == families[1]
            assert sorted(x for _, x in one.occupancies) == sorted(x for _, x in other.occupancies)
            numbers = [ATOMIC_NUMBER[symbol] for symbol, _ in other.occupancies]
            assert numbers == sorted(numbers)
    assert changed > 0.5 * len(minerals)


def test_the_similar_and_the_frequent_are_preferred(minerals, exchange):
    weights = dict(zip(exchange.options["Ca"], exchange.weights["Ca"], strict=True))
    assert weights["Sr"] > weights["Be"], "strontium is nearer to calcium than beryllium"
    held = Counter(symbol for crystal in minerals for symbol in crystal.composition)
    assert all(weight == 0.0 for symbol, weight in weights.items() if not held[symbol])


def test_the_same_generator_gives_the_same_relatives(minerals, exchange):
    one, two = ([exchange(crystal, rng) for crystal in minerals[:50]] for rng in map(np.random.default_rng, (3, 3)))
    assert one == two
