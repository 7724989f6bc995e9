"""The app's JavaScript by Node's own test runner; skipped where Node is missing, unless DISGEN_REQUIRE_NODE=1."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "javascript"


@pytest.fixture
def node():
    found = shutil.which("node")
    if found is None:
        if os.environ.get("DISGEN_REQUIRE_NODE") == "1":
            pytest.fail("There is no Node.")
        pytest.skip("There is no Node to test the JavaScript with.")
    return found


@pytest.mark.parametrize("path", sorted(TESTS.glob("*.test.js")), ids=lambda path: path.stem)
def test_what_the_scripts_compute(node, path):
    done = subprocess.run([node, "--test", path], check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0\n" not in done.stdout
