"""Energies above the convex hull of reference crystals, all of one potential.

| symbol | variable |
|---|---|
| X, shares of the elements in the references | `shares`, (r, 94) |
| E, their energies an atom | `energies`, (r,) |
| x, e of a crystal | one row and entry of the arguments |
| min over w ≥ 0, Xᵀ w = x of E · w | the hull's energy at x, a linear program |

The crystal itself takes no part in its hull, so a crystal that is more stable than all references together lies at a
negative height.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.energies.potential import EnergyError, check_same
from disgen.places import program_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LAST = 94  # atomic number
METADATA = b"disgen"
_TERM = re.compile(r"([A-Z][a-z]?)(\d*)")


@dataclass(frozen=True, eq=False)
class References:
    """Crystals that a potential's hull is made of.

    Attributes:
        potential: its name.
        correction: kind of correction of its energies.
        shares: (r, 94) share of each element in each crystal.
        energies: (r,) eV an atom.
    """

    potential: str
    correction: str
    shares: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.energies)

    def above(self, potential: tuple[str, str], shares: np.ndarray, energies: np.ndarray) -> np.ndarray:
        """(n,) heights above the hull, eV an atom; NaN where an element has no reference or an energy is NaN.

        Args:
            potential: name and kind of correction of the energies.
            shares: (n, 94) share of each element in each crystal; rows sum to one.
            energies: (n,) eV an atom.

        Raises:
            EnergyError: if the energies are not the references' potential's.
        """
        check_same([(self.potential, self.correction), potential])
        hulls: dict[bytes, float] = {}
        heights = np.full(len(energies), np.nan)
        for place in np.flatnonzero(np.isfinite(energies)):
            found = hulls.setdefault(key := shares[place].tobytes(), np.nan)
            if np.isnan(found):
                found = hulls[key] = self._hull(shares[place])
            heights[place] = energies[place] - found
        return heights

    def _hull(self, share: np.ndarray) -> float:
        """The hull's energy at one composition; NaN if the references do not span it."""
        from scipy.optimize import linprog  # noqa: PLC0415 (heavy, and needed here only)

        inside = np.flatnonzero(share > 0.0)
        usable = self.shares[:, share <= 0.0].sum(axis=1) <= 0.0
        solution = linprog(self.energies[usable], A_eq=self.shares[usable][:, inside].T, b_eq=share[inside])
        return float(solution.fun) if solution.success else float("nan")


def load_joined(paths: Sequence[Path]) -> References:
    """Several files as one table, whose hull is made of all their crystals; at least one file.

    Raises:
        EnergyError: if one cannot be read, or they are of several potentials or kinds of correction.
    """
    return joined([load_references(path) for path in paths])


def joined(tables: Sequence[References]) -> References:
    """Several tables as one, whose hull is made of all their crystals; at least one table.

    Raises:
        EnergyError: if they are of several potentials or kinds of correction.
    """
    check_same((table.potential, table.correction) for table in tables)
    shares = np.concatenate([table.shares for table in tables])
    return References(
        tables[0].potential, tables[0].correction, shares, np.concatenate([table.energies for table in tables])
    )


def shares_of(compositions: Sequence[Mapping[int, float]]) -> np.ndarray:
    """(n, 94) share of each element, from atoms by atomic number; a row of zeros for no atoms.

    Raises:
        EnergyError: if an element is heavier than plutonium, which no potential here knows.
    """
    shares = np.zeros((len(compositions), _LAST))
    for row, composition in zip(shares, compositions, strict=True):
        if any(number > _LAST for number in composition):
            msg = f"Energies are known up to element {_LAST} only: leave out crystals with heavier ones."
            raise EnergyError(msg)
        total = sum(composition.values())
        for number, atoms in composition.items():
            row[number - 1] = atoms / total
    return shares


def default_references() -> dict[str, Path]:
    """The tables that come with the program, by the names of their potentials."""
    folder = program_folder() / "assets" / "references"
    return {path.stem: path for path in sorted(folder.glob("*.parquet"))}


def shipped_tables(potential: str) -> list[Path]:
    """All tables of a potential's energies that come with the program, the most exact first.

    Those of whole systems, relaxed; of the Materials Project's stable crystals; of the released run's entries, which
    have the third of the known ones that is missing there, as published.
    """
    folder, file = program_folder() / "assets" / "references", f"{potential}.parquet"
    return [path for path in (folder / "systems" / file, folder / file, folder / "entries" / file) if path.is_file()]


def load_references(path: Path) -> References:
    """Read a table that `disgen.energies.references` has written.

    Raises:
        EnergyError: if it cannot be read.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
        about: dict[str, Any] = json.loads(table.schema.metadata[METADATA])
        potential, correction = about["potential"], about["correction"]
        formulas = table.column("formula").to_pylist()
        energies = np.asarray(table.column("energy").to_numpy(), dtype=np.float64)
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no table of reference energies: make one with `disgen judge-references`."
        raise EnergyError(msg) from error
    there = np.isfinite(energies)
    shares = shares_of([atoms_of(formula) for formula, kept in zip(formulas, there, strict=True) if kept])
    return References(potential, correction, shares, energies[there])


def atoms_of(formula: str) -> dict[int, int]:
    """Atoms by atomic number of a formula of whole numbers, as "Li3PO4"."""
    return {ATOMIC_NUMBER[symbol]: int(count or 1) for symbol, count in _TERM.findall(formula)}


def formula_of(composition: Mapping[int, int]) -> str:
    """The reduced formula of whole numbers of atoms, elements by atomic number."""
    common = math.gcd(*composition.values())
    counts = ((ELEMENTS[number - 1], atoms // common) for number, atoms in sorted(composition.items()))
    return "".join(f"{symbol}{count if count > 1 else ''}" for symbol, count in counts)
