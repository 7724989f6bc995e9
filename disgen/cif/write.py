"""Writing CIFs, and handing a crystal to pymatgen."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import gemmi

from disgen.wyckoff import operation_strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal

_ATOM_HEADER = (
    "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_symmetry_multiplicity\n_atom_site_Wyckoff_symbol\n"
    "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy"
)
_GROUP_HEADER = "_atom_site_disorder_assembly\n_atom_site_disorder_group"
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def write_cif(
    crystal: WyckoffCrystal, name: str = "", *, method: str = "", groups: Sequence[tuple[str, str]] = ()
) -> str:
    """The crystal as CIF text.

    Carries the symmetry operations, Wyckoff letters, multiplicities and occupancies; a shared site is one row per
    element, at the same coordinates. Cell to 1e-4 Å and degrees, coordinates to 1e-6.

    Args:
        crystal: any crystal; a canonical one comes back identical from `read_cif`.
        name: data block name; characters that a block name cannot hold are replaced.
        method: how it was made, if that is to be said (``_audit_creation_method``), in one line.
        groups: assembly and group of each site (`disgen.generation.ordered.alternatives`), if alternatives are to be
            said.
    """
    block = re.sub(r"[^A-Za-z0-9_.+-]", "_", name or crystal.formula) or "crystal"
    formula = " ".join(f"{symbol}{_short(amount)}" for symbol, amount in sorted(crystal.composition.items()))
    lines = [f"data_{block}"]
    lines += [f"_audit_creation_method\n;{method}\n;"] if method else []
    lines += [f"_chemical_formula_sum '{formula}'"]
    lines += [f"_cell_{tag} {value:.4f}" for tag, value in zip(_CELL, crystal.cell, strict=True)]
    lines += [
        f"_cell_volume {crystal.volume:.4f}",
        _symmetry_lines(crystal.space_group),
        _ATOM_HEADER,
        *([_GROUP_HEADER] if groups else []),
    ]
    for number, site in enumerate(crystal.sites, start=1):
        x, y, z = site.coordinates
        place = f"{site.multiplicity} {site.letter} {x:.6f} {y:.6f} {z:.6f}"
        group = " " + " ".join(groups[number - 1]) if groups else ""
        lines += [
            f"{symbol}{number} {symbol} {place} {_short(occupancy)}{group}" for symbol, occupancy in site.occupancies
        ]
    return "\n".join(lines) + "\n"


@cache
def _symmetry_lines(space_group: int) -> str:
    reference = gemmi.get_spacegroup_reference_setting(space_group)
    operations = "\n".join(f"'{triplet}'" for triplet in operation_strings(space_group))
    return (
        f"_space_group_IT_number {space_group}\n_space_group_name_H-M_alt '{reference.xhm()}'\n"
        f"_space_group_name_Hall '{reference.hall}'\nloop_\n_space_group_symop_operation_xyz\n{operations}"
    )


def _short(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
