"""The seven reconstruction losses and the KL divergence of the paper's Appendix A.

| symbol (paper) | here | what it compares |
|---|---|---|
| L_spg | `Losses.space_group` | cross entropy (Eq. 1) of the 230 space groups |
| L_lattice | `Losses.lattice` | mean absolute error (or smooth L1) of the standardised cell parameters |
| L_occ | `Losses.occupancy` | mean square error (Eq. 2) or cross entropy of the 101 occupancies, vacancy included |
| L_mult | `Losses.multiplicity` | cross entropy of the 51 multiplicities, padding included |
| L_letter | `Losses.letter` | cross entropy of the 27 letters, padding included |
| L_disorder | `Losses.disordered` | binary cross entropy of the disordered-site flag |
| L_coord | `Losses.coordinates` | mean square error of the fractional coordinates, real sites only |
| L_KL | `Losses.kl` | KL(q(z given X) from N(0, I)) (Eq. 3) |
| λ_i | `LossWeights` | coefficients of Eq. 4, Table 4 |

Losses of the sites are taken per site, summed over the nine sites and averaged over the batch; an MSE is a mean over
its entries within one site, which is what Table 4's 2000 for the occupancies makes up for.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from torch.nn import functional as F  # noqa: N812 (PyTorch's own convention)

from disgen.representation import MAX_SITES, Rows

if TYPE_CHECKING:
    from torch import Tensor

    from disgen.model.config import LossConfig
    from disgen.model.vae import Heads


class Losses(NamedTuple):
    """The eight terms of Eq. 4 without their coefficients, each a scalar averaged over the batch."""

    kl: Tensor
    space_group: Tensor
    lattice: Tensor
    occupancy: Tensor
    multiplicity: Tensor
    letter: Tensor
    disordered: Tensor
    coordinates: Tensor


def losses(heads: Heads, mean: Tensor, log_var: Tensor, a: Tensor, c: Tensor, config: LossConfig) -> Losses:
    """All loss terms of a batch.

    Args:
        heads: outputs of the decoder.
        mean: (n, d) of q(z | X).
        log_var: (n, d) of q(z | X).
        a: (n, 9, 183) the true sites.
        c: (n, 236) the true crystal vector with standardised cell parameters.
        config: which losses.
    """
    return Losses(
        kl=kl_divergence(mean, log_var, config.kl),
        space_group=F.cross_entropy(heads.space_group, c[:, Rows.SPACE_GROUP].argmax(1)),
        lattice=_lattice(heads.lattice, c[:, Rows.LATTICE], config),
        occupancy=_occupancy(heads.occupancy, a, config),
        multiplicity=_per_site(heads.multiplicity, a[:, :, Rows.MULTIPLICITY].argmax(2)),
        letter=_per_site(heads.letter, a[:, :, Rows.LETTER].argmax(2)),
        disordered=MAX_SITES * F.binary_cross_entropy_with_logits(heads.disordered, a[:, :, Rows.DISORDERED.start]),
        coordinates=_coordinates(heads.coordinates, a, config),
    )


def total(terms: Losses, config: LossConfig) -> Tensor:
    """Eq. 4: the sum of all terms with their coefficients."""
    weights = asdict(config.weights)
    result: Tensor = sum(weights[name] * term for name, term in terms._asdict().items())
    return result


def kl_divergence(mean: Tensor, log_var: Tensor, reduction: str) -> Tensor:
    """Eq. 3 for a diagonal Gaussian, ½ Σ (μ² + σ² - 1 - log σ²): "sum" or "mean" over d, averaged over the batch."""
    per_dimension = 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var)  # (n, d)
    return per_dimension.mean() if reduction == "mean" else per_dimension.sum(1).mean()


def _per_site(logits: Tensor, target: Tensor) -> Tensor:
    return MAX_SITES * F.cross_entropy(logits.flatten(0, 1), target.flatten())


def _occupancy(logits: Tensor, a: Tensor, config: LossConfig) -> Tensor:
    target = a[:, :, Rows.OCCUPANCY]
    if config.occupancy == "cross_entropy":
        # Occupancies are rounded to 1e-4, so a full site may sum to 0.9999: not a distribution until normalised.
        distribution = target / target.sum(2, keepdim=True)
        by_site = -(distribution * logits.log_softmax(2)).sum(2)  # (n, 9)
    else:
        by_site = (logits.softmax(2) - target).square().mean(2)
    weight = 1.0 + (config.mixtures - 1.0) * a[:, :, Rows.DISORDERED.start]
    return (weight * by_site).sum(1).mean()


def _lattice(scaled: Tensor, target: Tensor, config: LossConfig) -> Tensor:
    if config.lattice == "smooth_l1":
        return F.smooth_l1_loss(scaled, target, beta=config.smooth_l1_width)
    return F.l1_loss(scaled, target)


def _coordinates(predicted: Tensor, a: Tensor, config: LossConfig) -> Tensor:
    real = 1.0 - a[:, :, Rows.LETTER.start]  # (n, 9), 0 where padded
    offset = predicted - a[:, :, Rows.COORDINATES]
    if config.coordinates == "periodic":
        offset = offset - offset.detach().round()
        each = F.smooth_l1_loss(
            offset, offset.new_zeros(()).expand_as(offset), beta=config.coordinate_width, reduction="none"
        )
    else:
        each = offset.square()
    return (each.mean(2) * real).sum(1).mean()
