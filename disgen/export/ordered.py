"""One sampled ordered cell (`disgen.generation.ordered.cell`) in the formats of simulation codes.

None of these files holds shared or partly empty sites: each says what it stands for, and what it leaves out, in its
comment, the CIF in the field of how it was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen import wyckoff
from disgen.cif import write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite, cell_parameters

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from disgen.generation.ordered.cell import OrderedCell


def label(cell: OrderedCell) -> str:
    """What an ordered cell is and where it departs from its crystal, in one line of ASCII."""
    crystal = cell.crystal
    size = "x".join(map(str, cell.repeats))
    group = f"{wyckoff.symbol(crystal.space_group)} ({crystal.space_group})"
    what = f"One ordered {size} cell sampled with seed {cell.seed} from disordered {crystal.formula}, {group}"
    return "; ".join((what, "not the average structure", *cell.remarks))


def ordered_structure(cell: OrderedCell) -> Structure:
    """The cell as a pymatgen `Structure`; sites carry their disordered site's number, from 1, as "site"."""
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415 (half a second that most callers need not wait)

    numbers = [int(owner) + 1 for owner in cell.owners]
    return Structure(Lattice(cell.vectors), list(cell.symbols), cell.positions, site_properties={"site": numbers})


def ordered_cif(cell: OrderedCell) -> str:
    """The cell as a CIF in P1."""
    sites = tuple(
        WyckoffSite("a", 1, (float(x), float(y), float(z)), ((symbol, 1.0),))
        for symbol, (x, y, z) in zip(cell.symbols, cell.positions, strict=True)
    )
    crystal = WyckoffCrystal(1, cell_parameters(cell.vectors), sites)
    return write_cif(crystal, f"{cell.crystal.formula}_ordered", method=label(cell))


def poscar(cell: OrderedCell) -> str:
    """The cell as VASP's POSCAR, atoms grouped by element."""
    from pymatgen.io.vasp import Poscar  # noqa: PLC0415

    structure = ordered_structure(cell).remove_site_property("site")
    result: str = Poscar(structure, comment=label(cell), sort_structure=True).get_str(significant_figures=10)
    return result


def extended_xyz(cell: OrderedCell) -> str:
    """The cell as extended XYZ: Cartesian positions in Å, and the number of each atom's disordered site, from 1."""
    lattice = " ".join(f"{value:.10f}" for value in cell.vectors.ravel())
    header = (
        f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:site:I:1 pbc="T T T" seed={cell.seed} '
        f'comment="{label(cell)}"'
    )
    lines = [
        f"{symbol} {x:.10f} {y:.10f} {z:.10f} {owner + 1}"
        for symbol, (x, y, z), owner in zip(cell.symbols, cell.positions @ cell.vectors, cell.owners, strict=True)
    ]
    return "\n".join([str(len(cell)), header, *lines]) + "\n"
