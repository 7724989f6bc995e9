"""A small transformer whose keys and values can be kept, so that sampling never computes a token twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

_WIDENING = 4
MOST_BLOCKS = 64
_NEVER = -1e4  # a score that leaves nothing after the softmax


@dataclass
class Cache:
    """Keys and values of the tokens so far, a pair (n, heads, tokens, width of a head) for each block."""

    pairs: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def change(self, work: Callable[[Tensor], Tensor]) -> None:
        """Replace every array of keys or values by what `work` makes of it, for example some of its rows."""
        self.pairs = [(work(keys), work(values)) for keys, values in self.pairs]


class Block(nn.Module):
    """Attention and a small network at each token, each added to what came in (pre-normalised)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_network = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.mixed = nn.Linear(width, width)
        self.network = nn.Sequential(
            nn.Linear(width, _WIDENING * width), nn.GELU(), nn.Linear(_WIDENING * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, mask: Tensor | None, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """New values (n, t, w), and the keys and values of all tokens so far."""
        n, t, width = x.shape
        parts = self.queries_keys_values(self.before_attention(x)).view(n, t, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)  # (n, heads, t, w / heads) each
        if past is not None:
            keys, values = torch.cat([past[0], keys], dim=2), torch.cat([past[1], values], dim=2)
        # Written out: PyTorch's fused attention is five times slower backwards, for sentences as short as these.
        scores = queries @ keys.transpose(2, 3) * (width // self.heads) ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, _NEVER)
        attended = scores.softmax(dim=-1).to(values.dtype) @ values
        x = x + self.dropout(self.mixed(attended.transpose(1, 2).reshape(n, t, width)))
        return x + self.dropout(self.network(self.before_network(x))), keys, values


class Transformer(nn.Module):
    """Blocks one after the other.

    Args:
        width: numbers a token, a multiple of `heads`.
        depth: blocks.
        heads: of the attention.
        dropout: share of what a block adds that is left out in training.

    Raises:
        ValueError: if there are no blocks or too many, or the heads do not divide the width.
    """

    def __init__(self, width: int, depth: int, heads: int, dropout: float) -> None:
        super().__init__()
        if not (1 <= depth <= MOST_BLOCKS and 1 <= heads <= width and width % heads == 0):
            msg = f"A transformer has 1 to {MOST_BLOCKS} blocks, and heads that divide its width."
            raise ValueError(msg)
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(depth))
        self.last = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """New values (n, t, w) of tokens (n, t, w).

        Args:
            x: tokens; with a cache, those that follow what it holds.
            mask: broadcastable to (n, heads, t, all tokens so far), True where a token may look; None for everywhere.
            cache: keys and values so far, which those of these tokens are added to.
        """
        pairs = []
        for index, block in enumerate(self.blocks):
            past = cache.pairs[index] if cache is not None and cache.pairs else None
            x, keys, values = block(x, mask, past)
            pairs.append((keys, values))
        if cache is not None:
            cache.pairs = pairs
        result: Tensor = self.last(x)
        return result
