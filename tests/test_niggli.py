import gemmi
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.canonical import canonicalise
from disgen.cif import read, write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite, cell_parameters, lattice_vectors
from disgen.errors import DisgenError
from disgen.niggli import in_reduced_cell
from disgen.symmetry import expand

ONE = (("O", 1.0),)
CELL = (4.95, 5.85, 6.28, 110.98, 95.6, 107.56)
CRYSTAL = WyckoffCrystal(
    2,
    CELL,
    (
        WyckoffSite("b", 1, (0.0, 0.0, 0.5), (("Sr", 1.0),)),
        WyckoffSite("e", 1, (0.5, 0.5, 0.0), (("Ti", 0.5), ("Zr", 0.5))),
        WyckoffSite("i", 2, (0.05404, 0.20655, 0.42314), ONE),
        WyckoffSite("i", 2, (0.1416, 0.57485, 0.25756), ONE),
    ),
)
ENTRIES = st.integers(-2, 2)


def axes_changed(crystal, change):
    """The crystal on the axes a' = a P; sites on centres get the letter of the place where they then lie."""
    letters = {
        (0, 0, 0): "a", (0, 0, 1): "b", (0, 1, 0): "c", (1, 0, 0): "d",
        (1, 1, 0): "e", (1, 0, 1): "f", (0, 1, 1): "g", (1, 1, 1): "h",
    }  # fmt: skip
    cell = cell_parameters(change.T @ lattice_vectors(crystal.cell))
    sites = []
    for site in crystal.sites:
        point = np.linalg.solve(change, site.coordinates) % 1.0
        letter = site.letter if site.letter == "i" else letters[tuple(np.rint(2 * point).astype(int) % 2)]
        sites.append(WyckoffSite(letter, site.multiplicity, tuple(point), site.occupancies))
    return WyckoffCrystal(crystal.space_group, cell, tuple(sites))


def distances(crystal):
    """Distances of all atoms from the first one within a few cells, sorted: they know no axes."""
    points, _ = expand(crystal)
    shifts = np.stack(np.meshgrid(*[np.arange(-4, 5)] * 3), axis=-1).reshape(-1, 3)
    gaps = (points[:, None] + shifts - points[0]) @ lattice_vectors(crystal.cell)
    found = np.sort(np.linalg.norm(gaps, axis=-1).ravel())
    return found[found < 9.0]


@given(st.lists(st.tuples(st.integers(0, 5), ENTRIES), min_size=1, max_size=4))
def test_a_triclinic_crystal_is_the_same_on_whatever_axes(steps):
    change = np.eye(3, dtype=int)
    pairs = [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)]
    for pair, factor in steps:
        shear = np.eye(3, dtype=int)
        shear[pairs[pair]] = factor
        change = change @ shear
    other = axes_changed(CRYSTAL, change)
    assert canonicalise(other) == canonicalise(CRYSTAL)


def test_the_reduced_cell_holds_the_same_crystal():
    other = axes_changed(CRYSTAL, np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1]]))
    reduced = in_reduced_cell(other)
    assert not gemmi.GruberVector(gemmi.UnitCell(*other.cell), "P").is_niggli(1e-3)
    assert gemmi.GruberVector(gemmi.UnitCell(*reduced.cell), "P").is_niggli(1e-3)
    assert distances(reduced) == pytest.approx(distances(other), abs=1e-6)
    assert [site.occupancies for site in reduced.sites] == [site.occupancies for site in other.sites]


def test_a_decoded_triclinic_crystal_comes_back_from_its_cif():
    crystal = canonicalise(axes_changed(CRYSTAL, np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]])))
    assert read(write_cif(crystal)).crystal == crystal


def test_other_crystals_and_reduced_ones_stay():
    cubic = WyckoffCrystal(225, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), (WyckoffSite("a", 4, (0.0, 0.0, 0.0), ONE),))
    assert in_reduced_cell(cubic) is cubic
    reduced = canonicalise(CRYSTAL)
    assert in_reduced_cell(reduced) is reduced


def test_impossible_angles_are_refused():
    with pytest.raises(DisgenError, match="do not form a cell"):
        in_reduced_cell(WyckoffCrystal(2, (4.0, 4.0, 4.0, 30.0, 30.0, 170.0), CRYSTAL.sites))
