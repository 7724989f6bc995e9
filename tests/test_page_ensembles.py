"""The page of ensembles with a toy potential: sources, what cells will hold, a computation, its address, refusals."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ensemble_crystals import AGSBTE2, CUAU
from streamlit.testing.v1 import AppTest
from toy_potential import ToyPotential

from disgen.crystal import WyckoffCrystal
from disgen.energies import potentials, runs
from disgen.energies.treatment import Mode, Treatment
from disgen.ensembles import properties
from disgen.ensembles.cells import Kind
from disgen.ensembles.errors import EnsembleError
from disgen.ui.base import visit
from disgen.ui.base.places import Place
from disgen.ui.crystal import tray
from disgen.ui.crystal.tray import Item, Origin
from disgen.ui.ensembles import settings
from disgen.ui.ensembles.settings import repeats_of, wishes_of

ROOT = Path(__file__).parent.parent
PATIENCE = 120  # s


@pytest.fixture(autouse=True)
def toy(no_network, tmp_path, monkeypatch):
    """No network, an empty cache, and a potential that takes no time."""
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path / "home"))
    potential = ToyPotential([])
    for module in (runs, properties, potentials):
        monkeypatch.setattr(module, "load_potential", lambda _: potential)
    return potential


def app(items=(), **params):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    place = Place()
    tray.add(place, items)
    test.session_state[visit.PLACE] = place
    test.run()
    test.switch_page("pages/ensembles.py")
    for name, value in params.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def button(test, label):
    return next(one for one in test.button if one.label == label)


def tables(test):
    return "\n".join(one.proto.body for one in test.get("html") if "<table" in one.proto.body)


def said(test):
    kinds = (test.caption, test.warning, test.info, test.error, test.markdown)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def computed(test):
    button(test, "Compute energies").click().run()
    for _ in range(PATIENCE * 2):
        if not any(one.label == "Stop" for one in test.button):
            break
        time.sleep(0.5)
        test.run()
    assert not test.exception
    return test


def test_the_example_says_what_its_cells_will_hold():
    test = app()
    assert "substitutional" in tables(test)
    assert "0.5: 16 of 32" in tables(test)
    assert "0.5: 54 of 108" in tables(test)
    assert "6.01 × 10⁸ decorations" in said(test)
    assert "Ag +1, Sb +3, Te -2" in said(test)
    assert "on one core of this server" in said(test)


def test_a_computation_ends_with_statistics_averages_and_order(toy):
    test = computed(app(cells="6", cell="1", second="2x1x1"))
    assert [one.value for one in test.header] == [
        "Distributions",
        "At a temperature",
        "Order and disorder",
        "Stability",
        "Files",
    ]
    assert "6 of 6 in 1×1×1 cells, 6 of 6 in 2×1×1 cells" in said(test)
    assert 'data-table="ordering"' in tables(test)
    asked = len(toy.asked)
    computed(test)  # all of it is known
    assert len(toy.asked) == asked


def test_a_second_calculator_gives_the_ordering_temperature_its_error_bar(monkeypatch):
    first, other = ToyPotential([]), ToyPotential([], "other")
    for module in (runs, properties, potentials):
        monkeypatch.setattr(module, "load_potential", lambda name: other if name == "7net-0" else first)
    test = computed(app(cells="4", cell="2x1x1", second="", other_calculator="7net-0"))
    assert "± 0 K, the middle of both calculators" in said(test)
    ordering = tables(test).partition('data-table="ordering"')[2].partition("</table>")[0]
    assert "<td>toy</td>" in ordering
    assert "<td>other</td>" in ordering
    by = next(one for one in test.segmented_control if one.label == "Hull by")
    assert by.options == ["toy", "other"]


def test_a_crystal_of_the_tray():
    test = app([Item(CUAU, Origin("open", "sample-7"))], **{"from": "tray", "second": ""})
    assert "sample-7" in test.selectbox(key="ensemble_tray_1").options[0]
    assert "Cu1" in tables(test)
    assert "Only metals" in said(test)


def test_an_empty_tray_and_an_ordered_crystal_are_sentences():
    assert "The tray is empty" in said(app(**{"from": "tray"}))
    ordered = WyckoffCrystal(225, AGSBTE2.cell, (AGSBTE2.sites[1],))
    assert "one decoration only" in said(app([Item(ordered, Origin("", "original"))], **{"from": "tray"}))


def test_a_point_of_the_map_by_its_address():
    test = app(**{"from": "map", "of": "test", "point": "3", "second": ""})
    assert "Point 3 of Test split" in said(test)


def test_a_wrong_supercell_is_a_sentence():
    assert "A supercell is one whole number" in said(app(cell="two"))


def test_missing_packages_are_sentences_with_the_line_that_installs_them(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "sevenn.util", None)
    monkeypatch.setitem(sys.modules, "sqsgenerator", None)
    potentials.load_potential.cache_clear()
    test = app(calculator="7net-0", second="")
    assert "pip install sevenn" in said(test)
    assert not any(one.label == "Compute energies" for one in test.button)
    assert "pip install sqsgenerator" in said(app(kind="quasirandom", second=""))


@pytest.mark.parametrize(
    ("text", "wanted"), [("2", (2, 2, 2)), ("2x1x3", (2, 1, 3)), ("2×2×1", (2, 2, 1)), (" 1 x 2 x 2 ", (1, 2, 2))]
)
def test_sizes_are_read(text, wanted):
    assert repeats_of(text) == wanted


@pytest.mark.parametrize("text", ["", "0", "7", "2x2", "2xx2", "²", "1" * 5000, None])
def test_other_sizes_are_refused(text):
    with pytest.raises(EnsembleError, match=r"A supercell is .*\.$"):
        repeats_of(text)


def test_wishes_are_what_the_widgets_say():
    state = {name: parameter.default for name, parameter in settings.PARAMETERS.items()}
    found = wishes_of(state)
    assert [plan.repeats for plan in found.plans] == [(2, 2, 2), (3, 3, 3)]
    assert (found.treatment, found.calculators) == (Treatment(), ("chgnet",))
    assert wishes_of(state | {settings.OTHER: "7net-0"}).calculators == ("chgnet", "7net-0")
    assert wishes_of(state | {settings.OTHER: "chgnet"}).calculators == ("chgnet",)
    state |= {settings.SECOND: "2", settings.TREATMENT: "relax", settings.STEPS: 7, settings.KIND: "distinct"}
    found = wishes_of(state)
    assert [plan.kind for plan in found.plans] == [Kind.DISTINCT]
    assert found.treatment == Treatment(Mode.IN_TURN, 7)
    assert np.prod(found.plans[0].repeats) == 8
