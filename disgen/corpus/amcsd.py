"""The American Mineralogist Crystal Structure Database (Downs and Hall-Wallace 2003), as `larixite` carries it.

The database inside the installed package is opened read-only with `sqlite3`. Larixite's own classes are not used: they
take seconds to import, may download a larger edition, and may add columns to the file in the package folder.
"""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from disgen.corpus.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Coordinates and occupancies are packed as 32-bit integers in steps of 1/4,000,000; 2 and 3 stand for "?" and ".".
_PACKED_SCALE = 4.0e6
_PACKED_TEXT = {2 * 4_000_000: "?", 3 * 4_000_000: "."}
_ABSENT = ("0", "", None)
_SELECT = """
    SELECT cif.id, minerals.name, cif.formula, cif.a, cif.b, cif.c, cif.alpha, cif.beta, cif.gamma,
           spacegroups.hm_notation, spacegroups.symmetry_xyz,
           cif.atoms_sites, cif.atoms_x, cif.atoms_y, cif.atoms_z, cif.atoms_occupancy
    FROM cif JOIN spacegroups ON spacegroups.id = cif.spacegroup_id LEFT JOIN minerals ON minerals.id = cif.mineral_id
"""
_QUERY = f"{_SELECT} ORDER BY cif.id"
_ENTRY = f"{_SELECT} WHERE cif.id = ?"
_CELL_TAGS = (
    "_cell_length_a",
    "_cell_length_b",
    "_cell_length_c",
    "_cell_angle_alpha",
    "_cell_angle_beta",
    "_cell_angle_gamma",
)
_ATOM_TAGS = (
    "_atom_site_label",
    "_atom_site_fract_x",
    "_atom_site_fract_y",
    "_atom_site_fract_z",
    "_atom_site_occupancy",
)


def database_path() -> Path:
    """Path of the database in the installed package.

    Raises:
        CorpusError: if larixite is not installed.
    """
    spec = find_spec("larixite")
    path = Path(spec.origin).with_name("amcsd_cif1.db") if spec and spec.origin else None
    if path is None or not path.is_file():
        msg = "The AMCSD comes with the package larixite, which is not there: run 'pip install larixite'."
        raise CorpusError(msg)
    return path


def count() -> int:
    """Number of entries.

    Raises:
        CorpusError: if the database is missing or damaged.
    """
    return int(next(_rows("SELECT count(*) FROM cif"))[0])


def cifs() -> Iterator[tuple[str, str]]:
    """(AMCSD code of seven digits, CIF text) of every entry, by code.

    Raises:
        CorpusError: if the database is missing or damaged.
    """
    for row in _rows(_QUERY):
        yield f"{int(row[0]):07d}", _cif(row)


def cif(code: str) -> str:
    """CIF text of one entry.

    Args:
        code: its AMCSD code, as `cifs` gives it.

    Raises:
        CorpusError: if there is no such entry, or the database is missing or damaged.
    """
    row = next(_rows(_ENTRY, (int(code),)), None) if code.isascii() and code.isdigit() else None
    if row is None:
        msg = f"The AMCSD of this machine's larixite has no entry {code}: another version may have it."
        raise CorpusError(msg)
    return _cif(row)


def mineral_names() -> dict[str, str]:
    """Names of minerals by AMCSD code, of the entries that have one.

    Raises:
        CorpusError: if the database is missing or damaged.
    """
    rows = _rows("SELECT cif.id, minerals.name FROM cif JOIN minerals ON minerals.id = cif.mineral_id")
    return {f"{int(code):07d}": name for code, name in rows if name != "<missing>"}


def _rows(query: str, parameters: tuple[int, ...] = ()) -> Iterator[tuple[str, ...]]:
    try:
        with closing(sqlite3.connect(f"{database_path().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            yield from connection.execute(query, parameters)
    except sqlite3.Error as error:
        msg = f"larixite's AMCSD database cannot be read ({error}): run 'pip install --force-reinstall larixite'."
        raise CorpusError(msg) from error


def _cif(row: tuple[str, ...]) -> str:
    """CIF of a row of `_QUERY`, with the tags that the AMCSD's own files have."""
    code, mineral, formula, *cell, symbol, operations, labels, x, y, z, occupancies = row
    lines = ["data_global", f"_database_code_amcsd {int(code):07d}"]
    if mineral and mineral != "<missing>":
        lines.append(f"_chemical_name_mineral {_quoted(mineral)}")
    if formula:
        lines.append(f"_chemical_formula_sum {_quoted(formula)}")
    lines += [f"{tag} {_number(value)}" for tag, value in zip(_CELL_TAGS, cell, strict=True)]
    # Symbols carry a mark such as "%var1%" where the database holds one group in several settings.
    lines.append(f"_symmetry_space_group_name_H-M {_quoted(symbol.split('%')[0])}")
    lines += ["loop_", "_space_group_symop_operation_xyz", *map(_quoted, json.loads(operations))]
    columns = [json.loads(labels), *(_unpacked(packed) for packed in (x, y, z, occupancies) if packed not in _ABSENT)]
    lines += ["loop_", *_ATOM_TAGS[: len(columns)], *map(" ".join, zip(*columns, strict=True))]
    return "\n".join(lines) + "\n"


def _unpacked(packed: str) -> list[str]:
    """Numbers of a packed column as CIF values, to six decimals."""
    steps = np.frombuffer(b64decode(packed), dtype="<i4")
    return [_PACKED_TEXT.get(step) or f"{step / _PACKED_SCALE:.6f}" for step in steps.tolist()]


def _number(text: str) -> str:
    """A cell parameter without the stray commas of two entries (``6.4235,`` and ``3,2518``)."""
    return text.strip().rstrip(",").replace(",", ".")


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"'{text}'" if "'" not in text else f'"{text}"'
