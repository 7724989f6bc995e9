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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen import wyckoff
from disgen.prior.elements import usual_charges
from disgen.prior.letters import legal_letters, most_sites, positions_from
from disgen.prior.tokens import CORPUS, FINE, MAX_ELEMENTS, STEP, WHOLE, Role, Token
from disgen.representation import MAX_LETTER, MAX_SITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.prior.wishes import Wishes

MOST_SPECIES = 6  # on a site, the paper's Section 3.1
MOST_DISORDERED = 6  # sites, the same
MOST_ELEMENTS = 12  # announced; the corpus has no more


@dataclass(eq=False)
class Grammar:
    """Where n sentences stand; `options` says what may follow, `say` says it.

    Attributes:
        wishes: what the crystals should be.
        n: number of sentences.
        role: (n,) role of the next token.
        stuck: (n,) True where nothing may follow; such a sentence has to be given up.
        done: (n,) True where the sentence is finished.
        group: (n,) space group, 0 before it is announced.
        site: (n,) number of the site at hand, from 1.
        slot: (n,) species that it has.
        left: (n,) thousandths of it that are free.
    """

    wishes: Wishes
    n: int
    role: np.ndarray = field(init=False)
    stuck: np.ndarray = field(init=False)
    done: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Begin every sentence."""
        n = self.n
        self.role = np.full(n, Role.SOURCE)
        self.stuck, self.done = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        self._announced = np.zeros((n, MAX_ELEMENTS + 1), dtype=bool)
        self._missing = np.zeros((n, MAX_ELEMENTS + 1), dtype=bool)
        self._last = np.zeros(n, dtype=np.int64)  # atomic number of the last element, announced or on this site
        self.group, self._sites, self._disordered = (np.zeros(n, dtype=np.int64) for _ in range(3))
        self.site = np.zeros(n, dtype=np.int64)
        self.slot = np.zeros(n, dtype=np.int64)
        self._letter = np.zeros(n, dtype=np.int64)
        self.left = np.zeros(n, dtype=np.int64)  # thousandths
        self._mixed = np.zeros(n, dtype=bool)  # this site is disordered
        self._charge = np.zeros(n)

    @property
    def row(self) -> np.ndarray:
        """(n,) 1 + row of the Wyckoff tables of the site at hand, 0 if there is none."""
        return np.where(self._letter > 0, wyckoff.tables().first[self.group] + self._letter, 0)

    @property
    def disordered(self) -> np.ndarray:
        """(n,) disordered sites that have been announced and are still to come."""
        return self._disordered

    @property
    def charge(self) -> np.ndarray:
        """(n,) usual charge of all that has been placed in the cell, elementary charges."""
        return self._charge

    def take(self, index: np.ndarray) -> Grammar:
        """Some of the sentences, as often as they are named."""
        taken = Grammar(self.wishes, len(index))
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(taken, name, value[index].copy())
        return taken

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

    def say(self, token: np.ndarray, fine: np.ndarray, moves: np.ndarray | None = None) -> None:
        """Go on by one token (n,) with its finer part (n,), those that move (n,) and are neither done nor stuck."""
        going = ~self.done & ~self.stuck & (True if moves is None else moves)
        before = self.role.copy()
        steps = {
            Role.SOURCE: self._after_source,
            Role.ELEMENT: self._after_element,
            Role.GROUP: self._after_group,
            Role.SITES: self._after_sites,
            Role.DISORDERED: self._after_disordered,
            Role.LETTER: self._after_letter,
            Role.SPECIES: self._after_species,
        }
        for role, step in steps.items():
            which = np.flatnonzero(going & (before == role))
            if len(which):
                step(which, token[which])
        which = np.flatnonzero(going & (before == Role.AMOUNT))
        self._after_amount(which, token[which], fine[which])

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

    # What may come next.

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

    # What a token changes.

    def _after_source(self, which: np.ndarray, token: np.ndarray) -> None:  # noqa: ARG002 (all steps are called alike)
        self.role[which] = Role.ELEMENT

    def _after_element(self, which: np.ndarray, token: np.ndarray) -> None:
        more = token != Token.NO_MORE
        chosen, number = which[more], token[more] - Token.ELEMENT
        self._announced[chosen, number] = True
        self._missing[chosen, number] = True
        self._last[chosen] = number
        self.role[which[~more]] = Role.GROUP

    def _after_group(self, which: np.ndarray, token: np.ndarray) -> None:
        self.group[which] = token - Token.GROUP
        self.role[which] = Role.SITES

    def _after_sites(self, which: np.ndarray, token: np.ndarray) -> None:
        self._sites[which] = token - Token.SITES
        self.role[which] = Role.DISORDERED

    def _after_disordered(self, which: np.ndarray, token: np.ndarray) -> None:
        self._disordered[which] = token - Token.DISORDERED
        self.role[which] = Role.LETTER

    def _after_letter(self, which: np.ndarray, token: np.ndarray) -> None:
        self.site[which] += 1
        self._letter[which] = token - Token.LETTER
        self.slot[which], self._last[which], self.left[which] = 0, 0, WHOLE
        self._mixed[which] = False
        self.role[which] = Role.SPECIES

    def _after_species(self, which: np.ndarray, token: np.ndarray) -> None:
        closed = token == Token.CLOSE
        self.slot[which] += 1
        chosen, number = which[~closed], token[~closed] - Token.ELEMENT
        self._missing[chosen, number] = False
        self._last[chosen] = number
        self.role[chosen] = Role.AMOUNT
        self._finish_site(which[closed])

    def _after_amount(self, which: np.ndarray, token: np.ndarray, fine: np.ndarray) -> None:
        full = token == Token.FULL
        amount = np.where(full, self.left[which], STEP * (token - Token.AMOUNT) + fine) / WHOLE
        usual = usual_charges(self._announced[which])[np.arange(len(which)), self._last[which]]
        positions = wyckoff.tables().multiplicity_of[self.group[which], self._letter[which]]
        self._charge[which] += positions * amount * usual
        chosen = which[~full]
        self.left[chosen] -= STEP * (token[~full] - Token.AMOUNT) + fine[~full]
        self._mixed[chosen] = True
        self.role[chosen] = Role.SPECIES
        self.left[which[full]] = 0
        self._finish_site(which[full])

    def _finish_site(self, which: np.ndarray) -> None:
        self._disordered[which] -= self._mixed[which]
        self.role[which] = Role.LETTER
        self.done[which] = self.site[which] == self._sites[which]
