"""Which token may come next, so that every finished sentence is a legal crystal that keeps what it has said it will be.

A sentence announces its elements, its number of sites and how many of them are disordered. The grammar sees to it that
letters are of the space group, in order, fixed positions used once; that species come in rising atomic number and fit
the site; that as many sites are disordered as announced; and that all announced elements appear and no others. It
looks ahead by counting: as many elements as are still missing must fit on the sites that are still to come.

Wishes (`Wishes`) narrow it further: elements that must or must not be there, space groups, numbers of sites and of
disordered sites. Because all of these are announced before any site is spelt, wishes bind the beginning of a sentence
only, and the rest follows freely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.prior.language.letters import legal_letters, most_sites, positions_from
from disgen.prior.language.spelling import Spelling
from disgen.prior.language.tokens import CORPUS, FINE, MAX_ELEMENTS, STEP, WHOLE, Role, Token
from disgen.representation import MAX_LETTER, MAX_SITES

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SPECIES = 6  # on a site, the paper's Section 3.1
MOST_DISORDERED = 6  # sites, the same
MOST_ELEMENTS = 12  # announced; the corpus has no more


@dataclass(eq=False)
class Grammar(Spelling):
    """Sentences that are being spelt, and what may follow: `options` says it, `say` goes on by one of them."""

    def options(self) -> np.ndarray:
        """(n, tokens) True for the tokens that may come next; all False where a sentence is done or stuck."""
        may = np.zeros((self.n, Token.SIZE), dtype=bool)
        going = ~self.done & ~self.stuck
        for role, work in self._rules().items():
            which = np.flatnonzero(going & (self.role == role))
            if len(which):
                work(may, which)
        self.stuck |= going & ~may.any(axis=1)
        return may

    def finest(self, token: np.ndarray) -> np.ndarray:
        """(n, 25) True for the finer parts that may go with amount tokens (n,)."""
        part = np.arange(-FINE, FINE + 1)
        amount = STEP * (token - Token.AMOUNT)[:, None] + part
        may = (amount >= 1) & (amount < self.left[:, None])
        result: np.ndarray = may | ((token == Token.FULL)[:, None] & (part == 0))
        return result

    def _rules(self) -> dict[Role, Callable[[np.ndarray, np.ndarray], None]]:
        return {
            Role.SOURCE: self._sources,
            Role.ELEMENT: self._elements,
            Role.GROUP: self._groups,
            Role.SITES: self._site_counts,
            Role.DISORDERED: self._disordered_counts,
            Role.LETTER: self._letters,
            Role.SPECIES: self._species,
            Role.AMOUNT: self._amounts,
        }

    def _sources(self, may: np.ndarray, which: np.ndarray) -> None:
        may[which, Token.SOURCE + CORPUS] = True

    def _elements(self, may: np.ndarray, which: np.ndarray) -> None:
        wished = np.zeros(MAX_ELEMENTS + 1, dtype=bool)
        wished[1:] = True
        if self.wishes.allowed is not None:
            wished[:] = False
            wished[list(self.wishes.allowed | self.wishes.required)] = True
        required = np.zeros(MAX_ELEMENTS + 1, dtype=bool)
        required[list(self.wishes.required)] = True
        number = np.arange(MAX_ELEMENTS + 1)
        waiting = required & ~self._announced[which]
        # The next element may not pass one that is required and not yet there.
        bound = np.where(waiting.any(axis=1), waiting.argmax(axis=1), MAX_ELEMENTS)
        counted = self._announced[which].sum(axis=1)
        room = counted + waiting.sum(axis=1) < self._most_elements()
        fits = (number > self._last[which][:, None]) & (number <= bound[:, None]) & wished
        fits &= room[:, None] | required
        may[which[:, None], Token.ELEMENT + number[1:]] = fits[:, 1:]
        may[which, Token.NO_MORE] = (counted > 0) & ~waiting.any(axis=1)

    def _most_elements(self) -> int:
        """How many elements a crystal with as many sites as are wished can hold."""
        if self.wishes.sites is None and self.wishes.disordered is None:
            return MOST_ELEMENTS
        sites = max(self.wishes.sites or {MAX_SITES})
        mixed = min(sites, max(self.wishes.disordered or {MOST_DISORDERED}))
        return min(MOST_ELEMENTS, sites - mixed + MOST_SPECIES * mixed)

    def _groups(self, may: np.ndarray, which: np.ndarray) -> None:
        groups = self.wishes.groups or range(2, wyckoff.SPACE_GROUPS + 1)
        may[np.ix_(which, Token.GROUP + np.array(sorted(groups)))] = True

    def _site_counts(self, may: np.ndarray, which: np.ndarray) -> None:
        for count in self.wishes.sites or range(1, MAX_SITES + 1):
            mixed = min(count, max(self.wishes.disordered or {MOST_DISORDERED}))
            fits = self._announced[which].sum(axis=1) <= count - mixed + MOST_SPECIES * mixed
            if self.wishes.disordered is not None:
                fits &= min(self.wishes.disordered) <= count
            may[which, Token.SITES + count] = fits & self._enough_positions(which, count)

    def _enough_positions(self, which: np.ndarray, count: int) -> np.ndarray:
        """True where a space group has positions for so many sites."""
        result: np.ndarray = most_sites()[self.group[which]] >= count
        return result

    def _disordered_counts(self, may: np.ndarray, which: np.ndarray) -> None:
        elements = self._announced[which].sum(axis=1)
        wished = range(MOST_DISORDERED + 1) if self.wishes.disordered is None else self.wishes.disordered
        for count in wished:
            sites = self._sites[which]
            fits = (count <= sites) & (elements <= sites - count + MOST_SPECIES * count)
            may[which, Token.DISORDERED + count] = fits

    def _letters(self, may: np.ndarray, which: np.ndarray) -> None:
        letter = np.arange(1, MAX_LETTER + 1)
        group, last = self.group[which], self._letter[which]
        fixed = wyckoff.fixed_letters()[group][:, 1 : MAX_LETTER + 1]
        fits = legal_letters()[group][:, 1:] & (letter >= last[:, None]) & ~((letter == last[:, None]) & fixed)
        # As many sites as are still to come must find a position from this letter on.
        to_come = self._sites[which] - self.site[which]
        fits &= positions_from()[group][:, 1 : MAX_LETTER + 1] >= to_come[:, None]
        may[which[:, None], Token.LETTER + letter] = fits

    def _species(self, may: np.ndarray, which: np.ndarray) -> None:
        number = np.arange(MAX_ELEMENTS + 1)
        missing, slot = self._missing[which], self.slot[which][:, None]
        first = slot == 0
        # If this site is disordered, it takes missing elements from the chosen one on; those passed over come later.
        reachable = missing[:, ::-1].cumsum(axis=1)[:, ::-1]
        taken = np.minimum(reachable, MOST_SPECIES - slot - ~missing)
        fits = self._mixes(which)[:, None] & (slot < MOST_SPECIES)
        fits = fits & self._rest_fits(which, taken, mixed=True)
        fits |= first & self._fills(which)[:, None] & self._rest_fits(which, missing, mixed=False)
        fits &= self._announced[which] & (number > self._last[which][:, None])
        may[which[:, None], Token.ELEMENT + number[1:]] = fits[:, 1:]
        nothing = np.zeros((len(which), 1), dtype=bool)
        may[which, Token.CLOSE] = (~first & self._rest_fits(which, nothing, mixed=True))[:, 0]

    def _amounts(self, may: np.ndarray, which: np.ndarray) -> None:
        steps = np.arange(WHOLE // STEP + 1)
        missing, first = self._missing[which], self.slot[which] == 1
        above = missing & (np.arange(MAX_ELEMENTS + 1) > self._last[which][:, None])
        taken = np.minimum(above.sum(axis=1), MOST_SPECIES - self.slot[which])[:, None]
        goes_on = self._mixes(which) & self._rest_fits(which, taken, mixed=True)[:, 0]
        smallest = np.maximum(STEP * steps - FINE, 1)
        may[which[:, None], Token.AMOUNT + steps] = (smallest < self.left[which][:, None]) & goes_on[:, None]
        nothing = np.zeros((len(which), 1), dtype=bool)
        alone = self._fills(which) & self._rest_fits(which, nothing, mixed=False)[:, 0]
        last = self._rest_fits(which, nothing, mixed=True)[:, 0]
        may[which, Token.FULL] = np.where(first, alone, last)

    def _mixes(self, which: np.ndarray) -> np.ndarray:
        """True where the site at hand may be disordered: some of those announced are still to come."""
        result: np.ndarray = self._disordered[which] > 0
        return result

    def _fills(self, which: np.ndarray) -> np.ndarray:
        """True where the site at hand may be ordered: the sites to come can be as disordered as announced."""
        result: np.ndarray = self._disordered[which] <= self._sites[which] - self.site[which]
        return result

    def _rest_fits(self, which: np.ndarray, taken: np.ndarray, *, mixed: bool) -> np.ndarray:
        """True where the sites to come have room for the missing elements less those that this one takes (…, m)."""
        to_come = self._sites[which] - self.site[which]
        disordered = self._disordered[which] - mixed
        room = to_come - disordered + MOST_SPECIES * disordered
        result: np.ndarray = self._missing[which].sum(axis=1)[:, None] - taken <= room[:, None]
        return result
