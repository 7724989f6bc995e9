"""CIF text to an asymmetric unit: cell, operations and atoms as the file states them.

Only syntax and spelling are judged here; symmetry comes in `disgen.cif.standardise`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from disgen.cif.errors import CifError, CifReason, CifSyntaxError
from disgen.cif.operations import read_operations
from disgen.crystal import ATOMIC_NUMBER, lattice_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 5_000_000
MAX_ATOMS = 1_000
_LENGTH_RANGE = (0.5, 500.0)  # Å
_ANGLE_RANGE = (5.0, 175.0)  # degrees
# Cells whose shortest lattice vector is s Å, below `_SHORTEST`, or whose third one is longer than `_NEEDLE` s³ Å⁻²:
# no crystal has them, and symmetry searches may never return from them. The longest known polytypes come to 3.4.
_SHORTEST, _NEEDLE = 1.2, 5.0
_CELL_TAGS = ("_length_a", "_length_b", "_length_c", "_angle_alpha", "_angle_beta", "_angle_gamma")
# Labels that are no element symbol but mean one: deuterium, tritium, water, hydroxyl and AMCSD's "Fl" for fluorine.
_ALIASES = {"D": "H", "T": "H", "Wat": "O", "Oh": "O", "Fl": "F"}
_HYDROGEN_CARRIERS = re.compile(r"^(Wat|O-?[Hh]|O[Ww])")
_VACANCY = re.compile(r"^vac(ancy)?(?![a-z])", re.IGNORECASE)
_HEAVY = ("Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og")
_CHARGE = re.compile(r"^(\d*)([+-])(\d*)(?![A-Za-z])|^(\d+)\+")


@dataclass(frozen=True)
class Atom:
    """One row of the atom list."""

    label: str
    element: str
    charge: int | None
    occupancy: float
    coordinates: tuple[float, float, float]


@dataclass(frozen=True)
class AsymmetricUnit:
    """A crystal as the file states it.

    Attributes:
        cell: a, b, c in Å and α, β, γ in degrees.
        rotations: (m, 3, 3) integer rotation parts of the stated operations.
        translations: (m, 3) their translations.
        atoms: the listed atoms; those with occupancy zero are left out.
        formula: the stated sum formula, by element, or None.
        carries_hydrogen: a label says that hydrogen belongs to an atom (water, hydroxyl).
        notes: what a reader should know, a sentence each.
    """

    cell: tuple[float, ...]
    rotations: np.ndarray
    translations: np.ndarray
    atoms: tuple[Atom, ...]
    formula: dict[str, float] | None
    carries_hydrogen: bool = False
    notes: tuple[str, ...] = field(default=())


def parse_cif(text: str | bytes) -> AsymmetricUnit:
    """Read the first block with atoms.

    Raises:
        CifError: if the text is no CIF, or lacks what a crystal needs.
    """
    document = _document(text)
    blocks = [block for block in document if len(block.find_values("_atom_site_fract_x"))]
    if not blocks:
        raise CifError(CifReason.NO_ATOMS, "The CIF lists no atoms with fractional coordinates: add an atom loop.")
    block = blocks[0]
    notes = []
    if len(blocks) > 1:
        notes.append(f"The file holds {len(blocks)} structures; the first one, {block.name!r}, was read.")
    cell = _cell(block)
    rotations, translations = read_operations(block, cell)
    atoms, carries_hydrogen = _atoms(block)
    return AsymmetricUnit(cell, rotations, translations, atoms, _stated_formula(block), carries_hydrogen, tuple(notes))


def element_of(name: str) -> str | None:
    """Element symbol that a type symbol or an atom label starts with, or None.

    A second letter counts only if it is lower case and the pair is an element (so ``CO1`` is carbon, ``NH4``
    nitrogen); names wholly in capitals that are an element's symbol, as old programs write them, are told apart by
    the caller. Water and hydroxyl labels count as their oxygen.
    """
    letters = re.match(r"[A-Za-z]*", name)
    head = letters[0] if letters else ""
    if head.startswith("Wat"):
        return "O"
    if head in _ALIASES:
        return _ALIASES[head]
    pair = head[:2]
    if len(pair) == 2 and pair[1].islower() and (pair in ATOMIC_NUMBER or (pair in _HEAVY and pair == head)):  # noqa: PLR2004
        return pair
    return head[:1] if head[:1] in ATOMIC_NUMBER else None


def charge_of(name: str) -> int | None:
    """Charge written behind the element in a type symbol or label, such as 3 in ``Fe3+``, or None."""
    rest = re.sub(r"^[A-Za-z]*", "", name)
    match = _CHARGE.match(rest)
    if not match:
        return None
    if match[4]:
        return int(match[4])
    if match[1] and match[3] and match[2] == "-":  # O1-2 is a label, not a charge
        return None
    size = int(match[1] or match[3] or 1)
    return size if match[2] == "+" else -size


def as_bytes(text: str | bytes) -> bytes:
    """The text as UTF-8, whatever it holds."""
    return text.encode(errors="replace") if isinstance(text, str) else text


def _document(text: str | bytes) -> gemmi.cif.Document:
    data = as_bytes(text)
    if len(data) > MAX_BYTES:
        raise CifError(CifReason.TOO_LARGE, f"The file is larger than {MAX_BYTES // 1_000_000} MB: give one structure.")
    if b"\0" in data:
        raise CifError(CifReason.UNREADABLE, "The file is not plain text (it contains NUL bytes): save it as a CIF.")
    decoded = data.decode("utf-8-sig", errors="replace")
    try:
        return gemmi.cif.read_string(decoded)
    except (ValueError, RuntimeError) as error:
        if "duplicate block name" in str(error):  # harmless, only the first block is read
            return gemmi.cif.read_string(decoded, check_level=0)
        where = re.sub(r"^string: ?", "", re.sub(r"^string:(?=\d)", "line ", str(error).splitlines()[0]))
        sentence = f"The file is not a valid CIF ({where}): correct it there."
        raise CifSyntaxError(CifReason.UNREADABLE, sentence) from error


def _number(text: str) -> float:
    """A CIF number without its standard uncertainty; NaN if it is none."""
    value = gemmi.cif.as_number(text)
    if math.isnan(value):  # quoted, followed by stray punctuation, or with a decimal comma
        plain = gemmi.cif.as_string(text).strip().rstrip(",;")
        value = gemmi.cif.as_number(plain.replace(",", ".") if "." not in plain else plain)
    return value


def _cell(block: gemmi.cif.Block) -> tuple[float, ...]:
    values = []
    for tag in _CELL_TAGS:
        text = block.find_value("_cell" + tag)
        value = _number(text) if text else math.nan
        if math.isnan(value):
            raise CifError(CifReason.BAD_CELL, f"The CIF gives no number for _cell{tag}: add it.")
        low, high = _LENGTH_RANGE if "length" in tag else _ANGLE_RANGE
        if not low <= value <= high:
            unit = "Å" if "length" in tag else "degrees"
            sentence = f"_cell{tag} is {value:g} {unit}, outside {low:g} to {high:g}: check the cell."
            raise CifError(CifReason.BAD_CELL, sentence)
        values.append(value)
    require_sound_cell(values)
    return tuple(values)


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


def _atoms(block: gemmi.cif.Block) -> tuple[tuple[Atom, ...], bool]:
    table = block.find(
        "_atom_site_", ["fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy", "?calc_flag"]
    )
    if len(table) > MAX_ATOMS:
        sentence = f"The CIF lists {len(table)} atoms; at most {MAX_ATOMS} are read: give the asymmetric unit only."
        raise CifError(CifReason.TOO_LARGE, sentence)
    atoms = []
    carries_hydrogen = False
    for number, cells in enumerate(table, start=1):
        label = gemmi.cif.as_string(cells[3]) if cells.has(3) else ""
        kind = gemmi.cif.as_string(cells[4]).strip() if cells.has(4) else ""
        name = kind if kind not in {"", "?", "."} else label
        if _VACANCY.match(name):
            continue
        where = f"Atom {label[:40] or number!r}"
        element = _element(name, kind, where)
        coordinates = tuple(_number(cells[k]) for k in range(3))
        if not all(map(math.isfinite, coordinates)):
            raise CifError(CifReason.UNREADABLE, f"{where} has no numerical coordinates: add or remove it.")
        occupancy = _occupancy(cells[5] if cells.has(5) else "?", where)
        carries_hydrogen |= any(map(_HYDROGEN_CARRIERS.match, (label, kind)))
        if occupancy > 0.0:
            atoms.append(Atom(label, element, charge_of(name), occupancy, coordinates))  # type: ignore[arg-type]
    if not atoms:
        raise CifError(CifReason.NO_ATOMS, "The CIF's atom list is empty: add atoms with coordinates.")
    return tuple(atoms), carries_hydrogen


def _element(name: str, kind: str, where: str) -> str:
    """Symbol of the element that an atom is; `name` is its type symbol `kind`, or its label where it has none."""
    element = element_of(name) if name else None
    if element is None and name.isupper() and name.capitalize() in ATOMIC_NUMBER:
        element = name.capitalize()
    if kind and kind.isupper() and kind.isalpha() and kind.capitalize() in ATOMIC_NUMBER:
        element = kind.capitalize()  # a type symbol in capitals, as old programs write it
    if element is None:
        sentence = f"{where} is {name[:40]!r}, which is no element: give it a type symbol from H to Fm."
        raise CifError(CifReason.UNKNOWN_ELEMENT, sentence)
    if element not in ATOMIC_NUMBER:
        sentence = f"{where} is {element}, an element beyond fermium (atomic number 100): it cannot be encoded."
        raise CifError(CifReason.HEAVY_ELEMENT, sentence)
    return element


def _occupancy(text: str, where: str) -> float:
    if gemmi.cif.as_string(text).strip() in {"", "?", "."}:
        return 1.0
    value = _number(text)
    if not math.isfinite(value) or value < 0.0:
        sentence = f"{where} has the occupancy {text[:40]!r}: give a number from 0 to 1."
        raise CifError(CifReason.BAD_OCCUPANCY, sentence)
    return value


def _stated_formula(block: gemmi.cif.Block) -> dict[str, float] | None:
    text = block.find_value("_chemical_formula_sum")
    if not text:
        return None
    amounts: dict[str, float] = {}
    for symbol, amount in re.findall(r"([A-Z][a-z]?)\s*(\d*\.?\d*)", gemmi.cif.as_string(text)):
        element = _ALIASES.get(symbol, symbol)
        if element not in ATOMIC_NUMBER:
            return None
        amounts[element] = amounts.get(element, 0.0) + (float(amount) if amount not in {"", "."} else 1.0)
    return amounts or None
