"""The program away from its clone: `DISGEN_SITE` names a folder into which its wheel was installed (see ``.ci/run``).

Without it the clone itself is tried, from an empty folder.
"""

import csv
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

import disgen
from disgen.bench.browser import free_port

ROOT = Path(__file__).parent.parent
SITE = Path(os.environ.get("DISGEN_SITE", ROOT))
PATIENCE = 120.0  # s


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "PYTHONPATH": str(SITE), "DISGEN_HOME": str(tmp_path / "home")}


def run(arguments, folder, environment):
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_it_is_the_one_that_shall_be_tried(tmp_path, environment):
    found = run(["-c", "import disgen; print(disgen.__file__)"], tmp_path, environment)
    assert Path(found.strip()).parent.parent == SITE


def test_samples_of_the_released_model(tmp_path, environment):
    run(["-m", "disgen", "sample", "-n", "10", "--out", "out"], tmp_path, environment)
    with (tmp_path / "out" / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    assert len(list((tmp_path / "out").glob("*.cif"))) == sum(row["file"] != "" for row in rows) > 0


@contextmanager
def served(folder, environment, *options):
    command = [sys.executable, "-m", "disgen", "app", "--no-browser", *options]
    with (folder / "log.txt").open("w+") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield server, folder / "log.txt"
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def answer(url):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as reply:  # noqa: S310 (our own server)
                return reply.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_the_app_answers_on_this_machine_only_and_ends_with_its_command(tmp_path, environment):
    port = free_port()
    with served(tmp_path, environment, "--port", str(port)) as (server, _):
        assert answer(f"http://localhost:{port}") == b"ok"
        listening = listeners(port)
        assert listening
        assert listening <= {"0100007F", "0" * 24 + "01000000"}  # 127.0.0.1 and ::1
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=PATIENCE)
    assert listeners(port) == set()


def test_the_app_listens_where_it_is_told(tmp_path, environment):
    port = free_port()
    with served(tmp_path, environment, "--port", str(port), "--address", "0.0.0.0") as _:  # noqa: S104 (what is tested)
        assert answer(f"http://127.0.0.1:{port}") == b"ok"
        assert listeners(port) == {"00000000"}


def listeners(port):
    """Addresses, as Linux writes them, on which somebody listens to a port."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("This machine does not tell who listens.")
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    places = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, at in places if int(at, 16) == port}


@pytest.mark.browser
@pytest.mark.slow
def test_pages_are_drawn(tmp_path, environment, browser):
    port = free_port()
    with served(tmp_path, environment, "--port", str(port)) as (_, log):
        url = f"http://localhost:{port}"
        answer(url)
        page = browser.new_page()
        for name, title in (("", "Dis-GEN Explorer"), ("corpus", "Corpus")):
            page.goto(f"{url}/{name}")
            page.get_by_role("heading", name=title, exact=True).wait_for(timeout=1000 * PATIENCE)
        page.close()
        assert "Traceback" not in log.read_text(encoding="utf-8")


def test_a_busy_port_is_a_failure(tmp_path, environment):
    port = free_port()
    with served(tmp_path, environment, "--port", str(port)):
        answer(f"http://localhost:{port}")
        second = subprocess.run(
            [sys.executable, "-m", "disgen", "app", "--no-browser", "--port", str(port)],
            cwd=tmp_path,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert second.returncode == 1
    assert re.search(rf"Port {port} is (not available|already in use)", second.stdout + second.stderr)


def test_one_version():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in settings["project"]["dynamic"]
    assert f"\n## {disgen.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
