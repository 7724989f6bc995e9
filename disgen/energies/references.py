"""Reference energies of a potential's hull, computed from crystals that are known to be stable.

The Materials Project's geometries were relaxed with the functional that the potentials were trained on, so they are
taken as they are: a single energy each. A crystal that the potential would relax further lies too high by little, and
the hull with it; what is above it is counted a little too low, for every crystal alike. The same holds for a phase that
the sources lack.

The table holds formulas and energies, no structures. Crystals are computed in the order of their size and the table is
written again and again, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.energies.hull import METADATA, formula_of
from disgen.energies.potential import EnergyError, batches
from disgen.files import write_file
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from disgen.energies.potential import Potential
    from disgen.energies.reference_sources import ReferenceEntry

_ATOMS_AT_ONCE = 512
_SECONDS_BETWEEN_WRITES = 30.0
ATTRIBUTION = (
    "Energies by the named potential of crystals of the Materials Project (Jain et al., APL Mater. 1, 011002, 2013; "
    "CC BY 4.0), elements as shipped by matcalc (BSD-3-Clause), and the other sources that are named."
)


def compute_references(
    potential: Potential,
    entries: Sequence[ReferenceEntry],
    path: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Add the energies of the entries to a table, except for those that stand there already.

    Args:
        potential: whose energies they are.
        entries: in the order in which they are computed.
        path: of the table (.parquet).
        progress: called with the numbers of entries that are there and that there will be.

    Returns:
        What the table is, as it stands in its metadata.

    Raises:
        EnergyError: if the table holds energies of another potential.
    """
    about = {
        "potential": potential.name,
        "version": potential.version,
        "correction": potential.correction,
        "energies": "eV per atom, single points at the sources' geometries; empty where the potential gives none",
        "attribution": ATTRIBUTION,
    }
    rows = _begun(path, about)
    todo = [entry for entry in entries if entry.identifier not in rows]
    total = len(rows) + len(todo)
    written = time.monotonic()
    with one_thread():
        for batch in batches([entry.cell for entry in todo], _ATOMS_AT_ONCE):
            for entry, energy in zip(todo[batch], _energies(potential, todo[batch]), strict=True):
                rows[entry.identifier] = (formula_of(entry.cell.composition), energy)
            if progress is not None:
                progress(len(rows), total)
            if time.monotonic() - written > _SECONDS_BETWEEN_WRITES:
                write_table(path, rows, about)
                written = time.monotonic()
    write_table(path, rows, about)
    return about | {"entries": len(rows), "without_energy": int(sum(np.isnan(energy) for _, energy in rows.values()))}


def _energies(potential: Potential, entries: Sequence[ReferenceEntry]) -> list[float]:
    """Energy an atom of each; NaN for those that the potential does not know."""
    result = np.full(len(entries), np.nan)
    places = [place for place, entry in enumerate(entries) if set(entry.cell.composition) <= potential.elements]
    evaluations = potential.evaluate([entries[place].cell for place in places], gradients=False) if places else []
    for place, evaluation in zip(places, evaluations, strict=True):
        result[place] = evaluation.energy / len(entries[place].cell)
    return [float(energy) for energy in result]


def _begun(path: Path, about: dict[str, Any]) -> dict[str, tuple[str, float]]:
    """What an earlier run has computed: formula and energy by identifier."""
    if not path.exists():
        return {}
    before, rows = read_table(path)
    if any(before.get(key) != about[key] for key in ("potential", "version", "correction")):
        msg = (
            f"{path} holds energies of {before.get('potential')} {before.get('version')}, not of "
            f"{about['potential']} {about['version']}: give another --out."
        )
        raise EnergyError(msg)
    return rows


def read_table(path: Path) -> tuple[dict[str, Any], dict[str, tuple[str, float]]]:
    """What a table of reference energies is, and formula and energy (eV an atom) by identifier.

    Raises:
        EnergyError: if it cannot be read.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[METADATA])
        columns = [table.column(name).to_pylist() for name in ("identifier", "formula", "energy")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no table of reference energies: give another file."
        raise EnergyError(msg) from error
    return about, {name: (formula, float(energy)) for name, formula, energy in zip(*columns, strict=True)}


def write_table(path: Path, rows: Mapping[str, tuple[str, float]], about: Mapping[str, Any]) -> None:
    """Write a table that `read_table` reads.

    Args:
        path: of the file (.parquet).
        rows: formula and energy (eV an atom) by identifier.
        about: what it is; "potential", "version" and "correction" at least.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    names = list(rows)
    columns = {
        "identifier": pa.array(names, pa.string()),
        "formula": pa.array([rows[name][0] for name in names], pa.string()),
        "energy": pa.array([rows[name][1] for name in names], pa.float32()),
    }
    table = pa.table(columns).replace_schema_metadata({METADATA: json.dumps(about).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=19)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, sink.getvalue().to_pybytes())
