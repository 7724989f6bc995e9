"""The family of a crystal on a page: its sentence and its relatives."""

from streamlit.testing.v1 import AppTest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ensembles.family import KnownCrystal, KnownCrystals, family_of
from disgen.ensembles.family.words import about, headline
from disgen.ui.crystal.family import relatives_html

ORDER = WyckoffCrystal(
    221,
    (3.75,) * 3 + (90.0,) * 3,
    (
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Au", 1.0),)),
        WyckoffSite("c", 3, (0.0, 0.5, 0.5), (("Cu", 1.0),)),
    ),
)
ALLOY = WyckoffCrystal(
    225, (3.75,) * 3 + (90.0,) * 3, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.75), ("Au", 0.25))),)
)


def page():
    from pathlib import Path

    import disgen
    from disgen.cif import read_cif
    from disgen.ui.crystal import buttons
    from disgen.ui.crystal.tray import Item, Origin

    path = Path(disgen.__file__).parents[1] / "tests" / "data" / "olivine_amcsd.cif"
    buttons.show_downloads(Item(read_cif(path.read_bytes()), Origin("", "original")), key="x")


def test_a_relative_is_named_with_its_index_and_its_source():
    family = family_of(ORDER, KnownCrystals.of([KnownCrystal(ALLOY, "amcsd", "<1>")]))
    drawn = relatives_html(family)
    for text in ("ordered child", "AMCSD &lt;1&gt;", "subgroup of index 4 (k4), the same amounts"):
        assert text in drawn
    assert "order on the sites of a known disordered crystal" in headline(family)


def test_every_relation_has_words():
    known = KnownCrystals.of([KnownCrystal(ALLOY), KnownCrystal(ORDER)])
    same = family_of(ORDER, known)
    assert "It is known" in headline(same)
    assert [bool(about(one)) for one in same.relatives] == [False, True]
    alone = KnownCrystals.of([KnownCrystal(WyckoffCrystal(229, ALLOY.cell, ALLOY.sites))])
    assert "No known crystal" in headline(family_of(ORDER, alone))


def test_a_crystals_buttons_open_its_family():
    test = AppTest.from_function(page, default_timeout=120).run()
    test.button(key="x_family").click().run()
    assert not test.exception
    assert any("**Same crystal.**" in one.value for one in test.markdown)
