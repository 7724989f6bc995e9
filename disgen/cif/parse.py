"""CIF text to an asymmetric unit: cell, operations and atoms as the file states them.

Only syntax and spelling are judged here; symmetry comes in `disgen.cif.standardise`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

import gemmi
import numpy as np

from disgen.cif.errors import CifError, CifReason, CifSyntaxError
from disgen.crystal import ATOMIC_NUMBER
from disgen.wyckoff import parse_triplet

MAX_BYTES = 5_000_000
_LENGTH_RANGE = (0.5, 500.0)  # Å
_ANGLE_RANGE = (5.0, 175.0)  # degrees
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
_CELL_TAGS = ("_length_a", "_length_b", "_length_c", "_angle_alpha", "_angle_beta", "_angle_gamma")
# Labels that are no element symbol but mean one: deuterium, tritium, water, hydroxyl and AMCSD's "Fl" for fluorine.
_ALIASES = {"D": "H", "T": "H", "Wat": "O", "Oh": "O", "Fl": "F"}
_HYDROGEN_CARRIERS = re.compile(r"^(Wat|O-?[Hh]|O[Ww])")
_HEAVY = ("Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og")
_CHARGE = re.compile(r"^(\d*)([+-])(\d*)(?![A-Za-z])|^(\d+)\+")
# Translations of the 230 groups in their usual settings are multiples of 1/24; odd fractions that come this near, such
# as 447/893, mean one, and so do decimals (0.333) up to their last digit. Others (a supercell's 1/5, an origin that was
# moved) are kept as they are.
_TRANSLATION_GRID, _TRANSLATION_TOLERANCE = 24, 1e-3
_DECIMALS = re.compile(r"\.(\d+)")


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
    blocks = [block for block in document if block.find_loop("_atom_site_fract_x")]
    if not blocks:
        raise CifError(CifReason.NO_ATOMS, "The CIF lists no atoms with fractional coordinates: add an atom loop.")
    block = blocks[0]
    notes = []
    if len(blocks) > 1:
        notes.append(f"The file holds {len(blocks)} structures; the first one, {block.name!r}, was read.")
    cell = _cell(block)
    rotations, translations = _operations(block)
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


def _document(text: str | bytes) -> gemmi.cif.Document:
    data = text.encode() if isinstance(text, str) else text
    if len(data) > MAX_BYTES:
        raise CifError(CifReason.TOO_LARGE, f"The file is larger than {MAX_BYTES // 1_000_000} MB: give one structure.")
    if b"\0" in data:
        raise CifError(CifReason.UNREADABLE, "The file is not plain text (it contains NUL bytes): save it as a CIF.")
    decoded = data.decode("utf-8-sig", errors="replace")
    try:
        return gemmi.cif.read_string(decoded)
    except (ValueError, RuntimeError) as error:
        where = re.sub(r"^string:", "line ", str(error).splitlines()[0])
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
    return tuple(values)


def _operations(block: gemmi.cif.Block) -> tuple[np.ndarray, np.ndarray]:
    for tag in _OPERATION_TAGS:
        column = block.find_values(tag)
        if len(column):
            parsed = [_operation(gemmi.cif.as_string(text)) for text in column]
            return np.array([r for r, _ in parsed]), np.array([t for _, t in parsed])
    for tag in _NAME_TAGS + _NUMBER_TAGS:
        text = block.find_value(tag)
        name = gemmi.cif.as_string(text).strip() if text else ""
        if name in {"", "?", "."}:
            continue
        if tag in _NUMBER_TAGS:
            group = gemmi.find_spacegroup_by_number(int(name)) if name.isdigit() else None
        elif "Hall" in tag:
            group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(name))
        else:
            group = gemmi.find_spacegroup_by_name(name)
        if group is not None:
            parsed = [_operation(operation.triplet()) for operation in group.operations()]
            return np.array([r for r, _ in parsed]), np.array([t for _, t in parsed])
    raise CifError(
        CifReason.NO_SYMMETRY, "The CIF states no symmetry operations and no known space group: add one of them."
    )


@lru_cache(maxsize=20_000)
def _operation(triplet: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        linear, shift = parse_triplet(triplet)
    except (ValueError, ZeroDivisionError) as error:
        sentence = f"The symmetry operation {triplet[:60]!r} cannot be read: write it like '-x, y+1/2, -z'."
        raise CifError(CifReason.UNREADABLE, sentence) from error
    rotation = np.rint(linear).astype(np.int64)
    if np.any(np.abs(linear - rotation) > 1e-6) or abs(round(float(np.linalg.det(rotation)))) != 1:  # noqa: PLR2004
        raise CifError(CifReason.UNREADABLE, f"{triplet[:60]!r} is not a symmetry operation: correct it.")
    nearest = np.rint(shift * _TRANSLATION_GRID) / _TRANSLATION_GRID
    digits = [min(map(len, _DECIMALS.findall(part)), default=0) for part in triplet.split(",")]
    tolerance = np.minimum(_TRANSLATION_TOLERANCE, [10.0**-d if d else 1.0 for d in digits])
    return rotation, np.where(np.abs(shift - nearest) < tolerance, nearest, shift)


def _atoms(block: gemmi.cif.Block) -> tuple[tuple[Atom, ...], bool]:
    table = block.find(
        "_atom_site_", ["fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy", "?calc_flag"]
    )
    atoms = []
    carries_hydrogen = False
    for number, cells in enumerate(table, start=1):
        label = gemmi.cif.as_string(cells[3]) if cells.has(3) else ""
        kind = gemmi.cif.as_string(cells[4]).strip() if cells.has(4) else ""
        name = kind if kind not in {"", "?", "."} else label
        where = f"Atom {label or number!r}"
        element = element_of(name) if name else None
        if element is None and name.isupper() and name.capitalize() in ATOMIC_NUMBER:
            element = name.capitalize()
        if kind and kind.isupper() and kind.isalpha() and kind.capitalize() in ATOMIC_NUMBER:
            element = kind.capitalize()  # a type symbol in capitals, as old programs write it
        if element is None:
            sentence = f"{where} is {name!r}, which is no element: give it a type symbol from H to Fm."
            raise CifError(CifReason.UNKNOWN_ELEMENT, sentence)
        if element not in ATOMIC_NUMBER:
            sentence = f"{where} is {element}, an element beyond fermium (atomic number 100): it cannot be encoded."
            raise CifError(CifReason.HEAVY_ELEMENT, sentence)
        coordinates = tuple(_number(cells[k]) for k in range(3))
        if not all(map(math.isfinite, coordinates)):
            raise CifError(CifReason.UNREADABLE, f"{where} has no numerical coordinates: add or remove it.")
        occupancy = _occupancy(cells[5] if cells.has(5) else "?", where)
        carries_hydrogen |= bool(_HYDROGEN_CARRIERS.match(label))
        if occupancy > 0.0:
            atoms.append(Atom(label, element, charge_of(name), occupancy, coordinates))  # type: ignore[arg-type]
    if not atoms:
        raise CifError(CifReason.NO_ATOMS, "The CIF's atom list is empty: add atoms with coordinates.")
    return tuple(atoms), carries_hydrogen


def _occupancy(text: str, where: str) -> float:
    if gemmi.cif.as_string(text).strip() in {"", "?", "."}:
        return 1.0
    value = _number(text)
    if not math.isfinite(value) or value < 0.0:
        sentence = f"{where} has the occupancy {text!r}: give a number from 0 to 1."
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
