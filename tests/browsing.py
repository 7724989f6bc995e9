"""What the browser tests share: a Chromium with software WebGL, a running app, and what a person does in it.

A plugin of the tests' (see ``conftest.py``), so that its fixtures need no import. What is slow to import stays inside.
"""

import io
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from disgen.bench.browser import AppBenchError, free_port, launch
from disgen.crystal import WyckoffCrystal, WyckoffSite

ROOT = Path(__file__).parent.parent
PATIENCE = 120_000  # ms, for a machine with much else to do
FIRST_PAGE = 60.0  # s from the start of the server
ZIRCONIA = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)


def missing(reason):
    """Skip where a browser may be missing, fail where it may not."""
    if os.environ.get("DISGEN_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def playwright():
    api = pytest.importorskip("playwright.sync_api") if os.environ.get("DISGEN_REQUIRE_BROWSER") != "1" else None
    if api is None:
        from playwright import sync_api as api
    with api.sync_playwright() as driver:
        yield driver


def start_browser(playwright, *flags):
    try:
        return launch(playwright, *flags)
    except AppBenchError as error:
        missing(str(error))


@pytest.fixture(scope="module")
def browser(playwright):
    chromium = start_browser(playwright)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def script():
    from disgen import threedmol

    found = threedmol.obtain(probe=False)
    if found.source is not threedmol.ScriptSource.LOCAL:
        missing(f"There is no 3Dmol.js: {found.reason}")
    return found


class Server:
    """A running app."""

    def __init__(self, log):
        port = free_port()
        self.url = f"http://localhost:{port}"
        self.started = time.monotonic()
        command = [sys.executable, "-m", "streamlit", "run", "served.py", "--server.headless", "true"]
        options = ["--server.port", str(port), "--server.fileWatcherType", "none"]
        self.process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=log, stderr=log)

    def wait(self):
        while time.monotonic() < self.started + FIRST_PAGE:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):  # noqa: S310 (our server)
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"The server was not up within {FIRST_PAGE:g} s.")


@contextmanager
def running_server(log_path):
    with log_path.open("w+") as log:
        running = Server(log)
        try:
            running.wait()
            yield running
        finally:
            running.process.terminate()
            running.process.wait(timeout=20)
        log.seek(0)
        assert "Traceback" not in log.read()


@pytest.fixture(scope="session")
def server(tmp_path_factory, script):
    """One app for all files that need no other: what it has loaded for one it need not load for the next."""
    with running_server(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running


@pytest.fixture
def page(browser, server):
    yield from open_page(browser, server)


@pytest.fixture
def dark_page(browser, server):
    yield from open_page(browser, server, color_scheme="dark")


# Without a graphics card every step of an animation is a new picture of all maps and crystals on the page.
STILL = """document.addEventListener("DOMContentLoaded", () => {
    const style = document.createElement("style");
    style.textContent = "*, *::before, *::after { animation: none !important; transition: none !important }";
    document.head.append(style);
})"""


def open_page(browser, server, **settings):
    """A page that may ask nobody but the server, and in which no script may fail."""
    settings = {"viewport": {"width": 1440, "height": 1000}, "reduced_motion": "reduce"} | settings
    context = browser.new_context(accept_downloads=True, **settings)
    context.add_init_script(STILL)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    outside, errors = [], []
    opened.on(
        "request",
        lambda request: (
            None if request.url.startswith((server.url, "data:", "blob:", "about:")) else outside.append(request.url)
        ),
    )
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert outside == []
    assert errors == []


def open_map(page, server, query=""):
    page.goto(f"{server.url}/latent_map?{query}")
    page.wait_for_function("document.querySelector('.disgen-map')?.disgenMap.seen")
    settled(page)


def settled(page):
    """Wait until the server has nothing left to do."""
    page.wait_for_timeout(300)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')")


def formula(page):
    return page.locator("h3[data-formula]").first.inner_text()


def shown(page):
    """The drawn view: the frame that the 3D viewer fills."""
    handle = page.wait_for_selector("iframe[data-testid=stIFrame]")
    frame = handle.content_frame()
    page.wait_for_function("(view) => view.contentWindow.disgenState", arg=handle)  # the view itself forbids to wait
    assert frame.evaluate("window.disgenState") == "drawn", frame.locator("#message").inner_text()
    return handle, frame


# Number of corners and colours of each mesh that a view has of its wedges.
WEDGES = """() => disgenViewers[0].shapes.map((shape) => shape.geo.geometryGroups.map((group) => [
    group.vertices,
    [...new Set(Array.from({length: group.vertices}, (_, i) =>
        [0, 1, 2].map((k) => Math.round(255 * group.colorArray[3 * i + k])).join()))],
])).flat()"""


def wedges_of(crystal, scheme="jmol"):
    """What ``WEDGES`` gives if the crystal's occupancies are drawn, in one cell."""
    from disgen.drawing.scene import scene

    drawn, expected = scene(crystal), []
    for number, site in enumerate(drawn["sites"]):
        copies = sum(position[3] == number for position in drawn["positions"])
        for wedge in site["wedges"]:
            if "meshes" in wedge:
                colour = wedge["colours"][scheme]
                parts = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
                expected.append([len(wedge["meshes"][0]["vertices"]) // 3 * copies, [parts]])
    return expected


def colours_in(handle):
    image = np.asarray(Image.open(io.BytesIO(handle.screenshot())).convert("RGB")).reshape(-1, 3)
    return len(np.unique(image // 16, axis=0))


# Pixels of the point among the given rows that stands most alone on the map, and its row.
LONELIEST = """([first, last]) => {
    const shown = document.querySelector('.disgen-map');
    const {left, right, top: above, bottom} = shown.getBoundingClientRect();
    const places = Array.from(shown.disgenMap.points.x, (_, row) => shown.disgenMap.pixels(row));
    const top = above + 40;  // tools
    let best = null;
    for (let i = first; i < Math.min(last, places.length); i++) {
        const [x, y] = places[i];
        if (x < left + 5 || x > right - 5 || y < top + 5 || y > bottom - 5) continue;
        const gap = Math.min(...places.map(([u, v], j) => j === i ? Infinity : Math.hypot(u - x, v - y)));
        if (!best || gap > best.gap) best = {x, y, gap, row: i};
    }
    return best;
}"""


def click_point(page, first, last):
    """Click the loneliest of some rows of the map; returns its row."""
    page.evaluate("document.querySelector('.disgen-map').scrollIntoView({block: 'center'})")
    page.wait_for_timeout(300)
    target = page.evaluate(LONELIEST, [first, last])
    page.mouse.move(target["x"] - 2, target["y"] - 2)
    page.mouse.move(target["x"], target["y"])
    page.wait_for_timeout(300)
    page.mouse.click(target["x"], target["y"])
    return target["row"]


@pytest.fixture(scope="session")
def run():
    from disgen.model import checkpoint

    return checkpoint.load_run()


@pytest.fixture(scope="session")
def disordered(run):
    """Number and crystal of a test point with a mixed site and a vacancy, or at least a mixed site."""
    from disgen.generation.decoded import DecodedLatents

    # Other programs merge atoms that are closer than about 0.4 Å.
    points = DecodedLatents.of(run, run.latents["test"][:300])
    decoded = [point.crystal if point.checks.plausible else None for point in points]
    found = [
        (len({occupancy for site in crystal.sites for occupancy, _ in site.occupancies}), -index)
        for index, crystal in enumerate(decoded)
        if crystal is not None and any(len(site.occupancies) > 1 for site in crystal.sites)
    ]
    index = -max(found)[1]
    return index, decoded[index]
