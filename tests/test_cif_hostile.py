"""Small files that were made to be slow or to break a reader: each ends at once, in a sentence or a crystal.

Those that are slow in compiled code, such as a thousand atoms without order, are for the process with limits.
"""

import time

import pytest

from disgen.cif import CifError, read
from disgen.cif.isolated import read_isolated
from disgen.cif.symmetry.operations import completed, is_group, operations_of
from disgen.cif.text import MAX_BYTES

HEAD = (
    "data_x\n_cell_length_a 20\n_cell_length_b 20\n_cell_length_c 20\n"
    "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n"
)
ATOMS = (
    "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    "_atom_site_occupancy\n"
)
MANY = "3" * 5000


def cif(*atoms, operations=("x,y,z",), more=""):
    symmetry = "loop_\n_space_group_symop_operation_xyz\n" + "".join(f"'{one}'\n" for one in operations)
    return HEAD + more + symmetry + ATOMS + "\n".join(atoms or ["Na1 Na 0 0 0 1"]) + "\n"


REFUSED = {
    "an occupancy of thousands of digits": (cif(f"Na1 Na 0 0 0 {MANY}"), "occupancy"),
    "an occupancy that is such a fraction": (cif(f"Na1 Na 0 0 0 1/{MANY}"), "occupancy"),
    "a coordinate that is such a fraction": (cif(f"Na1 Na {MANY}/{MANY} 0 0 1"), "no numerical coordinates"),
    "such a fraction in an operation": (cif(operations=[f"x+1/{MANY},y,z"]), "characters: write it like"),
    "thousands of terms in an operation": (cif(operations=["x" + "+y-y" * 4000 + ",y,z"]), "characters: write it like"),
    "a thousand translations": (cif(operations=[f"x+{i}/1000,y,z" for i in range(1000)]), "translations of one"),
    "more operations than any group has": (cif(operations=[f"x+{i}/9999,y,z" for i in range(1001)]), "more than 1000"),
    "too many atoms for the operations": (
        HEAD
        + "_space_group_name_H-M_alt 'F m -3 m'\n"
        + ATOMS
        + "".join(f"Na{i} Na 0.{i:03} 0.1{i:03} 0.2{i:03} 1\n" for i in range(1, 200)),
        "more than 5000 positions",
    ),
    "a mixture of thousands of elements": (cif(f"Na1 {'Na0.5' * 5000} 0 0 0 1"), "mixture"),
    "more bytes than a structure has": (cif(more="#" * MAX_BYTES + "\n"), "larger than 5 MB"),
}
READ = {
    "the same operation a thousand times": cif(operations=["x,y,z"] * 1000),
    "eight operations, each as often": cif(
        operations=[f"{a}x,{b}y,{c}z" for a in ("", "-") for b in ("", "-") for c in ("", "-")] * 125
    ),
    "a charge of thousands of digits": cif(f"Na1 Na{MANY}+ 0 0 0 1"),
    "such a number of formula units": cif(more=f"_cell_formula_units_Z {MANY}\n"),
    "such a formula": cif(more=f"_chemical_formula_sum 'Na{MANY}'\n"),
    "such a group number beside operations": cif(more=f"_space_group_IT_number {MANY}\n"),
    "such a standard uncertainty": cif(f"Na1 Na 0.5({MANY[:40]}) 0 0 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_once(name):
    text, words = REFUSED[name]
    start = time.process_time()
    with pytest.raises(CifError, match=words) as error:
        read(text)
    assert time.process_time() - start < 2.0
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("name", READ)
def test_read_at_once(name):
    start = time.process_time()
    assert read(READ[name]).crystal.formula == "Na"
    assert time.process_time() - start < 5.0


def test_what_is_slow_in_compiled_code_is_stopped():
    places = [(i * 0.61803 % 1, i * 0.41421 % 1, i * 0.73205 % 1) for i in range(1, 1000)]
    text = cif(*(f"Na{i} Na {x:.4f} {y:.4f} {z:.4f} 1" for i, (x, y, z) in enumerate(places)))
    found = read_isolated(text.encode(), seconds=2.0)
    assert found.crystal is not None or "stopped" in found.problem


def test_a_group_is_completed_from_few_operations_with_these_first():
    listed = ("-x,-y,z", "x,-y,-z", "z,x,y", "x+1/2,y+1/2,z", "x,y+1/2,z+1/2")
    whole = completed(listed)
    assert len(whole) == 48
    assert (whole.rotations[:5] == operations_of(listed).rotations).all()
    assert len({(*r.ravel(), *(t % 1.0)) for r, t in zip(whole.rotations, whole.translations, strict=True)}) == 48


def test_operations_that_generate_no_crystal_are_no_group():
    assert completed(("x+0.0137,y,z", "-x,y,z+0.0071")) is None
    assert not is_group(("x+0.0137,y,z",))
