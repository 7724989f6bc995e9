"""Crystals as sentences, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.prior.language.tokens import (
    CORPUS,
    ORDERED,
    STEP,
    WHOLE,
    Role,
    Token,
    crystal_of,
    sentence,
    sentences,
    thousandths,
)

CELL = (5.0, 5.0, 5.0, 90.0, 90.0, 90.0)


def site(*occupancies: tuple[str, float], letter: str = "a") -> WyckoffSite:
    return WyckoffSite(letter, 1, (0.0, 0.0, 0.0), tuple(occupancies))


def spelt(crystal: WyckoffCrystal) -> WyckoffCrystal:
    columns = np.array(sentence(crystal))
    return crystal_of(columns[:, 0].astype(int), columns[:, 5].astype(int))


def test_a_cuprate_reads_as_documented():
    crystal = WyckoffCrystal(
        139,
        (3.78, 3.78, 13.2, 90.0, 90.0, 90.0),
        (
            WyckoffSite("a", 2, (0.0, 0.0, 0.0), (("Cu", 1.0),)),
            WyckoffSite("e", 4, (0.0, 0.0, 0.36), (("Sr", 0.075), ("La", 0.925))),
        ),
    )
    tokens = [int(row[0]) for row in sentence(crystal)]
    assert tokens == [
        Token.SOURCE + CORPUS,
        Token.ELEMENT + 29,
        Token.ELEMENT + 38,
        Token.ELEMENT + 57,
        Token.NO_MORE,
        Token.GROUP + 139,
        Token.SITES + 2,
        Token.DISORDERED + 1,
        Token.LETTER + 1,
        Token.ELEMENT + 29,
        Token.FULL,
        Token.LETTER + 5,
        Token.ELEMENT + 38,
        Token.AMOUNT + 3,
        Token.ELEMENT + 57,
        Token.FULL,
    ]


def test_minerals_survive_being_spelt(minerals):
    for crystal in minerals:
        again = spelt(crystal)
        assert again.space_group == crystal.space_group
        assert again.disordered_sites == crystal.disordered_sites
        for one, other in zip(crystal.sites, again.sites, strict=True):
            assert (one.letter, one.multiplicity) == (other.letter, other.multiplicity)
            assert [symbol for symbol, _ in one.occupancies] == [symbol for symbol, _ in other.occupancies]
            gaps = [abs(a - b) for (_, a), (_, b) in zip(one.occupancies, other.occupancies, strict=True)]
            assert max(gaps) < 2.1e-3


@given(st.lists(st.integers(1, 9_999), min_size=1, max_size=6), st.booleans())
def test_amounts_neither_overfill_nor_close_a_site(weights, full):
    shares = np.array(weights) / (sum(weights) * (1.0 if full else 1.25))
    mixed = site(*zip(("H", "He", "Li", "Be", "B", "C"), np.round(shares, 4).tolist(), strict=False))
    amounts = [amount for _, amount in thousandths(mixed)]
    assert min(amounts) >= 1
    assert sum(amounts) == WHOLE if not mixed.vacancy else sum(amounts) < WHOLE


@pytest.mark.parametrize("amount", [0.001, 0.012, 0.013, 0.333, 0.5, 0.987, 0.999])
def test_thousandths_come_back(amount):
    crystal = WyckoffCrystal(221, CELL, (site(("Na", amount)),))
    assert spelt(crystal).sites[0].occupancies == (("Na", amount),)
    steps = int(sentence(crystal)[8][0]) - Token.AMOUNT
    assert abs(STEP * steps - WHOLE * amount) <= STEP // 2


def test_sentences_are_padded_and_say_what_role_each_token_plays(minerals):
    found, fits = sentences(minerals[:200], np.repeat([CORPUS, ORDERED], 100))
    assert len(found) == fits.sum() == 200
    real = found.token != Token.PAD
    assert (np.diff(real.astype(int), axis=1) <= 0).all(), "padding comes last"
    assert (found.role[:, 0] == Role.SOURCE).all()
    assert set(found.token[:, 0]) == {Token.SOURCE + CORPUS, Token.SOURCE + ORDERED}
    assert ((found.site > 0) == (found.row > 0)).all()
    shares = np.where(found.role == Role.AMOUNT, found.amount, 0.0).sum(axis=1)
    filling = [sum(site.filling for site in crystal.sites) for crystal in minerals[:200]]
    np.testing.assert_allclose(shares, filling, atol=0.02)
    few = found.take(np.flatnonzero(real.sum(axis=1) == real.sum(axis=1).min()))
    assert few.token.shape[1] == real.sum(axis=1).min()
