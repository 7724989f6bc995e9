"""The cell of a CIF block: its six numbers, those that symmetry supplies, and cells that no crystal has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason
from disgen.cif.values import number
from disgen.crystal import lattice_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LENGTH_RANGE = (0.5, 500.0)  # Å
_ANGLE_RANGE = (5.0, 175.0)  # degrees
# Cells whose shortest lattice vector is s Å, below `_SHORTEST`, or whose third one is longer than `_NEEDLE` s³ Å⁻²:
# no crystal has them, and symmetry searches may never return from them. The longest known polytypes come to 3.4.
_SHORTEST, _NEEDLE = 1.2, 5.0
_TAGS = ("_length_a", "_length_b", "_length_c", "_angle_alpha", "_angle_beta", "_angle_gamma")
_EQUAL_LENGTHS = {"cubic": (0, 0, 0), "tetragonal": (0, 0, 2), "trigonal": (0, 0, 2), "hexagonal": (0, 0, 2)}
_ANGLES = {"trigonal": (90.0, 90.0, 120.0), "hexagonal": (90.0, 90.0, 120.0)}
_DEFAULT_ANGLES = (90.0, 90.0, 90.0)  # of the core dictionary, for an angle that is not given


def has_cell(block: gemmi.cif.Block) -> bool:
    """True if a block gives at least the first cell length as a number."""
    text = block.find_value("_cell_length_a")
    return bool(text) and math.isfinite(number(text))


def read_cell(block: gemmi.cif.Block, system: Callable[[], str]) -> tuple[tuple[float, ...], tuple[Doubt, ...]]:
    """a, b, c in Å and α, β, γ in degrees, and a doubt if some had to be supplied.

    Args:
        block: a data block.
        system: gives the crystal system that the file states, lower case, or empty; it supplies what is missing.

    Raises:
        CifError: if a number is missing or no crystal has such a cell.
    """
    values = [number(text) if (text := block.find_value("_cell" + tag)) else math.nan for tag in _TAGS]
    missing = [tag for tag, value in zip(_TAGS, values, strict=True) if math.isnan(value)]
    if missing:
        values = _completed(values, system())
    for tag, value in zip(_TAGS, values, strict=True):
        if math.isnan(value):
            raise CifError(CifReason.BAD_CELL, f"The CIF gives no number for _cell{tag}: add it.")
        low, high = _LENGTH_RANGE if "length" in tag else _ANGLE_RANGE
        if not low <= value <= high:
            unit = "Å" if "length" in tag else "degrees"
            sentence = f"_cell{tag} is {value:g} {unit}, outside {low:g} to {high:g}: check the cell."
            raise CifError(CifReason.BAD_CELL, sentence)
    require_sound_cell(values)
    if not missing:
        return tuple(values), ()
    cell = ", ".join(f"{value:g}" for value in values)
    names = ", ".join(f"_cell{tag}" for tag in missing)
    sentence = f"The file gives no number for {names}; the cell was taken as {cell} (Å, degrees)."
    return tuple(values), (Doubt(DoubtKind.CELL, sentence),)


def require_sound_cell(cell: Sequence[float]) -> None:
    """Refuse a cell (Å, degrees) that no crystal has, and that a symmetry search might not return from.

    Raises:
        CifError: if its angles contradict each other, or it is too flat or thin.
    """
    try:
        lattice_vectors(np.array(cell))
    except ValueError as error:
        angles = ", ".join(f"{value:g}" for value in cell[3:])
        sentence = f"The cell angles {angles} degrees do not form a cell: check them."
        raise CifError(CifReason.BAD_CELL, sentence) from error
    reduced = gemmi.GruberVector(gemmi.UnitCell(*cell), "P")
    reduced.niggli_reduce(iteration_limit=1000)
    lengths = reduced.cell_parameters()[:3]
    if min(lengths) < _SHORTEST or max(lengths) > _NEEDLE * min(lengths) ** 3:
        sentence = f"The cell is too flat or thin for a crystal (shortest period {min(lengths):.2g} Å): check the cell."
        raise CifError(CifReason.BAD_CELL, sentence)


def misfit(cell: Sequence[float], rotations: np.ndarray) -> float:
    """How far a cell is from the symmetry of some operations: relative to the metric, 0 if it fits.

    Args:
        cell: a, b, c in Å and α, β, γ in degrees.
        rotations: (m, 3, 3) rotation parts, which act on fractional coordinates.
    """
    cos_alpha, cos_beta, cos_gamma = (math.cos(math.radians(angle)) for angle in cell[3:])
    cosines = np.array([[1.0, cos_gamma, cos_beta], [cos_gamma, 1.0, cos_alpha], [cos_beta, cos_alpha, 1.0]])
    scale = np.outer(cell[:3], cell[:3])
    metric = scale * cosines
    return float(np.max(np.abs(rotations.transpose(0, 2, 1) @ metric @ rotations - metric) / scale))


def _completed(values: list[float], system: str) -> list[float]:
    """The six numbers with those that the crystal system implies; NaN stays where it implies none."""
    oblique = any(math.isfinite(value) and value != _DEFAULT_ANGLES[0] for value in values[3:])
    if system in {"", "triclinic"} or (system == "monoclinic" and not oblique):
        return values
    equal = _EQUAL_LENGTHS.get(system, (0, 1, 2))
    lengths = [values[equal[k]] if math.isnan(value) else value for k, value in enumerate(values[:3])]
    if system == "trigonal" and math.isfinite(values[3]) and values[3] != _DEFAULT_ANGLES[0]:  # rhombohedral axes
        lengths = [values[0] if math.isnan(value) else value for value in values[:3]]
        angles = [values[3] if math.isnan(value) else value for value in values[3:]]
        return lengths + angles
    implied = _ANGLES.get(system, _DEFAULT_ANGLES)
    return lengths + [implied[k] if math.isnan(value) else value for k, value in enumerate(values[3:])]
