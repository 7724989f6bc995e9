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
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal

_LONGEST = 120  # characters of a file name, without the extension
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold


def file_name(crystal: WyckoffCrystal, origin: str) -> str:
    """File name that tells formula, space group and where the crystal comes from, safe on any system."""
    text = f"{crystal.formula}_{crystal.space_group}_{origin}"
    return re.sub(r"[^A-Za-z0-9._-]", "-", text).strip(".")[:_LONGEST] + ".cif"


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
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(_entry("manifest.csv"), table.getvalue())
        for name, crystal in zip(names, crystals, strict=True):
            bundle.writestr(_entry(name), write_cif(crystal))
    return packed.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
