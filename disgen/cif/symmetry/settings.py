"""The symmetry that a CIF may mean: its listed operations, or those of the group it names, in every setting that fits.

One candidate is the rule. There are more where a name leaves origin or axes open, or where the listed operations are
too few or no group; then what the file states about its contents decides (`disgen.cif.standard.choose`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.cif.cell import misfit
from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason
from disgen.cif.symmetry.operations import (
    Operations,
    completed,
    generated_lattice,
    is_group,
    is_part_of,
    keys_of,
    lattice_of,
    listed_triplets,
    operations_of,
)
from disgen.cif.symmetry.symbols import (
    NamedSetting,
    of_extension,
    setting_of_hall,
    settings_of_number,
    settings_of_symbol,
    type_of,
)
from disgen.cif.values import first_value
from disgen.wyckoff import crystal_system

if TYPE_CHECKING:
    from collections.abc import Sequence

    import gemmi

    from disgen.cif.claims import Claims

# Of a cell to operations, relative to the metric: from where on it is told of a name (programs that list operations may
# have found them within a tolerance of their own), and from where on a name is not believed.
TOLD_MISFIT, LARGEST_MISFIT = 0.002, 0.02
_HALL_TAGS = ("_space_group_name_Hall", "_symmetry_space_group_name_Hall")
_CODE_TAGS = ("_space_group_IT_coordinate_system_code", "_space_group_IT_coordinate_system_code_")


@dataclass(frozen=True, eq=False)
class Setting:
    """One way to read the symmetry of a file.

    Attributes:
        operations: of the group in the stated cell.
        name: how to call it in a sentence.
        doubts: that come with this way of reading.
        is_open: another one of equal right is left out only for what the file states otherwise.
    """

    operations: Operations
    name: str
    doubts: tuple[Doubt, ...] = ()
    is_open: bool = False


def named_settings(block: gemmi.cif.Block, claims: Claims) -> tuple[NamedSetting, ...]:
    """The settings that the file's names allow: Hall symbol, Hermann-Mauguin symbol, number, in this order."""
    code = first_value(block, _CODE_TAGS)
    hall = first_value(block, _HALL_TAGS)
    if hall and (setting := setting_of_hall(hall)) is not None:
        return (setting,)
    found = settings_of_symbol(claims.symbol) if claims.symbol else ()
    if not found and claims.number is not None:
        found = settings_of_number(claims.number)
    return of_extension(found, code) if code else found


def of_names(claims: Claims) -> tuple[Doubt, ...]:
    """A doubt if symbol and number are of different space groups."""
    if claims.number is None or claims.group == claims.number:
        return ()
    sentence = f"The file states the space group {claims.symbol} ({claims.group}), but the number {claims.number}."
    return (Doubt(DoubtKind.SPACE_GROUP, sentence),)


def system_of(block: gemmi.cif.Block, named: Sequence[NamedSetting]) -> str:
    """Crystal system by the names, else by the orders of the listed rotations; empty if there are neither."""
    if named:
        return crystal_system(named[0].number)
    triplets = listed_triplets(block)
    group = type_of(triplets) if triplets and is_group(triplets) else None
    return crystal_system(group) if group else ""


def settings_of(
    block: gemmi.cif.Block, claims: Claims, named: Sequence[NamedSetting], cell: Sequence[float]
) -> tuple[Setting, ...]:
    """The candidates, the one to prefer first.

    Args:
        block: a data block.
        claims: what it states.
        named: the settings that its names allow.
        cell: a, b, c in Å and α, β, γ in degrees.

    Raises:
        CifError: if there are neither operations nor a known name, or an operation cannot be read.
    """
    triplets = listed_triplets(block)
    if not triplets:
        return _from_names(_fitting(named, cell), named, claims, cell)
    listed = operations_of(triplets)
    if is_group(triplets):
        larger = [one for one in named if len(one.triplets) > len(listed)]
        wider = [one for one in _fitting(larger, cell) if is_part_of(listed, one.operations)] if larger else []
        few = Setting(listed, "the list of operations", _of_fit(listed, cell))
        all_ = list(map(_instead, wider))
        return (*all_, few) if len(listed) == 1 else (few, *all_)
    sentence = "The listed symmetry operations do not form a group"
    whole = completed(triplets)
    by_name = _fitting(named, cell)
    candidates = [Setting(listed, "the list of operations", (_doubtful(f"{sentence}; they were used as they are."),))]
    if whole is not None:
        text = f"{sentence}; they were completed from {len(listed)} to {len(whole)}."
        completion = Setting(whole, "the completed list of operations", (_doubtful(text), *_of_fit(whole, cell)))
        if any(keys_of(one.operations) == keys_of(whole) for one in by_name):
            return (completion,)
        adds_translations = len(lattice_of(whole)) > len(lattice_of(generated_lattice(triplets)))
        candidates.insert(len(candidates) if adds_translations else 0, completion)
    for one in by_name:
        text = f"{sentence}; those of the stated space group {one.name} were used."
        candidates.append(Setting(one.operations, one.name, (_doubtful(text),)))
    return tuple(candidates)


def _from_names(
    fitting: Sequence[Setting], named: Sequence[NamedSetting], claims: Claims, cell: Sequence[float]
) -> tuple[Setting, ...]:
    if fitting:
        return tuple(fitting)
    if not named:
        name = f" ({claims.symbol[:40]!r} is none)" if claims.symbol else ""
        sentence = f"The CIF states no symmetry operations and no known space group{name}: add one of them."
        raise CifError(CifReason.NO_SYMMETRY, sentence)
    lengths = ", ".join(f"{value:g}" for value in cell)
    sentence = (
        f"The cell {lengths} (Å, degrees) does not fit the stated space group {named[0].name}: correct one of them."
    )
    raise CifError(CifReason.BAD_CELL, sentence)


def _fitting(named: Sequence[NamedSetting], cell: Sequence[float]) -> list[Setting]:
    """Those of the named settings whose symmetry the cell has."""
    found = [Setting(operations_of(one.triplets), one.name) for one in named]
    fitting = [one for one in found if misfit(cell, one.operations.rotations) < LARGEST_MISFIT]
    if fitting and crystal_system(named[0].number) == "monoclinic":  # a short symbol means b, if that fits
        fitting = [one for one in fitting if one.name == fitting[0].name]
    is_open = len(fitting) > 1
    return [Setting(one.operations, one.name, _of_fit(one.operations, cell, one.name), is_open) for one in fitting]


def _instead(named: Setting) -> Setting:
    sentence = f"The file lists fewer symmetry operations than its space group {named.name} has; all of them were used."
    return Setting(named.operations, named.name, (_doubtful(sentence),))


def _of_fit(operations: Operations, cell: Sequence[float], name: str = "") -> tuple[Doubt, ...]:
    if misfit(cell, operations.rotations) < (TOLD_MISFIT if name else LARGEST_MISFIT):
        return ()
    what = f"The symmetry of the space group {name} does" if name else "The listed symmetry operations do"
    lengths = ", ".join(f"{value:g}" for value in cell)
    return (_doubtful(f"{what} not fit the cell {lengths} (Å, degrees)."),)


def _doubtful(sentence: str) -> Doubt:
    return Doubt(DoubtKind.OPERATIONS, sentence)
