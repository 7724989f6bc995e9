"""No process is left behind, whatever ends the one that started it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from disgen.corpus import amcsd
from disgen.processes import process_pool

ROOT = Path(__file__).parents[1]
GRACE = 5.0  # s after which nothing may be left
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at Linux's list of processes")


def session(leader):
    """The processes of a session that are not already dead: pid by command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, of = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(of) == leader and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ")[:80]
        except OSError:
            continue
    return found


def within(seconds, holds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def start(*command, cwd):
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def nothing_is_left(leader):
    assert within(GRACE, lambda: not session(leader)), session(leader)


BUSY = """
import time
from disgen.processes import process_pool
def sleep(seconds): time.sleep(seconds)
if __name__ == "__main__":
    with process_pool(2) as pool:
        for work in [pool.submit(time.sleep, 600) for _ in range(2)]:
            work.result()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_processes_of_a_pool_end_with_it(number, tmp_path):
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    process = start(str(script), cwd=tmp_path)
    assert within(60, lambda: len(session(process.pid)) >= 4)  # itself, the server of processes and two workers
    time.sleep(0.5)
    process.send_signal(number)
    process.wait(GRACE)
    nothing_is_left(process.pid)


def test_a_pool_is_ended_in_the_middle_of_its_work():
    start_time = time.monotonic()
    with process_pool(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
        future = pool.submit(time.sleep, 600)
    assert time.monotonic() - start_time < 60
    assert within(GRACE, future.done)


@pytest.fixture(scope="module")
def cifs(tmp_path_factory):
    """A folder of many CIFs, which takes a while to read."""
    folder = tmp_path_factory.mktemp("cifs")
    for number, (code, text) in enumerate(amcsd.cifs()):
        if number >= 2000:
            break
        (folder / f"{code}.cif").write_text(text)
    return folder


@pytest.fixture(scope="module")
def old_corpus(cifs, tmp_path_factory):
    few = tmp_path_factory.mktemp("few")
    for path in sorted(cifs.glob("*.cif"))[:40]:
        (few / path.name).write_bytes(path.read_bytes())
    out = tmp_path_factory.mktemp("corpora") / "corpus"
    start("-m", "disgen", "corpus", "build", "--source", str(few), "--out", str(out), cwd=out.parent).communicate()
    return out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_the_old_corpus(number, cifs, old_corpus):
    before = (old_corpus / "meta.json").read_bytes()
    command = ("-m", "disgen", "corpus", "build", "--source", str(cifs), "--out", str(old_corpus), "--workers", "2")
    process = start(*command, cwd=old_corpus.parent)
    assert within(60, lambda: len(session(process.pid)) >= 4)
    time.sleep(2.0)
    assert process.poll() is None
    process.send_signal(number)
    process.wait(GRACE)
    nothing_is_left(process.pid)
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert (old_corpus / "meta.json").read_bytes() == before
    stats = start("-m", "disgen", "corpus", "stats", str(old_corpus), "--json", cwd=old_corpus.parent)
    assert json.loads(stats.communicate()[0])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(
    "command",
    [
        ("compare", "--estimators", "gaussian", "-n", "20000", "--workers", "2"),
        ("sample", "--estimator", "gaussian", "-n", "20000", "--out", "samples"),
    ],
    ids=lambda command: command[0],
)
def test_a_stopped_command_leaves_nothing_behind(number, command, tmp_path):
    process = start("-m", "disgen", *command, cwd=tmp_path)
    wanted = 4 if "--workers" in command else 1
    assert within(90, lambda: len(session(process.pid)) >= wanted)
    time.sleep(8.0)
    assert process.poll() is None
    process.send_signal(number)
    process.wait(GRACE)
    nothing_is_left(process.pid)
    assert not list(tmp_path.rglob("manifest.csv"))
