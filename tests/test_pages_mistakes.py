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
