"""A mistake in the program: people see a number, the log has the rest."""

import logging
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from disgen.export.bundle import guarded
from disgen.ui.map.selection_panel import _cell

pytestmark = pytest.mark.usefixtures("no_network")
ROOT = Path(__file__).parent.parent


def test_the_number_of_a_mistake_stands_in_the_log(monkeypatch, caplog):
    def mistaken(*_arguments, **_options):
        msg = "a secret of the server"
        raise RuntimeError(msg)

    monkeypatch.setattr("disgen.ui.frame.loading.load_run", mistaken)
    with caplog.at_level(logging.ERROR, "disgen"):
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    said = [error.value for error in test.error]
    number = re.search(r"the number (\d{8})\.$", said[0])[1]
    assert "secret" not in said[0]
    record = next(record for record in caplog.records if number in record.getMessage())
    assert "a secret of the server" in str(record.exc_info[1])


PARTS = """
import streamlit as st
from disgen.model.checkpoint import RunError
from disgen.ui.base.mistakes import fragment, told

@fragment
def part():
    if st.session_state.get("gone"):
        raise RunError("There is no run *mine*.")
    if st.session_state.get("broken"):
        raise RuntimeError("a secret of the server")
    st.write("a part")

with told("a page"):
    part()
    st.write("the rest")
"""


def test_a_part_of_a_page_tells_what_goes_wrong_in_it(caplog):
    test = AppTest.from_string(PARTS).run()
    assert [one.value for one in test.markdown] == ["a part", "the rest"]
    test.session_state["gone"] = True
    test.run()
    assert [one.value for one in test.error] == ["There is no run \\*mine\\*."]
    assert [one.value for one in test.markdown] == ["the rest"]
    assert not test.exception
    test.session_state["gone"], test.session_state["broken"] = False, True
    with caplog.at_level(logging.ERROR, "disgen"):
        test.run()
    number = re.search(r"the number (\d{8})\.$", test.error[0].value)[1]
    told = [record.getMessage() for record in caplog.records if record.name.startswith("disgen")]
    assert len(told) == len(test.error) == 1
    assert number in told[0]
    assert test.exception


DIALOG = """
import streamlit as st
from disgen.model.checkpoint import RunError
from disgen.ui.base.mistakes import dialog, told

@dialog("A dialog", width="large")
def shown(what):
    if what == "gone":
        raise RunError("There is no run *mine*.")
    if what == "broken":
        raise RuntimeError("a secret of the server")
    st.write("all is well")

with told("a page"):
    st.write("the page")
    shown(st.session_state.get("what", ""))
"""


def test_a_dialog_tells_what_goes_wrong_in_it(caplog):
    test = AppTest.from_string(DIALOG).run()
    assert [one.value for one in test.markdown] == ["the page", "all is well"]
    test.session_state["what"] = "gone"
    test.run()
    assert [one.value for one in test.error] == ["There is no run \\*mine\\*."]
    test.session_state["what"] = "broken"
    with caplog.at_level(logging.ERROR, "disgen"):
        test.run()
    number = re.search(r"the number (\d{8})\.$", test.error[0].value)[1]
    assert any(number in record.getMessage() for record in caplog.records)
    assert not any("secret" in one.value for one in test.error)


def test_the_server_is_for_this_machine_and_says_nothing_of_itself():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["address"] == "localhost"
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["server"]["enableWebsocketCompression"] is True
    assert settings["server"]["maxUploadSize"] <= 5
    assert settings["client"]["showErrorDetails"] == "none"


def test_no_cell_is_a_formula():
    table = pd.DataFrame({"id": ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", "plain"], "n": [-1, 2, 3, 4, 5, 6]})
    written = table.map(_cell)
    assert not any(text.startswith(("=", "+", "-", "@", "\t")) for text in written["id"])
    assert written["n"].tolist() == table["n"].tolist()
    assert guarded("NaCl") == "NaCl"
