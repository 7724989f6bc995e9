"""What the grammar allows: every real crystal, and nothing that is no crystal."""

import numpy as np
import pytest

from disgen.crystal import ATOMIC_NUMBER
from disgen.prior.language.grammar import Grammar
from disgen.prior.language.tokens import FINE, Role, Token, crystal_of, sentences
from disgen.prior.language.wishes import Wishes
from disgen.representation import SiteArrays

LI, O, P, V, ZN = (ATOMIC_NUMBER[symbol] for symbol in ("Li", "O", "P", "V", "Zn"))


def walks(wishes: Wishes, n: int, seed: int = 0) -> tuple[Grammar, list[tuple[np.ndarray, np.ndarray]]]:
    """Random sentences: any allowed token with equal chance, but ends are preferred so that they stay short."""
    rng, grammar = np.random.default_rng(seed), Grammar(wishes, n)
    said = [([], []) for _ in range(n)]
    for _ in range(200):
        may = grammar.options()
        going = ~grammar.done & ~grammar.stuck
        if not going.any():
            break
        chance = np.where(may, rng.exponential(size=may.shape), -1.0)
        chance[:, [Token.NO_MORE, Token.FULL, Token.CLOSE]] *= 25.0
        token = chance.argmax(axis=1)
        finer = np.where(grammar.finest(token), rng.random((n, 2 * FINE + 1)), -1.0).argmax(axis=1) - FINE
        finer[(token < Token.AMOUNT) | (token > Token.ELEMENT)] = 0
        for index in np.flatnonzero(going):
            said[index][0].append(int(token[index]))
            said[index][1].append(int(finer[index]))
        grammar.say(token, finer)
    return grammar, [(np.array(tokens), np.array(fine)) for tokens, fine in said]


def test_every_mineral_is_allowed(minerals):
    found, _ = sentences(minerals)
    grammar = Grammar(Wishes(), len(found))
    for place in range(found.token.shape[1]):
        may, token, fine = grammar.options(), found.token[:, place], found.fine[:, place]
        real = token != Token.PAD
        at = np.arange(len(found))
        assert may[at, token][real].all()
        amounts = real & (found.role[:, place] == Role.AMOUNT)
        assert grammar.finest(token)[at, fine + FINE][amounts].all()
        assert (grammar.role == found.role[:, place])[real].all()
        grammar.say(token, fine)
        np.testing.assert_allclose(grammar.charge[real], found.charge[:, place][real], atol=1e-3)
    assert grammar.done.all()


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(),
        Wishes(required=frozenset({LI, O, P}), groups=frozenset({62}), disordered=frozenset({1})),
        Wishes(required=frozenset({ZN, V, O}), allowed=frozenset(), sites=frozenset({2, 3})),
        Wishes(allowed=frozenset({LI, O, P, V}), sites=frozenset({1}), disordered=frozenset({1})),
    ],
)
def test_whatever_is_finished_is_a_crystal_as_announced_and_wished(wishes):
    grammar, said = walks(wishes, 400)
    assert grammar.done.mean() > 0.9
    for index in np.flatnonzero(grammar.done):
        tokens, fine = said[index]
        crystal = crystal_of(tokens, fine)
        SiteArrays.from_crystals([crystal])  # refuses what does not fit the representation
        end = tokens.tolist().index(Token.NO_MORE)
        announced = {int(token) - Token.ELEMENT for token in tokens[1:end]}
        assert {ATOMIC_NUMBER[symbol] for symbol in crystal.elements} == announced
        assert crystal.disordered_sites == tokens[end + 3] - Token.DISORDERED
        assert len(crystal.sites) == tokens[end + 2] - Token.SITES
        assert wishes.required <= announced
        assert wishes.allowed is None or announced <= wishes.allowed | wishes.required
        for wished, has in (
            (wishes.groups, crystal.space_group),
            (wishes.sites, len(crystal.sites)),
            (wishes.disordered, crystal.disordered_sites),
        ):
            assert wished is None or has in wished


def test_a_fixed_position_is_used_once_and_letters_do_not_fall():
    for index in range(40):
        _, said = walks(Wishes(groups=frozenset({225})), 1, seed=index)
        crystal = crystal_of(*said[0])
        letters = [site.letter for site in crystal.sites]
        assert letters == sorted(letters)
        fixed = [letter for letter in letters if letter in "abcd"]
        assert len(set(fixed)) == len(fixed)


def test_what_cannot_be_is_stuck_and_stays_so():
    too_many = Wishes(required=frozenset(range(1, 14)), sites=frozenset({1}), disordered=frozenset({0}))
    grammar, _ = walks(too_many, 3)
    assert grammar.stuck.all()
    assert not grammar.done.any()
    before = grammar.role.copy()
    grammar.say(np.full(3, Token.NO_MORE), np.zeros(3, dtype=int))
    assert (grammar.role == before).all()


def test_sentences_that_wait_stay_as_they_are():
    grammar = Grammar(Wishes(), 2)
    grammar.say(np.full(2, Token.SOURCE), np.zeros(2, dtype=int), np.array([True, False]))
    assert grammar.role.tolist() == [Role.ELEMENT, Role.SOURCE]
    assert grammar.take(np.array([1, 1, 0])).role.tolist() == [Role.SOURCE, Role.SOURCE, Role.ELEMENT]
