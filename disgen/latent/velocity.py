"""The velocity field of the learned prior: a small transformer over the parts of a latent, and the two integrals of it.

Flow matching (Lipman et al. 2023; rectified flow, Liu et al. 2023) learns v(x, t), the mean of z - ε over all pairs
of a latent z and a normal ε whose straight line passes through x = (1 - t) ε + t z. Following v from t = 0 to 1 turns
normal noise into latents.

| symbol | here |
|---|---|
| ε ~ N(0, I) | `noise`, at t = 0 |
| z | `latents`, at t = 1, standardised |
| v(x, t) | `Velocity` |
| log p(z) = log N(x₀; 0, s² I) - ∫ div v dt | `log_density` |
| s | `spread` |
| v + w (v - v') | `Guided` |
"""

from __future__ import annotations

import itertools
import math
from typing import TypeAlias

import torch
from torch import Tensor, nn

_FREQUENCIES = 32  # of the time's Fourier features
_EXACT_UP_TO = 32  # dimensions up to which the divergence is exact and not estimated


class Velocity(nn.Module):
    """Velocities of points.

    A latent is cut into parts (the crystal's code and the sites' codes; or equal pieces), a token each, so that what is
    learnt of one site's company is known of every site's.

    Args:
        layout: sizes of the parts, adding up to d.
        width: of the tokens.
        blocks: number of transformer blocks.
        heads: attention heads.
    """

    def __init__(self, layout: tuple[int, ...], width: int, blocks: int, heads: int) -> None:
        super().__init__()
        self._layout = layout
        sizes = sorted(set(layout))
        self._kind = [sizes.index(size) for size in layout]
        self.token_in = nn.ModuleList(nn.Linear(size, width) for size in sizes)
        self.token_out = nn.ModuleList(nn.Linear(width, size) for size in sizes)
        self.place = nn.Parameter(0.1 * torch.randn(len(layout), width))
        self.time_in = nn.Sequential(nn.Linear(2 * _FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.last = nn.Linear(width, 2 * width)
        for layer in (self.last, *self.token_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.frequencies: Tensor
        self.register_buffer("frequencies", torch.exp(torch.linspace(0.0, math.log(200.0), _FREQUENCIES)))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Velocities (n, d) of points (n, d) at times (n,)."""
        angles = t[:, None] * self.frequencies
        condition = self.time_in(torch.cat([angles.sin(), angles.cos()], dim=1))  # (n, w)
        parts = x.split(self._layout, dim=1)
        tokens = torch.stack([self.token_in[k](part) for k, part in zip(self._kind, parts, strict=True)], dim=1)
        tokens = tokens + self.place  # (n, parts, w)
        for block in self.blocks:
            tokens = block(tokens, condition)
        shift, scale = self.last(nn.functional.silu(condition)).chunk(2, dim=1)
        tokens = self.norm(tokens) * (1.0 + scale[:, None]) + shift[:, None]
        return torch.cat([self.token_out[k](tokens[:, i]) for i, k in enumerate(self._kind)], dim=1)


class Guided(nn.Module):
    """The field v + w (v - v'), which goes further from an earlier field v' in the direction of a better one v.

    Args:
        better: v.
        earlier: v'.
        guidance: w.
    """

    def __init__(self, better: Velocity, earlier: Velocity, guidance: float) -> None:
        super().__init__()
        self.better, self.earlier = better, earlier
        self._guidance = guidance

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Velocities (n, d) of points (n, d) at times (n,)."""
        v = self.better(x, t)
        return v + self._guidance * (v - self.earlier(x, t))


Field: TypeAlias = Velocity | Guided


class _Block(nn.Module):
    """Attention and a two-layer network, both told the time by shift, scale and gate (Peebles and Xie 2023)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.attention_in = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.inner = nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift, scale, gate, shift2, scale2, gate2 = self.modulation(nn.functional.silu(condition))[:, None].chunk(
            6, dim=2
        )
        query, key, value = (
            part.unflatten(2, (self._heads, -1)).transpose(1, 2)
            for part in self.attention_in(self.norm(x) * (1.0 + scale) + shift).chunk(3, dim=2)
        )
        mixed = nn.functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        x = x + gate * self.attention_out(mixed)
        return x + gate2 * self.inner(self.norm(x) * (1.0 + scale2) + shift2)


def matching_loss(velocity: Velocity, latents: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """Mean square difference of v at x = (1 - t) ε + t z from z - ε, from latents and noise (n, d) and times (n,)."""
    points = torch.lerp(noise, latents, t[:, None])
    return (velocity(points, t) - (latents - noise)).square().mean()


@torch.inference_mode()
def transport(velocity: Field, noise: Tensor, steps: int) -> Tensor:
    """Latents (n, d) that noise (n, d) flows to, by Heun's method; steps become shorter towards the latents."""
    x = noise
    times = _times(steps)
    for start, end in itertools.pairwise(times):
        first = velocity(x, x.new_full((len(x),), start))
        second = velocity(x + (end - start) * first, x.new_full((len(x),), end))
        x = x + 0.5 * (end - start) * (first + second)
    return x


def log_density(velocity: Field, latents: Tensor, spread: float, steps: int, generator: torch.Generator) -> Tensor:
    """Log-density (n,) in nats of latents (n, d) that noise of this spread flows to, by the midpoint rule backwards.

    In more than 32 dimensions the divergence of v is Hutchinson's unbiased estimate from one random sign vector a point
    (Grathwohl et al. 2019), the same along the whole path.
    """
    x = latents
    change = x.new_zeros(len(x))
    signs = torch.randint(0, 2, x.shape, generator=generator).to(x) * 2.0 - 1.0
    times = _times(steps)[::-1]
    for end, start in itertools.pairwise(times):
        middle = 0.5 * (start + end)
        with torch.no_grad():
            half = x - (end - middle) * velocity(x, x.new_full((len(x),), end))
        half.requires_grad_(requires_grad=True)
        v = velocity(half, x.new_full((len(x),), middle))
        change = change + (end - start) * _divergence(v, half, signs)
        x = x - (end - start) * v.detach()
    normal = -0.5 * ((x / spread).square().sum(1) + x.shape[1] * math.log(2.0 * math.pi * spread**2))
    return normal - change


def _divergence(v: Tensor, x: Tensor, signs: Tensor) -> Tensor:
    dimension = x.shape[1]
    if dimension > _EXACT_UP_TO:
        (product,) = torch.autograd.grad((v * signs).sum(), x)
        return (product * signs).sum(1)
    diagonal = [torch.autograd.grad(v[:, i].sum(), x, retain_graph=True)[0][:, i] for i in range(dimension)]
    return torch.stack(diagonal).sum(0)


def _times(steps: int) -> list[float]:
    """From 0 to 1, denser towards 1, where the latents' fine structure forms."""
    return [1.0 - (1.0 - k / steps) ** 1.5 for k in range(steps + 1)]
