"""Positional alternatives: which sites exclude each other, in written CIFs and in read ones."""

import gemmi
import numpy as np
import pytest
from test_cif_settings import cif, kinds
from test_ordered_cell import SPLIT

from disgen.canonical import canonicalise
from disgen.cif import DoubtKind, read, write_cif
from disgen.cif.standard.alternatives import Alternative
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.ordered.alternatives import disorder_groups
from disgen.generation.ordered.cell import draw_ordered_cell

CELL = (4.5, 4.5, 11.0, 90.0, 90.0, 90.0)
NONE = (".", ".")


def along_the_axis(*places):
    """Sites on the fourfold axis of P4mm, at some heights, filled in part, and sulfur elsewhere."""
    sites = [WyckoffSite("a", 1, (0.0, 0.0, z), ((symbol, share),)) for symbol, share, z in places]
    return WyckoffCrystal(99, CELL, (*sites, WyckoffSite("b", 1, (0.5, 0.5, 0.31), (("S", 1.0),))))


# Neighbours on the axis are 0.8 Å apart, the next ones 1.5 Å or more.
TWO = along_the_axis(("Na", 0.5, 0.0), ("K", 0.5, 0.08))
THREE = along_the_axis(("F", 0.4, 0.0), ("O", 0.5, 0.07), ("F", 0.45, 0.14))
TOO_FULL = along_the_axis(("Na", 0.7, 0.0), ("K", 0.5, 0.08))
APART = along_the_axis(("O", 0.5, 0.0), ("F", 0.5, 0.07), ("O", 0.4, 0.5), ("F", 0.5, 0.57))


@pytest.mark.parametrize(
    ("crystal", "groups"),
    [
        (TWO, (("A", "1"), ("A", "2"), NONE)),
        (THREE, (("A", "1"), ("A", "2"), ("A", "1"), NONE)),
        (TOO_FULL, (NONE, NONE, NONE)),
        (APART, (("A", "1"), ("A", "2"), ("B", "1"), ("B", "2"), NONE)),
        (SPLIT, (NONE, NONE, ("A", "-1"))),
    ],
    ids=["two", "the outer ones do not exclude each other", "more than one atom", "two places", "about a special one"],
)
def test_sites_that_are_too_close_and_hold_one_atom_together_are_alternatives(crystal, groups):
    assert disorder_groups(crystal) == groups


@pytest.mark.parametrize("crystal", [TWO, THREE, APART, SPLIT])
def test_a_file_with_alternatives_is_read_as_the_same_crystal(crystal):
    crystal = canonicalise(crystal)
    groups = disorder_groups(crystal)
    text = write_cif(crystal, groups=groups)
    reading = read(text)
    assert (reading.crystal, reading.doubts) == (read(write_cif(crystal)).crystal, ())
    assert reading.alternatives
    small = gemmi.make_small_structure_from_block(gemmi.cif.read_string(text).sole_block())
    written = [group for site, (_, group) in zip(crystal.sites, groups, strict=True) for _ in site.occupancies]
    assert [site.disorder_group for site in small.sites] == [0 if group == "." else int(group) for group in written]
    from pymatgen.core import Structure

    amounts = Structure.from_str(text, fmt="cif").composition.get_el_amt_dict()
    assert amounts == pytest.approx(crystal.composition, rel=1e-4)
    assert read(write_cif(reading.crystal, groups=disorder_groups(reading.crystal))).crystal == reading.crystal


COLUMNS = "label type_symbol fract_x fract_y fract_z occupancy disorder_assembly disorder_group"
# 2.75 Å, not too close by themselves
FAR = ("Na1 Na 0 0 0 0.5 {}", "K1 K 0 0 0.25 0.5 {}", "Cl1 Cl 0.5 0.5 0.31 1 . .")


@pytest.mark.parametrize(
    ("groups", "excluded"),
    [
        (("A 1", "A 2"), True),
        ((". 1", ". 2"), True),
        (("A a", "A b"), True),
        (("A 1", "A -1"), False),
        (("A 1", "A 1"), False),
        (("A 1", "B 2"), False),
        (("A 1", ". ."), False),
        (("A 1", "A 0"), False),
    ],
)
def test_stated_alternatives_are_never_filled_together(groups, excluded):
    rows = [row.format(*group) for row, group in zip(FAR, (groups[:1], groups[1:], ()), strict=True)]
    reading = read(cif(*rows, name="P 4 m m", cell=CELL, columns=COLUMNS))
    assert bool([one for one in reading.alternatives if one.first != one.second]) is excluded
    together = 0
    for seed in range(8):
        cell = draw_ordered_cell(reading.crystal, (2, 2, 2), seed, stated=reading.alternatives)
        axis = cell.positions[[symbol != "Cl" for symbol in cell.symbols]]
        gap = np.abs((axis[:, None] - axis[None] + 0.5) % 1.0 - 0.5) @ np.abs(cell.vectors)
        together += int((np.triu(np.linalg.norm(gap, axis=-1), 1) > 0.1)[np.linalg.norm(gap, axis=-1) < 2.9].sum())
    assert (together == 0) is excluded


def test_alternatives_far_apart_exclude_nobody():
    rows = [row.format(group) for row, group in zip(FAR, ("A 1", "A 2", ""), strict=True)]
    rows[1] = rows[1].replace("0.25", "0.4")
    assert read(cif(*rows, name="P 4 m m", cell=CELL, columns=COLUMNS)).alternatives == ()


def test_a_negative_group_excludes_the_positions_of_one_site():
    rows = ("O1 O 0.2 0 0.2 0.25 A -1", "Cl1 Cl 0.5 0.5 0.31 1 . .")
    (one,) = read(cif(*rows, name="P 4 m m", cell=CELL, columns=COLUMNS)).alternatives
    assert one.first == one.second
    assert one.reach == pytest.approx(0.9 * np.sqrt(2.0), abs=0.2)
    assert isinstance(one, Alternative)


@pytest.mark.parametrize(
    ("shares", "groups", "kind"),
    [
        (("0.7", "0.6"), ("A 1", "A 2"), DoubtKind.OCCUPANCY),
        (("0.7", "0.6"), ("A 1", "B 2"), DoubtKind.DISTANCE),
        (("0.5", "0.5"), ("A 1", "A 2"), None),
        (("0.5", "0.5"), (". .", ". ."), None),
    ],
)
def test_alternatives_are_not_there_at_the_same_time(shares, groups, kind):
    sodium, potassium = (f"{share} {group}" for share, group in zip(shares, groups, strict=True))
    rows = (f"Na1 Na 0 0 0 {sodium}", f"K1 K 0 0 0.03 {potassium}", "Cl1 Cl 0.5 0.5 0.31 1 . .")
    reading = read(cif(*rows, name="P 4 m m", cell=CELL, columns=COLUMNS))
    assert kinds(reading) == ({kind} if kind else set())
