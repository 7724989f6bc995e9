"""Phase diagrams on the page: binaries and ternaries with ordered and disordered crystals, their table, and a click."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.energies.hull import shipped_tables
from disgen.ensembles.stability import HullEntry, diagram, system_references
from disgen.ensembles.stability.figure import hull_figure
from disgen.ui.ensembles.stability import entries_html

KIND = ("chgnet", "MP2020-corrected")
MIXED = WyckoffCrystal(
    225,
    (4.3,) * 3 + (90.0,) * 3,
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("V", 0.5), ("Zn", 0.5))),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("O", 1.0),)),
    ),
)


def candidates(*elements):
    amounts = {"Zn": 1.0, "V": 1.0, "O": 2.0} if "V" in elements else {"Zn": 1.0, "O": 1.0}
    disordered = HullEntry("Zn0.5V0.5O", amounts, -5.0, KIND, 3e-5, -5.1, 0.01, 20, crystal=MIXED)
    ordered = HullEntry("ordered", amounts, -4.9, KIND)
    return [disordered, ordered]


@pytest.mark.parametrize("elements", [("Zn", "O"), ("Zn", "V", "O")])
def test_the_shipped_references_of_the_presets_make_a_picture_at_once(elements):
    references = system_references(elements, "chgnet")
    found = diagram(elements, tuple(references.entries.values()), candidates(*elements))
    figure = hull_figure(found)
    traces = {trace.name: trace for trace in figure.data if trace.name}
    assert set(traces) == {"known, above the hull", "known, on the hull", "ordered", "disordered"}
    labels = [label for label in traces["known, on the hull"].text if label]
    assert labels.count("ZnO") == 1, "one of those that would stand on each other"
    (place,) = traces["disordered"].customdata
    assert found.placed[place].entry.is_disordered
    assert "20 decorations" in traces["disordered"].hovertext[0]
    drawn = [place for trace in traces.values() for place in trace.customdata]
    assert len(set(drawn)) == len(drawn)
    if len(elements) == 2:
        assert len(drawn) == len(found.placed)
    else:  # of several known crystals of one composition the lowest
        oxides = [found.placed[place] for place in drawn if found.placed[place].entry.share("Zn") == 0.5]
        known = [placed for placed in oxides if placed.is_reference and placed.entry.share("O") == 0.5]
        assert [placed.height for placed in known] == pytest.approx([0.0])


def test_formation_energies_are_near_the_materials_projects():
    """CHGNet was trained on its corrected PBE; of the same crystals, eV an atom."""
    references = system_references(("Zn", "V", "O"), "chgnet")
    found = diagram(references.elements, tuple(references.entries.values()))
    by_identifier = dict(zip(references.entries, found.placed, strict=True))
    published = {
        "mp-1093993": -1.768,
        "mp-1178789": -2.194,
        "mp-634381": -2.140,
        "mp-19094": -2.480,
        "mp-21579": -2.535,
    }
    for identifier, energy in published.items():
        assert by_identifier[identifier].formation == pytest.approx(energy, abs=0.03)
    # Wurtzite, from the AMCSD, is the stable form, and on the hull.
    wurtzite = by_identifier["amcsd/0005203"]
    assert wurtzite.height == pytest.approx(0.0, abs=1e-6)
    assert wurtzite.formation < by_identifier["mp-1093993"].formation


def test_a_binary_is_drawn_to_scale_and_a_ternary_in_a_triangle():
    for elements in (("Zn", "O"), ("Zn", "V", "O")):
        references = system_references(elements, "chgnet")
        figure = hull_figure(diagram(elements, tuple(references.entries.values()), candidates(*elements)))
        x = np.concatenate([np.asarray(trace.x, dtype=float) for trace in figure.data if trace.name])
        y = np.concatenate([np.asarray(trace.y, dtype=float) for trace in figure.data if trace.name])
        assert ((x >= -1e-9) & (x <= 1.0 + 1e-9)).all()
        if len(elements) == 3:
            assert ((y >= -1e-9) & (y <= np.sqrt(3.0) * np.minimum(x, 1.0 - x) + 1e-9)).all()


def test_four_elements_have_a_table_but_no_picture():
    elements = ("Zn", "V", "O", "Li")
    references = [HullEntry(symbol, {symbol: 1.0}, 0.0, KIND) for symbol in elements]
    found = diagram(elements, references, [HullEntry("LiZnVO4", {"Li": 1, "Zn": 1, "V": 1, "O": 4}, -1.0, KIND)])
    assert hull_figure(found) is None
    assert "LiZnVO" in entries_html(found)
    assert "-1000" in entries_html(found)


def test_tables_of_presets_are_there():
    paths = shipped_tables("chgnet")
    assert [path.parent.name for path in paths] == ["systems", "references", "entries"]
    assert shipped_tables("none such") == []


def page():
    from types import SimpleNamespace

    import numpy as np

    from disgen.crystal import WyckoffCrystal, WyckoffSite
    from disgen.energies.cell import Cell
    from disgen.ui.ensembles.stability import show_stability

    gold = WyckoffCrystal(
        225, (3.9,) * 3 + (90.0,) * 3, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.5), ("Au", 0.5))),)
    )
    cells = tuple(Cell(np.array([29, 29, 79, 79]), np.zeros((4, 3)), 3.9 * np.eye(3)) for _ in range(3))
    properties = SimpleNamespace(
        energy=np.array([-3.60, -3.58, -3.62]),
        degeneracy=np.ones(3),
        different=3,
        potential="chgnet",
        correction="MP2020-corrected",
        cells=cells,
        there=np.ones(3, dtype=bool),
        outcome=np.array(["relaxed"] * 3),
    )
    supercell = SimpleNamespace(crystal=gold, repeats=(1, 1, 1))
    drawn = SimpleNamespace(cells=SimpleNamespace(supercell=supercell))
    show_stability([SimpleNamespace(drawn=drawn, properties=properties)])


def test_the_table_of_known_crystals_is_narrowed():
    references = system_references(("Zn", "V", "O"), "chgnet")
    found = diagram(references.elements, tuple(references.entries.values()), candidates("Zn", "V", "O"))
    shown, all_of_them = entries_html(found), entries_html(found, most=len(found.placed))
    with_both = entries_html(found, ["Zn", "V"], len(found.placed))
    assert shown.count("<tr data-row") == 2 + 12
    assert all_of_them.count("<tr data-row") == len(found.placed)
    known = [one for one in found.placed if one.is_reference and {"Zn", "V"} <= one.entry.composition.keys()]
    assert 0 < len(known) < len(references.entries)
    assert with_both.count("<tr data-row") == 2 + len(known)


def test_a_page_shows_the_crystal_on_the_hull_of_its_system():
    test = AppTest.from_function(page, default_timeout=120).run()
    assert not test.exception
    assert not test.info
    test.slider(key="hull_temperature").set_value(600).run()
    assert not test.exception
    table = test.get("html")[0].proto.body
    assert "disordered" in table
    assert "known" in table
