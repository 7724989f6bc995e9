"""Reconstruction errors of a split: the figures of the paper's Tables 1 and 2, and the symmetry-matching accuracy.

Everything but the symmetry matching is read off the decoder's raw outputs, before letters are made legal, coordinates
snapped or cells constrained; so the figures measure the network, not the repair. Crystals are compared site by site in
their canonical order, over real sites only: padding is easy and would flatter every figure.

A site is disordered if it truly holds more than one species, an empty share counting as a species.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from disgen.representation import Rows

if TYPE_CHECKING:
    from disgen.generation.reconstruction import Reconstructions
    from disgen.model.output import DecoderOutput
    from disgen.representation import SiteArrays

DISORDERED_ABOVE = 0.5
_CHUNK = 1024  # crystals whose occupancies are made dense at once


class LatticeErrors(TypedDict):
    """Table 1, first two rows: Å and degrees."""

    a: float
    b: float
    c: float
    alpha: float
    beta: float
    gamma: float


class DisorderedSiteErrors(TypedDict):
    """Table 2, left column; None where the split has no disordered site."""

    occupancy_mae: float | None
    multiplicity_accuracy: float | None
    letter_accuracy: float | None
    coordinate_mae: float | None


class OrderedSiteErrors(TypedDict):
    """Table 2, right column; None where the split has no ordered site."""

    element_accuracy: float | None
    multiplicity_accuracy: float | None
    letter_accuracy: float | None
    coordinate_mae: float | None


class SymmetryMatching(TypedDict):
    """Share of samples whose every letter and multiplicity is what the predicted space group demands, by decoding."""

    free: float
    exact: float


class ReconstructionError(TypedDict):
    """What `python -m disgen evaluate --json` prints."""

    split: str
    n: int
    lattice_mae: LatticeErrors
    space_group_accuracy: float
    disordered_flag_accuracy: float | None
    disordered_sites: DisorderedSiteErrors
    ordered_sites: OrderedSiteErrors
    sma: SymmetryMatching


def reconstruction_error(
    split: str, truth: SiteArrays, output: DecoderOutput, free: Reconstructions, exact: Reconstructions
) -> ReconstructionError:
    """Compare decoded latents with the crystals that they were encoded from.

    The definitions, all means over the split:

    - *lattice_mae*: mean absolute error of a, b, c in Å and of α, β, γ in degrees.
    - *space_group_accuracy*: share of crystals with the right most probable space group.
    - *disordered_flag_accuracy*: share of real sites whose flag is on the right side of 0.5.
    - *occupancy_mae*: mean absolute error of the occupancy over all species that are truly on a disordered site, its
      vacancy among them (dimensionless). Species that are not there are left out: their some hundred zeros a site
      would make any model look good.
    - *element_accuracy*: share of ordered sites whose most probable species (of 100 elements and the vacancy) is the
      right one.
    - *multiplicity_accuracy*, *letter_accuracy*: share of sites with the right most probable class, padding being one
      of the classes.
    - *coordinate_mae*: mean absolute error of x, y and z in fractions of the cell, taken to the nearest periodic image
      (the paper's table heads this column Å, but its values are fractions).
    - *sma*: see `disgen.generation.reconstruction`; for free decoding over all samples, for exact decoding 1 by
      construction.

    Args:
        split: name of the split, passed through.
        truth: its n crystals.
        output: their decoded latents, in the same order.
        free: the reconstructions of `output` by free decoding.
        exact: the same by exact decoding.

    Raises:
        ValueError: if there is nothing to compare, or the numbers of samples differ.
    """
    n = len(truth)
    if n == 0 or {len(output), len(free), len(exact)} != {n}:
        msg = (
            f"Cannot compare {n} crystals with {len(output)} decoded latents and {len(free)} free and {len(exact)} "
            "exact reconstructions: give the same number of each, and at least one."
        )
        raise ValueError(msg)
    real, disordered = truth.real, truth.disordered
    ordered = real & ~disordered

    lattice = np.abs(output.lattice.astype(np.float64) - truth.cell).mean(axis=0).tolist()
    letter = output.letter.argmax(axis=2) == truth.letter
    multiplicity = output.multiplicity.argmax(axis=2) == truth.multiplicity
    offset = output.coordinates - truth.coordinates
    coordinate = np.abs(offset - np.rint(offset)).mean(axis=2)
    flag = (output.disordered > DISORDERED_ABOVE) == disordered
    occupancy, element = _content_errors(truth, output)

    return ReconstructionError(
        split=split,
        n=n,
        lattice_mae=LatticeErrors(
            a=lattice[0], b=lattice[1], c=lattice[2], alpha=lattice[3], beta=lattice[4], gamma=lattice[5]
        ),
        space_group_accuracy=float(np.mean(output.space_group.argmax(axis=1) + 1 == truth.space_group)),
        disordered_flag_accuracy=_mean(flag[real]),
        disordered_sites=DisorderedSiteErrors(
            occupancy_mae=_mean(occupancy),
            multiplicity_accuracy=_mean(multiplicity[disordered]),
            letter_accuracy=_mean(letter[disordered]),
            coordinate_mae=_mean(coordinate[disordered]),
        ),
        ordered_sites=OrderedSiteErrors(
            element_accuracy=_mean(element),
            multiplicity_accuracy=_mean(multiplicity[ordered]),
            letter_accuracy=_mean(letter[ordered]),
            coordinate_mae=_mean(coordinate[ordered]),
        ),
        sma=SymmetryMatching(free=float(free.symmetry_matched.mean()), exact=float(exact.symmetry_matched.mean())),
    )


def _content_errors(truth: SiteArrays, output: DecoderOutput) -> tuple[np.ndarray, np.ndarray]:
    """Absolute occupancy errors of the species on disordered sites, and whether each ordered site's element is right.

    True occupancies take 101 numbers a site, so this goes chunk by chunk.
    """
    errors, right = [], []
    for start in range(0, len(truth), _CHUNK):
        part = truth.take(np.arange(start, min(start + _CHUNK, len(truth))))
        real, disordered = part.real, part.disordered
        expected = part.dense()[0][:, :, Rows.OCCUPANCY]
        found = output.occupancy[start : start + len(part)]
        there = (expected > 0.0) & disordered[:, :, None]
        errors.append(np.abs(found.astype(np.float64) - expected)[there])
        right.append((found.argmax(axis=2) == expected.argmax(axis=2))[real & ~disordered])
    return np.concatenate(errors), np.concatenate(right)


def _mean(values: np.ndarray) -> float | None:
    """Mean of the values, None if there are none (JSON has no NaN)."""
    return float(values.mean()) if values.size else None
