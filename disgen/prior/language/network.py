"""A language model of crystals: the probability of each token of a sentence, given those before it.

| symbol | in the code | meaning |
|---|---|---|
| x_t | `Sentences.token` | token t of a sentence, x_0 the source |
| f_t | `Sentences.fine` | its finer part, if it is an amount |
| h_t | what `hidden` gives | what the network makes of x_0 … x_t |
| log p(x) | `log_prob` | sum over t of log p(x_t given h_(t-1)) + log p(f_t given h_(t-1), x_t) |

The probabilities are over tokens that play the role that comes next, and among letters over those of the space group;
which of them are legal besides is the grammar's business (`disgen.prior.language.grammar`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (PyTorch's own convention)

from disgen import wyckoff
from disgen.prior.elements import places
from disgen.prior.language.letters import legal_letters
from disgen.prior.language.tokens import FINE, MAX_ELEMENTS, Role, Token
from disgen.prior.transformer import Cache, Transformer
from disgen.representation import MAX_SITES

if TYPE_CHECKING:
    from disgen.prior.language.tokens import Sentences

_RANK = 48  # of the table of Wyckoff positions
_FINER = 2 * FINE + 1
_IMPOSSIBLE = -1e9
_SLOTS = 16


@dataclass(frozen=True)
class LanguageSettings:
    """Sizes of the network."""

    width: int = 256
    depth: int = 6
    heads: int = 8
    dropout: float = 0.2


class LanguageModel(nn.Module):
    """Probabilities of the next token."""

    multiplicity: Tensor
    places: Tensor

    def __init__(self, settings: LanguageSettings) -> None:
        super().__init__()
        width = settings.width
        self.settings = settings
        self.token = nn.Embedding(Token.SIZE, width)
        self.role = nn.Embedding(len(Role), width)
        self.site = nn.Embedding(MAX_SITES + 1, width)
        self.slot = nn.Embedding(_SLOTS, width)
        self.row = nn.Sequential(nn.Embedding(len(wyckoff.tables().group) + 1, _RANK), nn.Linear(_RANK, width))
        self.numbers = nn.Linear(7, width)
        self.place, self.next_place = nn.Linear(places().shape[1], width), nn.Linear(width, places().shape[1])
        self.transformer = Transformer(width, settings.depth, settings.heads, settings.dropout)
        self.next = nn.Linear(width, Token.SIZE)
        self.finer = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, _FINER))
        for table in self.modules():
            if isinstance(table, nn.Embedding):
                nn.init.normal_(table.weight, std=0.02 if table is not self.row[0] else 1.0)
        self.register_buffer("multiplicity", _log_multiplicity(), persistent=False)
        self.register_buffer("places", _places(), persistent=False)

    def hidden(self, said: dict[str, Tensor], memory: Cache | None = None, heard: Tensor | None = None) -> Tensor:
        """What the network makes of each token and all before it, (n, t, width).

        Args:
            said: columns (n, t) of `Sentences` by name; with a cache, of tokens that follow what it holds.
            memory: keys and values so far, which these tokens are added to.
            heard: (n, 1, 1, all tokens so far) False for those that do not count; None if all do.
        """
        amount, left = said["amount"], said["left"]
        size = self.multiplicity[said["row"]]
        charge = said["charge"]
        each = (charge / size.exp() / 4.0).clamp(-3.0, 3.0)  # what each atom of the site would have to make up for
        atoms = amount * size.exp() / 8.0
        columns = [amount, left, size, atoms, (amount + 1e-3).log() / 4.0, (charge / 16.0).clamp(-4.0, 4.0), each]
        numbers = torch.stack(columns, dim=-1)
        x = (
            self.token(said["token"])
            + self.place(self.places[said["token"]])
            + self.role(said["role"])
            + self.site(said["site"])
            + self.slot(said["slot"].clamp(max=_SLOTS - 1))
            + self.row(said["row"])
            + self.numbers(numbers)
        )
        t = x.shape[1]
        mask = torch.ones(t, t, dtype=torch.bool).tril() if memory is None else heard
        result: Tensor = self.transformer(x, mask, memory)
        return result

    def scores(self, hidden: Tensor) -> Tensor:
        """Scores (…, tokens) of what comes after `hidden` (…, width)."""
        result: Tensor = self.next(hidden) + self.next_place(hidden) @ self.places.T.to(hidden.dtype)
        return result

    def finer_logits(self, hidden: Tensor, token: Tensor) -> Tensor:
        """Scores (…, 25) of the finer part of amounts `token` (…) that follow `hidden` (…, width)."""
        result: Tensor = self.finer(torch.cat([hidden, self.token(token).to(hidden.dtype)], dim=-1))
        return result

    def losses(self, said: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Negative log-probability of each sentence in nats (n,), and of its tokens (n, t - 1)."""
        before = {name: values[:, :-1] for name, values in said.items()}
        after = {name: values[:, 1:] for name, values in said.items()}
        hidden = self.hidden(before)
        scores = self.scores(hidden).float().masked_fill(~legal(said)[:, 1:], _IMPOSSIBLE)
        real = after["token"] != Token.PAD
        nats = F.cross_entropy(scores.transpose(1, 2), after["token"], reduction="none") * real
        amounts = (after["role"] == Role.AMOUNT) & (after["token"] != Token.FULL) & real
        finer = self.finer_logits(hidden[amounts], after["token"][amounts]).float()
        part = F.cross_entropy(finer, after["fine"][amounts] + FINE, reduction="none")
        nats = nats.masked_scatter(amounts, nats[amounts] + part)
        return nats.sum(dim=1), nats


def as_tensors(sentences: Sentences) -> dict[str, Tensor]:
    """The columns of sentences as tensors, by name."""
    return {name: torch.from_numpy(getattr(sentences, name)) for name in sentences.__dataclass_fields__}


def legal(said: dict[str, Tensor]) -> Tensor:
    """(n, t, tokens) True for tokens that play the role of the given one, letters only if the space group has them."""
    group = (said["token"] * (said["role"] == Role.GROUP)).sum(dim=1) - Token.GROUP
    return playing(said["role"], group.clamp(min=0)[:, None])


def playing(role: Tensor, group: Tensor) -> Tensor:
    """(…, tokens) True for tokens that can play a role (…) in a space group (…), 0 if there is none yet."""
    return _of_role()[role] & _letters()[group]


@cache
def _of_role() -> Tensor:
    """(roles, tokens) True where a token can play a role."""
    may = torch.zeros(len(Role), Token.SIZE, dtype=torch.bool)
    may[Role.SOURCE, Token.SOURCE : Token.NO_MORE] = True
    may[Role.ELEMENT, Token.ELEMENT + 1 : Token.GROUP + 1] = True
    may[Role.ELEMENT, Token.NO_MORE] = True
    may[Role.GROUP, Token.GROUP + 1 : Token.SITES + 1] = True
    may[Role.SITES, Token.SITES + 1 : Token.DISORDERED] = True
    may[Role.DISORDERED, Token.DISORDERED : Token.LETTER + 1] = True
    may[Role.LETTER, Token.LETTER + 1 :] = True
    may[Role.SPECIES, Token.ELEMENT + 1 : Token.GROUP + 1] = True
    may[Role.SPECIES, Token.CLOSE] = True
    may[Role.AMOUNT, Token.FULL : Token.ELEMENT + 1] = True
    return may


@cache
def _letters() -> Tensor:
    """(231, tokens) True for tokens that are letters of a space group, and for all that are no letters."""
    may = torch.ones(wyckoff.SPACE_GROUPS + 1, Token.SIZE, dtype=torch.bool)
    may[1:, Token.LETTER + 1 :] = torch.from_numpy(legal_letters()[1:, 1:])
    return may


def _places() -> Tensor:
    """(tokens, 30) where an element stands in the periodic table, 0 for tokens that are no elements."""
    table = torch.zeros(Token.SIZE, places().shape[1])
    table[Token.ELEMENT : Token.ELEMENT + MAX_ELEMENTS + 1] = torch.from_numpy(places().copy())
    return table


def _log_multiplicity() -> Tensor:
    """(1732,) logarithm of the multiplicity of 1 + row of the tables, 0 for no row."""
    return torch.from_numpy(np.log(np.concatenate([[1], wyckoff.tables().multiplicity]))).float()
