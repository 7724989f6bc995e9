"""Symmetry operations as a CIF lists them: their spelling, and whether they form a group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from disgen.cif.errors import CifError, CifReason
from disgen.wyckoff import parse_triplet

if TYPE_CHECKING:
    from collections.abc import Sequence

    Pair = tuple[np.ndarray, np.ndarray]  # rotation and translation

MAX_OPERATIONS = 1_000
MAX_TRANSLATIONS = 64  # of one rotation: those of sixteen cells that are centred on all faces
_LONGEST_TRIPLET = 200  # characters
_TAGS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz_")
# Translations of the 230 groups in their usual settings are multiples of 1/24; odd fractions that come this near, such
# as 447/893, mean one, and so do decimals (0.333) up to their last digit. Others (a supercell's 1/5, an origin that was
# moved) are kept as they are.
_TRANSLATION_GRID, _TRANSLATION_TOLERANCE = 24, 1e-3
_SAME = 2e-3  # of translations
_DECIMALS = re.compile(r"\.(\d+)")
_NUMBERED = re.compile(r"^\s*(?:\d+\s+|\(\d+\)\s*|\d+[):]\s*)(?=[-+xyz\d.])", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Operations:
    """Symmetry operations x' = R x + t of fractional coordinates.

    Attributes:
        rotations: (m, 3, 3) integer R.
        translations: (m, 3) t.
    """

    rotations: np.ndarray
    translations: np.ndarray

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rotations)


def listed_triplets(block: gemmi.cif.Block) -> tuple[str, ...]:
    """The operations that a block lists, as text, none if it lists none.

    Raises:
        CifError: if there are too many.
    """
    for tag in _TAGS:
        triplets = [gemmi.cif.as_string(text) for text in block.find_values(tag) if not gemmi.cif.is_null(text)]
        if len(triplets) > MAX_OPERATIONS:
            sentence = f"The CIF lists {len(triplets)} symmetry operations, more than {MAX_OPERATIONS}: check them."
            raise CifError(CifReason.TOO_LARGE, sentence)
        if triplets:
            return tuple(dict.fromkeys(triplets))
    return ()


@lru_cache(maxsize=1_000)
def operations_of(triplets: tuple[str, ...]) -> Operations:
    """Operations from their triplets.

    Raises:
        CifError: if one cannot be read.
    """
    parsed = [operation(triplet) for triplet in triplets]
    found = Operations(np.array([r for r, _ in parsed]), np.array([t for _, t in parsed]))
    most = int(np.unique(_codes(found.rotations), return_counts=True)[1].max())
    if most > MAX_TRANSLATIONS:
        sentence = f"The CIF lists {most} translations of one symmetry operation, more than {MAX_TRANSLATIONS}."
        raise CifError(CifReason.TOO_LARGE, f"{sentence[:-1]}: give a smaller cell.")
    return found


@lru_cache(maxsize=1_000)
def completed(triplets: tuple[str, ...]) -> Operations | None:
    """The group that operations generate, with them first; None if it is no group of a crystal in this cell."""
    found = operations_of(triplets)
    listed = list(zip(found.rotations, found.translations, strict=True))
    generators: list[Pair] = []
    group = _generated(generators) or {}
    for one in listed:  # few of them are not made by those before
        if _key(*one) in group:
            continue
        generators.append(one)
        larger = _generated(generators)
        if larger is None:
            return None
        group = larger
    first = {_key(*one): one for one in listed}
    whole = [*listed, *(one for key, one in group.items() if key not in first)]
    return Operations(np.array([r for r, _ in whole]), np.array([t for _, t in whole]))


def _generated(generators: Sequence[Pair]) -> dict[tuple[int, ...], Pair] | None:
    """The group of some operations by `_key`, the identity first; None if it is no group of a crystal in this cell."""
    identity = (np.eye(3, dtype=np.int64), np.zeros(3))
    known = {_key(*identity): identity}
    reached = [identity]
    for rotation, translation in reached:  # which grows
        for other, shift in generators:
            product = rotation @ other, rotation @ shift + translation
            if (key := _key(*product)) not in known:
                if len(known) >= MAX_OPERATIONS or np.any(np.linalg.matrix_power(product[0], 12) != np.eye(3)):
                    return None
                known[key] = product
                reached.append(product)
    return known


@lru_cache(maxsize=1_000)
def is_group(triplets: tuple[str, ...]) -> bool:
    """True if no product of two operations is missing; one whose translations have rounding errors still counts."""
    found = operations_of(triplets)
    rotations, translations = found.rotations, found.translations
    codes = _codes(rotations)
    products = np.einsum("aij,bjk->abik", rotations, rotations).reshape(-1, 3, 3)
    shifts = (np.einsum("aij,bj->abi", rotations, translations) + translations[:, None]).reshape(-1, 3)
    product_codes = _codes(products)
    for code in np.unique(codes):
        there, here = translations[codes == code], shifts[product_codes == code]
        gap = here[:, None] - there[None]
        if not np.all(np.any(np.abs(gap - np.rint(gap)).max(axis=2) < _SAME, axis=1)):
            return False
    return bool(np.all(np.isin(product_codes, codes)))


def lattice_of(operations: Operations) -> np.ndarray:
    """The pure translations among operations, (k, 3)."""
    return operations.translations[np.all(operations.rotations == np.eye(3), axis=(1, 2))]


def generated_lattice(triplets: tuple[str, ...]) -> Operations:
    """The pure translations among operations and what they generate."""
    pure = tuple(text for text in triplets if np.array_equal(operation(text)[0], np.eye(3)))
    return completed(pure or ("x,y,z",)) or operations_of(pure)


def is_part_of(part: Operations, whole: Operations) -> bool:
    """True if every operation of one set is in the other."""
    return keys_of(part) <= keys_of(whole)


def keys_of(operations: Operations) -> frozenset[tuple[int, ...]]:
    """What tells operations apart: rotations, and translations in steps of 1/240."""
    pairs = zip(operations.rotations, operations.translations, strict=True)
    return frozenset(_key(rotation, translation) for rotation, translation in pairs)


def _key(rotation: np.ndarray, translation: np.ndarray) -> tuple[int, ...]:
    steps = np.rint(translation * 10 * _TRANSLATION_GRID).astype(int) % (10 * _TRANSLATION_GRID)
    return (*rotation.ravel().tolist(), *steps.tolist())


def _codes(rotations: np.ndarray) -> np.ndarray:
    """One number for each rotation."""
    return rotations.reshape(-1, 9) @ (7 ** np.arange(9))


@lru_cache(maxsize=20_000)
def operation(triplet: str) -> tuple[np.ndarray, np.ndarray]:
    """Rotation and translation of one triplet, with or without a number before it.

    Raises:
        CifError: if it cannot be read, or is not a symmetry operation of a lattice.
    """
    if len(triplet) > _LONGEST_TRIPLET:
        sentence = f"The symmetry operation {triplet[:40]!r} … has {len(triplet)} characters"
        raise CifError(CifReason.UNREADABLE, f"{sentence}: write it like '-x, y+1/2, -z'.")
    try:
        linear, shift = parse_triplet(_NUMBERED.sub("", triplet))
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
