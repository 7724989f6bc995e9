"""Settings of files: the change to the standard one takes each listed atom to where the crystal has it."""

import numpy as np
import pytest

from disgen.cif import read_cif
from disgen.cif.parse import parse_cif
from disgen.cif.stated import Change, Stated, change_of_setting
from disgen.crystal import lattice_vectors
from disgen.symmetry import expand

HEAD = """data_x
_cell_length_a {a}
_cell_length_b {b}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta {beta}
_cell_angle_gamma 90
_space_group_name_H-M_alt '{group}'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""
# Forsterite in Pbnm, as mineralogists have it: the standard Pnma has other axes.
FORSTERITE = HEAD.format(a=4.756, b=10.207, c=5.98, beta=90, group="P b n m") + (
    "Mg1 Mg 0 0 0 1\nMg2 Mg 0.9915 0.2774 0.25 1\nSi Si 0.4262 0.094 0.25 1\n"
    "O1 O 0.7657 0.0913 0.25 1\nO2 O 0.2215 0.4474 0.25 1\nO3 O 0.2777 0.1628 0.0331 1\n"
)
# Spinel with its origin at -43m.
SPINEL = HEAD.format(a=8.08, b=8.08, c=8.08, beta=90, group="F d -3 m :1") + (
    "Mg Mg 0 0 0 1\nAl Al 0.625 0.625 0.625 0.9\nO O 0.3874 0.3874 0.3874 1\n"
)
# Gypsum's cell choice is not the standard one.
LEPIDOLITE_LIKE = HEAD.format(a=5.68, b=15.18, c=6.29, beta=113.8, group="I 1 2/a 1") + (
    "Ca Ca 0.25 0.0796 0 1\nS S 0.25 0.9227 0.5 1\nO1 O 0.4632 0.1318 0.5505 1\n"
)


def landed(text):
    """The change, the crystal, and how far each listed atom lies from the crystal, in Å."""
    crystal, stated = read_cif(text), Stated.of(parse_cif(text))
    change = change_of_setting(stated, crystal)
    assert change is not None
    positions, _ = expand(crystal)
    listed = np.array([atom.coordinates for atom in stated.atoms])
    placed = (listed - change.shift) @ np.linalg.inv(change.matrix).T
    gaps = placed[:, None] - positions[None]
    distances = np.linalg.norm((gaps - np.round(gaps)) @ lattice_vectors(crystal.cell), axis=2)
    return change, crystal, stated, distances.min(axis=1)


@pytest.mark.parametrize("text", [FORSTERITE, SPINEL, LEPIDOLITE_LIKE], ids=["axes", "origin", "cell"])
def test_a_change_carries_the_cell_and_all_atoms(text):
    change, crystal, stated, distances = landed(text)
    assert distances.max() < 0.02
    old, new = lattice_vectors(stated.cell), lattice_vectors(crystal.cell)
    metric = (change.matrix.T @ old) @ (change.matrix.T @ old).T
    np.testing.assert_allclose(metric, new @ new.T, atol=0.02)
    assert np.linalg.det(change.matrix) == pytest.approx(1.0)


def test_other_axes_and_another_origin_are_written_as_in_the_tables():
    change = landed(FORSTERITE)[0]
    assert sorted(change.text.split(";")[0].replace("-", "").split(", ")) == ["a", "b", "c"]
    assert change.text.split(";")[0] != "a, b, c"
    origin = landed(SPINEL)[0]
    assert origin.text.startswith("a, b, c; ")
    assert not np.allclose(origin.shift, 0.0)


def test_a_file_in_the_standard_setting_stays_as_it_is():
    text = HEAD.format(a=4.2, b=4.2, c=4.2, beta=90, group="P m -3 m") + "Cs Cs 0 0 0 1\nCl Cl 0.5 0.5 0.5 1\n"
    change = landed(text)[0]
    np.testing.assert_array_equal(np.abs(change.matrix), np.eye(3))


def test_what_does_not_fit_has_no_change():
    stated = Stated.of(parse_cif(FORSTERITE))
    assert change_of_setting(stated, read_cif(SPINEL)) is None


def test_broken_vectors_and_shifts_are_written_as_fractions():
    matrix = np.array([[0.5, -0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    assert Change(matrix, np.array([0.25, -1.0 / 3.0, 0.1234])).text == "1/2a+1/2b, -1/2a+1/2b, c; 1/4, -1/3, 0.1234"
