"""Crystals that a potential's hull is made of, as people have them.

* A table of the Materials Project's crystals (``.csv``, also compressed) with the columns ``material_id``,
  ``energy_above_hull`` (eV an atom) and ``cif``, of which those on the hull are taken; of a system all.
* The elements' ground states as the package matcalc ships them (``.json``, ``.json.gz``).
* A folder or archive of CIFs, of which those without partial occupancies are taken; whether they are stable does not
  matter, because a hull is made of the lowest only.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from disgen.corpus.sources import open_source
from disgen.crystal import ATOMIC_NUMBER
from disgen.energies.cell import Cell, primitive
from disgen.energies.decorate import MOST_ATOMS
from disgen.energies.potential import EnergyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ON_HULL = 1e-6  # eV an atom, up to which a crystal of the source counts as on its hull
_SUM = re.compile(r"^_chemical_formula_sum\s+(.+)$", re.MULTILINE)
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_FULL = 0.999  # occupancy from which a site counts as full


@dataclass(frozen=True, eq=False)
class ReferenceEntry:
    """A reference crystal.

    Attributes:
        identifier: its name in its source; for elements "element-" and the symbol.
        cell: its atoms.
    """

    identifier: str
    cell: Cell = field(repr=False)


def read_entries(sources: Sequence[Path], within: frozenset[int] | None = None) -> list[ReferenceEntry]:
    """Crystals of the sources, the smallest first; of an element in several tables of elements, the first.

    Args:
        sources: files and folders as above.
        within: atomic numbers of a system: only its crystals, of tables also those above the hull; all elements if
            None.

    Raises:
        EnergyError: if a source cannot be read, or is of no kind that is known.
    """
    found: dict[str, ReferenceEntry] = {}
    for path in sources:
        for entry in _entries(path, within):
            if within is None or set(entry.cell.composition) <= within:
                found.setdefault(entry.identifier, entry)
    if not found and within is None:
        msg = "The sources hold no crystal on the hull, so there is nothing to compute."
        raise EnergyError(msg)
    return sorted(found.values(), key=lambda entry: (len(entry.cell), entry.identifier))


def _entries(path: Path, within: frozenset[int] | None) -> Iterator[ReferenceEntry]:
    """Crystals of one source; of a table those of a system, or those on the hull."""
    name = path.name.lower()
    if not path.exists():
        msg = f"There is no {path}: name a table of Materials Project crystals or of elements, or CIFs."
        raise EnergyError(msg)
    if ".csv" in name:
        yield from _table_entries(path, within)
    elif name.endswith((".json", ".json.gz")):
        yield from _element_entries(path)
    else:
        yield from _cif_entries(path)


def _table_entries(path: Path, within: frozenset[int] | None) -> Iterator[ReferenceEntry]:
    import pandas as pd  # noqa: PLC0415

    try:
        table = pd.read_csv(path, usecols=["material_id", "energy_above_hull", "cif"])
    except (OSError, ValueError, EOFError) as error:
        msg = f"{path} has no columns material_id, energy_above_hull and cif that could be read."
        raise EnergyError(msg) from error
    chosen = table["energy_above_hull"] <= ON_HULL if within is None else table["cif"].map(_elements) <= within
    for identifier, text in zip(table["material_id"][chosen], table["cif"][chosen], strict=True):
        cell = _ordered(text)
        if cell is not None:
            yield ReferenceEntry(str(identifier), cell)


def _elements(text: str) -> frozenset[int]:
    """Atomic numbers in the sum formula of a CIF, for a first choice without reading it; none if it states none."""
    stated = _SUM.search(text)
    symbols = _SYMBOL.findall(stated[1]) if stated else []
    return frozenset(ATOMIC_NUMBER[symbol] for symbol in symbols if symbol in ATOMIC_NUMBER)


def _cif_entries(path: Path) -> Iterator[ReferenceEntry]:
    source = open_source(str(path))
    for entry in source.entries():
        cell = _ordered(entry.text)
        if cell is not None and len(cell) <= MOST_ATOMS:
            yield ReferenceEntry(f"{source.name}/{entry.id}", cell)


def _ordered(text: str) -> Cell | None:
    """Atoms of a CIF's primitive cell; None if a site of it is partly filled, or it cannot be read."""
    try:
        structure = gemmi.make_small_structure_from_block(gemmi.cif.read_string(text).sole_block())
    except (RuntimeError, ValueError):
        return None  # one of many, and nothing is said about those that are not there
    sites = structure.get_all_unit_cell_sites()
    if not sites or not structure.cell.volume > 0.0 or any(site.occ < _FULL for site in sites):
        return None
    numbers = np.array([site.element.atomic_number for site in sites], dtype=np.int64)
    if not numbers.all():
        return None
    vectors = np.array(structure.cell.orth.mat.tolist()).T
    cell = Cell(numbers, np.array([site.fract.tolist() for site in sites]) @ vectors, vectors)
    return primitive(cell, structure.spacegroup.hm[0] if structure.spacegroup else "P")


def _element_entries(path: Path) -> Iterator[ReferenceEntry]:
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
            yield ReferenceEntry(f"element-{symbol}", Cell(numbers, fractional @ vectors, vectors))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{path} is no table of elements as matcalc ships them."
        raise EnergyError(msg) from error
