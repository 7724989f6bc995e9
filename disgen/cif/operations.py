"""The symmetry operations that a CIF states."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from disgen.cif.errors import CifError, CifReason
from disgen.wyckoff import parse_triplet

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_OPERATIONS = 1_000
_OPERATION_TAGS = (
    "_space_group_symop_operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop.operation_xyz",
)
_NAME_TAGS = (
    "_space_group_name_Hall",
    "_symmetry_space_group_name_Hall",
    "_space_group_name_H-M_alt",
    "_symmetry_space_group_name_H-M",
)
_NUMBER_TAGS = ("_space_group_IT_number", "_symmetry_Int_Tables_number")
# Translations of the 230 groups in their usual settings are multiples of 1/24; odd fractions that come this near, such
# as 447/893, mean one, and so do decimals (0.333) up to their last digit. Others (a supercell's 1/5, an origin that was
# moved) are kept as they are.
_TRANSLATION_GRID, _TRANSLATION_TOLERANCE = 24, 1e-3
_DECIMALS = re.compile(r"\.(\d+)")


def read_operations(block: gemmi.cif.Block, cell: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """The operations that a block lists, or else those of the space group that it names.

    Args:
        block: a data block.
        cell: a, b, c in Å and α, β, γ in degrees; they tell rhombohedral from hexagonal axes where a name does not.

    Returns:
        Rotations (m, 3, 3) int and translations (m, 3).

    Raises:
        CifError: if there are none, too many, or one cannot be read.
    """
    for tag in _OPERATION_TAGS:
        triplets = [gemmi.cif.as_string(text) for text in block.find_values(tag) if not gemmi.cif.is_null(text)]
        if len(triplets) > MAX_OPERATIONS:
            sentence = f"The CIF lists {len(triplets)} symmetry operations, more than {MAX_OPERATIONS}: check them."
            raise CifError(CifReason.TOO_LARGE, sentence)
        if triplets:
            parsed = [_operation(triplet) for triplet in triplets]
            return np.array([r for r, _ in parsed]), np.array([t for _, t in parsed])
    for tag in _NAME_TAGS + _NUMBER_TAGS:
        text = block.find_value(tag)
        group = _named_operations(tag, gemmi.cif.as_string(text).strip() if text else "", cell[3], cell[5])
        if group is not None:
            parsed = [_operation(operation.triplet()) for operation in group]
            return np.array([r for r, _ in parsed]), np.array([t for _, t in parsed])
    raise CifError(
        CifReason.NO_SYMMETRY, "The CIF states no symmetry operations and no known space group: add one of them."
    )


def _named_operations(tag: str, name: str, alpha: float, gamma: float) -> gemmi.GroupOps | None:
    """Operations of the space group that a name or number stands for, or None if it stands for none."""
    if name in {"", "?", "."}:
        return None
    if "Hall" in tag:
        try:
            group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(name))
        except (ValueError, RuntimeError):  # not a Hall symbol
            return None
        return group.operations() if group is not None else None
    if tag in _NUMBER_TAGS:
        known = re.fullmatch(r"[0-9]{1,3}", name) and gemmi.find_spacegroup_by_number(int(name))
        name = known.hm if known else ""
    group = gemmi.find_spacegroup_by_name(name, alpha, gamma)
    return group.operations() if group is not None else None


@lru_cache(maxsize=20_000)
def _operation(triplet: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        linear, shift = parse_triplet(triplet)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        sentence = f"The symmetry operation {triplet[:60]!r} cannot be read: write it like '-x, y+1/2, -z'."
        raise CifError(CifReason.UNREADABLE, sentence) from error
    rotation = np.rint(np.clip(linear, -99, 99)).astype(np.int64)
    # Lattices have rotations and rotoinversions of the orders 1, 2, 3, 4 and 6 only.
    whole = np.all(np.abs(linear - rotation) < 1e-6)  # noqa: PLR2004 (decimals)
    if not whole or np.any(np.linalg.matrix_power(rotation, 12) != np.eye(3)):
        raise CifError(CifReason.UNREADABLE, f"{triplet[:60]!r} is not a symmetry operation: correct it.")
    nearest = np.rint(shift * _TRANSLATION_GRID) / _TRANSLATION_GRID
    digits = [min(map(len, _DECIMALS.findall(part)), default=0) for part in triplet.split(",")]
    tolerance = np.minimum(_TRANSLATION_TOLERANCE, [10.0**-d if d else 1.0 for d in digits])
    return rotation, np.where(np.abs(shift - nearest) < tolerance, nearest, shift)
