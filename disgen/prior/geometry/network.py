"""The geometry of a crystal whose symmetry and contents are known: a density for each free number, given those before.

Where a known crystal has the same space group and letters (`disgen.prior.geometry.templates`), the network sees its
numbers too, and half of the components of each mixture are placed beside them.

All sites look at each other; the free numbers (`disgen.prior.geometry.parameters`) follow one by one, each seeing the
sites and the numbers before it. A number's density is a mixture: of normal distributions for the cell, of von Mises
distributions on the circle for coordinates, which know that 0.99 and 0.01 are neighbours.

| symbol | in the code | meaning |
|---|---|---|
| s | `geometry_inputs.Skeletons` | space group, letters and contents |
| u_i | `Parameters.value` | free number i |
| v_i | `geometry_inputs.Hints.value` | the same number of the known crystal |
| log p(u given s) | `log_prob` | sum over i of log p(u_i given s, u_1 … u_(i-1)) |
| w_k | softmax of `weight` | share of component k |
| m_k, σ_k | `centre`, `log_width` | centre and width of a normal component |
| θ_k, κ_k | 2π `centre`, exp(-2 `log_width`) | centre and concentration of a von Mises component, radians |
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from disgen import wyckoff
from disgen.prior.elements import places
from disgen.prior.geometry.inputs import Hints, Numbers, Skeletons, present
from disgen.prior.geometry.parameters import Quantity
from disgen.prior.geometry.templates import FEATURES
from disgen.prior.transformer import Cache, Transformer
from disgen.representation import MAX_SITES

_RANK, _ELEMENT_RANK = 48, 64
_HARMONICS = 8
_BESIDE = 0.05  # turns of the cell: scale of what a coordinate differs from the known crystal's
_NORMAL_WIDTHS = (-4.5, 1.5)  # limits of the logarithm of a normal component's width
_CIRCLE_WIDTHS = (-4.5, 0.5)  # the same of a von Mises component, radians


@dataclass(frozen=True)
class GeometrySettings:
    """Sizes of the network."""

    width: int = 192
    depth: int = 5
    heads: int = 6
    components: int = 12
    dropout: float = 0.15


class GeometryModel(nn.Module):
    """Densities of the free numbers of crystals."""

    start: Tensor
    places: Tensor

    def __init__(self, settings: GeometrySettings) -> None:
        super().__init__()
        width, k = settings.width, settings.components
        self.settings = settings
        self.group = nn.Embedding(wyckoff.SPACE_GROUPS + 1, width)
        self.whole = nn.Linear(3, width)
        self.row = nn.Sequential(nn.Embedding(len(wyckoff.tables().group) + 1, _RANK), nn.Linear(_RANK, width))
        self.element = nn.Linear(101, _ELEMENT_RANK, bias=False)
        self.content = nn.Linear(_ELEMENT_RANK + places().shape[1] + 4, width)
        self.gap = nn.Linear(FEATURES + 1, width)
        self.place = nn.Embedding(MAX_SITES + 1, width)
        self.kind, self.kind_before = nn.Embedding(len(Quantity), width), nn.Embedding(len(Quantity), width)
        self.value_before = nn.Linear(2 + 2 * _HARMONICS, width)
        self.hint = nn.Linear(3 + 2 * _HARMONICS, width)
        self.transformer = Transformer(width, settings.depth, settings.heads, settings.dropout)
        self.mixture = nn.Linear(width, len(Quantity) * 3 * k)
        even = torch.arange(k) / k
        self.register_buffer("start", torch.stack([4.0 * even - 2.0 + 2.0 / k, even]))  # of the centres, (2, k)
        self.register_buffer("places", torch.from_numpy(places().copy()), persistent=False)
        for table in self.modules():
            if isinstance(table, nn.Embedding):
                nn.init.normal_(table.weight, std=0.02 if table is not self.row[0] else 1.0)

    def sites(self, skeletons: Skeletons, hints: Hints) -> Tensor:
        """Tokens of the crystal and of its nine sites, (n, 10, width)."""
        content = torch.cat(
            [self.element(skeletons.content), skeletons.content @ self.places, skeletons.numbers], dim=-1
        )
        there = hints.there[:, None, None].expand(-1, MAX_SITES, 1).to(hints.gap.dtype)
        gap = self.gap(torch.cat([hints.gap, there], dim=-1))
        sites = self.row(skeletons.row) + self.content(content) + self.place.weight[1:] + gap
        crystal = self.group(skeletons.group) + self.whole(skeletons.whole)
        return torch.cat([crystal[:, None], sites + self.group(skeletons.group)[:, None]], dim=1)

    def asked(self, sites: Tensor, asked: Numbers, before: Numbers, there: Tensor) -> Tensor:
        """Tokens (n, p, width) that ask for numbers.

        Args:
            sites: (n, 10, width).
            asked: kinds and owners of the numbers, and the known crystals' values of them.
            before: the number before each.
            there: (n,) True where there is a known crystal.
        """
        n = torch.arange(len(sites))[:, None]
        known = there[:, None, None].expand(*asked.kind.shape, 1).to(asked.value.dtype)
        result: Tensor = (
            self.kind(asked.kind)
            + self.place(asked.owner)
            + sites[n, asked.owner]
            + self.value_before(_spelt(before.kind, before.value))
            + self.hint(torch.cat([_spelt(asked.kind, asked.value) * known, known], dim=-1))
            + self.kind_before(before.kind)
            + self.place(before.owner)
        )
        return result

    def densities(self, hidden: Tensor, kind: Tensor, hint: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, centres and log widths (n, p, k) of the mixtures of numbers of a kind (n, p).

        Args:
            hidden: (n, p, width).
            kind: (n, p).
            hint: (n, p) the known crystals' values.
            there: (n,) True where there is a known crystal.
        """
        k = self.settings.components
        every = self.mixture(hidden).unflatten(-1, (len(Quantity), 3, k)).float()
        chosen = every.gather(-3, kind[..., None, None, None].expand(*kind.shape, 1, 3, k)).squeeze(-3)
        weight, centre, width = chosen.unbind(dim=-2)
        circle = (kind >= Quantity.X)[..., None]
        low = torch.where(circle, _CIRCLE_WIDTHS[0], _NORMAL_WIDTHS[0])
        high = torch.where(circle, _CIRCLE_WIDTHS[1], _NORMAL_WIDTHS[1])
        away = centre * torch.where(circle, 0.25, 1.0) + self.start[circle.squeeze(-1).long()]
        beside = centre * torch.where(circle, _BESIDE, 1.0) + hint[..., None]
        centre = torch.where(there[:, None, None] & (torch.arange(k) < k // 2), beside, away)
        return weight.log_softmax(dim=-1), centre, low + (high - low) * torch.sigmoid(width)

    def log_prob(self, skeletons: Skeletons, numbers: Numbers, hints: Hints) -> Tensor:
        """Log-density (n, p) in nats of each free number given those before it; 0 for padding."""
        sites = self.sites(skeletons, hints)
        before = Numbers(*(nn.functional.pad(column, (1, 0))[:, :-1] for column in numbers))
        asked = self.asked(sites, numbers._replace(value=hints.value), before, hints.there)
        p = asked.shape[1]
        there = torch.cat([present(skeletons), numbers.kind > 0], dim=1)
        look = torch.ones(10 + p, 10 + p, dtype=torch.bool).tril()
        look[:10, :10] = True
        hidden = self.transformer(torch.cat([sites, asked], dim=1), (look & there[:, None])[:, None])[:, 10:]
        mixtures = self.densities(hidden, numbers.kind, hints.value, hints.there)
        found = mixture_log_prob(numbers.kind, numbers.value, *mixtures)
        return found * (numbers.kind > 0)

    @torch.inference_mode()
    def draw(
        self,
        skeletons: Skeletons,
        kind: Tensor,
        owner: Tensor,
        hints: Hints,
        rng: torch.Generator,
        *,
        sharpness: float = 1.0,
    ) -> tuple[Tensor, Tensor]:
        """Draw the free numbers of crystals.

        Args:
            skeletons: n crystals.
            kind: (n, p) of `Quantity`, 0 for padding.
            owner: (n, p) site of each.
            hints: known crystals like them.
            rng: source of randomness.
            sharpness: above 1, mixtures are sharpened: weights to that power, widths over its root.

        Returns:
            Values (n, p) and their log-density (n,) in nats, both as float32.
        """
        sites = self.sites(skeletons, hints)
        memory = Cache()
        there = present(skeletons)
        self.transformer(sites, there[:, None, None], memory)
        n, p = kind.shape
        values, log_density = torch.zeros(n, p), torch.zeros(n)
        before = Numbers(*(torch.zeros(n, 1, dtype=dtype) for dtype in (torch.long, torch.long, torch.float)))
        for place in range(p):
            now = slice(place, place + 1)
            asking = Numbers(kind[:, now], owner[:, now], hints.value[:, now])
            asked = self.asked(sites, asking, before, hints.there)
            there = torch.cat([there, kind[:, now] > 0], dim=1)
            hidden = self.transformer(asked, there[:, None, None], memory)
            weight, centre, width = self.densities(hidden, kind[:, now], hints.value[:, now], hints.there)
            noise = torch.rand(n, 1, weight.shape[-1], generator=rng)
            chosen = (sharpness * weight - (-noise.clamp_min(1e-20).log()).log()).argmax(dim=-1, keepdim=True)
            spread = width.gather(-1, chosen).squeeze(-1).exp() / math.sqrt(sharpness)
            step = spread * torch.randn(n, 1, generator=rng)
            middle, circle = centre.gather(-1, chosen).squeeze(-1), kind[:, now] >= Quantity.X
            value = torch.where(circle, torch.remainder(middle + step / (2.0 * math.pi), 1.0), middle + step)
            value = torch.where(kind[:, now] > 0, value, 0.0)
            found = mixture_log_prob(kind[:, now], value, weight, centre, width)
            log_density += (found * (kind[:, now] > 0)).squeeze(1)
            values[:, now] = value
            before = Numbers(kind[:, now], owner[:, now], value)
        return values, log_density


def _spelt(kind: Tensor, value: Tensor) -> Tensor:
    """Numbers (n, p) as the network takes them, (n, p, 18): waves of coordinates, plain and squared what is not."""
    circle = kind >= Quantity.X
    angle = 2.0 * math.pi * value[..., None] * torch.arange(1, _HARMONICS + 1)
    waves = torch.cat([angle.sin(), angle.cos()], dim=-1) * circle[..., None]
    plain = (value * ~circle)[..., None]
    return torch.cat([plain, plain.square() / 4.0, waves], dim=-1)


def mixture_log_prob(kind: Tensor, value: Tensor, weight: Tensor, centre: Tensor, log_width: Tensor) -> Tensor:
    """Log-density (n, p) of values (n, p) under mixtures (n, p, k)."""
    gap = value[..., None] - centre
    normal = -0.5 * (gap / log_width.exp()).square() - log_width - 0.5 * math.log(2.0 * math.pi)
    kappa = torch.exp(-2.0 * log_width)
    # Per turn, not per radian: log of 2π times the density exp(κ cos θ) / (2π I0(κ)), with I0 scaled by exp(-κ).
    circle = kappa * (torch.cos(2.0 * math.pi * gap) - 1.0) - torch.special.i0e(kappa).log()
    each = torch.where((kind >= Quantity.X)[..., None], circle, normal)
    return torch.logsumexp(weight + each, dim=-1)
