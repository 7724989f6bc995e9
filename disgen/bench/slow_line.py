"""A slow line before a server: a proxy that lets so many bytes a second through to the browser, of all connections."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1460  # bytes that a packet holds


@dataclass
class SlowLine:
    """What has come over the line.

    Attributes:
        bytes_per_s: that it lets through.
        url: of the server behind it, for the browser.
        received: bytes that the browser has got, with all headers.
        latest: when it got the last of them, on the monotonic clock.
    """

    bytes_per_s: float
    url: str = ""
    received: int = 0
    latest: float = field(default_factory=time.monotonic)
    _free: float = 0.0  # when the line has sent what it took on
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def carry(self, size: int) -> None:
        """Take as long as so many bytes take, behind all that others have sent."""
        with self._lock:
            self._free = max(self._free, time.monotonic()) + size / self.bytes_per_s
            until = self._free
        time.sleep(max(0.0, until - time.monotonic()))
        with self._lock:
            self.received += size
            self.latest = time.monotonic()


@contextmanager
def slow_line(url: str, megabits: float) -> Iterator[SlowLine]:
    """A line of so many megabits a second to a server on this machine. What the browser sends is not held up."""
    server = urlsplit(url)
    line = SlowLine(megabits * 1e6 / 8.0)

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((server.hostname or "localhost", server.port or 80)) as behind:
                up = threading.Thread(target=_pass_on, args=(self.request, behind), daemon=True)
                up.start()
                _pass_on(behind, self.request, line)

    with _Proxy(("127.0.0.1", 0), Connection) as proxy:
        line.url = f"http://localhost:{proxy.server_address[1]}"
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield line
        finally:
            proxy.shutdown()


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A browser that hangs up is none."""


def _pass_on(source: socket.socket, target: socket.socket, line: SlowLine | None = None) -> None:
    """Until one of both is closed."""
    try:
        while piece := source.recv(_PIECE):
            if line is not None:
                line.carry(len(piece))
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
