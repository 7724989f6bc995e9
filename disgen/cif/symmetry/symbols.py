"""Names of space groups, as people and programs write them, to the settings that they may mean.

A name without an origin or axes stands for several settings; which one is meant is decided elsewhere, from the cell and
from what the file states (`disgen.cif.symmetry.settings`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import gemmi
import moyopy
import numpy as np

from disgen.cif.symmetry.nonstandard import OTHER_CELLS

if TYPE_CHECKING:
    from collections.abc import Iterable

HALL_SETTINGS = 530
# ICSD writes S and Z for the first and second origin, H and R for hexagonal and rhombohedral axes.
_EXTENSIONS = {"s": "1", "z": "2", "h": "H", "r": "R", "1": "1", "2": "2", "o1": "1", "o2": "2"}
_EXTENSION = re.compile(
    r"(?:\s*[:({]\s*(?:origin\s*(?:choice)?\s*)?(?P<colon>[12hrsz]|o[12])(?:exagonal|hombohedral)?\s*(?:axes|setting)?\s*[)}]?"
    r"|\s*,?\s+(?:origin\s*(?:choice)?\s*|o)(?P<origin>[12])|(?<=[a-z0-9\s])\s*(?P<letter>[hrsz]))\s*$",
    re.IGNORECASE,
)
_NOISE = re.compile(r"\s|_|~|\$|\{|\}|</?su[bp]>|\((?=\d\))|(?<=\(\d)\)|\(no\.?\d+\)$|#\d+$", re.IGNORECASE)
_REMARK = re.compile(
    r"\s*[(,#]?\s*(?:no|nr)?\.?\s*#?\s*(?<=[.\s#(])\d{2,3}\s*\)?\s*$", re.IGNORECASE
)  # such as (No. 62)
_BAR = re.compile(r"(\d)\s?bar\b|\\(?:bar|overline)\s*\{?\s*(\d)\s*\}?|(\d)[\u0304\u0305\u00af]|[\u00af](\d)")


@dataclass(frozen=True)
class NamedSetting:
    """A space group in one setting.

    Attributes:
        number: in International Tables.
        name: Hermann-Mauguin symbol with its origin or axes.
        triplets: its operations, centring included.
    """

    number: int
    name: str
    triplets: tuple[str, ...]


@lru_cache(maxsize=2_000)
def settings_of_symbol(symbol: str) -> tuple[NamedSetting, ...]:
    """The settings that a Hermann-Mauguin symbol may mean, none if it is not known; the first origin comes first."""
    symbol = _BAR.sub(lambda match: "-" + next(filter(None, match.groups())), symbol.strip().strip("'\""))
    if not _settings_of_plain(symbol):
        symbol = _REMARK.sub("", symbol)
    if not _settings_of_plain(symbol) and (match := _EXTENSION.search(symbol)) is not None:
        return of_extension(_settings_of_plain(symbol[: match.start()]), next(filter(None, match.groups())))
    return _settings_of_plain(symbol)


def of_extension(settings: tuple[NamedSetting, ...], extension: str) -> tuple[NamedSetting, ...]:
    """Of some settings those with an origin (1, 2, S, Z), or those with some axes (H, R) first; all if none has it."""
    wanted = ":" + _EXTENSIONS.get(extension.lower(), "")
    found = tuple(one for one in settings if one.name.endswith(wanted))
    if wanted in {":H", ":R"}:  # the cell shows the axes, whatever the name says
        return tuple(sorted(settings, key=lambda one: not one.name.endswith(wanted)))
    return found or settings


@lru_cache(maxsize=500)
def settings_of_number(number: int) -> tuple[NamedSetting, ...]:
    """The settings of the group's usual axes, with both origins, or both axes of a rhombohedral lattice."""
    usual = gemmi.get_spacegroup_reference_setting(number)
    same = [group for group in gemmi.spacegroup_table() if group.number == number and group.hm == usual.hm]
    return tuple(map(_setting, same))


@lru_cache(maxsize=500)
def setting_of_hall(symbol: str) -> NamedSetting | None:
    """The setting of a Hall symbol, None if it is none."""
    try:
        operations = gemmi.symops_from_hall(symbol.replace("_", " "))
    except (ValueError, RuntimeError):
        return None
    group = gemmi.find_spacegroup_by_ops(operations)
    return _setting(group) if group is not None else None


def type_of(triplets: Iterable[str]) -> int | None:
    """Number of the space group that operations form, None if gemmi knows none of them in this setting."""
    try:
        group = gemmi.find_spacegroup_by_ops(gemmi.GroupOps([gemmi.Op(triplet) for triplet in triplets]))
    except (ValueError, RuntimeError):  # translations that are no simple fractions
        return None
    return group.number if group is not None else None


def compact(symbol: str) -> str:
    """A symbol without spaces, underscores, parentheses and marks of typesetting, in lower case."""
    return _NOISE.sub("", symbol).lower()


def _settings_of_plain(symbol: str) -> tuple[NamedSetting, ...]:
    name = compact(symbol)
    if name in {"", "?", "."}:
        return ()
    group = gemmi.find_spacegroup_by_name(symbol.replace("_", " "))
    exact = _setting(group) if group is not None else None
    found = _short_names().get(name) or _full_names().get(name) or _other_cells().get(name) or ()
    if exact is not None and exact not in found:
        same = tuple(
            map(_setting, (g for g in gemmi.spacegroup_table() if g.hm == group.hm and g.number == group.number))
        )
        return same if ":" not in symbol else (exact,)
    if exact is not None and ":" in symbol:
        return (exact,)
    return found


def _setting(group: gemmi.SpaceGroup) -> NamedSetting:
    return NamedSetting(group.number, group.xhm(), tuple(op.triplet() for op in group.operations()))


@cache
def _short_names() -> dict[str, tuple[NamedSetting, ...]]:
    """Settings by their symbols, also without the ones of monoclinic groups, and with the 3 of old cubic symbols."""
    found: dict[str, list[gemmi.SpaceGroup]] = {}
    for group in gemmi.spacegroup_table():
        short = " ".join(
            part for part in group.hm.split() if part != "1" or not group.monoclinic_unique_axis().strip("\0")
        )
        for name in dict.fromkeys((compact(group.hm), compact(group.short_name()), compact(short))):
            found.setdefault(name, []).append(group)
    old: dict[str, list[gemmi.SpaceGroup]] = {}
    for group in gemmi.spacegroup_table():
        if group.number >= 200:  # noqa: PLR2004 (the first group with m -3)
            old.setdefault(compact(group.hm).replace("-3", "3"), []).append(group)
    found = {**old, **found}
    return {name: tuple(dict.fromkeys(map(_setting, groups))) for name, groups in found.items()}


@cache
def _full_names() -> dict[str, tuple[NamedSetting, ...]]:
    """Settings by their full symbols, such as ``F 4/m -3 2/m``."""
    found: dict[str, list[NamedSetting]] = {}
    for number in range(1, HALL_SETTINGS + 1):
        entry = moyopy.HallSymbolEntry(number)
        setting = setting_of_hall(entry.hall_symbol.replace("=", '"'))
        if setting is not None:
            for name in dict.fromkeys((compact(entry.hm_full), compact(entry.hm_short))):
                found.setdefault(name, []).append(setting)
    return {name: tuple(settings) for name, settings in found.items()}


@cache
def _other_cells() -> dict[str, tuple[NamedSetting, ...]]:
    """Settings with doubled cells, by their symbols; more than one where the origin is open."""
    found: dict[str, list[NamedSetting]] = {}
    for name, base, change in OTHER_CELLS:
        for setting in settings_of_symbol(base):
            triplets = changed(setting.triplets, change)
            found.setdefault(compact(name), []).append(NamedSetting(setting.number, f"{name} ({base})", triplets))
    return {name: tuple(settings) for name, settings in found.items()}


def changed(triplets: Iterable[str], change: str) -> tuple[str, ...]:
    """Operations in a larger cell.

    Args:
        triplets: operations in the old axes.
        change: the old coordinates as sums of the new ones, such as ``x+z,y,2*z``.
    """
    old = [gemmi.Op(triplet) for triplet in triplets]
    matrix = np.array(gemmi.Op(change).rot) / gemmi.Op.DEN
    inverse = np.linalg.inv(matrix)
    size = round(1.0 / abs(np.linalg.det(inverse)))
    steps = np.array(np.meshgrid(*[range(-size, size + 1)] * 3)).reshape(3, -1).T
    lattice = np.unique(np.round((steps @ inverse.T) % 1.0 % 1.0, 9) % 1.0, axis=0)
    written = []
    for operation in old:
        rotation = inverse @ (np.array(operation.rot) / gemmi.Op.DEN) @ matrix
        shift = inverse @ (np.array(operation.tran) / gemmi.Op.DEN)
        new = gemmi.Op()
        new.rot = np.rint(rotation * gemmi.Op.DEN).astype(int).tolist()
        for step in lattice:
            new.tran = (np.rint((shift + step) * gemmi.Op.DEN).astype(int) % gemmi.Op.DEN).tolist()
            written.append(new.triplet())
    return tuple(dict.fromkeys(written))
