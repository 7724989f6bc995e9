"""What the paper's Figs. 9 to 11 show of a test split, as small arrays that are stored with the run.

Cell parameters are kept crystal by crystal, everything else as counts. The crystals themselves are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from disgen import wyckoff
from disgen.errors import DisgenError
from disgen.files import write_file
from disgen.representation import MAX_LETTER, MAX_MULTIPLICITY, Rows

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.model.output import DecoderOutput
    from disgen.representation import SiteArrays

FILE = "figures.safetensors"
BINS = 100  # of coordinates and occupancies from 0 to 1
ROC_POINTS = 300
OCCUPANCY_SEEN = 0.01  # a species that is not there counts only if the decoder gives it at least this share
_CHUNK = 1024  # crystals whose occupancies are made dense at once


class FiguresError(DisgenError):
    """A run's stored figures cannot be read; the message says what to do, in one sentence."""


@dataclass(frozen=True, eq=False)
class Figures:
    """Targets against reconstructions of one split; in axes of length 2 ordered sites come first, disordered second.

    Attributes:
        row: (n,) place of each crystal in the run's split.
        cell: (2, n, 6) target and reconstructed a, b, c in Å and α, β, γ in degrees.
        space_groups: (m, 3) target, reconstruction, crystals.
        roc: (k, 2) false and true positive rate of the disorder flag over real sites, thinned; empty if all sites are
            alike.
        roc_area: (1,) area under the full curve; NaN if all sites are alike.
        letters: (2, 27, 27) sites by target and reconstructed letter, 0 = padding.
        multiplicities: (2, 51, 51) the same for multiplicities.
        coordinates: (2, 100, 100) coordinates of sites by target and reconstruction in [0, 1).
        occupancies: (2, 100, 100) shares of species by target and reconstruction in [0, 1], over species that are on
            the site (a vacancy counts as one) or that the decoder puts there with at least 1 %.
        demanded: (m, 3) multiplicity that the reconstructed letter and space group demand (0 if there is no such
            letter), reconstructed multiplicity, sites.
    """

    row: np.ndarray
    cell: np.ndarray
    space_groups: np.ndarray
    roc: np.ndarray
    roc_area: np.ndarray
    letters: np.ndarray
    multiplicities: np.ndarray
    coordinates: np.ndarray
    occupancies: np.ndarray
    demanded: np.ndarray

    def save(self, folder: Path) -> None:
        """Write them into a run's folder."""
        write_file(folder / FILE, to_bytes({one.name: getattr(self, one.name) for one in fields(self)}))


def load_figures(folder: Path) -> Figures | None:
    """A run's figures, None if it has none.

    Raises:
        FiguresError: if the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = Figures(**load_file(path))
        _check(found)
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        msg = f"The figures in {path} are damaged: run `python -m disgen evaluate --store` again."
        raise FiguresError(msg) from error
    return found


def compare(truth: SiteArrays, output: DecoderOutput, row: np.ndarray) -> Figures:
    """The figures of a split.

    Args:
        truth: n crystals.
        output: their decoded latents, raw.
        row: (n,) their places in the run's split.
    """
    real, disordered = truth.real, truth.disordered
    kinds = (real & ~disordered, disordered)
    groups = output.space_group.argmax(axis=1) + 1
    letter = output.letter.argmax(axis=2)
    multiplicity = output.multiplicity.argmax(axis=2)
    demanded = wyckoff.tables().multiplicity_of[groups[:, None], letter]
    curve, area = roc_curve(output.disordered[real], disordered[real])
    wrapped = output.coordinates - np.floor(output.coordinates)
    return Figures(
        row=np.asarray(row, dtype=np.int32),
        cell=np.stack([truth.cell, output.lattice]).astype(np.float32),
        space_groups=_counted(truth.space_group, groups),
        roc=curve.astype(np.float32),
        roc_area=np.array([area], dtype=np.float32),
        letters=np.stack([_confusion(truth.letter[kind], letter[kind], MAX_LETTER + 1) for kind in kinds]),
        multiplicities=np.stack(
            [_confusion(truth.multiplicity[kind], multiplicity[kind], MAX_MULTIPLICITY + 1) for kind in kinds]
        ),
        coordinates=np.stack([_histogram(truth.coordinates[kind], wrapped[kind]) for kind in kinds]),
        occupancies=_occupancies(truth, output),
        demanded=_counted(demanded[letter > 0], multiplicity[letter > 0]),
    )


def roc_curve(score: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, float]:
    """Receiver operating characteristic of a score, and the area under it.

    The same as scikit-learn's to rounding, in 12 ms instead of 83 for 20,000 sites.

    Args:
        score: (m,) higher for the positive class.
        label: (m,) bool.

    Returns:
        (k, 2) false and true positive rates from (0, 0) to (1, 1), at most `ROC_POINTS` of them evenly along the
        curve; (0, 2) and NaN if a class is empty.
    """
    positives = int(label.sum())
    negatives = len(label) - positives
    if not positives or not negatives:
        return np.zeros((0, 2)), float("nan")
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.diff(score[order]) != 0.0, True)
    hits = np.cumsum(label[order])[last_of_tie]
    alarms = np.flatnonzero(last_of_tie) + 1 - hits
    curve = np.concatenate([[[0.0, 0.0]], np.stack([alarms / negatives, hits / positives], axis=1)])
    area = float(np.trapezoid(curve[:, 1], curve[:, 0]))
    along = curve.sum(axis=1)  # rises from 0 to 2
    kept = np.unique(np.searchsorted(along, np.linspace(0.0, along[-1], ROC_POINTS)).clip(max=len(curve) - 1))
    return curve[kept], area


def _occupancies(truth: SiteArrays, output: DecoderOutput) -> np.ndarray:
    """Histograms of `Figures.occupancies`; targets take 101 numbers a site, so this goes chunk by chunk."""
    total = np.zeros((2, BINS, BINS), dtype=np.int32)
    for start in range(0, len(truth), _CHUNK):
        part = truth.take(slice(start, start + _CHUNK))
        target = part.dense()[0][:, :, Rows.OCCUPANCY]
        found = output.occupancy[start : start + _CHUNK]
        seen = (target > 0.0) | (found >= OCCUPANCY_SEEN)
        for number, kind in enumerate((part.real & ~part.disordered, part.disordered)):
            chosen = seen & kind[:, :, None]
            total[number] += _histogram(target[chosen], found[chosen])
    return total


def _histogram(target: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Counts (100, 100) of values in [0, 1] by target and reconstruction; 1 falls into the last bin."""
    first, second = ((values.ravel() * BINS).astype(np.int64).clip(0, BINS - 1) for values in (target, found))
    return _confusion(first, second, BINS)


def _confusion(target: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
    """Counts (size, size) of classes from 0 to size - 1 by target and reconstruction."""
    joint = target.astype(np.int64) * size + found
    return np.bincount(joint, minlength=size * size).reshape(size, size).astype(np.int32)


def _counted(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distinct pairs and how often each occurs, (m, 3) int32."""
    pairs, counts = np.unique(np.stack([first, second], axis=1).astype(np.int32), axis=0, return_counts=True)
    return np.column_stack([pairs, counts.astype(np.int32)])


def _check(found: Figures) -> None:
    """Refuse arrays of other shapes.

    Raises:
        ValueError: if there is one.
    """
    n = len(found.row)
    expected = {
        "cell": (2, n, 6),
        "space_groups": (len(found.space_groups), 3),
        "roc": (len(found.roc), 2),
        "roc_area": (1,),
        "letters": (2, MAX_LETTER + 1, MAX_LETTER + 1),
        "multiplicities": (2, MAX_MULTIPLICITY + 1, MAX_MULTIPLICITY + 1),
        "coordinates": (2, BINS, BINS),
        "occupancies": (2, BINS, BINS),
        "demanded": (len(found.demanded), 3),
    }
    for name, shape in expected.items():
        if getattr(found, name).shape != shape:
            msg = f"{name} has the shape {getattr(found, name).shape}, not {shape}"
            raise ValueError(msg)
