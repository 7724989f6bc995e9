"""Where half-spelt sentences stand, and what the next token changes; which may come next is the grammar's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from disgen import wyckoff
from disgen.prior.elements import usual_charges
from disgen.prior.language.tokens import MAX_ELEMENTS, STEP, WHOLE, Role, Token

if TYPE_CHECKING:
    from disgen.prior.language.wishes import Wishes


@dataclass(eq=False)
class Spelling:
    """Where n sentences stand; `say` goes on by a token.

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

    def take(self, index: np.ndarray) -> Self:
        """Some of the sentences, as often as they are named."""
        taken = type(self)(self.wishes, len(index))
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(taken, name, value[index].copy())
        return taken

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
