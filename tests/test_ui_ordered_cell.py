"""What a page offers of a crystal: its ordered cell, and the composition kept if asked."""

from streamlit.testing.v1 import AppTest


def page():
    from pathlib import Path

    import disgen
    from disgen.cif import read_cif
    from disgen.ui.crystal import buttons
    from disgen.ui.crystal.tray import Item, Origin

    path = Path(disgen.__file__).parents[1] / "tests" / "data" / "lgps.cif"
    buttons.show_ordered_cell(Item(read_cif(path.read_bytes()), Origin("", "original")), key="x")


def said(test):
    return test.markdown[-1].value


def test_what_an_ordered_cell_leaves_out_is_said_and_less_if_asked():
    test = AppTest.from_function(page, default_timeout=60).run()
    for axis in "abc":
        test.number_input(key=f"x_repeat_{axis}").set_value(2)
    test.run()
    assert "25 of 162 Li left out" in said(test)
    test.toggle(key="x_complete").set_value(True).run()
    assert "2 of 162 Li left out" in said(test)
    assert "23 of 162 Li moved" in said(test)
    test.number_input(key="x_repeat_a").set_value(1).run()
    assert test.toggle(key="x_complete").value
    assert not test.exception
