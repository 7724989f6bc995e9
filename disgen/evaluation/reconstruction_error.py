"""Reconstruction errors of a split: the figures of the paper's Tables 1 and 2, and the symmetry-matching accuracy.

Everything but the symmetry matching and the rate of exact crystals is read off the decoder's raw outputs, before
letters are made legal, coordinates snapped or cells constrained; so the figures measure the network, not the repair.
Crystals are compared site by site in their canonical order, over real sites only: padding is easy and would flatter
every figure.

A site is disordered if it truly holds more than one species, an empty share counting as a species.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

import numpy as np

from disgen import wyckoff
from disgen.errors import DisgenError
from disgen.evaluation.exact import exact_crystals
from disgen.evaluation.tally import Tally
from disgen.generation.reconstruction import exact_arrays
from disgen.representation import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.generation.reconstruction import Reconstructions
    from disgen.model.output import DecoderOutput
    from disgen.representation import SiteArrays

DISORDERED_ABOVE = 0.5
CELL = ("a", "b", "c", "alpha", "beta", "gamma")
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


class ErrorFigures(TypedDict):
    """The figures of one set of crystals."""

    n: int
    lattice_mae: LatticeErrors
    space_group_accuracy: float
    disordered_flag_accuracy: float | None
    disordered_sites: DisorderedSiteErrors
    ordered_sites: OrderedSiteErrors
    sma: SymmetryMatching
    exact_crystal: float


class ReconstructionError(ErrorFigures):
    """What `python -m disgen evaluate --json` prints.

    Attributes:
        split: name of the split.
        split_kind: "key" (no crystal in two splits) or "random" (the paper's); None if it is not known.
        intervals: lower and upper end of the 95 % bootstrap interval of each figure, nested as the figures.
        by_source: figures of the crystals of each source.
        by_crystal_system: figures of the crystals of each crystal system.
    """

    split: str
    split_kind: str | None
    intervals: dict[str, Any]
    by_source: dict[str, ErrorFigures]
    by_crystal_system: dict[str, ErrorFigures]


def reconstruction_error(
    split: str,
    truth: SiteArrays,
    output: DecoderOutput,
    free: Reconstructions,
    exact: Reconstructions,
    *,
    sources: Sequence[str] = (),
    split_kind: str | None = None,
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
    - *exact_crystal*: share of crystals with everything right at once after exact decoding, see
      `disgen.evaluation.exact.exact_crystals`.

    Args:
        split: name of the split, passed through.
        truth: its n crystals.
        output: their decoded latents, in the same order.
        free: the reconstructions of `output` by free decoding.
        exact: the same by exact decoding.
        sources: (n,) where each crystal comes from; none to leave that table empty.
        split_kind: how the corpus was split, passed through.

    Raises:
        DisgenError: if there is nothing to compare, or the numbers of samples differ.
    """
    n = len(truth)
    if n == 0 or {len(output), len(free), len(exact)} != {n}:
        msg = (
            f"Cannot compare {n} crystals with {len(output)} decoded latents and {len(free)} free and {len(exact)} "
            "exact reconstructions: give the same number of each, and at least one."
        )
        raise DisgenError(msg)
    counted = tally(truth, output, free, exact)
    systems = np.array([wyckoff.crystal_system(number) for number in truth.space_group.tolist()])
    return ReconstructionError(
        split=split,
        **_figures(counted),
        split_kind=split_kind,
        intervals=counted.nested(counted.intervals()),
        by_source=_groups(counted, np.array(sources), sorted(set(sources))),
        by_crystal_system=_groups(counted, systems, wyckoff.CRYSTAL_SYSTEMS),
    )


def tally(truth: SiteArrays, output: DecoderOutput, free: Reconstructions, exact: Reconstructions) -> Tally:
    """What each crystal brings to each figure; arguments as for `reconstruction_error`."""
    real, disordered = truth.real, truth.disordered
    ordered = real & ~disordered
    each = np.ones(len(truth))
    letter = output.letter.argmax(axis=2) == truth.letter
    multiplicity = output.multiplicity.argmax(axis=2) == truth.multiplicity
    offset = output.coordinates - truth.coordinates
    coordinate = np.abs(offset - np.rint(offset)).mean(axis=2)
    flag = (output.disordered > DISORDERED_ABOVE) == disordered
    lattice = np.abs(output.lattice.astype(np.float64) - truth.cell)
    occupancy, element = _content_errors(truth, output)

    terms = {f"lattice_mae.{name}": (lattice[:, column], each) for column, name in enumerate(CELL)}
    terms["space_group_accuracy"] = (output.space_group.argmax(axis=1) + 1 == truth.space_group, each)
    terms["disordered_flag_accuracy"] = _over(flag, real)
    for name, sites, first, content in (
        ("disordered_sites", disordered, "occupancy_mae", occupancy),
        ("ordered_sites", ordered, "element_accuracy", element),
    ):
        terms[f"{name}.{first}"] = content
        terms[f"{name}.multiplicity_accuracy"] = _over(multiplicity, sites)
        terms[f"{name}.letter_accuracy"] = _over(letter, sites)
        terms[f"{name}.coordinate_mae"] = _over(coordinate, sites)
    terms["sma.free"] = (free.symmetry_matched, each)
    terms["sma.exact"] = (exact.symmetry_matched, each)
    terms["exact_crystal"] = (exact_crystals(truth, exact_arrays(output)), each)
    return Tally.of(terms)


def _content_errors(
    truth: SiteArrays, output: DecoderOutput
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Absolute occupancy errors of the species on disordered sites, and right elements on ordered ones: (sum, count).

    True occupancies take 101 numbers a site, so this goes chunk by chunk.
    """
    errors, right = [], []
    for start in range(0, len(truth), _CHUNK):
        part = truth.take(np.arange(start, min(start + _CHUNK, len(truth))))
        real, disordered = part.real, part.disordered
        expected = part.dense()[0][:, :, Rows.OCCUPANCY]
        found = output.occupancy[start : start + len(part)]
        there = (expected > 0.0) & disordered[:, :, None]
        errors.append(_over(np.abs(found.astype(np.float64) - expected), there))
        right.append(_over(found.argmax(axis=2) == expected.argmax(axis=2), real & ~disordered))
    return _joined(errors), _joined(right)


def _over(values: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of a crystal's values (n, …) where the mask of the same shape holds, each (n,)."""
    axes = tuple(range(1, values.ndim))
    return np.where(where, values, 0.0).sum(axis=axes), where.sum(axis=axes)


def _joined(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    sums, counts = zip(*parts, strict=True)
    return np.concatenate(sums), np.concatenate(counts)


def _figures(counted: Tally) -> ErrorFigures:
    return cast("ErrorFigures", {"n": len(counted), **counted.nested(counted.figures())})


def _groups(counted: Tally, labels: np.ndarray, names: Sequence[str]) -> dict[str, ErrorFigures]:
    """Figures of the crystals with each label, labels that do not occur left out."""
    return {name: _figures(counted.take(labels == name)) for name in names if (labels == name).any()}
