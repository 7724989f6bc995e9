"""The operations that map a space group onto itself, and what they do to Wyckoff letters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from disgen.ragged import Ragged
from disgen.symmetry import free_coordinates
from disgen.wyckoff import LETTERS, frozen, operations, orbit_maps, parse_triplet, position_maps, tables, wyckoff_sets

MONOCLINIC = range(3, 16)


@dataclass(frozen=True)
class Normaliser:
    """Operations that map a space group onto itself, modulo the group (x' = P x + q).

    Enantiomorphic operations are left out for groups without improper operations, so that a chiral crystal is never
    turned into its mirror image. For monoclinic groups, whose normaliser is infinite, those with
    a' and c' up to a + 2c and c + 2a are listed.

    Attributes:
        linear: (k, 3, 3) integer matrices P.
        shift: (k, 3) vectors q, fractions of the cell.
        letters: (k, L + 1) letter index that each letter index of the group becomes; column 0 is padding.
        polar: indices of the axes along which the origin is arbitrary.
    """

    linear: np.ndarray
    shift: np.ndarray
    letters: np.ndarray
    polar: tuple[int, ...]


@dataclass(frozen=True)
class Normalisers:
    """The normalisers of the space groups of n crystals, end to end.

    Attributes:
        which: (n,) number of each crystal's normaliser.
        of: operations of each normaliser.
        linear: (k, 3, 3) as in `Normaliser`.
        shift: (k, 3).
        letters: (k, 28), filled up with zeros.
        polar: (normalisers, 3) True for the axes along which the origin is arbitrary.
    """

    which: np.ndarray
    of: Ragged
    linear: np.ndarray
    shift: np.ndarray
    letters: np.ndarray
    polar: np.ndarray

    @classmethod
    def of_groups(cls, groups: np.ndarray) -> Normalisers:
        """The normalisers of crystals with these space groups (n,)."""
        numbers, which = np.unique(groups, return_inverse=True)
        normalisers = [normaliser(number) for number in numbers.tolist()]
        of = Ragged.of_counts(np.array([len(item.linear) for item in normalisers]))
        letters = np.zeros((of.count.sum(), len(LETTERS) + 1), dtype=np.int64)
        polar = np.zeros((len(numbers), 3), dtype=bool)
        for index, (start, item) in enumerate(zip(of.start.tolist(), normalisers, strict=True)):
            letters[start : start + len(item.letters), : item.letters.shape[1]] = item.letters
            polar[index, list(item.polar)] = True
        linear = np.concatenate([item.linear for item in normalisers])
        return cls(which, of, linear, np.concatenate([item.shift for item in normalisers]), letters, polar)


@cache
def normaliser(space_group: int) -> Normaliser:
    """The discrete part of the group's normaliser and its polar directions (PyXtal's table of Wyckoff sets).

    Raises:
        DisgenError: if the number is not from 1 to 230.
    """
    rotations, _ = operations(space_group)
    entry = wyckoff_sets()[str(space_group)]
    parsed = [parse_triplet(text) for text in entry["Coset Representative"]]
    linear = np.rint([m for m, _ in parsed]).astype(np.int64)
    shift = np.array([t for _, t in parsed])
    # The origin is free along an axis if every operation leaves that axis as it is.
    polar = tuple(axis for axis in range(3) if np.all(rotations[:, :, axis] == np.eye(3, dtype=int)[axis]))
    if space_group in MONOCLINIC:
        linear, shift = _with_monoclinic_axes(space_group, linear, shift, polar)
        letters = _letters_after(space_group, linear, shift)
    else:
        names = [[LETTERS.index(name) + 1 for name in text.split()] for text in entry["Transformed WP"]]
        # Entry j of "Transformed WP" is the letter that becomes the first row's letter j.
        letters = np.zeros((len(names), len(names[0]) + 1), dtype=np.int64)
        for row, names_of_row in zip(letters, names, strict=True):
            row[names_of_row] = names[0]

    chiral = not np.any(np.rint(np.linalg.det(rotations)) < 0)
    keep = np.rint(np.linalg.det(linear)) > 0 if chiral else np.ones(len(linear), dtype=bool)
    return Normaliser(frozen(linear[keep]), frozen(shift[keep]), frozen(letters[keep]), polar)


def _with_monoclinic_axes(
    space_group: int, linear: np.ndarray, shift: np.ndarray, polar: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """All products of the tabulated operations with changes of the axes a and c that keep the group.

    Returns:
        P (k, 3, 3) and q (k, 3).
    """
    rotations, translations = operations(space_group)
    one, two = range(-1, 2), range(-2, 3)
    p, q, r, s, sign = np.array(list(product(one, two, two, one, (-1, 1)))).T
    zero = np.zeros_like(p)
    axes = np.stack([p, zero, q, zero, sign, zero, r, zero, s], axis=1).reshape(-1, 3, 3)
    axes = axes[np.abs(p * s - q * r) == 1]
    steps = np.array([t for t in product((0.0, 0.25, 0.5, 0.75), repeat=3) if not any(t[axis] for axis in polar)])

    # Each change of axes (A) with each change of origin (S) makes m operations of the group's m.
    inverse = np.rint(np.linalg.inv(axes)).astype(np.int64)
    turned = axes[:, None] @ rotations @ inverse[:, None]  # (A, m, 3, 3)
    moved = (translations @ axes.transpose(0, 2, 1))[:, None] + steps[:, None]  # (A, S, m, 3)
    moved = moved - np.einsum("amij,sj->asmi", turned, steps)
    codes = np.sort(_codes(turned[:, None], moved), axis=2)
    changes, origins = np.nonzero(np.all(codes == np.sort(_codes(rotations, translations)), axis=2))

    full = axes[changes][:, None] @ linear
    full_shift = shift @ axes[changes].transpose(0, 2, 1) + steps[origins][:, None]
    full, full_shift = full.reshape(-1, 3, 3), full_shift.reshape(-1, 3)
    # Operations that differ by one of the group, or along a polar axis, are the same.
    offsets = np.einsum("mij,kj->kmi", rotations, full_shift) + translations
    offsets[:, :, list(polar)] = 0.0
    same = _codes(rotations @ full[:, None], offsets).min(axis=1)
    once = np.sort(np.unique(same, return_index=True)[1])
    return full[once], full_shift[once]


def _codes(linear: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Operations (…, 3, 3), (…, 3) as integers, the same for translations that differ by the lattice.

    Matrix entries are -8 to 7, translations multiples of 1/24.
    """
    digits = (linear + 8).reshape(*linear.shape[:-2], 9) @ 16 ** np.arange(9)
    result: np.ndarray = digits * 24**3 + np.rint(shift * 24).astype(np.int64) % 24 @ 24 ** np.arange(3)
    return result


def _letters_after(space_group: int, linear: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Letter index that each letter index becomes under x' = P x + q, (k, L + 1): a point of each is moved and found.

    Args:
        space_group: 1 to 230.
        linear: (k, 3, 3) P.
        shift: (k, 3) q.
    """
    table, maps = tables(), orbit_maps()
    rows = np.arange(table.first[space_group], table.first[space_group + 1])
    generic = np.array([0.1234, 0.2687, 0.3791])
    points = maps.linear[maps.start[rows]] @ generic + maps.shift[maps.start[rows]]  # (L, 3)
    moved = points @ linear.transpose(0, 2, 1) + shift[:, None]  # (k, L, 3)
    result = np.zeros((len(linear), len(rows) + 1), dtype=np.int64)
    for row in rows:
        parameters = free_coordinates(np.full(moved[:, :, 0].size, row), moved.reshape(-1, 3))
        orbit_linear, orbit_shift = position_maps(int(row))
        gap = np.einsum("mij,nj->nmi", orbit_linear, parameters) + orbit_shift - moved.reshape(-1, 1, 3)
        there = np.abs(gap - np.rint(gap)).max(axis=2).min(axis=1) < 1e-9  # noqa: PLR2004 (float noise)
        there = there.reshape(result[:, 1:].shape) & (table.multiplicity[rows] == table.multiplicity[row])
        result[:, 1:][there & (result[:, 1:] == 0)] = table.letter[row]
    return result
