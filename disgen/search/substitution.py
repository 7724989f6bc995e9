"""Better starting points for a search: what is on a site is exchanged for what is on a site of another sample.

A gradient hardly leads from one element to another, but another sample may have what is wanted on one of its sites.
Some networks keep the contents of each site in dimensions of their own; then these can be copied, and the structure
stays as it is: the oldest way to new compounds. Whether a network does so is measured, not assumed. Where it does not,
as in the paper's network, nothing is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from disgen.representation import MAX_SITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from disgen.model.vae import VAE, Heads

ROUNDS = 48
_LENDERS = 64  # sites to choose from for each thing that is wanted
_PROBES = 64  # latents by which it is measured what dimensions do
_NOTHING = 1e-9  # of a gradient


def contents_of_sites(model: VAE, z: Tensor) -> Tensor:
    """Dimensions of the latent that say what is on a site, and nothing else.

    Args:
        model: the network.
        z: (m, d) latents in which all sites are there, if possible.

    Returns:
        (9, k) dimensions by site; k is 0 if the network does not keep them apart, or not equally for all sites.
    """
    with torch.enable_grad():
        point = z.detach().clone().requires_grad_()
        heads = model.decode(point)
        of_sites = torch.stack([_felt(point, _contents(heads)[:, site]) for site in range(MAX_SITES)])  # (9, d)
        structure = (heads.multiplicity, heads.coordinates, heads.letter, heads.lattice, heads.space_group)
        elsewhere = _felt(point, torch.cat([head.flatten(1) for head in structure], dim=1))
    alone = of_sites & (of_sites.sum(dim=0) == 1) & ~elsewhere
    counts = alone.sum(dim=1)
    if int(counts.min()) == 0 or int(counts.min()) != int(counts.max()):
        return torch.zeros((MAX_SITES, 0), dtype=torch.long, device=z.device)
    return alone.nonzero()[:, 1].reshape(MAX_SITES, -1)


@dataclass(frozen=True, eq=False)
class Substitution:
    """Contents that sites of latents can be given.

    Attributes:
        dimensions: (9, k) dimensions of the contents, by site.
        wanted: for each thing that is wanted on a site, (l, k) contents that have most of it.
        others: (m, k) contents of any sites.
    """

    dimensions: Tensor
    wanted: tuple[Tensor, ...]
    others: Tensor

    @classmethod
    def of(cls, donors: Tensor, dimensions: Tensor, scores: Tensor) -> Substitution:
        """Contents of donors' sites.

        Args:
            donors: (m, d) latents.
            dimensions: (9, k) of the contents, by site.
            scores: (m, 9, t) how much each of their sites has of each of t things that are wanted.
        """
        contents = donors[:, dimensions].flatten(0, 1)  # (9 m, k)
        best = scores.flatten(0, 1).topk(min(_LENDERS, len(contents)), dim=0).indices  # (l, t)
        return cls(dimensions, tuple(contents[column] for column in best.unbind(1)), contents)

    def improve(self, z: Tensor, loss: Callable[[Tensor], Tensor], generator: torch.Generator) -> Tensor:
        """Give sites other contents where the loss falls; each round tries one site of each latent.

        Args:
            z: (n, d) latents, not changed.
            loss: of latents (n, d), (n,).
            generator: source of randomness.

        Returns:
            (n, d) latents, none worse than before.
        """
        best = z.clone()
        if not self.dimensions.shape[1] or not len(z):
            return best
        lowest = loss(z)
        for turn in range(ROUNDS):
            sources = (*self.wanted, self.others)
            source = sources[turn % len(sources)]
            lender = torch.randint(len(source), (len(z),), generator=generator).to(z.device)
            site = torch.randint(MAX_SITES, (len(z),), generator=generator).to(z.device)
            tried = best.scatter(1, self.dimensions[site], source[lender])
            found = loss(tried)
            better = found < lowest
            best[better], lowest[better] = tried[better], found[better]
        return best


def probes(z: Tensor, sites: Tensor) -> Tensor:
    """The latents (m, d) with most sites, some tens of them; `sites` (m,) counts."""
    return z[sites.topk(min(_PROBES, len(z))).indices]


def _contents(heads: Heads) -> Tensor:
    return torch.cat([heads.occupancy, heads.disordered[:, :, None]], dim=2)  # (m, 9, 102)


def _felt(point: Tensor, output: Tensor) -> Tensor:
    """(d,) True for the dimensions that an output (m, k) depends on, at any of the points (m, d)."""
    # Weights without regularity, so that effects on several entries do not cancel (a softmax adds up to one).
    weights = torch.linspace(0.5, 1.5, output.shape[1], device=output.device).square()
    (gradient,) = torch.autograd.grad((output * weights).sum(), point, retain_graph=True)
    return (gradient.abs() > _NOTHING).any(dim=0)
