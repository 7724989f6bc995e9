"""No process is left behind, whatever ends the one that started it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commanded import GRACE, ROOT, nothing_is_left, session, within

from disgen.bench.browser import free_port
from disgen.processes import process_pool

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at Linux's list of processes")


def start(*command, cwd):
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


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


HANDING_OUT = """
import time
from disgen.processes import process_pool
if __name__ == "__main__":
    with process_pool(1) as pool:
        for _ in range(3):  # the first is worked at, and the others are more than a pipe holds
            pool.submit(time.sleep, 600)
            pool.submit(len, bytes(4_000_000))
        time.sleep(3.0)
"""


def test_a_pool_ends_while_work_is_handed_out(tmp_path):
    script = tmp_path / "handing_out.py"
    script.write_text(HANDING_OUT)
    process = start(str(script), cwd=tmp_path)
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()
    nothing_is_left(process.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_of_the_app_ends_with_the_command(number, tmp_path):
    port = free_port()
    process = start("-m", "disgen", "app", "--port", str(port), "--no-browser", cwd=tmp_path)
    assert within(60, lambda: answers(port))
    assert len(session(process.pid)) >= 2  # the command and the server
    process.send_signal(number)
    process.wait(GRACE)
    nothing_is_left(process.pid)


MEASURING = """
import time
from pathlib import Path
from disgen.bench.browser import running_app
from disgen.model.checkpoint import run_folder
with running_app(run_folder(), "open") as app:
    Path("there").write_text(app.url)
    time.sleep(600)
"""


def test_the_server_of_a_measurement_ends_with_it_when_it_is_killed(tmp_path):
    (tmp_path / "measuring.py").write_text(MEASURING)
    process = start("measuring.py", cwd=tmp_path)
    assert within(60, (tmp_path / "there").exists)
    assert len(session(process.pid)) >= 2  # the measurement and the server
    process.kill()
    process.wait(GRACE)
    nothing_is_left(process.pid)


def answers(port):
    try:
        socket.create_connection(("localhost", port), timeout=1.0).close()
    except OSError:
        return False
    return True


def test_a_pool_is_ended_in_the_middle_of_its_work():
    start_time = time.monotonic()
    with process_pool(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
        future = pool.submit(time.sleep, 600)
    assert time.monotonic() - start_time < 60
    assert within(GRACE, future.done)
