"""A variational autoencoder that keeps a code for every site: what the released model is made of.

The latent is one code for the crystal (its symmetry, then its cell) followed by nine codes of equal size, one a site
(what is there, then where it is). One small network writes the codes of all sites, another reads them, so what is
learnt of one site is known of every site, and each question has a part of the code and of the network to itself, so
that none is answered at another's expense. The decoder goes from the general to the particular: it reads space group
and number of sites off the crystal's code; the cell, given the group; each site's letter, given the group;
multiplicity and coordinates, given group and letter. In training the true group and letter are given (teacher
forcing), afterwards the most probable ones. No table of Wyckoff positions is built in: the network learns which
letters a group has, their multiplicities and where they lie. How sites and crystal go together is not the
autoencoder's business but the prior's (`disgen.latent`).

| part of the latent | size | from | to |
|---|---|---|---|
| symmetry | `symmetry_latent` | space group, number of sites | the same |
| cell | `cell_latent` | cell, space group | cell |
| contents of a site | `contents_latent` | occupancies, disorder flag | the same |
| position of a site | `position_latent` | letter, coordinates, space group | letter, multiplicity, coordinates |

In comments n is the batch, m the number of real sites in it, w the width.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (PyTorch's own convention)

from disgen.model.vae import LOG_VAR_LIMITS, VAE, Heads
from disgen.representation import MAX_LETTER, MAX_MULTIPLICITY, MAX_SITES, Rows

if TYPE_CHECKING:
    from disgen.model.config import ModelConfig

_GROUPS = 230
_LETTERS = MAX_LETTER + 1  # with padding
_SPECIES = Rows.VACANCY + 1
_HARMONICS = 2  # of the coordinates in the encoder
_LETTER_RANK = 48
_POSITION_RANK = 64
_SURE = 20.0  # logit of what holds by definition: padding is empty


class _Truth(NamedTuple):
    """What the decoder is told in training."""

    group: Tensor  # (n,) 0 to 229
    real: Tensor  # (n, 9) bool
    letter: Tensor  # (n, 9) 0 = padding


class SiteVAE(VAE):
    """Codes of sites and of the crystal, see the module's text."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        w, blocks = config.width, config.blocks
        self._crystal = (config.symmetry_latent, config.cell_latent)
        self._site = (config.contents_latent, config.position_latent)
        self.layout = (sum(self._crystal), *(sum(self._site),) * MAX_SITES)
        self.latent = sum(self.layout)

        # Encoder.
        self.group_in = nn.Embedding(_GROUPS, w)
        self.count_in = nn.Embedding(MAX_SITES + 1, w)
        self.symmetry_code = _network(w, 1, 2 * config.symmetry_latent)
        self.cell_in = nn.Linear(6, w)
        self.group_of_cell_in = nn.Embedding(_GROUPS, w)
        self.cell_code = _network(w, 2, 2 * config.cell_latent)
        self.contents_in = nn.Linear(2 * _SPECIES + 1, w)  # occupancies, presences, flag
        self.contents_code = _network(w, blocks, 2 * config.contents_latent)
        self.coordinates_in = nn.Linear(6 * _HARMONICS, w)
        self.position_in = _position_table(w)
        self.position_code = _network(w, 2, 2 * config.position_latent)

        # Decoder.
        self.symmetry_in = nn.Linear(config.symmetry_latent, w)
        self.symmetry_out = _network(w, 1, _GROUPS + MAX_SITES)
        self.cell_code_in = nn.Linear(config.cell_latent, w)
        self.group_of_cell = nn.Embedding(_GROUPS, w)
        self.cell_out = _network(w, 2, 6)
        self.contents_code_in = nn.Linear(config.contents_latent, w)
        self.contents_out = _network(w, blocks, _SPECIES + 1)  # occupancies, flag
        self.position_code_in = nn.Linear(config.position_latent, w)
        self.group_of_site = nn.Embedding(_GROUPS, w)
        self.letter_query = _network(w, 1, _LETTER_RANK)
        self.letter_out = nn.Embedding(_GROUPS, _LETTERS * (_LETTER_RANK + 1))
        self.position_of_site = _position_table(w)
        self.multiplicity_out = nn.Sequential(nn.LayerNorm(w), nn.Linear(w, MAX_MULTIPLICITY + 1))
        self.coordinates_out = _network(w, 2, 6)  # sines and cosines
        nn.init.normal_(self.letter_out.weight, std=1.0 / math.sqrt(_LETTER_RANK))

    def forward(self, a: Tensor, c: Tensor) -> tuple[Heads, Tensor, Tensor]:
        """Encode, draw z, decode; in training mode the decoder is told the true group, letters and number of sites."""
        mean, log_var = self.encode(a, c)
        if not self.training:
            return self.decode(mean), mean, log_var
        z = mean + torch.randn_like(mean) * (0.5 * log_var).exp()
        letter = a[:, :, Rows.LETTER].argmax(2)
        truth = _Truth(c[:, Rows.SPACE_GROUP].argmax(1), letter > 0, letter)
        return self._decode(z, truth), mean, log_var

    def encode(self, a: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (n, d) of q(z | A, c), from A (n, 9, 183) and c (n, 236); N(0, I) for padding."""
        group = c[:, Rows.SPACE_GROUP].argmax(1)
        letter = a[:, :, Rows.LETTER].argmax(2)
        symmetry = self.symmetry_code(self.group_in(group) + self.count_in((letter > 0).sum(1)))  # (n, 2 symmetry)
        cell = self.cell_code(self.cell_in(c[:, Rows.LATTICE]) + self.group_of_cell_in(group))  # (n, 2 cell)

        # Padding is left out in training to save time. Otherwise every batch has the same shape, so that rounding, and
        # with it a crystal's code, does not depend on the company.
        real = letter > 0
        crystal, site = torch.nonzero(real if self.training else torch.ones_like(real), as_tuple=True)  # (m,) each
        rows = a[crystal, site]  # (m, 183)
        shares = rows[:, Rows.OCCUPANCY]
        # Who is there stands beside how much of it, so that a small share is not overlooked.
        known = torch.cat([shares, (shares > 0).to(shares.dtype), rows[:, Rows.DISORDERED]], dim=1)
        contents = self.contents_code(self.contents_in(known))  # (m, 2 contents)
        place = self.position_in(group[crystal] * _LETTERS + letter[crystal, site])
        position = self.position_code(place + self.coordinates_in(_waves(rows[:, Rows.COORDINATES])))  # (m, 2 position)

        halves = zip(*(part.chunk(2, dim=1) for part in (symmetry, cell, contents, position)), strict=True)
        codes = []
        for of_symmetry, of_cell, of_contents, of_position in halves:  # means, then log-variances
            of_sites = torch.cat([of_contents, of_position], dim=1)
            placed = of_sites.new_zeros(*letter.shape, of_sites.shape[1]).index_put((crystal, site), of_sites)
            codes.append(torch.cat([of_symmetry, of_cell, (placed * real[:, :, None]).flatten(1)], dim=1))
        return codes[0], codes[1].clamp(*LOG_VAR_LIMITS)

    def decode(self, z: Tensor) -> Heads:
        """Outputs for latent points z (n, d); differentiable, except through the choice of group and letters."""
        return self._decode(z, None)

    def _decode(self, z: Tensor, truth: _Truth | None) -> Heads:
        of_crystal, of_sites = z[:, : self.layout[0]], z[:, self.layout[0] :].unflatten(1, (MAX_SITES, self.layout[1]))
        symmetry, cell = of_crystal.split(self._crystal, dim=1)
        groups, counts = self.symmetry_out(self.symmetry_in(symmetry)).float().split((_GROUPS, MAX_SITES), dim=1)
        group = groups.argmax(1) if truth is None else truth.group
        lattice = self.cell_out(self.cell_code_in(cell) + self.group_of_cell(group))  # (n, 6)
        # A site is real if the crystal has more sites than stand before it.
        padded = counts.log_softmax(1).logcumsumexp(1)  # (n, 9) log P(number of sites ≤ 1, 2, …)
        padded = torch.cat([torch.full_like(padded[:, :1], -math.inf), padded[:, :-1]], dim=1).clamp(-_SURE, -1e-6)
        present = torch.log1p(-padded.exp())

        real = torch.ones_like(padded, dtype=torch.bool) if truth is None else truth.real
        of, at = torch.nonzero(real, as_tuple=True)  # (m,) each; all sites when nothing is known
        contents, position = of_sites[of, at].split(self._site, dim=1)
        site = self.position_code_in(position) + self.group_of_site(group)[of]  # (m, w)
        by_letter = self.letter_out(group).unflatten(1, (_LETTERS, _LETTER_RANK + 1))  # (n, 27, r + 1)
        query = F.pad(self.letter_query(site), (0, 1), value=1.0)  # (m, r + 1): the last entry takes the bias
        letters = (query[:, None] * by_letter[of]).sum(2)[:, 1:].log_softmax(1)  # (m, 26)
        letter = letters.argmax(1) + 1 if truth is None else truth.letter[of, at]
        place = self.position_of_site(group[of] * _LETTERS + letter)
        multiplicities = self.multiplicity_out(place)[:, 1:].log_softmax(1)  # (m, 50)
        waves = self.coordinates_out(site + place).unflatten(1, (2, 3))
        turns = torch.atan2(waves[:, 0], waves[:, 1]) / (2.0 * math.pi)
        if truth is None:  # whether there is a site is for their number to say, however sure a letter is
            letters, multiplicities = (x - x.detach().amax(1, keepdim=True) for x in (letters, multiplicities))
        filling = self.contents_out(self.contents_code_in(contents))  # (m, 102)

        def spread(values: Tensor) -> Tensor:
            """Values (m, k) of the real sites in their places (n, 9, k)."""
            return values.new_zeros(*real.shape, values.shape[1]).index_put((of, at), values)

        empty = (present < padded) if truth is None else ~real
        nothing = F.one_hot(groups.new_tensor(Rows.VACANCY, dtype=torch.long), _SPECIES) * _SURE
        return Heads(
            occupancy=torch.where(empty[:, :, None], nothing.to(z.dtype), spread(filling[:, :_SPECIES])),
            multiplicity=torch.cat([padded[:, :, None], present[:, :, None] + spread(multiplicities)], dim=2),
            disordered=torch.where(empty, -_SURE, spread(filling[:, _SPECIES:])[:, :, 0]),
            coordinates=spread(turns - turns.floor()),
            letter=torch.cat([padded[:, :, None], present[:, :, None] + spread(letters)], dim=2),
            lattice=lattice,
            space_group=groups,
        )


class _Residual(nn.Module):
    """x + W₂ silu(W₁ norm(x))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.inner(x)
        return result


def _network(width: int, blocks: int, out: int) -> nn.Sequential:
    return nn.Sequential(*(_Residual(width) for _ in range(blocks)), nn.LayerNorm(width), nn.Linear(width, out))


def _position_table(width: int) -> nn.Sequential:
    """An embedding of (group, letter), of low rank: most of its 6,210 entries stand for letters that no group has."""
    return nn.Sequential(nn.Embedding(_GROUPS * _LETTERS, _POSITION_RANK), nn.Linear(_POSITION_RANK, width))


def _waves(coordinates: Tensor) -> Tensor:
    """Sines and cosines (m, 6 h) of fractional coordinates (m, 3), equal for equivalent ends of the cell."""
    angles = torch.cat([2.0 * math.pi * k * coordinates for k in range(1, _HARMONICS + 1)], dim=1)
    return torch.cat([angles.sin(), angles.cos()], dim=1)
