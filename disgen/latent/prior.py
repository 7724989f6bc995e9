"""The released learned prior: trained on the latents of the training split and of its isovalent relatives.

A density of the training latents alone can at best repeat them. So each batch holds training crystals in which elements
have been exchanged for others of the same column and usual charge, the cell scaled by the change of the ionic radii:
what a chemist tries first. Nine in ten of such crystals stay valid and neutral, and most are new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER
from disgen.latent.flow import FlowEstimator
from disgen.model import inference

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.model.checkpoint import Run
    from disgen.representation import SiteArrays

# Elements of the same usual charge that take each other's place in minerals and oxides; all others stay.
ISOVALENT: tuple[str, ...] = (
    "Li Na K Rb Cs",
    "Be Mg Ca Sr Ba",
    "Sc Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu",
    "Th U",
    "Ti Zr Hf",
    "V Nb Ta",
    "Cr Mo W",
    "Mn Fe Co Ni",
    "Cu Zn Cd",
    "Ru Rh Pd Os Ir Pt Au Ag",
    "B Al Ga In",
    "Si Ge Sn",
    "P As Sb",
    "S Se Te",
    "F Cl Br I",
)
_ELEMENTS = 100
_WATCHED = 2000  # validation latents that early stopping judges by


@dataclass(frozen=True, eq=False)
class IsovalentLatents:
    """Draws latents of training crystals and of their isovalent relatives.

    Attributes:
        run: whose encoder is used.
        crystals: of the training split.
        batch_size: latents a draw.
    """

    run: Run
    crystals: SiteArrays
    batch_size: int

    def __call__(self, rng: np.random.Generator) -> np.ndarray:
        """Latents (batch_size, d) float32 drawn from q(z | X) of crystals drawn with equal chance."""
        batch = self.crystals.take(rng.integers(len(self.crystals), size=self.batch_size))
        changed = exchange(batch, rng)
        mean, log_var = inference.encode(self.run.model, self.run.scaler, *changed.sorted().dense())
        return mean + np.exp(0.5 * log_var) * rng.standard_normal(mean.shape, dtype=np.float32)


def exchange(crystals: SiteArrays, rng: np.random.Generator) -> SiteArrays:
    """Crystals with one random permutation each inside every set of `ISOVALENT`, and cells scaled to fit.

    The lengths are scaled by the ratio of the mean ionic radii, each atom of the cell counting as it is occupied.
    Sites are not in canonical order.
    """
    family = _families()
    n = len(crystals)
    ordered = np.argsort(family, kind="stable")
    shuffled = np.argsort(family + rng.random((n, _ELEMENTS)), axis=1)
    becomes = np.zeros((n, _ELEMENTS + 1), dtype=crystals.species.dtype)
    becomes[:, ordered + 1] = shuffled + 1
    species = becomes[np.arange(n)[:, None, None], crystals.species]
    atoms = crystals.occupancy * crystals.multiplicity[:, :, None]
    before, after = ((atoms * _radii()[of]).sum(axis=(1, 2)) for of in (crystals.species, species))
    cell = crystals.cell.copy()
    cell[:, :3] *= (after / before)[:, None]
    return replace(crystals, species=species, cell=cell)


def train_prior(
    run: Run,
    train: SiteArrays,
    validation: SiteArrays,
    *,
    settings: dict[str, float],
    resume: Path | None = None,
) -> FlowEstimator:
    """Learn a run's prior.

    Args:
        run: a loaded run.
        train: crystals of its training split.
        validation: crystals of its validation split, not exchanged; their matching loss ends the training early.
        settings: of `FlowEstimator`.
        resume: file for the state of an interrupted training.
    """
    flow = FlowEstimator(layout=run.model.layout, **settings)  # type: ignore[arg-type]
    draw = IsovalentLatents(run, train, flow.batch_size)
    rng = np.random.default_rng(flow.seed)
    sample = np.concatenate([draw(rng) for _ in range(-(-4 * _WATCHED // flow.batch_size))])
    chosen = validation.take(rng.permutation(len(validation))[:_WATCHED])
    mean, log_var = inference.encode(run.model, run.scaler, *chosen.dense())
    watched = mean + np.exp(0.5 * log_var) * rng.standard_normal(mean.shape, dtype=np.float32)
    return flow.learn(draw, watched, (sample.mean(axis=0), sample.std(axis=0)), resume)


@cache
def _families() -> np.ndarray:
    """(100,) number of the set of each element; elements of no set have one of their own."""
    family = len(ISOVALENT) + np.arange(_ELEMENTS)
    for number, members in enumerate(ISOVALENT):
        family[[ATOMIC_NUMBER[symbol] - 1 for symbol in members.split()]] = number
    return family


@cache
def _radii() -> np.ndarray:
    """(101,) mean ionic radius of each element in Å, the atomic radius where no ion is known; 0 for unused slots."""
    from pymatgen.core import Element  # noqa: PLC0415 (slow import)

    radii = np.zeros(_ELEMENTS + 1)
    for number in range(1, _ELEMENTS + 1):
        element = Element.from_Z(number)
        radii[number] = float(element.average_ionic_radius or element.atomic_radius or element.van_der_waals_radius)
    return radii
