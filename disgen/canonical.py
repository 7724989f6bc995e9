"""The one description of a crystal, out of all that its symmetry allows.

The same crystal can be written down in many ways: the origin may sit on another equivalent point, axes may be
exchanged, another point of an orbit may represent it, monoclinic axes may be chosen differently. The operations that
lead from one description to another are the normaliser of the space group. `canonicalise` tries them all and keeps
the smallest result by a fixed order, so that a crystal has exactly one encoding.

Many crystals are worked on at once: every description of every crystal is a row of the same arrays, rows of one crystal
next to each other, and each step of the comparison leaves fewer rows.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite
from disgen.errors import DisgenError
from disgen.niggli import in_reduced_cell
from disgen.normaliser import MONOCLINIC, Normaliser, Normalisers, normaliser
from disgen.ragged import Ragged, first_of_each, lexicographic_minima, smallest
from disgen.symmetry import (
    CELL_DECIMALS,
    COORDINATE_DECIMALS,
    OCCUPANCY_DECIMALS,
    constrain_cells,
    free_coordinates,
    lexicographic,
    snap,
    wrap,
)
from disgen.wyckoff import LETTERS, SPACE_GROUPS, orbit_maps, row, tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Cell = tuple[float, float, float, float, float, float]
    Content = tuple[tuple[str, float], ...]

__all__ = ["Normaliser", "canonicalise", "canonicalise_many", "normaliser"]

_LETTER_INDEX = {letter: index for index, letter in enumerate(LETTERS, start=1)}
_AXES_MAY_CHANGE = (3, 74)  # monoclinic and orthorhombic: elsewhere the normaliser keeps the cell as it is
# Cell lengths (Å) and angles (degrees) closer than this are a tie, which letters and coordinates decide.
_LENGTH_TIE, _ANGLE_TIE = 2e-3, 2e-2
_MAX_ROUNDS = 6
_CHUNK = 1024  # crystals worked on at once


def canonicalise(crystal: WyckoffCrystal) -> WyckoffCrystal:
    """The canonical description of a crystal.

    A triclinic crystal is put into its Niggli cell. Of the descriptions x' = P x + q with (P, q) in the normaliser,
    monoclinic ones are first narrowed down to the shortest axes with β ≥ 90°. Then the one is taken whose sorted
    letters are smallest; of equals the one with the smallest contents in that order, then the smallest a, then b, then
    the smallest coordinates. Along polar directions the first site is put at zero. Sites are sorted by letter, content
    (atomic numbers with occupancies) and coordinates; numbers are put on the grid (cell 1e-4, free coordinates 1e-5,
    occupancies 1e-4). Chirality is kept. The canonical form of a canonical crystal is itself.

    Raises:
        DisgenError: if a letter is not of the space group, a number is not finite, or a cell impossible.
    """
    return canonicalise_many([crystal])[0]


def canonicalise_many(crystals: Sequence[WyckoffCrystal]) -> list[WyckoffCrystal]:
    """The canonical descriptions of crystals, in their order; the same as `canonicalise` of each, but faster.

    Raises:
        ValueError: as for `canonicalise`.
    """
    result = list(crystals)
    seen: list[list[WyckoffCrystal]] = [[] for _ in result]
    open_cases = list(range(len(result)))
    # Putting the numbers on the grid can tip a near tie between two descriptions; a second round settles it.
    for _ in range(_MAX_ROUNDS):
        unsettled = []
        for case, description in zip(
            open_cases, _descriptions([in_reduced_cell(result[case]) for case in open_cases]), strict=True
        ):
            unchanged, result[case] = description == result[case], description
            if description in seen[case]:
                # A tie that the grid tips back and forth: of the descriptions in the cycle, always the same one.
                result[case] = min(seen[case][seen[case].index(description) :], key=repr)
            elif not unchanged:
                seen[case].append(description)
                unsettled.append(case)
        open_cases = unsettled
    return result


def _descriptions(crystals: Sequence[WyckoffCrystal]) -> list[WyckoffCrystal]:
    """The smallest description of each crystal; crystals with as many sites share arrays."""
    result = list(crystals)
    by_size: dict[int, list[int]] = {}
    for index, crystal in enumerate(crystals):
        by_size.setdefault(len(crystal.sites), []).append(index)
    for size, indices in by_size.items():
        for start in range(0, len(indices), _CHUNK):
            chosen = indices[start : start + _CHUNK]
            alike = [crystals[index] for index in chosen]
            for index, description in zip(chosen, _described(alike) if size else _without_sites(alike), strict=True):
                result[index] = description
    return result


def _without_sites(crystals: Sequence[WyckoffCrystal]) -> Iterator[WyckoffCrystal]:
    groups = np.array([crystal.space_group for crystal in crystals])
    cells = _canonical_cells(groups, np.array([crystal.cell for crystal in crystals], dtype=float))
    return (replace(crystal, cell=cell) for crystal, cell in zip(crystals, cells, strict=True))


def _described(crystals: Sequence[WyckoffCrystal]) -> list[WyckoffCrystal]:
    """As `_descriptions`, of crystals with the same number of sites, at least one."""
    groups, letters = _groups_and_letters(crystals)
    cells = np.array([crystal.cell for crystal in crystals], dtype=float)  # (n, 6)
    coordinates = np.array([[site.coordinates for site in crystal.sites] for crystal in crystals], dtype=float)
    contents, rank = _contents(crystals)
    ranks = int(rank.max()) + 1

    # A row for each crystal (its owner) and operation of its normaliser; those with the best letters and axes stay.
    operations = Normalisers.of_groups(groups)
    owner, operation = operations.of.entries(operations.which)
    cells = _cells_in_new_axes(groups[owner], cells[owner], operations.linear, operation)
    code = operations.letters[operation[:, None], letters[owner]] * ranks + rank[owner]
    if not (np.isfinite(cells).all() and np.isfinite(coordinates).all()):
        msg = "A coordinate is not a finite number, or the cell parameters form no cell: correct them."
        raise DisgenError(msg)
    best = _best_letters_and_axes(groups[owner], np.sort(code, axis=1), ranks, cells, owner)
    owner, operation, cells, code = owner[best], operation[best], cells[best], code[best]

    # Of these the smallest coordinates, from every origin that polar directions allow.
    rows = tables().first[groups[owner]][:, None] + code // ranks - 1
    points = np.einsum("rij,rsj->rsi", operations.linear[operation], coordinates[owner])
    points += operations.shift[operation][:, None]
    polar = operations.polar[operations.which[owner]]
    if polar.any():
        source, points = _from_all_origins(points, rows, code, polar)
        owner, rows, cells, code = owner[source], rows[source], cells[source], code[source]
    points = snap(rows.ravel(), points.reshape(-1, 3)).reshape(points.shape)
    places = lexicographic(points)
    order = np.lexsort((places, code), axis=1)
    best = lexicographic_minima(np.take_along_axis(places, order, axis=1), owner)
    best = best[first_of_each(owner[best])]

    order = order[best]
    chosen = best[:, None], order
    columns = (code[chosen] // ranks - 1, tables().multiplicity[rows[chosen]], points[chosen], order)
    return [
        WyckoffCrystal(
            crystal.space_group,
            cell,
            tuple(
                WyckoffSite(LETTERS[letter], multiplicity, tuple(point), content[index])
                for letter, multiplicity, point, index in zip(*sites, strict=True)
            ),
        )
        for crystal, cell, content, *sites in zip(
            crystals,
            _canonical_cells(groups, cells[best]),
            contents,
            *(column.tolist() for column in columns),
            strict=True,
        )
    ]


def _groups_and_letters(crystals: Sequence[WyckoffCrystal]) -> tuple[np.ndarray, np.ndarray]:
    """Space groups (n,) and letter indices (n, sites); refuses letters that the group does not have."""
    groups = np.array([crystal.space_group for crystal in crystals])
    letters = np.array([[_LETTER_INDEX.get(site.letter, 0) for site in crystal.sites] for crystal in crystals])
    known = (groups > 0) & (groups <= SPACE_GROUPS)
    legal = tables().multiplicity_of[np.where(known, groups, 0)[:, None], letters] > 0
    for crystal, site in np.argwhere(~legal).tolist():
        row(crystals[crystal].space_group, crystals[crystal].sites[site].letter)  # raises its sentence
    return groups, letters


def _contents(crystals: Sequence[WyckoffCrystal]) -> tuple[list[list[Content]], np.ndarray]:
    """What sits on each site, on the grid, and its place (n, sites) among the sorted contents of all crystals."""
    cleaned = {content: _quantised(content) for content in {site.occupancies for c in crystals for site in c.sites}}
    ordered = sorted(set(cleaned.values()), key=lambda pairs: [(ATOMIC_NUMBER[symbol], x) for symbol, x in pairs])
    rank = {content: index for index, content in enumerate(ordered)}
    contents = [[cleaned[site.occupancies] for site in crystal.sites] for crystal in crystals]
    return contents, np.array([[rank[content] for content in of_crystal] for of_crystal in contents])


def _quantised(occupancies: Content) -> Content:
    return tuple(
        sorted(
            ((symbol, round(float(occupancy), OCCUPANCY_DECIMALS)) for symbol, occupancy in occupancies),
            key=lambda pair: ATOMIC_NUMBER[pair[0]],
        )
    )


def _canonical_cells(groups: np.ndarray, cells: np.ndarray) -> Iterator[Cell]:
    constrained = np.round(constrain_cells(groups, cells), CELL_DECIMALS)
    return (tuple(cell) for cell in constrained.tolist())


def _best_letters_and_axes(
    groups: np.ndarray, code: np.ndarray, ranks: int, cells: np.ndarray, owner: np.ndarray
) -> np.ndarray:
    """Indices of each owner's rows with the smallest letters, then contents, then a, then b.

    Args:
        groups: (rows,) space groups.
        code: (rows, sites) letter index times `ranks` plus rank of the content, sorted along the sites.
        ranks: number of different contents.
        cells: (rows, 6) in Å and degrees.
        owner: (rows,) in rising order.
    """
    best = np.flatnonzero(_reduced(groups, cells, owner))
    letters, contents = np.divmod(code[best], ranks)
    keys = np.concatenate([_packed(letters, len(LETTERS) + 1), _packed(contents, ranks)], axis=1)
    best = best[lexicographic_minima(keys, owner[best])]
    for length in cells[:, :2].T:
        best = best[length[best] < smallest(length[best], owner[best]) + _LENGTH_TIE]
    result: np.ndarray = best
    return result


def _packed(digits: np.ndarray, base: int) -> np.ndarray:
    """Rows of digits (rows, m) below `base` as rows of fewer, larger numbers of the same order."""
    length = int(62 / math.log2(max(base, 2)))
    blocks = (digits[:, start : start + length] for start in range(0, digits.shape[1], length))
    return np.stack([block @ base ** np.arange(block.shape[1])[::-1] for block in blocks], axis=1)


def _from_all_origins(
    points: np.ndarray, rows: np.ndarray, code: np.ndarray, polar: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """All shifts along the polar axes that put a point of a first site (smallest code) at zero there.

    Args:
        points: (descriptions, sites, 3) fractional coordinates.
        rows: (descriptions, sites) rows of the Wyckoff tables.
        code: (descriptions, sites) what decides which site comes first.
        polar: (descriptions, 3) True for polar axes; descriptions without any stay as they are.

    Returns:
        The description that each shifted one comes from, in rising order, and its points (shifted, sites, 3).
    """
    maps = orbit_maps()
    fixed = np.logical_not(polar.any(axis=1))
    description, site = np.nonzero((code == code.min(axis=1, keepdims=True)) & ~fixed[:, None])
    anchor_rows = rows[description, site]
    parameters = free_coordinates(anchor_rows, points[description, site])
    anchor, point = Ragged(maps.start[:-1], tables().multiplicity).entries(anchor_rows)
    orbit = wrap(np.einsum("pij,pj->pi", maps.linear[point], parameters[anchor]) + maps.shift[point])
    origins = np.where(polar[description[anchor]], orbit, 0.0)
    _, place = np.unique(lexicographic(wrap(np.round(origins, COORDINATE_DECIMALS))), return_inverse=True)
    once = np.sort(np.unique(anchor * len(place) + place, return_index=True)[1])

    source = np.concatenate([np.flatnonzero(fixed), description[anchor[once]]])
    shift = np.concatenate([np.zeros((np.count_nonzero(fixed), 3)), origins[once]])
    order = np.argsort(source, kind="stable")
    return source[order], points[source[order]] - shift[order, None]


def _cells_in_new_axes(groups: np.ndarray, cells: np.ndarray, linear: np.ndarray, operation: np.ndarray) -> np.ndarray:
    """Cells (rows, 6) after changes of axes x' = P x, P = linear[operation]; the metric becomes P⁻ᵀ G P⁻¹."""
    result = cells.copy()
    changed = (groups >= _AXES_MAY_CHANGE[0]) & (groups <= _AXES_MAY_CHANGE[1])
    if not changed.any():
        return result
    lengths, cosines = cells[changed, :3], np.cos(np.radians(cells[changed, 3:]))
    one = np.ones(len(lengths))
    alpha, beta, gamma = cosines.T
    angles = np.stack([one, gamma, beta, gamma, one, alpha, beta, alpha, one], axis=1).reshape(-1, 3, 3)
    metric = lengths[:, :, None] * lengths[:, None, :] * angles
    inverse = np.linalg.inv(linear)[operation[changed]]
    new = np.einsum("rji,rjl,rlm->rim", inverse, metric, inverse)
    with np.errstate(invalid="ignore", divide="ignore"):  # of an impossible cell
        new_lengths = np.sqrt(np.einsum("rii->ri", new))
        cosine = np.clip(new[:, 0, 2] / (new_lengths[:, 0] * new_lengths[:, 2]), -1.0, 1.0)
    result[changed, :3] = new_lengths
    result[changed, 4] = np.degrees(np.arccos(cosine))
    return result


def _reduced(groups: np.ndarray, cells: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(rows,) True for monoclinic cells with the shortest axes and β not acute; always True elsewhere."""
    monoclinic = (groups >= MONOCLINIC[0]) & (groups <= MONOCLINIC[-1])
    if not monoclinic.any():
        return ~monoclinic
    obtuse = cells[:, 4] > 90.0 - _ANGLE_TIE
    size = np.where(monoclinic, np.where(obtuse, cells[:, 0] + cells[:, 2], np.inf), 0.0)
    return size < smallest(size, owner) + _LENGTH_TIE
