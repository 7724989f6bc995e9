"""The file of the templates: what is free about each known crystal, as exact as the start of a geometry needs it.

One row a crystal. Lengths are stored in 0.001 Å, angles in 0.01°, free coordinates in 1/16384 of a cell, occupancies in
1/200; all else follows from space group and letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from disgen import symmetry, wyckoff
from disgen.prior.errors import PriorError
from disgen.prior.geometry.parameters import points_of
from disgen.prior.geometry.templates import Templates
from disgen.ragged import places
from disgen.representation import MAX_SITES, SiteArrays

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = "prior.templates.parquet"  # beside the prior's other files
_LENGTH, _ANGLE, _TURN, _FILLING = 1e-3, 1e-2, 2.0**-14, 5e-3
_LARGEST = 2**16 - 1  # number that is stored


def templates_file(arrays: SiteArrays) -> bytes:
    """The file of known crystals, in the order of their skeletons, without those with an edge of more than 65 Å."""
    arrays = arrays.take(np.flatnonzero(arrays.cell[:, :3].max(axis=1) < _LENGTH * _LARGEST))
    arrays = arrays.take(np.lexsort([*arrays.letter.T[::-1], arrays.space_group]))  # which compresses better
    real = arrays.real
    rows = _rows(arrays)[real]
    free = np.rint(symmetry.free_coordinates(rows, arrays.coordinates[real]) / _TURN).astype(np.int64) % int(
        1.0 / _TURN
    )
    there = arrays.species > 0
    units = np.array([_LENGTH] * 3 + [_ANGLE] * 3)
    cell = np.rint(arrays.cell / units).astype(np.uint16)
    sites, species = real.sum(axis=1), there.sum(axis=(1, 2))
    share = np.clip(np.rint(arrays.occupancy[there] / _FILLING), 1, None)
    columns = {"group": pa.array(arrays.space_group.astype(np.uint8))}
    columns |= {name: pa.array(values) for name, values in zip(_CELL, cell.T, strict=True)}
    columns |= {"letter": _lists(arrays.letter[real].astype(np.uint8), sites)}
    columns |= {name: _lists(values.astype(np.uint16), sites) for name, values in zip("xyz", free.T, strict=True)}
    columns |= {"slots": _lists(there.sum(axis=2)[real].astype(np.uint8), sites)}
    columns |= {"element": _lists(arrays.species[there].astype(np.uint8), species)}
    columns |= {"share": _lists(share.astype(np.uint8), species)}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd", compression_level=19)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def load_templates(path: Path, volumes: np.ndarray) -> Templates:
    """Read a file of `templates_file`.

    Args:
        path: the file.
        volumes: (101,) expected volumes of atoms.

    Raises:
        PriorError: if it is missing or damaged.
    """
    return Templates.of_arrays(load_known(path), volumes)


def load_known(path: Path) -> SiteArrays:
    """The known crystals in a file of `templates_file`.

    Raises:
        PriorError: if it is missing or damaged.
    """
    try:
        return _arrays(pq.read_table(path))
    except (OSError, KeyError, ValueError, IndexError, pa.ArrowException) as error:
        msg = f"The learned prior lacks its known crystals, {path}, or they are damaged: train it again."
        raise PriorError(msg) from error


_CELL = ("a", "b", "c", "alpha", "beta", "gamma")


def _arrays(table: pa.Table) -> SiteArrays:
    n = table.num_rows
    group = table["group"].to_numpy().astype(np.int16)
    cell = np.stack([table[name].to_numpy() for name in _CELL], axis=1) * ([_LENGTH] * 3 + [_ANGLE] * 3)
    sites, letters = _flat(table, "letter")
    crystal, site = places(sites)
    letter = np.zeros((n, MAX_SITES), dtype=np.int8)
    letter[crystal, site] = letters
    slots = np.zeros((n, MAX_SITES), dtype=np.int64)
    slots[crystal, site] = _flat(table, "slots")[1]
    who, slot = places(slots[crystal, site])
    species = np.zeros((n, MAX_SITES, int(slots.max(initial=1))), dtype=np.int8)
    occupancy = np.zeros(species.shape)
    species[crystal[who], site[who], slot] = _flat(table, "element")[1]
    occupancy[crystal[who], site[who], slot] = _FILLING * _flat(table, "share")[1]
    arrays = SiteArrays(
        group, cell, letter, _multiplicity(group, letter), np.zeros((n, MAX_SITES, 3)), species, occupancy
    )
    free = np.stack([_flat(table, name)[1] for name in "xyz"], axis=1) * _TURN
    arrays.coordinates[crystal, site] = points_of(_rows(arrays)[crystal, site], free)
    return arrays


def _rows(arrays: SiteArrays) -> np.ndarray:
    """(n, 9) rows of `disgen.wyckoff.tables`; meaningless for padding."""
    return wyckoff.tables().first[arrays.space_group.astype(np.int64)][:, None] + arrays.letter.astype(np.int64) - 1


def _multiplicity(group: np.ndarray, letter: np.ndarray) -> np.ndarray:
    return np.where(letter > 0, wyckoff.tables().multiplicity_of[group[:, None], letter], 0).astype(np.int8)


def _lists(values: np.ndarray, counts: np.ndarray) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], counts.cumsum()]), pa.int32()), pa.array(values))


def _flat(table: pa.Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of the lists of a column, and all their values one after the other."""
    column = table[name].combine_chunks()
    return np.diff(column.offsets.to_numpy()), column.flatten().to_numpy().astype(np.int64)
