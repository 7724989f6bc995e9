"""What the download buttons hand out: named CIFs, and archives of them that are the same for the same content."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import TYPE_CHECKING

from disgen import wyckoff
from disgen.cif import write_cif

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.crystal import WyckoffCrystal

MANIFEST = "manifest.csv"
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "'")
_LONGEST = 120  # characters of a file name, without its ending
_LONGEST_FORMULA = 60  # characters of the formula in it
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold


def guarded(text: str) -> str:
    """A cell of a table that no spreadsheet takes for a formula: an apostrophe stands before what looks like one."""
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text


def file_stem(crystal: WyckoffCrystal, origin: str = "") -> str:
    """Formula, space group and where the crystal comes from, safe in a file name on any system."""
    parts = (crystal.formula[:_LONGEST_FORMULA], str(crystal.space_group), origin)
    return re.sub(r"[^A-Za-z0-9._-]", "-", "_".join(filter(None, parts))).strip(".")[:_LONGEST]


def file_name(crystal: WyckoffCrystal, origin: str, ending: str = ".cif") -> str:
    """File name that tells what is inside: `file_stem` and an ending, as ``_P1.cif``."""
    return file_stem(crystal, origin) + ending


def archive(crystals: Sequence[WyckoffCrystal], origins: Sequence[str]) -> bytes:
    """Zip of CIFs with a ``manifest.csv`` (file, formula, space group, origin), byte for byte the same each time.

    Args:
        crystals: what to pack.
        origins: where each comes from, such as ``kde-seed0-12``; distinct.
    """
    names = [file_name(crystal, origin) for crystal, origin in zip(crystals, origins, strict=True)]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("file", "formula", "space_group", "symbol", "origin"))
    for name, crystal, origin in zip(names, crystals, origins, strict=True):
        symbol = wyckoff.symbol(crystal.space_group)
        writer.writerow((name, crystal.formula, crystal.space_group, symbol, origin))
    cifs = {name: write_cif(crystal) for name, crystal in zip(names, crystals, strict=True)}
    return zipped({MANIFEST: table.getvalue()} | cifs)


def zipped(files: Mapping[str, str]) -> bytes:
    """Texts by file name as a zip, byte for byte the same each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in files.items():
            bundle.writestr(_entry(name), text)
    return packed.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
