"""Magnetic and modulated structures: the crystal that remains when moments and modulation are left aside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import gemmi

from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAGNETIC = ("_space_group_symop_magn_operation_xyz", "_space_group_symop_magn_operation_mxmymz")
_CENTRING = ("_space_group_symop_magn_centering_xyz",)
_MODULATED = ("_space_group_symop_ssg_operation_algebraic", "_space_group_symop.ssg_operation_algebraic")
_SIGNS = ("_atom_site_moment_label", "_space_group_magn_number_BNS", "_space_group_magn_name_BNS")
_NAMES = ("_space_group_ssg_name", "_space_group_ssg_name_IT")
_WAVES = (*_NAMES, "_cell_modulation_dimension", "_cell_wave_vector_seq_id", "_cell_subsystems_number")
_LISTED = "_space_group_symop_operation_xyz"
_NAMED = (  # what tells the symmetry of an ordinary structure
    _LISTED,
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_IT_number",
    "_symmetry_Int_Tables_number",
    "_symmetry_space_group_name_H-M",
    "_space_group_name_H-M_alt",
)
_AXES = str.maketrans({"1": "x", "2": "y", "3": "z"})


def without_moments(block: gemmi.cif.Block) -> tuple[Doubt, ...]:
    """Give a block of a magnetic or modulated structure the operations of its atoms' average places.

    Returns:
        A doubt that names what was left aside; none for an ordinary structure.

    Raises:
        CifError: if the operations mix the modulation with the places of the atoms.
    """
    if any(_values(block, [tag]) for tag in (*_MAGNETIC, *_SIGNS)):
        plain = [_first_three(text) for text in _values(block, _MAGNETIC)]
        centring = [_first_three(text) for text in _values(block, _CENTRING)] or ["x,y,z"]
        _set_operations(block, _products(plain, centring))
        _require_symmetry(block, "The structure is magnetic")
        return (_left_aside(DoubtKind.MAGNETIC, "a magnetic structure; its moments were left aside"),)
    if any(_values(block, [tag]) for tag in (*_MODULATED, *_WAVES)):
        _set_operations(block, [_average(text) for text in _values(block, _MODULATED)])
        name = re.match(r"[^(]+", "".join(_values(block, _NAMES)))
        if name is not None and not any(_values(block, [tag]) for tag in _NAMED):
            block.set_pair(_NAMED[-1], gemmi.cif.quote(name[0].strip()))
        _require_symmetry(block, "The structure is modulated")
        return (_left_aside(DoubtKind.MODULATED, "a modulated structure; its average was read"),)
    return ()


def _require_symmetry(block: gemmi.cif.Block, what: str) -> None:
    if not any(_values(block, [tag]) for tag in _NAMED):
        sentence = f"{what}, and it lists no operations of its atoms: give the structure without it."
        raise CifError(CifReason.NO_SYMMETRY, sentence)


def _values(block: gemmi.cif.Block, tags: Sequence[str]) -> list[str]:
    for tag in tags:
        if found := [gemmi.cif.as_string(text) for text in block.find_values(tag) if not gemmi.cif.is_null(text)]:
            return found
    return []


def _first_three(text: str) -> str:
    return ",".join(text.split(",")[:3])


def _average(text: str) -> str:
    """The first three parts of an operation in superspace, in x, y and z."""
    parts = re.sub(r"x([1-9])", lambda match: match[1].translate(_AXES), text.lower()).split(",")[:3]
    plain = ",".join(parts)
    if re.search(r"[xyz]?[4-9](?![/\d.])|(?<![\d/.])[4-9]", re.sub(r"\d+/\d+|\d*\.\d+", "", plain)):
        sentence = (
            "The structure is modulated, and its operations mix the modulation with the places: give its average."
        )
        raise CifError(CifReason.NO_SYMMETRY, sentence)
    return plain


def _products(plain: Sequence[str], centring: Sequence[str]) -> list[str]:
    """Each operation after each translation."""
    try:
        shifts, operations = [gemmi.Op(text) for text in centring], [gemmi.Op(text) for text in plain]
    except (ValueError, RuntimeError) as error:
        sentence = "The magnetic symmetry operations cannot be read: write them like '-x, y+1/2, -z, +1'."
        raise CifError(CifReason.UNREADABLE, sentence) from error
    return list(dict.fromkeys((shift * operation).wrap().triplet() for shift in shifts for operation in operations))


def _set_operations(block: gemmi.cif.Block, triplets: Sequence[str]) -> None:
    if triplets and not _values(block, [_LISTED, "_symmetry_equiv_pos_as_xyz"]):
        block.init_loop("", [_LISTED]).set_all_values([[gemmi.cif.quote(triplet) for triplet in triplets]])


def _left_aside(kind: DoubtKind, what: str) -> Doubt:
    return Doubt(kind, f"The file describes {what}.")
