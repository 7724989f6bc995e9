"""Reference energies of a potential's hull, computed from crystals that are known to be stable.

Sources are what the Materials Project gives: a table of crystals (``.csv``, also compressed) with the columns
``material_id``, ``energy_above_hull`` (eV an atom) and ``cif``, of which those on the hull are taken; and the elements'
ground states as the package matcalc ships them (``.json``, ``.json.gz``). Their geometries were relaxed with the
functional that the potentials were trained on, so they are taken as they are: a single energy each. A crystal that the
potential would relax further lies too high by little, and the hull with it; what is above it is counted a little too
low, for every crystal alike.

The table holds formulas and energies, no structures. Crystals are computed in the order of their size and the table is
written again and again, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from disgen.crystal import ATOMIC_NUMBER
from disgen.files import write_file
from disgen.judge.energies.cell import Cell
from disgen.judge.energies.hull import METADATA, formula_of
from disgen.judge.energies.potential import EnergyError, batches
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from disgen.judge.energies.potential import Potential

ON_HULL = 1e-6  # eV an atom, up to which a crystal of the source counts as on its hull
_ATOMS_AT_ONCE = 512
_SECONDS_BETWEEN_WRITES = 30.0
_ATTRIBUTION = (
    "Energies by the named potential of crystals of the Materials Project (Jain et al., APL Mater. 1, 011002, 2013; "
    "CC BY 4.0) and of elements as shipped by matcalc (BSD-3-Clause)."
)


@dataclass(frozen=True, eq=False)
class Entry:
    """A reference crystal.

    Attributes:
        identifier: its name in its source; for elements "element-" and the symbol.
        cell: its atoms.
    """

    identifier: str
    cell: Cell = field(repr=False)


def read_entries(sources: Sequence[Path]) -> list[Entry]:
    """Crystals of the sources, the smallest first; of an element in several tables of elements, the first.

    Raises:
        EnergyError: if a source cannot be read, or is of no kind that is known.
    """
    found: dict[str, Entry] = {}
    for path in sources:
        for entry in _entries(path):
            found.setdefault(entry.identifier, entry)
    if not found:
        msg = "The sources hold no crystal on the hull, so there is nothing to compute."
        raise EnergyError(msg)
    return sorted(found.values(), key=lambda entry: (len(entry.cell), entry.identifier))


def compute_references(
    potential: Potential,
    entries: Sequence[Entry],
    path: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Write the energies of the entries to a table, except for those that stand there already.

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
        "attribution": _ATTRIBUTION,
    }
    known = _begun(path, about)
    todo = [entry for entry in entries if entry.identifier not in known]
    formulas = {entry.identifier: formula_of(entry.cell.composition) for entry in entries}
    rows = {name: row for name, row in known.items() if name in formulas}
    written = time.monotonic()
    with one_thread():
        for batch in batches([entry.cell for entry in todo], _ATOMS_AT_ONCE):
            for entry, energy in zip(todo[batch], _energies(potential, todo[batch]), strict=True):
                rows[entry.identifier] = (formulas[entry.identifier], energy)
            if progress is not None:
                progress(len(rows), len(entries))
            if time.monotonic() - written > _SECONDS_BETWEEN_WRITES:
                _write(path, rows, about)
                written = time.monotonic()
    _write(path, rows, about)
    return about | {"entries": len(rows), "without_energy": int(sum(np.isnan(energy) for _, energy in rows.values()))}


def _energies(potential: Potential, entries: Sequence[Entry]) -> list[float]:
    """Energy an atom of each; NaN for those that the potential does not know."""
    result = np.full(len(entries), np.nan)
    places = [place for place, entry in enumerate(entries) if set(entry.cell.composition) <= potential.elements]
    evaluations = potential.evaluate([entries[place].cell for place in places], gradients=False) if places else []
    for place, evaluation in zip(places, evaluations, strict=True):
        result[place] = evaluation.energy / len(entries[place].cell)
    return [float(energy) for energy in result]


def _begun(path: Path, about: dict[str, Any]) -> dict[str, tuple[str, float]]:
    """What an earlier run has computed: formula and energy by identifier."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not path.exists():
        return {}
    try:
        table = pq.read_table(path)
        before = json.loads(table.schema.metadata[METADATA])
        columns = [table.column(name).to_pylist() for name in ("identifier", "formula", "energy")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no table of reference energies: give another --out."
        raise EnergyError(msg) from error
    if any(before.get(key) != about[key] for key in ("potential", "version", "correction")):
        msg = (
            f"{path} holds energies of {before.get('potential')} {before.get('version')}, not of "
            f"{about['potential']} {about['version']}: give another --out."
        )
        raise EnergyError(msg)
    return {name: (formula, float(energy)) for name, formula, energy in zip(*columns, strict=True)}


def _write(path: Path, rows: dict[str, tuple[str, float]], about: dict[str, Any]) -> None:
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


def _entries(path: Path) -> Iterator[Entry]:
    """Crystals of one source."""
    name = path.name.lower()
    if not path.is_file():
        msg = f"There is no file {path}: name a table of Materials Project crystals or of elements."
        raise EnergyError(msg)
    if ".csv" in name:
        yield from _table_entries(path)
    elif name.endswith((".json", ".json.gz")):
        yield from _element_entries(path)
    else:
        msg = f"{path} is neither a table of crystals (.csv, .csv.xz) nor one of elements (.json, .json.gz)."
        raise EnergyError(msg)


def _table_entries(path: Path) -> Iterator[Entry]:
    import pandas as pd  # noqa: PLC0415

    try:
        table = pd.read_csv(path, usecols=["material_id", "energy_above_hull", "cif"])
    except (OSError, ValueError, EOFError) as error:
        msg = f"{path} has no columns material_id, energy_above_hull and cif that could be read."
        raise EnergyError(msg) from error
    stable = table[table["energy_above_hull"] <= ON_HULL]
    for identifier, text in zip(stable["material_id"], stable["cif"], strict=True):
        yield Entry(str(identifier), _cell_of_cif(text))


def _cell_of_cif(text: str) -> Cell:
    """Atoms of a CIF without symmetry or partial occupancies, as the Materials Project writes them."""
    structure = gemmi.make_small_structure_from_block(gemmi.cif.read_string(text).sole_block())
    vectors = np.array(structure.cell.orth.mat.tolist()).T
    fractional = np.array([site.fract.tolist() for site in structure.sites])
    numbers = np.array([site.element.atomic_number for site in structure.sites], dtype=np.int64)
    return Cell(numbers, fractional @ vectors, vectors)


def _element_entries(path: Path) -> Iterator[Entry]:
    """The crystal of least energy of each element, of matcalc's tables of one or several crystals each."""
    try:
        content = path.read_bytes()
        table = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
        for symbol, element in table.items():
            structures, energies = element["structure"], element["energy_per_atom"]
            if isinstance(structures, list):
                structures = structures[int(np.argmin(energies))]
            vectors = np.array(structures["lattice"]["matrix"], dtype=np.float64)
            fractional = np.array([site["abc"] for site in structures["sites"]], dtype=np.float64)
            numbers = np.full(len(fractional), ATOMIC_NUMBER[symbol], dtype=np.int64)
            yield Entry(f"element-{symbol}", Cell(numbers, fractional @ vectors, vectors))
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no table of elements as matcalc ships them."
        raise EnergyError(msg) from error
