"""What exact decoding would read off a decoder's outputs, as smooth functions of them: the ground of all target losses.

Exact decoding (`disgen.generation.reconstruction`) chooses: the most probable space group, legal letters, the species
that pass a threshold. Here every choice is a log-probability instead, so that a gradient says how to change it.
Outputs may be logits or log-probabilities: each passes through a log-softmax.

In shapes n is the batch; there are nine sites.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, one_hot

from disgen import wyckoff
from disgen.representation import MAX_LETTER, MAX_MULTIPLICITY, MAX_SITES, Rows

if TYPE_CHECKING:
    from disgen.model.scaler import LatticeScaler
    from disgen.model.vae import Heads

MIN_SHARE = 0.01  # exact decoding drops species with less of a disordered site
# A share that is enough for an element of a mixture: two can have it on one site, three cannot.
_PRESENT_SHARE = 0.4
# Share of the second species at which a site is as likely read as mixed as not.
_MIXED_SHARE = 0.015
_NEVER = -1e4  # log-probability of what cannot be; finite, because gradients of -inf are not numbers
_TINY = 1e-6
_HALF_STEP = 5e-5  # of an occupancy: in single precision 0.01 is a little less


@dataclass(frozen=True, eq=False)
class SoftCrystals:
    """Decoder outputs of n latent points as log-probabilities of what exact decoding chooses.

    Attributes:
        log_share: (n, 9, 101) logarithms of the species' shares of each site, vacancy last.
        log_letter: (n, 9, 27) log-probabilities of the letters that the most probable space group allows, weighed with
            their multiplicities as exact decoding does; 0 = padding.
        flag: (n, 9) logit of the site being a mixture.
        log_space_group: (n, 230) log-probabilities.
        cell: (n, 6) a, b, c in Å and α, β, γ in degrees.
        legal_multiplicity: (n, 27) multiplicity that the most probable space group demands of each letter, or 0.
        costs: (101, 101) cost of two species on one site in nats (`disgen.search.mixing`).
    """

    log_share: Tensor
    log_letter: Tensor
    flag: Tensor
    log_space_group: Tensor
    cell: Tensor
    legal_multiplicity: Tensor
    costs: Tensor

    @classmethod
    def read(
        cls, heads: Heads, scaler: LatticeScaler, costs: Tensor, temperature: Tensor | float = 1.0
    ) -> SoftCrystals:
        """Soft crystals of decoder outputs.

        Args:
            heads: what the decoder returned for n latent points.
            scaler: standardisation of the cell parameters.
            costs: (101, 101) cost of two species on one site in nats.
            temperature: divides the logits of the occupancies, one for all or (n, 1, 1); above 1 it evens them out, so
                that elements that are far from a site still feel a pull.
        """
        multiplicity = _multiplicities().to(heads.letter.device)[heads.space_group.argmax(dim=1)]  # (n, 27)
        legal = multiplicity > 0
        legal[:, 0] = True
        wanted = multiplicity[:, None].expand(-1, MAX_SITES, -1)
        score = heads.letter.log_softmax(-1) + heads.multiplicity.log_softmax(-1).gather(2, wanted)  # (n, 9, 27)
        return cls(
            log_share=(heads.occupancy / temperature).log_softmax(-1),
            log_letter=score.masked_fill(~legal[:, None], _NEVER).log_softmax(-1),
            flag=heads.disordered,
            log_space_group=heads.space_group.log_softmax(-1),
            cell=scaler.inverse(heads.lattice),
            legal_multiplicity=multiplicity,
            costs=costs,
        )

    @cached_property
    def log_real(self) -> Tensor:
        """(n, 9) log-probability that there is a site, not padding."""
        return self.log_letter[:, :, 1:].logsumexp(-1)

    @cached_property
    def log_mixture(self) -> Tensor:
        """(n, 9) log-probability that a site is there and disordered: flagged, and with a second species on it.

        An element is always left on a site, so that one which is mostly empty counts too.
        """
        first, second = self.log_share.topk(2, dim=-1).values.unbind(-1)
        return self._mixture(torch.where(self.log_share[:, :, Rows.VACANCY] < first, second, first))

    @cached_property
    def log_sound_mixture(self) -> Tensor:
        """(n, 9) the same, but a second species counts for less if it seldom shares a site with the first.

        Its gradient leads past the next best species to one that fits.
        """
        first = self.log_share.argmax(dim=-1, keepdim=True)
        fitting = self.log_share - self.costs[first[:, :, 0]]
        return self._mixture(fitting.scatter(2, first, _NEVER).amax(dim=-1))

    @cached_property
    def log_present(self) -> Tensor:
        """(n, 9, 100) log-probability that an element is on a site.

        One that fills the site if it is ordered, or has a good part of it if it is a mixture.
        """
        share = self.log_share[:, :, : Rows.VACANCY]
        part = (share - math.log(_PRESENT_SHARE)).clamp(max=0.0)
        flag = self.flag[:, :, None]
        return self.log_real[:, :, None] + torch.logaddexp(logsigmoid(flag) + part, logsigmoid(-flag) + share)

    @cached_property
    def amounts(self) -> Tensor:
        """(n, 100) atoms of each element in the conventional cell.

        The numbers are those of exact decoding, except where two sites compete for one fixed position; the gradients
        are those of the expected numbers.
        """
        expected = (self.log_letter.exp() * self.legal_multiplicity[:, None]).sum(-1)
        chosen = self.legal_multiplicity.gather(1, self.log_letter.argmax(-1))
        multiplicity = expected + (chosen - expected).detach()  # (n, 9)

        share = self.log_share.exp()
        mixture = share * (share >= MIN_SHARE - _HALF_STEP)
        mixture = (mixture / mixture.sum(-1, keepdim=True))[:, :, : Rows.VACANCY]
        elements = share[:, :, : Rows.VACANCY]
        filled = elements / elements.sum(-1, keepdim=True).clamp(min=_TINY)
        filled = filled + (one_hot(elements.argmax(-1), Rows.VACANCY) - filled).detach()
        return torch.einsum("ns,nse->ne", multiplicity, torch.where(self.flag[:, :, None] > 0.0, mixture, filled))

    @cached_property
    def volume(self) -> Tensor:
        """(n,) volume of the cell in Å³."""
        cosines = torch.deg2rad(self.cell[:, 3:]).cos()
        relative = 1.0 - cosines.square().sum(1) + 2.0 * cosines.prod(1)  # (V / abc)²
        return self.cell[:, :3].prod(1) * relative.clamp(min=_TINY).sqrt()

    def _mixture(self, second: Tensor) -> Tensor:
        return self.log_real + logsigmoid(self.flag) + logsigmoid(2.0 * (second - math.log(_MIXED_SHARE)))


def log_count_between(log_yes: Tensor, log_no: Tensor, low: int, high: int) -> Tensor:
    """Log-probability that between `low` and `high` of independent events happen (a Poisson-binomial distribution).

    Args:
        log_yes: (n, m) log-probability of each event.
        log_no: (n, m) log-probability that it does not happen.
        low: smallest number, at least 0.
        high: largest number.

    Returns:
        (n,).
    """
    n, m = log_yes.shape
    counts = log_yes.new_full((n, m + 1), _NEVER)
    counts[:, 0] = 0.0
    nothing = log_yes.new_full((n, 1), _NEVER)
    for event in range(m):
        more = torch.cat([nothing, counts[:, :-1] + log_yes[:, event, None]], dim=1)
        counts = torch.logaddexp(counts + log_no[:, event, None], more)
    return counts[:, low : high + 1].logsumexp(1)


def log_complement(log_probability: Tensor) -> Tensor:
    """log(1 - p) of log p, with finite gradients at both ends."""
    return torch.log(-torch.expm1(log_probability.clamp(min=-80.0, max=-_TINY)))


@cache
def _multiplicities() -> Tensor:
    """(230, 27) multiplicity that each space group demands of a letter; 0 where exact decoding would not choose it."""
    demanded = torch.tensor(wyckoff.tables().multiplicity_of[1:, : MAX_LETTER + 1])
    return demanded.masked_fill(demanded > MAX_MULTIPLICITY, 0)
