"""What the tests of single pages share: a stand-in for 3Dmol.js, and a page that is opened and waited for.

A plugin of the tests' (see ``conftest.py``), so that its fixture needs no import.
"""

import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from disgen import threedmol
from disgen.latent.registry import ESTIMATORS

ROOT = Path(__file__).parent.parent
PATIENCE = 240.0  # s


@pytest.fixture
def no_network(tmp_path, monkeypatch):
    """Views have a 3Dmol.js, which is not fetched."""
    path = tmp_path / "3Dmol-min.js"
    path.write_text("// stands for 3Dmol.js")
    script = threedmol.Script(threedmol.ScriptSource.LOCAL, path, threedmol.cdn_url())
    monkeypatch.setattr(threedmol, "local", lambda: script)


def open_app(page, params):
    """A page of the app with what its address says."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    test.run()
    test.switch_page(f"pages/{page}.py")
    for name, value in params.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def until(test, condition):
    """The page once something holds, looked at again and again."""
    end = time.monotonic() + PATIENCE
    while not condition(test):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
        test.run()
        assert not test.exception
    return test


@contextmanager
def few_samplers(*names):
    """Only these samplers; all are put back at once, since one by one they would stand at the end, out of order."""
    registry = dict(ESTIMATORS)
    for name in set(ESTIMATORS) - set(names):
        del ESTIMATORS[name]
    try:
        yield
    finally:
        ESTIMATORS.clear()
        ESTIMATORS.update(registry)
