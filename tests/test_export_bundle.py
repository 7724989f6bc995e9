"""File names and archives."""

import io
import zipfile

from disgen.cif import read_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.export.bundle import archive, file_name
from disgen.symmetry import expand

CRYSTAL = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)


def test_names_tell_what_is_inside_and_are_safe():
    assert file_name(CRYSTAL, "kde-n300-seed0-12") == "Y0.16Zr0.84O1.84_225_kde-n300-seed0-12.cif"
    hostile = file_name(CRYSTAL, "../../etc/passwd\0 ä")
    assert "/" not in hostile
    assert "\0" not in hostile
    assert hostile.isascii()
    assert len(file_name(CRYSTAL, "x" * 500)) < 130


def test_a_long_formula_leaves_room_for_where_the_crystal_comes_from():
    metals = ("Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se")
    sites = tuple(WyckoffSite("i", 2, (0.1, 0.1, 0.1), ((symbol, 0.123),)) for symbol in metals)
    name = file_name(WyckoffCrystal(2, (9.0, 9.0, 9.0, 90.0, 90.0, 90.0), sites), "kde-n300-seed0-12", "_P1.cif")
    assert name.endswith("_2_kde-n300-seed0-12_P1.cif")


def test_an_archive_holds_the_cifs_and_their_list_and_is_the_same_each_time():
    packed = archive([CRYSTAL, CRYSTAL], ["a-0", "a-1"])
    assert packed == archive([CRYSTAL, CRYSTAL], ["a-0", "a-1"])
    with zipfile.ZipFile(io.BytesIO(packed)) as bundle:
        names = bundle.namelist()
        assert names[0] == "manifest.csv"
        lines = bundle.read("manifest.csv").decode().splitlines()
        assert lines[1] == f"{names[1]},Y0.16Zr0.84O1.84,225,Fm-3m,a-0"
        again = read_cif(bundle.read(names[2]))
    assert again.formula == CRYSTAL.formula
    assert len(expand(again)[0]) == CRYSTAL.n_positions


def test_an_empty_archive_is_still_one():
    with zipfile.ZipFile(io.BytesIO(archive([], []))) as bundle:
        assert bundle.namelist() == ["manifest.csv"]
