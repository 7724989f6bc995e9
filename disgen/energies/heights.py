"""Heights of a run's ordered entries above a potential's hull, at the geometries that were published.

The hull is made of the reference crystals and of the entries themselves: the references lack a third of what is known,
MgO and calcite among it, and without the entries half of these would lie below their hull.

Nothing is relaxed: a crystal measured hot or under pressure stands as high as it then is, and one whose hydrogen X-rays
have put too near its neighbours stands too high by tenths of an electronvolt. Disordered entries have no energy of
their own, only their decorations do, and entries whose source leaves hydrogen out are other crystals than they say:
neither has a height.

| file `heights.parquet` of a run | |
|---|---|
| row | place of the entry in the run's index |
| height | above the hull in thousandths of eV an atom, whole |
| metadata | potential, version, correction, numbers of references and of entries in the index |
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.energies.decorate import decorations
from disgen.energies.hull import METADATA, References, formula_of, joined, shares_of
from disgen.energies.potential import EnergyError
from disgen.energies.runs import relaxations
from disgen.energies.treatment import Treatment
from disgen.files import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.energies.cell import Cell
    from disgen.energies.potential import Potential

HEIGHTS = "heights.parquet"
MOST_ATOMS = 60  # of a primitive cell; larger ones take longer than all others together
_PER_EV = 1000.0
_ON_HULL = 1e-6  # eV an atom, of what lies on the hull up to rounding
_HIGHEST = 30.0  # eV an atom, above which a geometry is a mistake of its file, and no number fits the column


@dataclass(frozen=True, eq=False)
class Heights:
    """Heights above a potential's hull.

    Attributes:
        about: potential, version, correction, numbers of references and of entries in the run's index.
        rows: (m,) places of the entries in the run's index.
        heights: (m,) eV an atom.
        lowest: formula and energy (eV an atom) by row of those that lie on the hull; not in the file.
    """

    about: Mapping[str, Any]
    rows: np.ndarray = field(repr=False)
    heights: np.ndarray = field(repr=False)
    lowest: Mapping[int, tuple[str, float]] = field(default_factory=dict, repr=False)

    @property
    def of_all(self) -> np.ndarray:
        """(n,) heights of all entries of the index, eV an atom; NaN where unknown."""
        result = np.full(int(self.about["entries"]), np.nan)
        result[self.rows] = self.heights
        return result


def heights_of(
    potential: Potential,
    references: References,
    crystals: Mapping[int, WyckoffCrystal],
    entries: int,
    folder: Path,
    *,
    most_atoms: int = MOST_ATOMS,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Heights:
    """Heights of the ordered ones of some crystals, from one energy each.

    Args:
        potential: whose energies they are.
        references: of the same potential.
        crystals: by their places in the run's index.
        entries: number of all in that index.
        folder: of the energies that are there already, and are kept.
        most_atoms: of a primitive cell; larger ones have no height.
        workers: processes.
        progress: called with the numbers of energies that are there and that there will be.

    Raises:
        EnergyError: if the references are another potential's, or a process was ended from outside.
    """
    cells = {row: cell for row, crystal in crystals.items() if (cell := _cell(potential, crystal, most_atoms))}
    by_digest = {cell.digest: cell for cell in cells.values()}
    done = relaxations(
        potential,
        by_digest,
        Treatment(),
        folder,
        workers=workers,
        progress=lambda number: progress(number, len(by_digest)),
    )
    rows = np.array(list(cells), dtype=np.int64)
    energies = np.array([done[cell.digest].energy for cell in cells.values()])
    shares = shares_of([cell.composition for cell in cells.values()])
    kind = (potential.name, potential.correction)
    there = np.isfinite(energies)
    heights = joined([references, References(*kind, shares[there], energies[there])]).above(kind, shares, energies)
    known = np.isfinite(heights) & (heights < _HIGHEST)
    lowest = {
        row: (formula_of(cell.composition), float(energy))
        for (row, cell), energy, height in zip(cells.items(), energies, heights, strict=True)
        if height < _ON_HULL
    }
    about = {
        "potential": potential.name,
        "version": potential.version,
        "correction": potential.correction,
        "references": len(references),
        "entries": entries,
    }
    return Heights(about, rows[known], heights[known], lowest)


def save_heights(path: Path, found: Heights) -> None:
    """Write a table that `load_heights` reads.

    Args:
        path: of the file (.parquet).
        found: rows ascending.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    whole = np.rint(np.maximum(found.heights, 0.0) * _PER_EV).astype(np.int16)
    table = pa.table({"row": pa.array(found.rows.astype(np.int32)), "height": pa.array(whole)})
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata({METADATA: json.dumps(dict(found.about)).encode()}),
        sink,
        compression="zstd",
        compression_level=19,
        use_dictionary=False,
        column_encoding={"row": "DELTA_BINARY_PACKED", "height": "PLAIN"},
    )
    write_file(path, sink.getvalue().to_pybytes())


def load_heights(path: Path, entries: int) -> Heights:
    """Read a table of heights.

    Args:
        path: of the file (.parquet).
        entries: number of entries in the run's index.

    Raises:
        EnergyError: if it cannot be read, or is of another index.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[METADATA])
        rows, heights = (table.column(name).to_numpy() for name in ("row", "height"))
        fits = about["entries"] == entries and (not len(rows) or 0 <= rows.min() <= rows.max() < entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no table of heights above a hull: make one with `python -m disgen heights`."
        raise EnergyError(msg) from error
    if not fits:
        msg = f"{path} is not of this run's entries: make it anew with `python -m disgen heights`."
        raise EnergyError(msg)
    return Heights(about, rows.astype(np.int64), heights / _PER_EV)


def _cell(potential: Potential, crystal: WyckoffCrystal, most_atoms: int) -> Cell | None:
    """The primitive cell of an ordered crystal that is small enough and of elements that the potential knows."""
    if crystal.disordered_sites:
        return None
    cells = decorations(crystal, 1, 0)
    if isinstance(cells, str) or len(cells[0]) > most_atoms or not set(cells[0].composition) <= potential.elements:
        return None
    return cells[0]
