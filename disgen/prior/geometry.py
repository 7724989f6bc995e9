"""The geometry of a crystal whose symmetry and contents are known: a density for each free number, given those before.

All sites look at each other; the free numbers (`disgen.prior.parameters`) follow one by one, each seeing the sites and
the numbers before it. A number's density is a mixture: of normal distributions for the cell, of von Mises
distributions on the circle for coordinates, which know that 0.99 and 0.01 are neighbours.

| symbol | in the code | meaning |
|---|---|---|
| s | `Skeletons` | space group, letters and contents |
| u_i | `Parameters.value` | free number i |
| log p(u given s) | `log_prob` | sum over i of log p(u_i given s, u_1 … u_(i-1)) |
| w_k | softmax of `weight` | share of component k |
| m_k, σ_k | `centre`, `log_width` | centre and width of a normal component |
| θ_k, κ_k | 2π `centre`, exp(-2 `log_width`) | centre and concentration of a von Mises component, radians |
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from disgen import wyckoff
from disgen.prior.elements import properties
from disgen.prior.parameters import Kind, expected_volume
from disgen.prior.transformer import Cache, Transformer
from disgen.representation import MAX_SITES, SiteArrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.prior.parameters import Parameters

_RANK, _ELEMENT_RANK = 48, 64
_HARMONICS = 8
_NORMAL_WIDTHS = (-4.5, 1.5)  # limits of the logarithm of a normal component's width
_CIRCLE_WIDTHS = (-4.5, 0.5)  # the same of a von Mises component, radians


@dataclass(frozen=True)
class GeometrySettings:
    """Sizes of the network."""

    width: int = 192
    depth: int = 5
    heads: int = 6
    components: int = 12
    dropout: float = 0.1


class Skeletons(NamedTuple):
    """Symmetry and contents of n crystals, as the network takes them.

    Attributes:
        group: (n,) space groups.
        row: (n, 9) 1 + row of `disgen.wyckoff.tables`, 0 for padding.
        content: (n, 9, 101) occupancies by atomic number.
        numbers: (n, 9, 4) of each site: log multiplicity, filling, disordered or not, species.
        whole: (n, 3) log of atoms, of positions, and of the expected volume per atom in Å³.
    """

    group: Tensor
    row: Tensor
    content: Tensor
    numbers: Tensor
    whole: Tensor


class Numbers(NamedTuple):
    """Kinds, owners and values (n, p) of free numbers as tensors."""

    kind: Tensor
    owner: Tensor
    value: Tensor


class GeometryModel(nn.Module):
    """Densities of the free numbers of crystals."""

    start: Tensor
    properties: Tensor

    def __init__(self, settings: GeometrySettings) -> None:
        super().__init__()
        width, k = settings.width, settings.components
        self.settings = settings
        self.group = nn.Embedding(wyckoff.SPACE_GROUPS + 1, width)
        self.whole = nn.Linear(3, width)
        self.row = nn.Sequential(nn.Embedding(len(wyckoff.tables().group) + 1, _RANK), nn.Linear(_RANK, width))
        self.element = nn.Linear(101, _ELEMENT_RANK, bias=False)
        self.content = nn.Linear(_ELEMENT_RANK + properties().shape[1] + 4, width)
        self.place = nn.Embedding(MAX_SITES + 1, width)
        self.kind, self.kind_before = nn.Embedding(len(Kind), width), nn.Embedding(len(Kind), width)
        self.value_before = nn.Linear(2 + 2 * _HARMONICS, width)
        self.transformer = Transformer(width, settings.depth, settings.heads, settings.dropout)
        self.mixture = nn.Linear(width, len(Kind) * 3 * k)
        even = torch.arange(k) / k
        self.register_buffer("start", torch.stack([4.0 * even - 2.0 + 2.0 / k, even]))  # of the centres, (2, k)
        self.register_buffer("properties", torch.from_numpy(properties().copy()), persistent=False)
        for table in self.modules():
            if isinstance(table, nn.Embedding):
                nn.init.normal_(table.weight, std=0.02 if table is not self.row[0] else 1.0)

    def sites(self, skeletons: Skeletons) -> Tensor:
        """Tokens of the crystal and of its nine sites, (n, 10, width)."""
        content = torch.cat(
            [self.element(skeletons.content), skeletons.content @ self.properties, skeletons.numbers], dim=-1
        )
        sites = self.row(skeletons.row) + self.content(content) + self.place.weight[1:]
        crystal = self.group(skeletons.group) + self.whole(skeletons.whole)
        return torch.cat([crystal[:, None], sites + self.group(skeletons.group)[:, None]], dim=1)

    def asked(self, sites: Tensor, kind: Tensor, owner: Tensor, before: Numbers) -> Tensor:
        """Tokens (n, p, width) that ask for numbers of a kind, given the number before each."""
        n = torch.arange(len(sites))[:, None]
        circle = before.kind >= Kind.X
        angle = 2.0 * math.pi * before.value[..., None] * torch.arange(1, _HARMONICS + 1)
        waves = torch.cat([angle.sin(), angle.cos()], dim=-1) * circle[..., None]
        plain = (before.value * ~circle)[..., None]
        said = self.value_before(torch.cat([plain, plain.square() / 4.0, waves], dim=-1))
        return (
            self.kind(kind)
            + self.place(owner)
            + sites[n, owner]
            + said
            + self.kind_before(before.kind)
            + self.place(before.owner)
        )

    def densities(self, hidden: Tensor, kind: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, centres and log widths (n, p, k) of the mixtures of numbers of a kind (n, p)."""
        k = self.settings.components
        every = self.mixture(hidden).unflatten(-1, (len(Kind), 3, k)).float()
        chosen = every.gather(-3, kind[..., None, None, None].expand(*kind.shape, 1, 3, k)).squeeze(-3)
        weight, centre, width = chosen.unbind(dim=-2)
        circle = (kind >= Kind.X)[..., None]
        low = torch.where(circle, _CIRCLE_WIDTHS[0], _NORMAL_WIDTHS[0])
        high = torch.where(circle, _CIRCLE_WIDTHS[1], _NORMAL_WIDTHS[1])
        centre = centre * torch.where(circle, 0.25, 1.0) + self.start[circle.squeeze(-1).long()]
        return weight.log_softmax(dim=-1), centre, low + (high - low) * torch.sigmoid(width)

    def log_prob(self, skeletons: Skeletons, numbers: Numbers) -> Tensor:
        """Log-density (n, p) in nats of each free number given those before it; 0 for padding."""
        sites = self.sites(skeletons)
        before = Numbers(*(nn.functional.pad(column, (1, 0))[:, :-1] for column in numbers))
        asked = self.asked(sites, numbers.kind, numbers.owner, before)
        p = asked.shape[1]
        there = torch.cat([present(skeletons), numbers.kind > 0], dim=1)
        look = torch.ones(10 + p, 10 + p, dtype=torch.bool).tril()
        look[:10, :10] = True
        hidden = self.transformer(torch.cat([sites, asked], dim=1), (look & there[:, None])[:, None])[:, 10:]
        found = mixture_log_prob(numbers.kind, numbers.value, *self.densities(hidden, numbers.kind))
        return found * (numbers.kind > 0)

    @torch.inference_mode()
    def draw(
        self,
        skeletons: Skeletons,
        kind: Tensor,
        owner: Tensor,
        rng: torch.Generator,
        *,
        draws: int = 1,
        sharpness: float = 1.0,
    ) -> tuple[Tensor, Tensor]:
        """Draw the free numbers of crystals, several times each.

        Args:
            skeletons: n crystals.
            kind: (n, p) of `Kind`, 0 for padding.
            owner: (n, p) site of each.
            rng: source of randomness.
            draws: d for each crystal.
            sharpness: above 1, mixtures are sharpened: weights to that power, widths over its root.

        Returns:
            Values (n, d, p) and their log-density (n, d) in nats, both as float32.
        """
        sites = self.sites(skeletons)
        memory = Cache()
        there = present(skeletons)
        self.transformer(sites, there[:, None, None], memory)
        # The sites have been thought about once; from here on every draw goes its own way.
        memory.change(lambda values: values.repeat_interleave(draws, dim=0))
        sites, there, kind, owner = (x.repeat_interleave(draws, dim=0) for x in (sites, there, kind, owner))
        n, p = kind.shape
        values, log_density = torch.zeros(n, p), torch.zeros(n)
        before = Numbers(*(torch.zeros(n, 1, dtype=dtype) for dtype in (torch.long, torch.long, torch.float)))
        for place in range(p):
            now = slice(place, place + 1)
            asked = self.asked(sites, kind[:, now], owner[:, now], before)
            there = torch.cat([there, kind[:, now] > 0], dim=1)
            hidden = self.transformer(asked, there[:, None, None], memory)
            weight, centre, width = self.densities(hidden, kind[:, now])
            noise = torch.rand(n, 1, weight.shape[-1], generator=rng)
            chosen = (sharpness * weight - (-noise.clamp_min(1e-20).log()).log()).argmax(dim=-1, keepdim=True)
            spread = width.gather(-1, chosen).squeeze(-1).exp() / math.sqrt(sharpness)
            step = spread * torch.randn(n, 1, generator=rng)
            middle, circle = centre.gather(-1, chosen).squeeze(-1), kind[:, now] >= Kind.X
            value = torch.where(circle, torch.remainder(middle + step / (2.0 * math.pi), 1.0), middle + step)
            value = torch.where(kind[:, now] > 0, value, 0.0)
            found = mixture_log_prob(kind[:, now], value, weight, centre, width)
            log_density += (found * (kind[:, now] > 0)).squeeze(1)
            values[:, now] = value
            before = Numbers(kind[:, now], owner[:, now], value)
        return values.view(-1, draws, p), log_density.view(-1, draws)


def mixture_log_prob(kind: Tensor, value: Tensor, weight: Tensor, centre: Tensor, log_width: Tensor) -> Tensor:
    """Log-density (n, p) of values (n, p) under mixtures (n, p, k)."""
    gap = value[..., None] - centre
    normal = -0.5 * (gap / log_width.exp()).square() - log_width - 0.5 * math.log(2.0 * math.pi)
    kappa = torch.exp(-2.0 * log_width)
    # Per turn, not per radian: log of 2π times the density exp(κ cos θ) / (2π I0(κ)), with I0 scaled by exp(-κ).
    circle = kappa * (torch.cos(2.0 * math.pi * gap) - 1.0) - torch.special.i0e(kappa).log()
    each = torch.where((kind >= Kind.X)[..., None], circle, normal)
    return torch.logsumexp(weight + each, dim=-1)


def present(skeletons: Skeletons) -> Tensor:
    """(n, 10) True for the crystal and its real sites."""
    real = skeletons.row > 0
    return torch.cat([torch.ones(len(real), 1, dtype=torch.bool), real], dim=1)


def skeletons_of(crystals: Sequence[WyckoffCrystal], volumes: np.ndarray) -> Skeletons:
    """What the network sees of crystals.

    Args:
        crystals: with one to nine sites; cells and coordinates are not looked at.
        volumes: (101,) expected volumes of atoms (`disgen.prior.parameters.element_volumes`).
    """
    arrays = SiteArrays.from_crystals(crystals)
    groups = arrays.space_group.astype(np.int64)
    real = arrays.real
    rows = np.where(real, wyckoff.tables().first[groups][:, None] + arrays.letter, 0)
    content = np.zeros((*real.shape, 101), dtype=np.float32)
    crystal, site, slot = np.nonzero(arrays.species)
    content[crystal, site, arrays.species[crystal, site, slot]] = arrays.occupancy[crystal, site, slot]
    filling = arrays.occupancy.sum(axis=2)
    positions = arrays.multiplicity.astype(float)
    numbers = np.stack(
        [np.log(np.maximum(positions, 1.0)), filling, arrays.disordered, (arrays.species > 0).sum(axis=2)], axis=2
    )
    whole = np.stack(
        [
            np.log((positions * filling).sum(axis=1)),
            np.log(positions.sum(axis=1)),
            np.log(expected_volume(arrays, volumes)),
        ],
        axis=1,
    )
    return Skeletons(
        torch.from_numpy(groups),
        torch.from_numpy(rows.astype(np.int64)),
        torch.from_numpy(content),
        torch.from_numpy(numbers.astype(np.float32)),
        torch.from_numpy(whole.astype(np.float32)),
    )


def as_numbers(parameters: Parameters) -> Numbers:
    """Free numbers as tensors."""
    return Numbers(*map(torch.from_numpy, (parameters.kind, parameters.owner, parameters.value)))
