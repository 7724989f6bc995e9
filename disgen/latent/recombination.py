"""Better starting points for a search: parts of latents are exchanged for those of other samples where that helps.

Many models keep a code for each part of a crystal (`VAE.layout`), and a gradient hardly leads from one element's code
to another's. But a sample that has on one of its sites what is wanted can lend that site. Which part belongs to which
site is not assumed but measured. Where a latent has one part only, as in the paper's network, nothing is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from disgen.representation import MAX_SITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from disgen.model.vae import VAE

ROUNDS = 48
_LENDERS = 64  # sites to choose from for each thing that is wanted
_PROBES = 32  # latents, or a few more, by which it is measured which part belongs to which site
_CHANGE = 1e-3  # of a logit: less is no change


@dataclass(frozen=True, eq=False)
class Recombination:
    """What can be exchanged between latents.

    Attributes:
        donors: (m, d) latents that lend.
        parts: dimensions (s,) of each part of a latent.
        part_of_site: (9,) number of the part that belongs to a site alone, -1 where there is none.
        lenders: for each thing that is wanted on a site, (l, 2) the donors and sites that have most of it.
    """

    donors: Tensor
    parts: tuple[Tensor, ...]
    part_of_site: tuple[int, ...]
    lenders: tuple[Tensor, ...]

    @classmethod
    def of(cls, model: VAE, donors: Tensor, scores: Tensor) -> Recombination:
        """Measure a model, and choose lenders.

        Args:
            model: the network.
            donors: (m, d) latents.
            scores: (m, 9, k) how much each of their sites has of each of k things that are wanted.
        """
        parts = torch.arange(donors.shape[1], device=donors.device).split(model.layout)
        owners = _part_of_site(model, donors[:: max(1, len(donors) // _PROBES)], parts)
        lenders = []
        owned = torch.tensor([owner >= 0 for owner in owners], device=donors.device)
        for score in scores.unbind(2):
            flat = score.masked_fill(~owned, -torch.inf).flatten()
            best = flat.topk(min(_LENDERS, len(flat))).indices
            lenders.append(torch.stack([best // MAX_SITES, best % MAX_SITES], dim=1))
        return cls(donors, tuple(parts), owners, tuple(lenders))

    def improve(self, z: Tensor, loss: Callable[[Tensor], Tensor], generator: torch.Generator) -> Tensor:
        """Exchange parts where the loss falls; each round tries one exchange for each latent.

        Every other round, a site is replaced by one that has something that is wanted; in between, any part is
        replaced by the same part of any donor.

        Args:
            z: (n, d) latents, not changed.
            loss: of latents (n, d), (n,).
            generator: source of randomness.

        Returns:
            (n, d) latents, none worse than before.
        """
        if len(self.parts) == 1 or not len(z):
            return z.clone()
        best, lowest = z.clone(), loss(z)
        for turn in range(ROUNDS):
            tried = best.clone()
            if turn % 2 and self.lenders and max(self.part_of_site) >= 0:
                self._replace_sites(tried, generator)
            else:
                self._replace_parts(tried, generator)
            found = loss(tried)
            better = found < lowest
            best[better], lowest[better] = tried[better], found[better]
        return best

    def _replace_sites(self, z: Tensor, generator: torch.Generator) -> None:
        sites = [site for site in range(MAX_SITES) if self.part_of_site[site] >= 0]
        wanted = torch.randint(len(self.lenders), (len(z),), generator=generator).tolist()
        target = torch.randint(len(sites), (len(z),), generator=generator).tolist()
        lender = torch.randint(len(self.lenders[0]), (len(z),), generator=generator).tolist()
        for row, (thing, place, which) in enumerate(zip(wanted, target, lender, strict=True)):
            donor, site = self.lenders[thing][which].tolist()
            there, here = (self.parts[self.part_of_site[number]] for number in (site, sites[place]))
            if len(there) == len(here):
                z[row, here] = self.donors[donor, there]

    def _replace_parts(self, z: Tensor, generator: torch.Generator) -> None:
        part = torch.randint(len(self.parts), (len(z),), generator=generator).tolist()
        donor = torch.randint(len(self.donors), (len(z),), generator=generator).tolist()
        for row, (number, lender) in enumerate(zip(part, donor, strict=True)):
            z[row, self.parts[number]] = self.donors[lender, self.parts[number]]


def _part_of_site(model: VAE, z: Tensor, parts: tuple[Tensor, ...]) -> tuple[int, ...]:
    """For each site the part that changes what is on this site and on no other, -1 where there is none."""
    owners = [-1] * MAX_SITES
    if len(parts) == 1:
        return tuple(owners)
    with torch.no_grad():
        before = model.decode(z).occupancy
        for number, dimensions in enumerate(parts):
            changed = z.clone()
            changed[:, dimensions] = z.roll(1, dims=0)[:, dimensions]
            sites = ((model.decode(changed).occupancy - before).abs() > _CHANGE).any(dim=2).any(dim=0).nonzero()
            if len(sites) == 1:
                owners[int(sites)] = number
    return tuple(owners)
