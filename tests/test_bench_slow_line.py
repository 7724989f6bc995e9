"""The slow line of the measurements: no more bytes than it lets through, all of them, and what a first visit takes."""

import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
from browsing import ROOT, missing

from disgen.bench.first_visit import Visit
from disgen.bench.slow_line import slow_line

CONTENT = bytes(range(256)) * 400  # 0.1 MB


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def fetched(url):
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (our own server)
        return answer.read()


def test_all_bytes_come_and_take_their_time_however_many_ask(address):
    with slow_line(address, 2.0) as line:
        start = time.monotonic()
        bodies = []
        askers = [threading.Thread(target=lambda: bodies.append(fetched(line.url))) for _ in range(3)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        seconds = time.monotonic() - start
    assert bodies == [CONTENT] * 3
    assert 3 * len(CONTENT) < line.received < 3 * len(CONTENT) + 2000  # with headers
    assert seconds > 0.95 * 8e-6 * line.received / 2.0
    assert start < line.latest <= start + seconds


def test_figures_of_a_visit_tell_what_the_line_alone_takes():
    visit = Visit(1_875_000, {"heading": 1.24, "map": 6.0, "crystal": 9.0}, [("/a.js", 5), ("WebSocket", 4)])
    figures = visit.to_dict(1.5)
    assert figures["line_alone_s"] == 10.0
    assert (figures["heading_s"], figures["map_s"], figures["crystal_s"]) == (1.2, 6.0, 9.0)
    assert figures["requests"] == [["/a.js", 5], ["WebSocket", 4]]


@pytest.mark.browser
@pytest.mark.slow
def test_a_first_visit_of_the_map_takes_no_more_than_ten_seconds_of_a_slow_line(script):
    command = [sys.executable, "-m", "disgen", "bench", "--app", "--line", "6", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "install playwright" in done.stderr or "There is no Chromium" in done.stderr:
        missing(done.stderr)
    assert done.returncode == 0, done.stderr
    first, second = (json.loads(done.stdout)[which] for which in ("first", "second"))
    assert 8e-6 * first["bytes"] / 1.5 < 10.0
    assert sum(size for _, size in first["requests"]) == first["bytes"] > 3 * second["bytes"]
    assert not any("Plotly" in path for path, _ in first["requests"])
    assert 0.0 < first["heading_s"] < first["crystal_s"]
    assert dict(second["requests"])["WebSocket"] > 0.9 * second["bytes"]
