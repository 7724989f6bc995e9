"""Hulls against a linear program, closed forms and a real many-body potential; references that are kept."""

import csv
import io
import sys
import types
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite
from disgen.energies.cell import Cell
from disgen.energies.hull import References, shares_of
from disgen.energies.potential import UNCORRECTED, EnergyError
from disgen.energies.reference_sources import ReferenceEntry
from disgen.energies.treatment import Mode, Treatment
from disgen.ensembles.boltzmann import BOLTZMANN
from disgen.ensembles.stability import (
    CandidateError,
    HullEntry,
    candidate,
    diagram,
    materials_project_entries,
    store_references,
    system_references,
)
from disgen.ensembles.stability.report import as_text, diagram_csv, lowest_height, summary

EMT = "ase.calculators.emt:EMT()"
KIND = ("toy", UNCORRECTED)


def entry(name, energy, /, *, kind=KIND, entropy=0.0, **amounts):
    return HullEntry(name, amounts, energy, kind, entropy)


def fcc(*species, a=3.8):
    return WyckoffCrystal(225, (a,) * 3 + (90.0,) * 3, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), species),))


def l12(corner, face, a=3.8):
    sites = (
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), ((corner, 1.0),)),
        WyckoffSite("c", 3, (0.0, 0.5, 0.5), ((face, 1.0),)),
    )
    return WyckoffCrystal(221, (a,) * 3 + (90.0,) * 3, sites)


@pytest.fixture(scope="module")
def alloy_sources():
    """Copper, gold and Cu3Au as reference crystals."""
    vectors = 3.8 * np.eye(3)
    corners = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]) @ vectors
    numbers = {"copper": [29] * 4, "gold": [79] * 4, "Cu3Au": [79, 29, 29, 29]}
    return [ReferenceEntry(name, Cell(np.array(some), corners, vectors)) for name, some in numbers.items()]


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 6), st.floats(-3.0, 0.5)),
        min_size=1,
        max_size=12,
    ),
    st.floats(-2.0, 1.0),
)
def test_heights_are_those_of_a_linear_program(compounds, energy):
    """pymatgen's hull is geometry; the judge of energies solves a program for each crystal."""
    elements = [entry(symbol, 0.0, **{symbol: 1}) for symbol in ("Zn", "V", "O")]
    references = elements + [
        entry(str(number), value, Zn=zinc, V=vanadium, **({"O": oxygen} if oxygen else {}))
        for number, (zinc, vanadium, oxygen, value) in enumerate(compounds)
    ]
    asked = entry("asked", energy, Zn=1, V=2, O=5)
    found = diagram(("Zn", "V", "O"), references, [asked]).placed[-1]
    numbers = [{ATOMIC_NUMBER[symbol]: amount for symbol, amount in one.composition.items()} for one in references]
    table = References(*KIND, shares_of(numbers), np.array([one.energy for one in references]))
    expected = table.above(KIND, shares_of([{30: 1, 23: 2, 8: 5}]), np.array([energy]))[0]
    assert found.height == pytest.approx(expected, abs=1e-6)
    assert sum(found.products.values()) == pytest.approx(1.0)


def test_a_binary_by_hand():
    references = [entry("Zn", -1.0, Zn=1), entry("O", -5.0, O=1), entry("ZnO", -4.5, Zn=1, O=1)]
    others = [entry("Zn3O", -2.0, Zn=3, O=1), entry("better", -4.6, Zn=1, O=1)]
    found = diagram(("Zn", "O"), references, others)
    oxide, poor, better = found.placed[2:]
    assert oxide.formation == pytest.approx(-1.5)
    assert poor.height == pytest.approx(-2.0 - (0.5 * -1.0 + 0.5 * -4.5))
    assert dict(poor.products) == pytest.approx({"Zn": 0.5, "ZnO": 0.5})
    assert better.height == pytest.approx(-0.1), "below the hull"
    assert {frozenset(facet) for facet in found.facets} == {frozenset({0, 2}), frozenset({1, 2})}


def test_entropy_takes_a_disordered_crystal_down_with_temperature():
    mixing = BOLTZMANN * np.log(2.0)
    references = [entry("Cu", 0.0, Cu=1), entry("Au", 0.0, Au=1)]
    mixed = entry("mix", 0.05, entropy=mixing, Cu=1, Au=1)
    heights = [
        diagram(("Cu", "Au"), references, [mixed], temperature).placed[-1].height
        for temperature in (0.0, 500.0, 1000.0)
    ]
    assert heights == pytest.approx([0.05, 0.05 - 500.0 * mixing, 0.05 - 1000.0 * mixing])
    assert heights[1] > 0.0 > heights[2]


def test_a_disordered_reference_bends_the_hull_when_it_is_warm():
    mixed = entry("mix", 0.05, entropy=BOLTZMANN * np.log(2.0), Cu=1, Au=1)
    ordered = entry("CuAu", -0.01, Cu=1, Au=1)
    references = [entry("Cu", 0.0, Cu=1), entry("Au", 0.0, Au=1), mixed, ordered]
    cold, warm = (diagram(("Cu", "Au"), references, (), temperature).placed for temperature in (0.0, 1500.0))
    assert [one.height == pytest.approx(0.0, abs=1e-9) for one in cold[2:]] == [False, True]
    assert [one.height == pytest.approx(0.0, abs=1e-9) for one in warm[2:]] == [True, False]


@pytest.mark.parametrize(
    ("references", "others", "temperature", "sentence"),
    [
        ([entry("Cu", 0.0, Cu=1)], [], 0.0, "no reference energy of Au"),
        ([entry("Cu", 0.0, Cu=1), entry("Au", 0.0, Au=1)], [entry("CuO", 0.0, Cu=1, O=1)], 0.0, "holds O"),
        ([entry("Cu", 0.0, Cu=1), entry("Au", 0.0, Au=1)], [], -1.0, "0 K or more"),
        ([entry("Cu", 0.0, Cu=1), entry("Au", 0.0, kind=("other", UNCORRECTED), Au=1)], [], 0.0, "cannot stand in one"),
    ],
)
def test_what_makes_no_diagram_is_said(references, others, temperature, sentence):
    with pytest.raises(EnergyError, match=sentence):
        diagram(("Cu", "Au"), references, others, temperature)


def test_copper_and_gold_by_a_many_body_potential(alloy_sources, tmp_path):
    """Cu3Au is on EMT's hull, the random mixture above it by its energy of order, and falls with temperature."""
    references = system_references(("Cu", "Au"), EMT, alloy_sources, tables=[], cache=tmp_path)
    assert set(references.entries) == {"copper", "gold", "Cu3Au"}
    mixed = candidate(fcc(("Cu", 0.75), ("Au", 0.25)), "mixture", EMT, n=6, cache=tmp_path)
    ordered = candidate(l12("Au", "Cu"), "order", EMT, cache=tmp_path)
    assert mixed.is_disordered
    assert not ordered.is_disordered
    assert (mixed.decorations, ordered.decorations) == (6, 1)
    assert mixed.lowest < mixed.energy
    expected = -BOLTZMANN * (0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert mixed.entropy == pytest.approx(expected)
    figures = summary(references, [mixed, ordered], [300.0, 5000.0])
    of_mixture, of_order = figures["candidates"]
    assert of_order["above_hull"] == pytest.approx(0.0, abs=2e-4), "it is the reference itself"
    assert of_mixture["above_hull"] > of_mixture["above_hull_lowest"] >= -1e-3
    assert of_mixture["above_hull_at"]["300"] == pytest.approx(of_mixture["above_hull"] - 300.0 * expected)
    assert of_mixture["above_hull_at"]["5000"] < 0.0
    assert any("Cu3Au" in name for name in figures["on_hull"])
    assert "mean of 6 decorations of 6 kinds" in as_text(figures)


def test_relaxations_that_did_not_end_are_counted(tmp_path):
    short = Treatment(Mode.TOGETHER, 1)
    mixed = candidate(fcc(("Cu", 0.75), ("Au", 0.25), a=4.2), "mixture", EMT, n=3, treatment=short, cache=tmp_path)
    ordered = candidate(l12("Au", "Cu", a=4.2), "order", EMT, treatment=short, cache=tmp_path)
    done = candidate(l12("Au", "Cu"), "order", EMT, cache=tmp_path)
    assert (mixed.step_limit, ordered.step_limit, done.step_limit) == (3, 1, 0)


def test_references_are_computed_once_and_kept(alloy_sources, tmp_path, monkeypatch):
    done = []
    first = system_references(("Cu", "Au"), EMT, alloy_sources, tables=[], cache=tmp_path, progress=done.append)
    assert done[-1] == 3
    table = tmp_path / "references.parquet"
    store_references(table, first)
    done.clear()
    again = system_references(("Cu", "Au"), EMT, alloy_sources, tables=[table], cache=tmp_path, progress=done.append)
    assert not done
    assert {name: one.energy for name, one in again.entries.items()} == pytest.approx(
        {name: one.energy for name, one in first.entries.items()}, abs=1e-6
    )
    part = system_references(("Cu",), EMT, tables=[table])
    assert list(part.entries) == ["copper"]
    foreign = replace(first, entries={"x": entry("x", 0.0, Cu=1)})
    with pytest.raises(EnergyError, match="cannot stand in one hull"):
        store_references(table, foreign)


def test_the_table_of_entries_says_what_the_diagram_says():
    references = [entry("Zn", -1.0, Zn=1), entry("O", -5.0, O=1), entry("ZnO", -4.5, Zn=1, O=1)]
    mixed = replace(entry("mix", -2.0, Zn=3, O=1), lowest=-2.1, crystal=fcc(("Zn", 0.75), ("O", 0.25)))
    found = diagram(("Zn", "O"), references, [mixed])
    rows = list(csv.DictReader(io.StringIO(diagram_csv(found))))
    assert [row["reference"] for row in rows] == ["1", "1", "1", "0"]
    assert rows[-1]["disordered"] == "1"
    assert float(rows[-1]["above_hull"]) == pytest.approx(found.placed[-1].height, abs=1e-6)
    assert float(rows[-1]["above_hull_lowest"]) == pytest.approx(lowest_height(found.placed[-1]), abs=1e-6)
    assert float(rows[-1]["share_Zn"]) == pytest.approx(0.75)


def test_a_cell_that_is_too_large_has_no_place(tmp_path):
    sites = tuple(WyckoffSite("l", 192, (0.01 * k, 0.11, 0.23), (("Cu", 1.0),)) for k in (7, 17, 31))
    large = WyckoffCrystal(225, (20.0,) * 3 + (90.0,) * 3, sites)
    with pytest.raises(CandidateError, match="leave it out"):
        candidate(large, "large", EMT, cache=tmp_path)


def test_the_materials_projects_client_is_asked_for_all_parts_of_the_system(monkeypatch):
    asked = {}

    class Client:
        def __init__(self, key):
            asked["key"] = key
            self.materials = types.SimpleNamespace(summary=self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def search(self, *, chemsys, fields):
            from pymatgen.core import Lattice, Structure

            asked["systems"] = chemsys
            assert fields == ["material_id", "structure"]
            rock_salt = Structure.from_spacegroup(
                "Fm-3m", Lattice.cubic(4.3), ["Zn", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
            )
            return [types.SimpleNamespace(material_id="mp-1", structure=rock_salt)]

    monkeypatch.setitem(sys.modules, "mp_api", types.ModuleType("mp_api"))
    monkeypatch.setitem(sys.modules, "mp_api.client", types.SimpleNamespace(MPRester=Client))
    (found,) = materials_project_entries(["Zn", "V", "O"], "mine")
    assert asked["key"] == "mine"
    assert sorted(asked["systems"]) == ["O", "O-V", "O-V-Zn", "O-Zn", "V", "V-Zn", "Zn"]
    assert found.identifier == "mp-1"
    assert found.cell.composition == {8: 4, 30: 4}
    assert found.cell.volume == pytest.approx(4.3**3)
    monkeypatch.setitem(sys.modules, "mp_api.client", None)
    with pytest.raises(EnergyError, match="pip install mp-api"):
        materials_project_entries(["Zn"], "mine")
