"""Triclinic cells: of all that span a lattice the reduced one, as International Tables A, Section 3.1.3 defines it.

The normalisers of P1 and P-1 hold every change of axes that keeps the volume, too many to try them all; Niggli's
conditions name one of them. Symmetry searches return this cell too, so that a crystal is the same once it was read.

| symbol | variable | unit |
|---|---|---|
| P, with the new axes a'ⱼ = Σᵢ aᵢ Pᵢⱼ | `change` | |
| x' = P⁻¹ x | `coordinates` of the sites | of the axes |
"""

from __future__ import annotations

from dataclasses import replace

import gemmi
import numpy as np

from disgen.crystal import WyckoffCrystal, cell_parameters, lattice_vectors
from disgen.symmetry import wrap
from disgen.wyckoff import LETTERS, position_maps, row

TRICLINIC = (1, 2)
_TIE = 1e-3  # Å², of the metric: what the digits of a cell leave open
_CENTRES = LETTERS[:8]  # of inversion, the positions of P-1 without a free coordinate


def in_reduced_cell(crystal: WyckoffCrystal) -> WyckoffCrystal:
    """A triclinic crystal in its Niggli cell, with the letters that its sites have there; others as they are.

    Raises:
        DisgenError: if the three angles cannot form a cell.
    """
    if crystal.space_group not in TRICLINIC or not np.isfinite(crystal.cell).all():
        return crystal
    vectors = lattice_vectors(crystal.cell)
    vector = gemmi.GruberVector(gemmi.UnitCell(*crystal.cell), "P", track_change_of_basis=True)
    if vector.is_niggli(_TIE):
        return crystal
    vector.niggli_reduce(_TIE)
    change = np.array(vector.change_of_basis.rot) / gemmi.Op.DEN
    sites = []
    for site in crystal.sites:
        point = wrap(np.linalg.solve(change, site.coordinates))
        is_centre = crystal.space_group == TRICLINIC[1] and site.letter in _CENTRES
        letter = _centre_at(point) if is_centre else site.letter
        sites.append(replace(site, letter=letter, coordinates=tuple(point.tolist())))
    return WyckoffCrystal(crystal.space_group, cell_parameters(change.T @ vectors), tuple(sites))


def _centre_at(point: np.ndarray) -> str:
    """The letter of the centre of inversion of P-1 that a point (3,) lies on."""
    positions = [position_maps(row(TRICLINIC[1], letter))[1][0] for letter in _CENTRES]
    gaps = np.array(positions) - point
    return _CENTRES[int(np.abs(gaps - np.rint(gaps)).max(axis=1).argmin())]
