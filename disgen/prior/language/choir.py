"""Sentences of the language model drawn side by side, token by token.

| symbol | in the code | meaning |
|---|---|---|
| M_t | `Grammar.options` | tokens that are allowed at place t |
| w | `weight` | product over t of the sum over x in M_t of p(x given what came before) |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.prior.language.grammar import Grammar
from disgen.prior.language.network import playing
from disgen.prior.language.tokens import CORPUS, FINE, WHOLE, Role, Token
from disgen.prior.learning import half_precision
from disgen.prior.transformer import Cache

if TYPE_CHECKING:
    from torch import Tensor

    from disgen.prior.language.network import LanguageModel
    from disgen.prior.language.wishes import Wishes

_LONGEST = 200  # tokens, longer than any legal sentence of nine sites
_LEAVE = 0.25  # share of sentences that are finished when they leave


class Choir:
    """Sentences that are drawn side by side; those that are finished leave from time to time.

    Attributes:
        grammar: where each of the m sentences stands.
        who: (m,) which of all n sentences each is.
        weight: (m,) logarithm of w.
        log_prob: (m,) log-probability of what has been said.
        token: (m, places) what has been said, 0 where a sentence waited for the others.
        fine: (m, places) finer parts.
    """

    def __init__(self, model: LanguageModel, n: int, wishes: Wishes, temperature: float, rng: torch.Generator) -> None:
        self.model, self.temperature, self.rng = model, temperature, rng
        self.grammar, self.who = Grammar(wishes, n), np.arange(n)
        self.weight, self.log_prob = np.zeros(n), np.zeros(n)
        self.token, self.fine = np.zeros((n, 0), dtype=np.int64), np.zeros((n, 0), dtype=np.int64)
        self.memory, self.hidden = Cache(), torch.zeros(n, model.settings.width)
        self.finished: dict[int, tuple[np.ndarray, np.ndarray, float]] = {}
        everyone = np.ones(n, dtype=bool)
        self._say(np.full(n, Token.SOURCE + CORPUS), np.zeros(n, dtype=np.int64), everyone)

    def sing(self, until: Role | None = None) -> None:
        """Go on until every sentence is finished or stuck, or its next token has the given role."""
        while len(self.who) and self.token.shape[1] < _LONGEST:
            may = self.grammar.options()
            moves = ~self.grammar.done & ~self.grammar.stuck & (self.grammar.role != until)
            if not moves.any():
                break
            self._step(may, moves)
            over = self.grammar.done | self.grammar.stuck
            if until is None and over.mean() >= _LEAVE:
                self._dismiss(over)
        if until is None:
            self._dismiss(np.ones(len(self.who), dtype=bool))

    def resample(self, n: int) -> None:
        """Keep n sentences, each as often as its weight among all says (systematic resampling)."""
        weight = np.where(self.grammar.stuck, -np.inf, self.weight)
        if not np.isfinite(weight).any():
            self._take(np.zeros(0, dtype=np.int64))
            return
        share = np.exp(weight - weight.max()).cumsum()
        at = (torch.rand(1, generator=self.rng).item() + np.arange(n)) / n
        chosen = np.searchsorted(share / share[-1], at).clip(max=len(share) - 1)
        self._take(chosen)
        self.who, self.weight = np.arange(n), np.zeros(n)

    def thin(self, share: float) -> None:
        """Give up all but a share of the sentences that have announced disordered sites."""
        goes_on = torch.rand(len(self.who), generator=self.rng).numpy() < share
        self._take(np.flatnonzero(goes_on | (self.grammar.disordered == 0)))

    def _step(self, may: np.ndarray, moves: np.ndarray) -> None:
        """Draw and say one token of each sentence that moves; the others wait."""
        role = self.grammar.role
        with half_precision():
            scores = self.model.scores(self.hidden).float()
        allowed = torch.from_numpy(may)
        allowed[torch.from_numpy(~moves)] = True  # whatever these draw is not said
        plays = playing(torch.from_numpy(role), torch.from_numpy(self.grammar.group))
        log_p = scores.masked_fill(~(plays | allowed), -torch.inf).log_softmax(dim=1)
        among = log_p.masked_fill(~allowed, -torch.inf)
        token = self._drawn(among)
        fine, finer = self._finer(token, moves & (role == Role.AMOUNT))
        self.weight += np.where(moves, among.logsumexp(dim=1).numpy(), 0.0)
        self.log_prob += np.where(moves, log_p.gather(1, token[:, None]).squeeze(1).numpy() + finer, 0.0)
        self._say(np.where(moves, token.numpy(), Token.PAD), fine, moves)

    def _finer(self, token: Tensor, amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Finer parts of amounts, and their log-probabilities; 0 for all other tokens."""
        fine, log_prob = np.zeros(len(token), dtype=np.int64), np.zeros(len(token))
        which = np.flatnonzero(amounts & (token.numpy() != Token.FULL))
        if len(which):
            may = torch.from_numpy(self.grammar.finest(token.numpy())[which])
            with half_precision():
                scores = self.model.finer_logits(self.hidden[which], token[which]).float()
            log_p = scores.log_softmax(dim=1)
            drawn = self._drawn(log_p.masked_fill(~may, -torch.inf))
            fine[which], log_prob[which] = drawn.numpy() - FINE, log_p.gather(1, drawn[:, None]).squeeze(1).numpy()
        return fine, log_prob

    def _drawn(self, log_p: Tensor) -> Tensor:
        """An index for each row of log-probabilities (m, k), at the temperature asked for."""
        noise = torch.rand(log_p.shape, generator=self.rng).clamp_(1e-12, 1.0 - 1e-7)
        return (log_p / self.temperature - (-noise.log()).log()).argmax(dim=1)

    def _say(self, token: np.ndarray, fine: np.ndarray, moves: np.ndarray) -> None:
        """Go on by a token each, and let the model hear it; sentences that do not move stay as they are."""
        grammar = self.grammar
        role, left_before = grammar.role.copy(), grammar.left.copy()
        grammar.say(token, fine, moves)
        self.token = np.column_stack([self.token, np.where(moves, token, Token.PAD)])
        self.fine = np.column_stack([self.fine, np.where(moves, fine, 0)])
        spelt = role >= Role.LETTER
        amount = np.where(role == Role.AMOUNT, left_before - grammar.left, 0) / WHOLE
        said = {
            "token": self.token[:, -1],
            "role": role,
            "site": np.where(spelt, grammar.site, 0),
            "slot": np.where(spelt, grammar.slot, 0),
            "row": np.where(spelt, grammar.row, 0),
            "amount": amount.astype(np.float32),
            "left": np.where(spelt, grammar.left / WHOLE, 0.0).astype(np.float32),
            "charge": np.where(spelt, grammar.charge, 0.0).astype(np.float32),
        }
        heard = torch.from_numpy(self.token != Token.PAD)[:, None, None]
        with half_precision():
            new = self.model.hidden(
                {name: torch.from_numpy(values)[:, None] for name, values in said.items()}, self.memory, heard
            )
        self.hidden = torch.where(torch.from_numpy(moves)[:, None], new[:, 0].float(), self.hidden)

    def _dismiss(self, over: np.ndarray) -> None:
        """Write down the finished sentences, and go on without them and without those that are stuck."""
        for index in np.flatnonzero(over & self.grammar.done).tolist():
            said = self.token[index] != Token.PAD
            spelt = self.token[index, said], self.fine[index, said], float(self.log_prob[index])
            self.finished[int(self.who[index])] = spelt
        self._take(np.flatnonzero(~over))

    def _take(self, index: np.ndarray) -> None:
        chosen = torch.from_numpy(index)
        self.memory.change(lambda values: values[chosen])
        self.hidden = self.hidden[chosen]
        self.grammar = self.grammar.take(index)
        for name in ("who", "weight", "log_prob", "token", "fine"):
            setattr(self, name, getattr(self, name)[index])
