"""Tables of the 230 space groups: Wyckoff positions and symmetry operations, as arrays.

One setting everywhere, the standard one of International Tables A: unique axis b and cell choice 1 for monoclinic
groups, hexagonal axes for rhombohedral ones, origin choice 2 where there are two origins. These are PyXtal's tables
and `moyopy.Setting.standard()`; spglib's default differs from them by an origin shift in the groups with two origins.

PyXtal's data files are read directly, because importing PyXtal itself takes seconds.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import moyopy
import numpy as np

from disgen.errors import DisgenError

SPACE_GROUPS = 230
LETTERS = "abcdefghijklmnopqrstuvwxyzA"  # "A" is the general position of group 47, the only 27th letter

_CRYSTAL_SYSTEMS = (
    (2, "triclinic"),
    (15, "monoclinic"),
    (74, "orthorhombic"),
    (142, "tetragonal"),
    (167, "trigonal"),
    (194, "hexagonal"),
    (230, "cubic"),
)
CRYSTAL_SYSTEMS: tuple[str, ...] = tuple(name for _, name in _CRYSTAL_SYSTEMS)

_TERM = re.compile(r"([+-]?)(\d+(?:\.\d*)?(?:/\d+)?|\.\d+)?\*?([xyz])?")


@dataclass(frozen=True)
class WyckoffTables:
    """The 1,731 Wyckoff positions of all space groups, a row each; a group's rows run from letter a upwards.

    Attributes:
        first: (232,) rows of group g are ``first[g]:first[g + 1]``; entry 0 is unused.
        group: (1731,) space group number of each row.
        letter: (1731,) 1 for a, 2 for b, …, 27 for the 27th letter of group 47.
        multiplicity: (1731,) positions per conventional cell.
        freedom: (1731,) free coordinates, 0 (fixed) to 3 (general).
        multiplicity_of: (231, 28) multiplicity by group and letter, 0 where the letter is not of the group.
    """

    first: np.ndarray
    group: np.ndarray
    letter: np.ndarray
    multiplicity: np.ndarray
    freedom: np.ndarray
    multiplicity_of: np.ndarray


@dataclass(frozen=True)
class OrbitMaps:
    """Affine maps x = M p + t of the free coordinates p of all positions, one for each point of each orbit.

    Attributes:
        start: (1732,) maps of row r of `tables` are ``start[r]:start[r + 1]``.
        linear: (14433, 3, 3) M, with zero columns where p has no such component.
        shift: (14433, 3) t.
    """

    start: np.ndarray
    linear: np.ndarray
    shift: np.ndarray


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group, lower case.

    Raises:
        DisgenError: if the number is not from 1 to 230.
    """
    _check_group(space_group)
    return next(name for last, name in _CRYSTAL_SYSTEMS if space_group <= last)


def symbol(space_group: int) -> str:
    """Short Hermann-Mauguin symbol, for example ``Pnma``.

    Raises:
        DisgenError: if the number is not from 1 to 230.
    """
    _check_group(space_group)
    return moyopy.SpaceGroupType(space_group).hm_short.replace(" ", "")


def row(space_group: int, letter: str) -> int:
    """Row of a position in `tables`.

    Raises:
        DisgenError: if the space group has no such letter.
    """
    _check_group(space_group)
    table = tables()
    index = LETTERS.find(letter) if len(letter) == 1 else -1
    count = table.first[space_group + 1] - table.first[space_group]
    if not 0 <= index < count:
        msg = f"Space group {space_group} has no Wyckoff letter {letter!r}: its letters are a to {LETTERS[count - 1]}."
        raise DisgenError(msg)
    return int(table.first[space_group] + index)


@cache
def operations(space_group: int) -> tuple[np.ndarray, np.ndarray]:
    """All operations of the conventional cell, centring included: rotations (m, 3, 3) int, translations (m, 3)."""
    _check_group(space_group)
    maps, shifts = position_maps(int(tables().first[space_group + 1]) - 1)
    return frozen(np.rint(maps).astype(np.int64)), shifts


def operation_strings(space_group: int) -> tuple[str, ...]:
    """The same operations as text, for example ``-x, y+1/2, -z``."""
    _check_group(space_group)
    return _position_strings()[space_group - 1][-1]


def position_maps(position: int) -> tuple[np.ndarray, np.ndarray]:
    """Affine maps of one row of `tables`: M (multiplicity, 3, 3) and t (multiplicity, 3), as in `OrbitMaps`."""
    maps = orbit_maps()
    of_position = slice(maps.start[position], maps.start[position + 1])
    return maps.linear[of_position], maps.shift[of_position]


@cache
def orbit_maps() -> OrbitMaps:
    """The maps of all points of all positions."""
    positions = [position for positions in _position_strings() for position in positions]
    parsed = [parse_triplet(triplet) for position in positions for triplet in position]
    start = np.concatenate([[0], np.cumsum([len(position) for position in positions])])
    linear, shift = (np.array(column) for column in zip(*parsed, strict=True))
    return OrbitMaps(*map(frozen, (start, linear, shift)))


@cache
def tables() -> WyckoffTables:
    """The Wyckoff positions of all 230 groups."""
    counts = [len(positions) for positions in _position_strings()]
    first = np.concatenate([[0, 0], np.cumsum(counts)])
    group = np.repeat(np.arange(1, SPACE_GROUPS + 1), counts)
    letter = np.concatenate([np.arange(1, count + 1) for count in counts])
    maps = orbit_maps()
    multiplicity = np.diff(maps.start)
    freedom = np.linalg.matrix_rank(maps.linear[maps.start[:-1]])
    multiplicity_of = np.zeros((SPACE_GROUPS + 1, len(LETTERS) + 1), dtype=np.int64)
    multiplicity_of[group, letter] = multiplicity
    return WyckoffTables(*map(frozen, (first, group, letter, multiplicity, freedom, multiplicity_of)))


@cache
def fixed_letters() -> np.ndarray:
    """(231, 28) True where a letter of a group, 1 for a, has no free coordinate: at most one site can be there."""
    table = tables()
    fixed = np.zeros((SPACE_GROUPS + 1, len(LETTERS) + 1), dtype=bool)
    fixed[table.group, table.letter] = table.freedom == 0
    return frozen(fixed)


def parse_triplet(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a coordinate triplet such as ``-y, x-y, z+1/2`` as x' = M x + t.

    Returns:
        M (3, 3) and t (3,), the latter exact to double precision and not reduced to the cell.

    Raises:
        DisgenError: if the text is not three sums of numbers and x, y, z.
    """
    parts = text.lower().replace(" ", "").split(",")
    if len(parts) != 3:  # noqa: PLR2004 (three axes)
        msg = f"Expected three comma-separated coordinates, got {text!r}."
        raise DisgenError(msg)
    try:
        sums = [_parse_sum(part) for part in parts]
    except ValueError as error:
        msg = f"{error} in the symmetry operation {text!r}."
        raise DisgenError(msg) from error
    return np.array([factors for factors, _ in sums]), np.array([number for _, number in sums])


@lru_cache(maxsize=256)
def _parse_sum(text: str) -> tuple[tuple[float, float, float], float]:
    """Factors of x, y, z and the number in a sum such as ``x-y+1/2``; the tables hold 89 different sums."""
    if not text:
        msg = "A coordinate is empty"
        raise DisgenError(msg)
    factors, shift = {"x": 0.0, "y": 0.0, "z": 0.0}, 0.0
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or match.end() == position or not (match[2] or match[3]):
            msg = f"Cannot read {text!r}"
            raise DisgenError(msg)
        sign, number, variable = match.groups()
        value = float(Fraction(number)) if number else 1.0
        value = -value if sign == "-" else value
        if variable:
            factors[variable] += value
        else:
            shift += value
        position = match.end()
    return (factors["x"], factors["y"], factors["z"]), shift


def _check_group(space_group: int) -> None:
    if not 1 <= space_group <= SPACE_GROUPS:
        msg = f"Space groups are numbered 1 to {SPACE_GROUPS}, got {space_group}."
        raise DisgenError(msg)


def _pyxtal_database() -> Path:
    spec = find_spec("pyxtal")
    if spec is None or not spec.submodule_search_locations:
        msg = "PyXtal is not installed: its Wyckoff tables are needed. Run `pip install pyxtal`."
        raise ModuleNotFoundError(msg)
    return Path(next(iter(spec.submodule_search_locations))) / "database"


@cache
def _position_strings() -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Coordinate triplets by group, letter (a first) and point of the orbit."""
    with (_pyxtal_database() / "wyckoff_list.csv").open(newline="") as file:
        lines = {int(line[0]): line[1] for line in csv.reader(file) if line[0] not in {"", "0"}}
    # The file lists the general position first.
    return tuple(
        tuple(tuple(position) for position in reversed(ast.literal_eval(lines[group])))
        for group in range(1, SPACE_GROUPS + 1)
    )


@cache
def wyckoff_sets() -> dict[str, dict[str, list[str]]]:
    """PyXtal's table of Wyckoff sets: coset representatives of each group's normaliser, and what letters become."""
    result: dict[str, dict[str, list[str]]] = json.loads((_pyxtal_database() / "wyckoff_sets.json").read_text())
    return result


def frozen(array: np.ndarray) -> np.ndarray:
    """The array, made read-only, because it is shared."""
    array.setflags(write=False)
    return array
