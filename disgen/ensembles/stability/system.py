"""Reference crystals of one chemical system with their energies by one potential, computed once and kept.

They come from the table that is shipped for some systems, from the judge's table of crystals on the Materials Project's
hull (single energies at its geometries), and from sources that the user names: the Materials Project's crystals as a
table or by its API, elements, CIFs, corpora. What is computed here is relaxed as candidates are, and lies in the user's
cache of relaxations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.corpus.storage import load_corpus
from disgen.crystal import ATOMIC_NUMBER, reduced_formula
from disgen.energies.cache import default_cache
from disgen.energies.cell import Cell, cell_of
from disgen.energies.decorate import MOST_ATOMS
from disgen.energies.hull import atoms_of, formula_of, shipped_tables
from disgen.energies.potential import EnergyError, check_same
from disgen.energies.potentials import load_potential
from disgen.energies.reference_sources import ReferenceEntry
from disgen.energies.references import ATTRIBUTION, read_table, write_table
from disgen.energies.relax import FMAX
from disgen.energies.runs import relaxations
from disgen.energies.treatment import Mode, Treatment
from disgen.ensembles.stability.entries import HullEntry, symbols_of
from disgen.generation.ordered.cell import draw_ordered_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

RELAXED = Treatment(Mode.TOGETHER, 100)  # of references and candidates alike


@dataclass(frozen=True, eq=False)
class SystemReferences:
    """References of a system.

    Attributes:
        elements: symbols.
        entries: of the system and of parts of it, by identifier.
    """

    elements: tuple[str, ...]
    entries: Mapping[str, HullEntry] = field(repr=False)


def system_references(
    elements: Sequence[str],
    potential: str,
    sources: Iterable[ReferenceEntry] = (),
    *,
    tables: Sequence[Path] | None = None,
    treatment: Treatment = RELAXED,
    cache: Path | None = None,
    workers: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> SystemReferences:
    """References of a system, from tables and computed.

    Args:
        elements: symbols, up to plutonium.
        potential: name, or import path of a calculator of ASE.
        sources: further crystals, of which those of the system are relaxed.
        tables: of energies that are there (default: `disgen.energies.hull.shipped_tables`).
        treatment: of what is computed.
        cache: folder (default: the user's).
        workers: processes, of one thread each.
        progress: called with the number of crystals that are done; what it raises ends the work.

    Raises:
        EnergyError: if a table is of another potential, or the potential is unknown or not installed.
    """
    within = frozenset(ATOMIC_NUMBER[symbol] for symbol in elements)
    found: dict[str, HullEntry] = {}
    for path in shipped_tables(potential) if tables is None else tables:
        for identifier, entry in _of_table(path, within).items():
            found.setdefault(identifier, entry)
    todo = [one for one in sources if set(one.cell.composition) <= within and one.identifier not in found]
    if todo:
        loaded = load_potential(potential)
        kind = (loaded.name, loaded.correction)
        check_same([kind, *(entry.potential for entry in found.values())])
        cells = {one.cell.digest: one.cell for one in todo}
        done = relaxations(
            loaded,
            cells,
            treatment,
            default_cache() if cache is None else cache,
            workers=workers,
            progress=progress,
        )
        for one in todo:
            energy = done[one.cell.digest].energy
            if np.isfinite(energy):
                found[one.identifier] = _entry(one.identifier, one.cell.composition, energy, kind)
    return SystemReferences(tuple(elements), found)


def store_references(path: Path, references: SystemReferences) -> None:
    """Add references to a table that `system_references` takes them from.

    Raises:
        EnergyError: if there are none, or the table is of another potential.
    """
    kinds = {entry.potential for entry in references.entries.values()}
    before, rows = read_table(path) if path.exists() else ({}, {})
    if before:
        kinds.add((before["potential"], before["correction"]))
    check_same(kinds)
    if not kinds:
        msg = "There is no reference energy to store: name a source."
        raise EnergyError(msg)
    ((potential, correction),) = kinds
    about = {
        "potential": potential,
        "version": load_potential(potential).version,
        "correction": correction,
        "energies": f"eV per atom; {RELAXED.mode} relaxed to {FMAX:g} eV/Å in at most {RELAXED.steps} steps, but for "
        "those from other tables, which are what these say",
        "attribution": ATTRIBUTION,
    }
    new = {
        identifier: (formula_of(_whole(entry.composition)), entry.energy)
        for identifier, entry in references.entries.items()
    }
    write_table(path, dict(sorted((rows | new).items())), about)


def corpus_entries(folder: str | Path, elements: Sequence[str]) -> list[ReferenceEntry]:
    """Ordered compounds of a corpus that hold no other elements, one of each key.

    Elements are left out: of them a corpus has mostly what exists under pressure only.

    Raises:
        CorpusError: if the corpus is missing or damaged.
    """
    corpus = load_corpus(folder)
    wanted = set(elements)
    found: dict[str, ReferenceEntry] = {}
    rows = zip(corpus.crystals, corpus.index["source"], corpus.index["id"], strict=True)
    for crystal, source, identifier in rows:
        is_compound = len(crystal.composition) > 1 and wanted.issuperset(crystal.composition)
        if is_compound and not crystal.disordered_sites and crystal.key not in found:
            cell = cell_of(draw_ordered_cell(crystal, (1, 1, 1), 0))
            if len(cell) <= MOST_ATOMS:
                found[crystal.key] = ReferenceEntry(f"{source}/{identifier}", cell)
    return list(found.values())


def materials_project_entries(elements: Sequence[str], key: str) -> list[ReferenceEntry]:
    """All crystals of a system that the Materials Project's API gives, theoretical ones among them.

    Args:
        elements: symbols.
        key: of the user.

    Raises:
        EnergyError: if the client is not installed, or the server does not answer.
    """
    try:
        from mp_api.client import MPRester  # noqa: PLC0415 (optional)
    except ImportError as error:
        msg = "The client of the Materials Project's API is not installed: pip install mp-api."
        raise EnergyError(msg) from error
    systems = _subsystems(elements)
    try:
        with MPRester(key) as client:
            documents = client.materials.summary.search(chemsys=systems, fields=["material_id", "structure"])
    except Exception as error:  # the client raises its own errors, those of requests and plain ones
        msg = "The Materials Project's API gives no answer: check the key and the connection."
        raise EnergyError(msg) from error
    return [ReferenceEntry(str(one.material_id), _cell_of_structure(one.structure)) for one in documents]


def _whole(composition: Mapping[str, float]) -> dict[int, int]:
    """Whole amounts by atomic number."""
    return {ATOMIC_NUMBER[symbol]: round(amount) for symbol, amount in composition.items()}


def _subsystems(elements: Sequence[str]) -> list[str]:
    """All parts of a system as the API names them: "O", "Zn", "O-Zn"."""
    names = [""]
    for symbol in sorted(elements):
        names += [f"{name}-{symbol}".lstrip("-") for name in names]
    return names[1:]


def _cell_of_structure(structure: object) -> Cell:
    """A pymatgen structure's atoms."""
    numbers = np.array(structure.atomic_numbers, dtype=np.int64)  # type: ignore[attr-defined]
    return Cell(numbers, structure.cart_coords, structure.lattice.matrix)  # type: ignore[attr-defined]


def _of_table(path: Path, within: frozenset[int]) -> dict[str, HullEntry]:
    """Entries of a table that hold no other elements."""
    about, rows = read_table(path)
    kind = (str(about["potential"]), str(about["correction"]))
    found = {}
    for identifier, (formula, energy) in rows.items():
        if np.isfinite(energy) and within.issuperset(atoms := atoms_of(formula)):
            found[identifier] = _entry(identifier, atoms, energy, kind)
    return found


def _entry(identifier: str, atoms: Mapping[int, int], energy: float, kind: tuple[str, str]) -> HullEntry:
    """A reference, named by its formula and where it comes from."""
    amounts = symbols_of(atoms)
    return HullEntry(f"{reduced_formula(amounts, [1])} ({identifier})", amounts, energy, kind)
