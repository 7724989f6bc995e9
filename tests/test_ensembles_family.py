"""Families of crystals: textbook decorations, siblings and isotypes, and random decorations of real minerals."""

import numpy as np
import pandas as pd
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from disgen.canonical import canonicalise
from disgen.cif.standard.standardise import find_symmetry
from disgen.crystal import DisorderClass, WyckoffCrystal, WyckoffSite
from disgen.ensembles.family import (
    FamilyError,
    KnownCrystal,
    KnownCrystals,
    Relation,
    family_of,
    known_of_run,
)
from disgen.ensembles.family.charges import site_charges
from disgen.ensembles.family.decoration import kinds_of
from disgen.ensembles.family.isotypism import match
from disgen.ensembles.family.projection import projections, subgroup_index
from disgen.export.adapters.pymatgen import to_pymatgen
from disgen.generation.ordered.cell import draw_ordered_cell


def crystal(group, cell, *sites):
    return canonicalise(WyckoffCrystal(group, cell, tuple(WyckoffSite(*site) for site in sites)))


def cubic(a):
    return (a, a, a, 90.0, 90.0, 90.0)


def full(symbol):
    return ((symbol, 1.0),)


def rock_salt(metal, other, a):
    return crystal(225, cubic(a), ("a", 4, (0.0, 0.0, 0.0), full(metal)), ("b", 4, (0.5, 0.5, 0.5), full(other)))


def alloy(*species, a=3.75):
    return crystal(225, cubic(a), ("a", 4, (0.0, 0.0, 0.0), species))


def phosphate(alkali, metal, cell=(10.33, 6.01, 4.69, 90.0, 90.0, 90.0)):
    """The olivine LiFePO4 (Streltsov et al., Acta Cryst. B49, 147, 1993), rounded."""
    return crystal(
        62,
        cell,
        ("a", 4, (0.0, 0.0, 0.0), full(alkali)),
        ("c", 4, (0.282, 0.25, 0.975), metal),
        ("c", 4, (0.095, 0.25, 0.418), full("P")),
        ("c", 4, (0.097, 0.25, 0.743), full("O")),
        ("c", 4, (0.457, 0.25, 0.206), full("O")),
        ("d", 8, (0.166, 0.046, 0.285), full("O")),
    )


COPPER_GOLD = alloy(("Cu", 0.75), ("Au", 0.25))
AUCU3 = crystal(221, cubic(3.75), ("a", 1, (0.0, 0.0, 0.0), full("Au")), ("c", 3, (0.0, 0.5, 0.5), full("Cu")))
AUCU = crystal(
    123,
    (2.804, 2.804, 3.673, 90.0, 90.0, 90.0),
    ("a", 1, (0.0, 0.0, 0.0), full("Cu")),
    ("d", 1, (0.5, 0.5, 0.5), full("Au")),
)


def known(*crystals):
    return KnownCrystals.of([KnownCrystal(one, "test", str(number)) for number, one in enumerate(crystals)])


def test_aucu3_is_an_ordered_child_of_the_disordered_alloy():
    """L1₂: Fm-3m to Pm-3m, klassengleiche of index 4; the amounts are the same."""
    family = family_of(AUCU3, known(COPPER_GOLD))
    assert family.relation is Relation.CHILD
    (relative,) = family.relatives
    assert (relative.index, relative.point_index) == (4, 1)
    assert relative.same_amounts
    assert relative.distortion == pytest.approx(0.0, abs=1e-6)
    assert relative.strain == pytest.approx(0.0, abs=1e-6)
    assert relative.known.identifier == "0"


def test_aucu_is_one_too_though_its_order_strains_the_lattice():
    """L1₀: Fm-3m to P4/mmm, translationengleiche of index 3 and klassengleiche of index 2; other amounts."""
    (relative,) = family_of(AUCU, known(COPPER_GOLD)).relatives
    assert (relative.relation, relative.index, relative.point_index) == (Relation.CHILD, 6, 3)
    assert not relative.same_amounts
    axial = 3.673 / (2.804 * np.sqrt(2.0))
    assert relative.strain == pytest.approx(axial ** (-2.0 / 3.0) - 1.0, abs=1e-4)


def test_the_alloy_is_the_disordered_parent_of_both():
    family = family_of(COPPER_GOLD, known(AUCU, AUCU3))
    assert family.relation is Relation.PARENT
    assert [one.known.crystal for one in family.relatives] == [AUCU3, AUCU], "the one of the same amounts first"


def test_an_alloy_of_other_metals_is_no_parent():
    family = family_of(AUCU3, known(alloy(("Cu", 0.5), ("Pt", 0.5)), alloy(("Ag", 0.5), ("Au", 0.5))))
    assert family.relation is Relation.NEW


def test_the_average_of_an_order_has_the_parents_occupancies():
    (first, *_) = projections(AUCU3, {"Cu": 0, "Au": 0})
    assert first.crystal.key == COPPER_GOLD.key
    assert first.crystal.cell == pytest.approx(COPPER_GOLD.cell, abs=1e-3)


def test_phosphates_with_the_same_charges_are_siblings():
    lithium, sodium = phosphate("Li", full("Fe")), phosphate("Na", full("Mn"), (10.52, 6.31, 4.98, 90.0, 90.0, 90.0))
    (relative,) = family_of(lithium, known(sodium)).relatives
    assert (relative.relation, relative.index) == (Relation.SIBLING, 1)
    assert 0.0 < relative.strain < 0.05


def test_other_amounts_on_the_same_sites_are_siblings_and_an_end_is_a_child():
    half, end = phosphate("Li", (("Mn", 0.5), ("Fe", 0.5))), phosphate("Li", full("Fe"))
    other = phosphate("Li", (("Mn", 0.2), ("Fe", 0.8)))
    assert family_of(half, known(other)).relation is Relation.SIBLING
    (relative, *_) = family_of(end, known(half)).relatives
    assert (relative.relation, relative.index, relative.same_amounts) == (Relation.CHILD, 1, False)


def test_the_same_type_with_other_charges_is_an_isotype():
    salts = [rock_salt("Na", "Cl", 5.64), rock_salt("K", "Br", 6.6), rock_salt("Mg", "O", 4.21)]
    family = family_of(salts[0], known(*salts[1:]))
    assert [(one.relation, one.known.crystal.formula) for one in family.relatives] == [
        (Relation.SIBLING, "KBr"),
        (Relation.ISOTYPE, "MgO"),
    ]


def test_isopointal_crystals_of_another_geometry_are_no_isotypes():
    """Pyrite and solid carbon dioxide: Pa-3 with 4a and 8c, x = 0.385 and 0.118."""
    pyrite, ice = (
        crystal(205, cubic(a), ("a", 4, (0.0, 0.0, 0.0), full(one)), ("c", 8, (x, x, x), full(other)))
        for a, one, other, x in ((5.42, "Fe", "S", 0.385), (5.62, "C", "O", 0.118))
    )
    assert match(pyrite, ice) is None
    assert family_of(pyrite, known(ice)).relation is Relation.NEW


def test_an_order_of_vacancies_is_a_child():
    """A perovskite whose A site is half empty, and the layered order of its vacancies."""
    disordered = crystal(
        221,
        cubic(3.9),
        ("a", 1, (0.0, 0.0, 0.0), (("Ba", 0.5),)),
        ("b", 1, (0.5, 0.5, 0.5), full("Ti")),
        ("c", 3, (0.0, 0.5, 0.5), full("O")),
    )
    layered = crystal(
        123,
        (3.9, 3.9, 7.8, 90.0, 90.0, 90.0),
        ("a", 1, (0.0, 0.0, 0.0), full("Ba")),
        ("h", 2, (0.5, 0.5, 0.25), full("Ti")),
        ("i", 4, (0.0, 0.5, 0.25), full("O")),
        ("c", 1, (0.5, 0.5, 0.0), full("O")),
        ("d", 1, (0.5, 0.5, 0.5), full("O")),
    )
    (relative,) = family_of(layered, known(disordered)).relatives
    assert (relative.relation, relative.index, relative.point_index) == (Relation.CHILD, 6, 3)
    assert relative.same_amounts


def test_barium_elsewhere_is_no_order_of_the_vacancies():
    """The framework is the parent's, but the mobile atom stands where the parent has no position."""
    disordered = crystal(
        221, cubic(3.9), ("a", 1, (0.0, 0.0, 0.0), (("Ba", 0.5),)), ("b", 1, (0.5, 0.5, 0.5), full("Ti"))
    )
    elsewhere = crystal(221, cubic(3.9), ("b", 1, (0.5, 0.5, 0.5), full("Ti")), ("d", 3, (0.5, 0.0, 0.0), full("Ba")))
    assert all(one.relation is not Relation.CHILD for one in family_of(elsewhere, known(disordered)).relatives)


def test_the_same_crystal_comes_first():
    family = family_of(COPPER_GOLD, known(AUCU3, COPPER_GOLD))
    assert family.relation is Relation.SAME
    assert [one.relation for one in family.relatives] == [Relation.SAME, Relation.PARENT]
    assert family.compared == 2


def test_random_decorations_of_minerals_are_their_ordered_children(minerals):
    """Those of mixed sites all, whatever symmetry is left; StructureMatcher agrees that the positions are the same."""
    chosen = [one for one in minerals if one.disorder_class is DisorderClass.SUBSTITUTIONAL and one.n_positions <= 40][
        :25
    ]
    assert len(chosen) == 25
    matcher = StructureMatcher()
    for number, parent in enumerate(chosen):
        cell = draw_ordered_cell(parent, (1, 1, 1), seed=number)
        points = [cell.positions[[atom]] for atom in range(len(cell))]
        child = find_symmetry(cell.vectors, points, [full(symbol) for symbol in cell.symbols])
        family = family_of(child, known(parent))
        assert family.relation is Relation.CHILD, parent.formula
        assert family.relatives[0].index >= 1
        bare = [Structure(one.lattice, ["H"] * len(one), one.frac_coords) for one in map(to_pymatgen, (child, parent))]
        assert matcher.fit(*bare), parent.formula


def test_positions_beside_each_other_are_not_taken_for_one():
    """Split positions 0.6 Å apart: only tolerances well below that are tried."""
    split = crystal(
        221, cubic(4.0), ("a", 1, (0.0, 0.0, 0.0), full("Ba")), ("f", 6, (0.425, 0.5, 0.5), (("O", 0.15), ("S", 0.01)))
    )
    found = projections(split, {"Ba": 0, "O": 1, "S": 1})
    assert [one.crystal.space_group for one in found] == [221]
    assert found[0].crystal.n_positions == 7


def test_kinds_join_elements_that_share_sites():
    spinel = crystal(
        227,
        cubic(8.1),
        ("a", 8, (0.125, 0.125, 0.125), (("Mg", 0.8), ("Al", 0.2))),
        ("d", 16, (0.5, 0.5, 0.5), (("Al", 0.8), ("Cr", 0.2))),
        ("e", 32, (0.26, 0.26, 0.26), full("O")),
    )
    kinds = kinds_of(spinel)
    assert kinds["Mg"] == kinds["Al"] == kinds["Cr"] != kinds["O"]


def test_indices_of_subgroups_are_those_of_international_tables():
    assert subgroup_index(COPPER_GOLD, AUCU3) == (4, 1)
    assert subgroup_index(COPPER_GOLD, COPPER_GOLD) == (1, 1)


def test_charges_are_neutral_and_of_the_usual_sign():
    for one in (phosphate("Li", full("Fe")), rock_salt("Mg", "O", 4.21)):
        charges = site_charges(one)
        amounts = np.array([site.multiplicity for site in one.sites])
        assert charges @ amounts == pytest.approx(0.0, abs=1e-6)
    assert site_charges(rock_salt("Na", "Cl", 5.64)).tolist() == [[1.0, -1.0]]


def test_nothing_to_compare_with_is_said():
    with pytest.raises(FamilyError, match="no known crystals"):
        KnownCrystals.of([])


def test_known_crystals_come_from_a_run_and_its_held_out_ones_are_recognised_by_their_keys(prior_run, minerals):
    of_run = known_of_run(prior_run)
    keys = {one.crystal.key for one in of_run.entries}
    assert len(keys & {one.key for one in minerals}) > 0.95 * len(keys)
    held_out = pd.read_parquet(prior_run / "index.parquet").query("split == 'test'")
    named = held_out[~held_out["key"].isin(keys)].iloc[0]
    assert of_run.names[named["key"]] == (named["source"], named["id"])
    assert len(of_run) == len(keys | set(of_run.names))


def test_a_crystal_that_is_known_by_its_key_alone_is_the_same():
    family = family_of(AUCU3, KnownCrystals.of([KnownCrystal(AUCU)], {AUCU3.key: ("amcsd", "17")}))
    assert family.relation is Relation.SAME
    assert family.relatives[0].known.identifier == "17"
