"""Uploaded CIFs: crystal, or one sentence."""

from dataclasses import replace

import pytest

from disgen.cif import write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ui.upload import differences, read_upload, verdict

CRYSTAL = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)


def test_a_good_cif_gives_its_crystal():
    upload = read_upload(write_cif(CRYSTAL).encode())
    assert upload.problem == ""
    assert upload.crystal.formula == CRYSTAL.formula


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"<html>not a cif</html>", b"data_x\n_cell_length_a 3\n", b"data_x\nloop_\n_a\n"]
)
def test_a_bad_cif_gives_one_sentence(content):
    upload = read_upload(content)
    assert upload.crystal is None
    assert upload.problem.endswith(".")
    assert "\n" not in upload.problem


def test_a_crystal_that_does_not_fit_is_shown_with_the_reason():
    p1 = "data_x\n_cell_length_a 4\n_cell_length_b 5\n_cell_length_c 6\n_cell_angle_alpha 80\n_cell_angle_beta 85\n"
    p1 += "_cell_angle_gamma 95\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n"
    p1 += (
        "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    )
    p1 += "Na1 Na 0.1 0.2 0.3\nCl1 Cl 0.4 0.7 0.9\nO1 O 0.6 0.1 0.55\n"
    upload = read_upload(p1.encode())
    assert upload.crystal is not None
    assert "P1" in upload.problem


def test_verdicts():
    other_cell = replace(CRYSTAL, cell=(5.2, 5.2, 5.2, 90.0, 90.0, 90.0))
    other_content = replace(CRYSTAL, sites=(CRYSTAL.sites[0], replace(CRYSTAL.sites[1], occupancies=(("F", 1.0),))))
    fewer = replace(CRYSTAL, sites=CRYSTAL.sites[:1])
    assert "the same crystal" in verdict(CRYSTAL, other_cell)
    assert "other contents" in verdict(CRYSTAL, other_content)
    assert "other Wyckoff positions" in verdict(CRYSTAL, fewer)
    assert "another space group" in verdict(CRYSTAL, replace(CRYSTAL, space_group=216))


def test_differences_are_marked():
    fewer = replace(CRYSTAL, cell=(5.2, 5.14, 5.14, 90.0, 90.0, 90.0), sites=CRYSTAL.sites[:1])
    table = differences(CRYSTAL, fewer).set_index("Quantity")
    assert table.loc["a / Å", "Difference"] == "+0.060"
    assert table.loc["b / Å", "Difference"] == "same"
    assert table.loc["Space group", "Difference"] == "same"
    assert table.loc["Formula", "Difference"] == "differs"
    assert table.loc["Site 2", "Reconstruction"] == "none"
