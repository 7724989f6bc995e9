"""Reading in a process of its own: the same crystals and sentences, and an end to what takes too much."""

import threading
from pathlib import Path

import pytest

from disgen.cif import CifError, read, read_cif
from disgen.cif.isolated import read_isolated, read_together

DATA = Path(__file__).parent / "data"
# A thousand atoms on a fine lattice in one cell: the symmetry search takes many seconds.
DENSE = """data_dense
_cell_length_a 20
_cell_length_b 20
_cell_length_c 20
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_symmetry_equiv_pos_as_xyz
x,y,z
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
""" + "\n".join(f"Fe {x / 10} {y / 10} {z / 10}" for x in range(10) for y in range(10) for z in range(10))


@pytest.mark.parametrize(
    "name", ["lsco", "nasty/01_sum_1.02", "nasty/23_two_blocks", "nasty/28_unterminated_text_after"]
)
def test_it_is_read_as_in_this_process(name):
    content = (DATA / f"{name}.cif").read_bytes()
    found = read_isolated(content)
    assert found.crystal == read_cif(content)
    assert found.notes == read(content).notes
    assert found.problem == ""


def test_a_crystal_beyond_the_limits_comes_with_its_sentence():
    found = read_isolated((DATA / "bad_p1.cif").read_bytes())
    assert found.crystal.space_group == 1
    assert "space group P1" in found.problem


@pytest.mark.parametrize("name", ["bad_unterminated", "bad_no_atoms", "nasty/24_nul_byte"])
def test_what_cannot_be_read_is_refused_with_the_same_sentence(name):
    content = (DATA / f"{name}.cif").read_bytes()
    with pytest.raises(CifError) as error:
        read_cif(content)
    found = read_isolated(content)
    assert (found.crystal, found.problem) == (None, str(error.value))


def test_what_takes_too_long_is_ended():
    found = read_isolated(DENSE.encode(), seconds=1.0)
    assert found.problem == "Reading took longer than 1 s and was stopped: give a simpler structure."


def test_what_needs_too_much_memory_is_ended():
    found = read_isolated((DATA / "lsco.cif").read_bytes(), memory=60_000_000)
    assert found.crystal is None
    assert found.problem == "Reading broke down, or needed more than 0.06 GB of memory: give a simpler structure."


def test_several_files_are_read_in_one_process():
    contents = [(DATA / f"{name}.cif").read_bytes() for name in ("lsco", "bad_no_atoms", "spinel")]
    assert read_together(contents) == tuple(map(read_isolated, contents))
    found = read_together([contents[0], DENSE.encode()], seconds=1.0)
    assert [reading.crystal for reading in found] == [None, None]


def test_files_are_read_side_by_side():
    content = (DATA / "rock_salt.cif").read_bytes()
    found = []
    threads = [threading.Thread(target=lambda: found.append(read_isolated(content))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.crystal for one in found] == [read_cif(content)] * 3
