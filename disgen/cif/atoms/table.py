"""The atom list of a CIF block."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gemmi

from disgen.cif.atoms.element_names import charge_of
from disgen.cif.atoms.labels import Name, elements_of
from disgen.cif.errors import CifError, CifReason
from disgen.cif.values import number, uncertainty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.cif.doubts import Doubt

MAX_ATOMS = 1_000
_COLUMNS = (
    "fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy", "?calc_flag",
    "?symmetry_multiplicity", "?site_symmetry_multiplicity", "?disorder_assembly", "?disorder_group",
)  # fmt: skip
_LABEL, _TYPE, _OCCUPANCY, _FLAG, _MULTIPLICITY, _ASSEMBLY, _GROUP = 3, 4, 5, 6, (7, 8), 9, 10


@dataclass(frozen=True)
class Atom:
    """One row of the atom list.

    Attributes:
        label: as written.
        element: its symbol.
        charge: as its name tells, or None.
        occupancy: above 0; 1 where none is stated.
        coordinates: fractional.
        written: the coordinates as the file has them.
        multiplicity: of its position in the stated cell, as the file states it, or None.
        group: assembly and group of alternatives, as stated, or None if the atom is part of none.
    """

    label: str
    element: str
    charge: int | None
    occupancy: float
    coordinates: tuple[float, float, float]
    written: tuple[str, str, str] = ("0", "0", "0")
    multiplicity: int | None = None
    group: tuple[str, str] | None = None

    @property
    def uncertainties(self) -> tuple[float, float, float]:
        """Of the coordinates, by their last digits."""
        x, y, z = map(uncertainty, self.written)
        return x, y, z


@dataclass(frozen=True)
class AtomList:
    """The atoms of a block.

    Attributes:
        atoms: without vacancies, dummies and those with occupancy zero.
        carries_hydrogen: a name says that hydrogen belongs to an atom (water, hydroxyl).
        doubts: about names and occupancies.
    """

    atoms: tuple[Atom, ...]
    carries_hydrogen: bool
    doubts: tuple[Doubt, ...]


def rows_with_numbers(block: gemmi.cif.Block) -> int:
    """Rows of the atom list whose first coordinate is a number."""
    return sum(math.isfinite(number(text)) for text in block.find_values("_atom_site_fract_x"))


def read_atoms(block: gemmi.cif.Block, formula: Mapping[str, float] | None) -> AtomList:
    """The atoms that a block lists.

    Args:
        block: a data block.
        formula: as stated, by element; it decides what a name alone does not tell.

    Raises:
        CifError: if there are none or too many, or one has no element, coordinates or occupancy.
    """
    table = block.find("_atom_site_", list(_COLUMNS))
    if len(table) > MAX_ATOMS:
        sentence = f"The CIF lists {len(table)} atoms; at most {MAX_ATOMS} are read: give the asymmetric unit only."
        raise CifError(CifReason.TOO_LARGE, sentence)
    rows = [row for row in table if not (row.has(_FLAG) and gemmi.cif.as_string(row[_FLAG]).lower() == "dum")]
    places = [tuple(row[k] for k in range(3)) for row in rows]
    shared = {place for place, count in Counter(places).items() if count > 1}
    wheres = [_where(row, index) for index, row in enumerate(rows, start=1)]
    occupancies = [_occupancy(_text(row, _OCCUPANCY), where) for row, where in zip(rows, wheres, strict=True)]
    names = [
        Name(_text(row, _LABEL), _text(row, _TYPE, null=""), shared=place in shared or occupancy < 1.0)
        for row, place, occupancy in zip(rows, places, occupancies, strict=True)
    ]
    elements, doubts = elements_of(names, formula)
    atoms = []
    columns = zip(wheres, names, elements, occupancies, places, rows, strict=True)
    for where, name, element, occupancy, place, row in columns:
        if element is None:
            continue
        coordinates = tuple(map(number, place))
        if not all(map(math.isfinite, coordinates)):
            raise CifError(CifReason.UNREADABLE, f"{where} has no numerical coordinates: add or remove it.")
        if occupancy > 0.0:
            charge, multiplicity, group = charge_of(name.text), _multiplicity(row), _group(row)
            atoms.append(Atom(name.label, element, charge, occupancy, coordinates, place, multiplicity, group))  # type: ignore[arg-type]
    if not atoms:
        raise CifError(CifReason.NO_ATOMS, "The CIF's atom list is empty: add atoms with coordinates.")
    return AtomList(tuple(atoms), any(name.carries_hydrogen for name in names), doubts)


def _text(row: gemmi.cif.Table.Row, column: int, null: str | None = None) -> str:
    """A cell of the table without quotes; empty if there is no such column, `null` if it is unknown."""
    if not row.has(column):
        return ""
    text = row[column]
    if null is not None and gemmi.cif.as_string(text).strip() in {"", "?", "."}:
        return null
    return gemmi.cif.as_string(text).strip() if null is not None else gemmi.cif.as_string(text)


def _where(row: gemmi.cif.Table.Row, index: int) -> str:
    return f"Atom {_text(row, _LABEL)[:40] or index!r}"


def _multiplicity(row: gemmi.cif.Table.Row) -> int | None:
    for column in _MULTIPLICITY:
        value = number(row[column]) if row.has(column) else math.nan
        if math.isfinite(value) and value >= 1.0:
            return round(value)
    return None


def _group(row: gemmi.cif.Table.Row) -> tuple[str, str] | None:
    """Without an assembly all groups are of one, as SHELX writes its parts."""
    assembly, group = (_text(row, column, null="") for column in (_ASSEMBLY, _GROUP))
    return (assembly, group) if group not in {"", "0"} else None


def _occupancy(text: str, where: str) -> float:
    if text.strip() in {"", "?", "."}:
        return 1.0
    value = number(text)
    if not math.isfinite(value) or value < 0.0:
        sentence = f"{where} has the occupancy {text[:40]!r}: give a number from 0 to 1."
        raise CifError(CifReason.BAD_OCCUPANCY, sentence)
    return value
