"""What goes over a slow line when somebody opens the map for the first time, and when it stands."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from disgen.bench.app import offered_name, time_page
from disgen.bench.browser import VIEWPORT, chromium, running_app
from disgen.bench.slow_line import slow_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import BrowserContext, CDPSession

    from disgen.bench.slow_line import SlowLine
    from disgen.model.checkpoint import Run

_PATIENCE = 300_000  # ms
_QUIET = 3.0  # s without a byte, after which all has come
_LOG = logging.getLogger(__name__)
# Seconds until the heading, the map and the crystal stood; each once it does.
_MOMENTS = """() => {
    const found = window.disgenMoments = {};
    const standing = {
        heading: () => document.querySelector('h1'),
        map: () => document.querySelector('.disgen-map')?.disgenMap.seen,
        crystal: () => [...document.querySelectorAll('iframe')].some((frame) => {
            try { return frame.contentWindow.disgenState === 'drawn'; } catch { return false; }
        }),
    };
    const look = () => {
        for (const [name, stands] of Object.entries(standing)) {
            if (!(name in found) && stands()) found[name] = performance.now() / 1000;
        }
        if (Object.keys(found).length < 3) setTimeout(look, 20);
    };
    look();
}"""


@dataclass(frozen=True)
class Visit:
    """One visit.

    Attributes:
        bytes: that came over the line.
        moments: seconds until "heading", "map" and "crystal" stood.
        requests: the path of each request that took bytes, and how many, the largest first; the last is what came
            over the WebSocket.
    """

    bytes: int
    moments: Mapping[str, float]
    requests: Sequence[tuple[str, int]]

    def to_dict(self, megabits: float) -> dict[str, Any]:
        """Figures, with the seconds that the line alone takes."""
        return {
            "bytes": self.bytes,
            "line_alone_s": round(8e-6 * self.bytes / megabits, 1),
            **{f"{name}_s": round(seconds, 1) for name, seconds in self.moments.items()},
            "requests": [list(request) for request in self.requests],
        }


def measure_line(run: Run, megabits: float) -> dict[str, Any]:
    """Start the app, open its map twice over a slow line, with an empty cache and with a full one, and stop it.

    Args:
        run: the model that the app shows.
        megabits: a second that the line lets through.

    Returns:
        "first" and "second", see `Visit.to_dict`.

    Raises:
        AppBenchError: if playwright or Chromium is missing, or the app does not answer.
    """
    name = offered_name(run)
    with chromium() as browser, running_app(run.path, name) as served:
        page = f"latent_map?run={quote(name)}"
        _LOG.info("Warming the server …")
        for _ in range(2):
            time_page(browser, f"{served.url}/{page}")
        context = browser.new_context(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})
        with slow_line(served.url, megabits) as line:
            visits = {}
            for which in ("first", "second"):
                _LOG.info("The %s visit …", which)
                visits[which] = visit(context, line, page).to_dict(megabits)
        context.close()
    return {"megabits_per_s": megabits, **visits, "run": run.name}


def visit(context: BrowserContext, line: SlowLine, path: str) -> Visit:
    """Open a page and wait until nothing more comes."""
    before = line.received
    page = context.new_page()
    requests = _Requests(context.new_cdp_session(page))
    page.add_init_script(f"({_MOMENTS})()")
    page.goto(f"{line.url}/{path}", timeout=_PATIENCE, wait_until="commit")
    page.wait_for_function("() => Object.keys(window.disgenMoments ?? {}).length === 3", timeout=_PATIENCE)
    while time.monotonic() < line.latest + _QUIET:
        page.wait_for_timeout(100)
    moments = page.evaluate("disgenMoments")
    page.close()
    received = line.received - before
    files = sorted(requests.sizes.items(), key=lambda request: -request[1])
    return Visit(received, moments, [*files, ("WebSocket", received - sum(requests.sizes.values()))])


class _Requests:
    """Bytes of each request over HTTP, by the path; those out of the cache have none."""

    def __init__(self, session: CDPSession) -> None:
        self.sizes: dict[str, int] = {}
        self._paths: dict[str, str] = {}
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)
        session.send("Network.enable")

    def _asked(self, event: dict[str, Any]) -> None:
        self._paths[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def _came(self, event: dict[str, Any]) -> None:
        path, size = self._paths.get(event["requestId"], ""), int(event["encodedDataLength"])
        if size and path.startswith("/"):
            self.sizes[path] = self.sizes.get(path, 0) + size
