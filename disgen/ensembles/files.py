"""Ensembles as files for other programs: a table, extended XYZ, POSCARs, and a folder for a workflow."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ELEMENTS
from disgen.energies.cell_files import poscar, structure_of
from disgen.ensembles.report import summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.energies.cell import Cell
    from disgen.ensembles.report import Result

_COLUMNS = ("energy", "density", "volume", "magnetic_moment")
_README = """\
One folder a decoration, and what they are:

ensemble.json        occupancies, charge, calculator, statistics
decorations.csv      a row a decoration: name, degeneracy, energy (eV an atom), density (g/cm3), volume (A3 an atom)
*/POSCAR             the cell of each decoration
*/structure.json     the same as pymatgen's JSON (Structure.from_dict)
*/metadata.json      its degeneracy and its energy, to be kept with a calculation
submit.py            a flow of atomate2 (double relaxation of each by VASP) run by jobflow; change the maker as you like

pip install atomate2, set it up for your machine, and: python submit.py
"""
_SUBMIT = '''\
"""Relax every decoration of this folder with atomate2; needs atomate2 (jobflow comes with it) and VASP."""

import json
from pathlib import Path

from atomate2.vasp.flows.core import DoubleRelaxMaker
from jobflow import Flow, run_locally
from pymatgen.core import Structure

jobs = []
for folder in sorted(path.parent for path in Path(__file__).parent.glob("*/structure.json")):
    structure = Structure.from_dict(json.loads((folder / "structure.json").read_text()))
    flow = DoubleRelaxMaker().make(structure)
    flow.update_metadata(json.loads((folder / "metadata.json").read_text()))
    jobs.append(flow)

run_locally(Flow(jobs, name=Path(__file__).parent.name), create_folders=True)
'''


def table_csv(result: Result) -> str:
    """A row a decoration: seed or number, degeneracy, outcome, atoms, and its properties; empty where there is none."""
    properties = result.properties
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ("decoration", "degeneracy", "outcome", "atoms", "energy_per_atom_eV", "density_g_cm3")
    writer.writerow((*head, "volume_per_atom_A3", "magnetic_moment_per_atom_muB", "calculator", "correction"))
    for place, cell in enumerate(result.drawn.cells.cells):
        numbers = [getattr(properties, name)[place] for name in _COLUMNS]
        writer.writerow(
            (
                cell.seed,
                int(properties.degeneracy[place]),
                properties.outcome[place],
                int(properties.n_atoms[place]),
                *("" if not np.isfinite(number) else f"{number:.8g}" for number in numbers),
                properties.potential,
                properties.correction,
            )
        )
    return text.getvalue()


def extended_xyz(result: Result) -> str:
    """All decorations after their treatment as extended XYZ, one after the other, with their energies in eV."""
    return "".join(_xyz(result, place) for place in range(len(result.properties)))


def poscars(result: Result) -> dict[str, str]:
    """A POSCAR of each decoration after its treatment, by file name."""
    return {f"POSCAR_{name}": poscar(cell, title) for name, cell, title in _named(result)}


def workflow_files(result: Result) -> dict[str, str]:
    """A folder that a script of atomate2 and jobflow reads, by path inside it; `_README` says what is what."""
    properties = result.properties
    files = {
        "README.txt": _README,
        "submit.py": _SUBMIT,
        "ensemble.json": json.dumps(summary(result), indent=1) + "\n",
        "decorations.csv": table_csv(result),
    }
    for place, (name, cell, title) in enumerate(_named(result)):
        energy = float(properties.energy[place])
        about = {
            "decoration": name,
            "degeneracy": int(properties.degeneracy[place]),
            "calculator": properties.potential,
            "correction": properties.correction,
            "energy_per_atom_eV": energy if np.isfinite(energy) else None,
        }
        files[f"{name}/POSCAR"] = poscar(cell, title)
        files[f"{name}/structure.json"] = json.dumps(structure_of(cell).as_dict()) + "\n"
        files[f"{name}/metadata.json"] = json.dumps(about) + "\n"
    return files


def _named(result: Result) -> list[tuple[str, Cell, str]]:
    """Name, cell and a line of comment of each decoration."""
    drawn, properties = result.drawn, result.properties
    size = "x".join(map(str, drawn.cells.supercell.repeats))
    formula = drawn.cells.supercell.crystal.formula
    return [
        (f"{ordered.seed:05d}", cell, f"decoration {ordered.seed} of {formula}, {size} cells, {drawn.cells.kind}")
        for ordered, cell in zip(drawn.cells.cells, properties.cells, strict=True)
    ]


def _xyz(result: Result, place: int) -> str:
    properties, cell = result.properties, result.properties.cells[place]
    name, _, title = _named(result)[place]
    about: Mapping[str, str] = {
        "Lattice": '"' + " ".join(f"{value:.8f}" for value in cell.vectors.ravel()) + '"',
        "Properties": "species:S:1:pos:R:3",
        "pbc": '"T T T"',
        "energy": f"{properties.energy[place] * len(cell):.8f}",
        "degeneracy": str(int(properties.degeneracy[place])),
        "decoration": name,
        "calculator": json.dumps(properties.potential),
        "correction": json.dumps(properties.correction),
        "comment": json.dumps(title),
    }
    if not np.isfinite(properties.energy[place]):
        about = {key: value for key, value in about.items() if key != "energy"}
    head = " ".join(f"{key}={value}" for key, value in about.items())
    lines = [
        f"{ELEMENTS[number - 1]} {x:.8f} {y:.8f} {z:.8f}"
        for number, (x, y, z) in zip(cell.numbers.tolist(), cell.positions, strict=True)
    ]
    return "\n".join([str(len(cell)), head, *lines]) + "\n"
