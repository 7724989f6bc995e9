"""The one description of a crystal, out of all that its symmetry allows.

The same crystal can be written down in many ways: the origin may sit on another equivalent point, axes may be
exchanged, another point of an orbit may represent it, monoclinic axes may be chosen differently. The operations that
lead from one description to another are the normaliser of the space group. `canonicalise` tries them all and keeps
the smallest result by a fixed order, so that a crystal has exactly one encoding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite
from disgen.symmetry import (
    CELL_DECIMALS,
    COORDINATE_DECIMALS,
    OCCUPANCY_DECIMALS,
    constrain_cells,
    free_coordinates,
    lexicographic,
    site_rows,
    snap,
    wrap,
)
from disgen.wyckoff import LETTERS, frozen, operations, parse_triplet, position_maps, tables, wyckoff_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

_MONOCLINIC = range(3, 16)
_AXES_MAY_CHANGE = range(3, 75)  # monoclinic and orthorhombic: elsewhere the normaliser keeps the cell as it is
# Cell lengths (Å) and angles (degrees) closer than this are a tie, which letters and coordinates decide.
_LENGTH_TIE, _ANGLE_TIE = 2e-3, 2e-2
_MAX_ROUNDS = 6


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


@cache
def normaliser(space_group: int) -> Normaliser:
    """The discrete part of the group's normaliser and its polar directions (PyXtal's table of Wyckoff sets).

    Raises:
        ValueError: if the number is not from 1 to 230.
    """
    rotations, _ = operations(space_group)
    entry = wyckoff_sets()[str(space_group)]
    parsed = [parse_triplet(text) for text in entry["Coset Representative"]]
    linear = np.rint([m for m, _ in parsed]).astype(np.int64)
    shift = np.array([t for _, t in parsed])
    names = [text.split() for text in entry["Transformed WP"]]
    # Entry j of "Transformed WP" is the letter that becomes the first row's letter j.
    letters = np.zeros((len(names), len(names[0]) + 1), dtype=np.int64)
    for k, names_of_k in enumerate(names):
        letters[k, [LETTERS.index(name) + 1 for name in names_of_k]] = [LETTERS.index(name) + 1 for name in names[0]]
    # The origin is free along an axis if every operation leaves that axis as it is.
    polar = tuple(axis for axis in range(3) if np.all(rotations[:, :, axis] == np.eye(3, dtype=int)[axis]))
    if space_group in _MONOCLINIC:
        linear, shift, letters = _with_monoclinic_axes(space_group, linear, shift, polar)

    chiral = not np.any(np.rint(np.linalg.det(rotations)) < 0)
    keep = np.rint(np.linalg.det(linear)) > 0 if chiral else np.ones(len(linear), dtype=bool)
    return Normaliser(frozen(linear[keep]), frozen(shift[keep]), frozen(letters[keep]), polar)


def canonicalise(crystal: WyckoffCrystal) -> WyckoffCrystal:
    """The canonical description of a crystal.

    Of the descriptions x' = P x + q with (P, q) in the normaliser, monoclinic ones are first narrowed down to the
    shortest axes with β ≥ 90°. Then the one is taken whose sorted letters are smallest; of equals the one with the
    smallest contents in that order, then the smallest a, then b, then the smallest coordinates. Along polar
    directions the first site is put at zero. Sites are sorted by letter, content (atomic numbers with occupancies)
    and coordinates; numbers are put on the grid (cell 1e-4, free coordinates 1e-5, occupancies 1e-4). Chirality is
    kept. The canonical form of a canonical crystal is itself.

    Raises:
        ValueError: if a letter is not of the space group.
    """
    if not crystal.sites:
        return replace(crystal, cell=_canonical_cell(crystal.space_group, crystal.cell))
    # Putting the numbers on the grid can tip a near tie between two descriptions; a second round settles it.
    seen: list[WyckoffCrystal] = []
    for _ in range(_MAX_ROUNDS):
        crystal = _canonical_description(crystal)
        if crystal in seen:
            # A tie that the grid tips back and forth: of the descriptions in the cycle, always the same one.
            return min(seen[seen.index(crystal) :], key=repr)
        seen.append(crystal)
    return crystal


def _canonical_description(crystal: WyckoffCrystal) -> WyckoffCrystal:
    group = crystal.space_group
    contents = [_quantised(site.occupancies) for site in crystal.sites]
    rank = _ranks(contents)
    letters = np.array([LETTERS.index(site.letter) + 1 for site in crystal.sites])
    coordinates = np.array([site.coordinates for site in crystal.sites])
    site_rows(crystal)  # refuses letters that the group does not have

    norm = normaliser(group)
    new_letters = norm.letters[:, letters]  # (k, sites)
    order = np.argsort(new_letters * 256 + rank, axis=1, kind="stable")
    # Letters first, then what sits on them.
    sequence = np.concatenate([np.take_along_axis(new_letters, order, axis=1), rank[order]], axis=1)
    cells = _cells_in_new_axes(group, crystal.cell, norm.linear)
    chosen = np.flatnonzero(_reduced(group, cells))
    chosen = chosen[_minimal_rows(sequence[chosen])]
    cells = cells[chosen]
    for axis in (0, 1):
        keep = cells[:, axis] < cells[:, axis].min() + _LENGTH_TIE
        chosen, cells = chosen[keep], cells[keep]

    moved = np.einsum("kij,sj->ksi", norm.linear[chosen], coordinates) + norm.shift[chosen][:, None]
    new_letters = new_letters[chosen]
    rows = tables().first[group] + new_letters - 1
    if norm.polar:
        moved, rows, source = _origins(moved, rows, new_letters * 256 + rank, norm.polar)
        new_letters, cells = new_letters[source], cells[source]
    snapped = snap(rows.ravel(), moved.reshape(-1, 3)).reshape(moved.shape)

    code = new_letters * 256 + rank
    order = np.lexsort((lexicographic(snapped), code), axis=1)
    ordered = lexicographic(np.take_along_axis(snapped, order[:, :, None], axis=1))
    best = int(_minimal_rows(ordered)[0])
    table = tables()
    sites = tuple(
        WyckoffSite(
            letter=LETTERS[new_letters[best, index] - 1],
            multiplicity=int(table.multiplicity[rows[best, index]]),
            coordinates=tuple(snapped[best, index].tolist()),
            occupancies=contents[index],
        )
        for index in order[best]
    )
    return WyckoffCrystal(group, _canonical_cell(group, cells[best]), sites)


def _canonical_cell(group: int, cell: Sequence[float] | np.ndarray) -> tuple[float, float, float, float, float, float]:
    constrained = constrain_cells(np.array([group]), np.array([cell], dtype=float))[0]
    return tuple(np.round(constrained, CELL_DECIMALS).tolist())


def _quantised(occupancies: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    return tuple(
        sorted(
            ((symbol, round(float(occupancy), OCCUPANCY_DECIMALS)) for symbol, occupancy in occupancies),
            key=lambda pair: ATOMIC_NUMBER[pair[0]],
        )
    )


def _ranks(contents: list[tuple[tuple[str, float], ...]]) -> np.ndarray:
    keys = [tuple((ATOMIC_NUMBER[symbol], occupancy) for symbol, occupancy in content) for content in contents]
    ordered = {key: index for index, key in enumerate(sorted(set(keys)))}
    return np.array([ordered[key] for key in keys], dtype=np.int64)


def _origins(
    moved: np.ndarray, rows: np.ndarray, code: np.ndarray, polar: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All shifts along the polar axes that put a point of a first site (smallest code) at zero there.

    Returns:
        Shifted points, their rows, and the index of the description that each came from.
    """
    axes = list(polar)
    shifted, source = [], []
    for description, (points, positions, codes) in enumerate(zip(moved, rows, code, strict=True)):
        for anchor in np.flatnonzero(codes == codes.min()):
            parameters = free_coordinates(positions[anchor : anchor + 1], points[anchor : anchor + 1])[0]
            maps, shifts = position_maps(int(positions[anchor]))
            orbit = wrap(maps @ parameters + shifts)[:, axes]
            grid = 10**COORDINATE_DECIMALS
            _, first = np.unique(np.rint(orbit * grid).astype(np.int64) % grid, axis=0, return_index=True)
            for origin in orbit[np.sort(first)]:
                candidate = points.copy()
                candidate[:, axes] -= origin
                shifted.append(candidate)
                source.append(description)
    index = np.array(source)
    return np.array(shifted), rows[index], index


def _cells_in_new_axes(group: int, cell: Sequence[float], linear: np.ndarray) -> np.ndarray:
    """The cell (k, 6) after each change of axes x' = P x; the metric becomes P⁻ᵀ G P⁻¹."""
    cells = np.tile(np.asarray(cell, dtype=float), (len(linear), 1))
    if group not in _AXES_MAY_CHANGE:
        return cells
    lengths, cosines = cells[0, :3], np.cos(np.radians(cells[0, 3:]))
    metric = np.outer(lengths, lengths) * np.array(
        [[1.0, cosines[2], cosines[1]], [cosines[2], 1.0, cosines[0]], [cosines[1], cosines[0], 1.0]]
    )
    inverse = np.linalg.inv(linear)
    new = np.einsum("kji,jl,klm->kim", inverse, metric, inverse)
    cells[:, :3] = np.sqrt(np.einsum("kii->ki", new))
    beta = np.clip(new[:, 0, 2] / (cells[:, 0] * cells[:, 2]), -1.0, 1.0)
    cells[:, 4] = np.degrees(np.arccos(beta))
    return cells


def _reduced(group: int, cells: np.ndarray) -> np.ndarray:
    """(k,) True for monoclinic cells with the shortest axes and β not acute; always True elsewhere."""
    if group not in _MONOCLINIC:
        return np.ones(len(cells), dtype=bool)
    obtuse = cells[:, 4] > 90.0 - _ANGLE_TIE
    size = np.where(obtuse, cells[:, 0] + cells[:, 2], np.inf)
    return size < size.min() + _LENGTH_TIE


def _with_monoclinic_axes(
    space_group: int, linear: np.ndarray, shift: np.ndarray, polar: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All products of the tabulated operations with changes of the axes a and c that keep the group.

    Returns:
        P (k, 3, 3), q (k, 3), and what letters become, (k, L + 1).
    """
    rotations, translations = operations(space_group)
    group = {_operation_key(r, t) for r, t in zip(rotations, translations, strict=True)}
    steps = [s for s in product((0.0, 0.25, 0.5, 0.75), repeat=3) if not any(s[axis] for axis in polar)]
    found: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}
    one, two = range(-1, 2), range(-2, 3)
    for p, q, r, s, sign in product(one, two, two, one, (-1, 1)):
        if abs(p * s - q * r) != 1:
            continue
        axes = np.array([[p, 0, q], [0, sign, 0], [r, 0, s]])
        inverse = np.rint(np.linalg.inv(axes)).astype(np.int64)
        turned = axes @ rotations @ inverse
        for step in steps:
            origin = np.array(step)
            moved = translations @ axes.T + origin - turned @ origin
            if {_operation_key(a, b) for a, b in zip(turned, moved, strict=True)} != group:
                continue
            for base, base_shift in zip(linear, shift, strict=True):
                full, full_shift = axes @ base, axes @ base_shift + origin
                # Operations that differ by one of the group, or along a polar axis, are the same.
                offsets = rotations @ full_shift + translations
                offsets[:, list(polar)] = 0.0
                key = min(_operation_key(a @ full, b) for a, b in zip(rotations, offsets, strict=True))
                found.setdefault(key, (full, full_shift))
    all_linear = np.array([p for p, _ in found.values()])
    all_shift = np.array([q for _, q in found.values()])
    letters = [_letters_after(space_group, p, q) for p, q in found.values()]
    return all_linear, all_shift, np.array(letters)


def _operation_key(linear: np.ndarray, shift: np.ndarray) -> tuple[int, ...]:
    return (*linear.ravel().tolist(), *(np.rint(shift * 24).astype(int) % 24).tolist())


def _letters_after(space_group: int, linear: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Letter index that each letter index becomes under x' = P x + q: a point of each position is moved and found."""
    table = tables()
    start, stop = table.first[space_group], table.first[space_group + 1]
    result = np.zeros(stop - start + 1, dtype=np.int64)
    generic = np.array([0.1234, 0.2687, 0.3791])
    for position in range(start, stop):
        maps, shifts = position_maps(position)
        point = linear @ (maps[0] @ generic + shifts[0]) + shift
        for candidate in range(start, stop):
            if table.multiplicity[candidate] != table.multiplicity[position]:
                continue
            parameters = free_coordinates(np.array([candidate]), point[None])[0]
            candidate_maps, candidate_shifts = position_maps(candidate)
            gap = candidate_maps @ parameters + candidate_shifts - point
            if np.min(np.abs(gap - np.rint(gap)).max(axis=1)) < 1e-9:  # noqa: PLR2004 (float noise)
                result[position - start + 1] = table.letter[candidate]
                break
    return result


def _minimal_rows(keys: np.ndarray) -> np.ndarray:
    """Indices of the rows of a (k, m) integer array that are lexicographically smallest."""
    alive = np.arange(len(keys))
    for column in keys.T:
        if len(alive) == 1:
            break
        values = column[alive]
        alive = alive[values == values.min()]
    return alive
