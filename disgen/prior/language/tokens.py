"""A crystal's symmetry and contents as a sentence of tokens, and back.

A sentence first says what the crystal is about, then spells it out: where it comes from; its elements in rising atomic
number, and their end; space group; numbers of sites and of disordered sites; then site by site in canonical order its
letter and its species in rising atomic number, each followed by its amount. An amount fills what is left of the site,
or is a number of thousandths; a site that stays partly empty is closed by a token of its own. Cell and free coordinates
are not part of the sentence (`disgen.prior.geometry.network`).

La1.85Sr0.15CuO4 (I4/mmm) reads: corpus · O Cu Sr La . · 139 · 4 sites · 1 disordered · a Cu full · c O full ·
e O full · e Sr 0.075 La rest.

Amounts have a token in steps of 0.025, and a finer part of -12 to 12 thousandths that goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.crystal import ATOMIC_NUMBER, ELEMENTS, WyckoffCrystal, WyckoffSite
from disgen.prior.elements import usual_charges
from disgen.representation import MAX_LETTER, MAX_SITES

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = 25  # thousandths from one amount token to the next
FINE = STEP // 2  # largest finer part
WHOLE = 1000  # thousandths of a full site
LONGEST = 96  # tokens; the corpus needs 43, and longer crystals are not learnt from
MAX_ELEMENTS = 100


class Role(IntEnum):
    """What a token says."""

    SOURCE = 0
    ELEMENT = 1  # of the crystal, or that there are no more
    GROUP = 2
    SITES = 3
    DISORDERED = 4
    LETTER = 5
    SPECIES = 6  # on a site, or that it stays partly empty
    AMOUNT = 7


class Token:
    """Where each kind of token starts in the vocabulary."""

    PAD = 0
    SOURCE = 1  # + source
    NO_MORE = 5  # elements
    CLOSE = 6  # a site, partly empty
    FULL = 7  # the amount that is left of a site
    AMOUNT = 8  # 8 + k: k steps of `STEP` thousandths, k from 0 to 40
    ELEMENT = AMOUNT + WHOLE // STEP  # + atomic number
    GROUP = ELEMENT + MAX_ELEMENTS  # + number
    SITES = GROUP + wyckoff.SPACE_GROUPS  # + number
    DISORDERED = SITES + MAX_SITES + 1  # + number
    LETTER = DISORDERED + MAX_SITES  # + 1 for a
    SIZE = LETTER + MAX_LETTER + 1


CORPUS, ORDERED, RELATED = 0, 1, 2  # sources: RELATED is added for isovalent relatives of either


@dataclass(frozen=True)
class Sentences:
    """n sentences of up to t tokens, padded.

    Attributes:
        token: (n, t) of `Token`.
        role: (n, t) of `Role`.
        site: (n, t) 1 to 9 for the tokens of a site, else 0.
        slot: (n, t) which species of its site a token belongs to, from 1; 0 for letters and outside sites.
        row: (n, t) 1 + row of `disgen.wyckoff.tables` for the tokens of a site, else 0.
        fine: (n, t) finer part of an amount, thousandths.
        amount: (n, t) share of the site that an amount token gives to its species, else 0.
        left: (n, t) share of the site that is still free after this token, 0 outside sites.
        charge: (n, t) usual charge (`disgen.prior.elements.usual_charges`) of all that has been placed in the cell up
            to this token, elementary charges.
    """

    token: np.ndarray
    role: np.ndarray
    site: np.ndarray
    slot: np.ndarray
    row: np.ndarray
    fine: np.ndarray
    amount: np.ndarray
    left: np.ndarray
    charge: np.ndarray

    def __len__(self) -> int:
        """Number of sentences."""
        return len(self.token)

    def take(self, index: np.ndarray) -> Sentences:
        """Some of the sentences, cut to the longest of them."""
        length = int((self.token[index] != Token.PAD).sum(axis=1).max(initial=1))
        return Sentences(*(getattr(self, name)[index][:, :length] for name in self.__dataclass_fields__))


def sentence(crystal: WyckoffCrystal, source: int = CORPUS) -> list[tuple[float, ...]]:
    """One crystal's tokens: rows of (token, role, site, slot, row, fine, amount, left, charge).

    Args:
        crystal: canonical crystal.
        source: `CORPUS` or `ORDERED`, with `RELATED` added for relatives.

    Raises:
        DisgenError: if the space group does not have one of the letters.
    """
    nothing = (0, 0, 0, 0, 0.0, 0.0, 0.0)
    rows: list[tuple[float, ...]] = [(Token.SOURCE + source, Role.SOURCE, *nothing)]
    rows += [(Token.ELEMENT + ATOMIC_NUMBER[symbol], Role.ELEMENT, *nothing) for symbol in crystal.elements]
    counts = (
        (Token.NO_MORE, Role.ELEMENT),
        (Token.GROUP + crystal.space_group, Role.GROUP),
        (Token.SITES + len(crystal.sites), Role.SITES),
        (Token.DISORDERED + crystal.disordered_sites, Role.DISORDERED),
    )
    rows += [(token, role, *nothing) for token, role in counts]
    charges, charge = _charges(crystal.elements), 0.0
    for number, site in enumerate(crystal.sites, start=1):
        row = 1 + wyckoff.row(crystal.space_group, site.letter)
        letter = 1 + wyckoff.LETTERS.index(site.letter)
        rows.append((Token.LETTER + letter, Role.LETTER, number, 0, row, 0, 0.0, 1.0, charge))
        left = WHOLE
        amounts = thousandths(site)
        for slot, (symbol, amount) in enumerate(amounts, start=1):
            element = Token.ELEMENT + ATOMIC_NUMBER[symbol]
            rows.append((element, Role.SPECIES, number, slot, row, 0, 0.0, left / WHOLE, charge))
            token, fine = (Token.FULL, 0) if amount == left else _coarse(amount)
            left -= amount
            charge += site.multiplicity * amount / WHOLE * charges[symbol]
            rows.append((token, Role.AMOUNT, number, slot, row, fine, amount / WHOLE, left / WHOLE, charge))
        if left:
            rows.append((Token.CLOSE, Role.SPECIES, number, len(amounts) + 1, row, 0, 0.0, left / WHOLE, charge))
    return rows


def sentences(crystals: Sequence[WyckoffCrystal], source: np.ndarray | int = CORPUS) -> tuple[Sentences, np.ndarray]:
    """Sentences of crystals, and which of them are short enough, (n,) bool; only those have a sentence.

    Args:
        crystals: canonical crystals.
        source: (n,) or one number, as of `sentence`.
    """
    sources = np.broadcast_to(np.asarray(source), len(crystals)).tolist()
    spelt = [sentence(crystal, where) for crystal, where in zip(crystals, sources, strict=True)]
    fits = np.array([len(rows) <= LONGEST for rows in spelt], dtype=bool)
    spelt = [rows for rows in spelt if len(rows) <= LONGEST]
    table = np.zeros((len(spelt), max(map(len, spelt), default=1), 9))
    for place, rows in enumerate(spelt):
        table[place, : len(rows)] = rows
    whole, parts = np.split(np.moveaxis(table, 2, 0), [6])
    return Sentences(*whole.astype(np.int64), *parts.astype(np.float32)), fits


def thousandths(site: WyckoffSite) -> list[tuple[str, int]]:
    """Species of a site with their amounts in thousandths, at least one each and never more than the site holds."""
    amounts = [max(round(WHOLE * occupancy), 1) for _, occupancy in site.occupancies]
    if not site.vacancy or sum(amounts) > WHOLE:  # rounding must neither open nor overfill a site
        largest = int(np.argmax(amounts))
        amounts[largest] += WHOLE - sum(amounts)
    elif sum(amounts) == WHOLE:
        amounts[int(np.argmax(amounts))] -= 1
    return list(zip((symbol for symbol, _ in site.occupancies), amounts, strict=True))


def crystal_of(tokens: np.ndarray, fine: np.ndarray) -> WyckoffCrystal:
    """The crystal that a sentence spells, with no geometry: cell edges of 1 Å, coordinates zero.

    Args:
        tokens: (t,) without padding, legal (`disgen.prior.language.grammar`).
        fine: (t,) finer parts of amounts, thousandths.
    """
    group, sites = 0, []
    letter, number, left = 0, 0, WHOLE
    species: list[tuple[str, int]] = []

    def finished() -> WyckoffSite:
        name = wyckoff.LETTERS[letter - 1]
        multiplicity = int(wyckoff.tables().multiplicity_of[group, letter])
        return WyckoffSite(name, multiplicity, (0.0, 0.0, 0.0), tuple((s, a / WHOLE) for s, a in species))

    for token, part in zip(tokens.tolist(), fine.tolist(), strict=True):
        if Token.GROUP < token <= Token.GROUP + wyckoff.SPACE_GROUPS:
            group = token - Token.GROUP
        elif token > Token.LETTER:
            letter, species, left = token - Token.LETTER, [], WHOLE
        elif letter and Token.ELEMENT < token <= Token.ELEMENT + MAX_ELEMENTS:
            number = token - Token.ELEMENT
        elif token == Token.FULL or Token.AMOUNT <= token <= Token.ELEMENT:
            amount = left if token == Token.FULL else STEP * (token - Token.AMOUNT) + part
            species.append((ELEMENTS[number - 1], amount))
            left -= amount
        if token in {Token.FULL, Token.CLOSE}:
            sites.append(finished())
    return WyckoffCrystal(group, (1.0, 1.0, 1.0, 90.0, 90.0, 90.0), tuple(sites))


@cache
def _charges(elements: tuple[str, ...]) -> dict[str, float]:
    """Usual charges of the elements of a crystal, by symbol."""
    numbers = [ATOMIC_NUMBER[symbol] for symbol in elements]
    present = np.zeros((1, len(ELEMENTS) + 1), dtype=bool)
    present[0, numbers] = True
    return dict(zip(elements, usual_charges(present)[0, numbers].tolist(), strict=True))


def _coarse(amount: int) -> tuple[int, int]:
    """Token and finer part of an amount in thousandths."""
    steps = (amount + FINE) // STEP
    return Token.AMOUNT + steps, amount - STEP * steps
