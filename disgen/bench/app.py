"""How fast the app is in a real browser: from a click on the map to the new crystal, and until a page is complete."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

import disgen
from disgen.bench.browser import VIEWPORT, AppBenchError, chromium, running_app
from disgen.model.checkpoint import available_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser, CDPSession, Page

    from disgen.model.checkpoint import Run

POINTS = 27_008  # on the map, as many as the paper draws
CLICKS = 40
_FIRST = "overview"  # whose address has no path
_VISITS = 3  # of each page
_SAMPLER = "kde"  # every complete run has it
_LONGEST = 900_000  # ms: sampling and placing tens of thousands of points on a busy machine
_PATIENCE = 60.0  # s that a page or a click may take
_CALM = 2.5  # s without anything new, after which a page counts as complete
_SETTLED = 0.4  # s without anything new, after which a click is answered
_UNANSWERED = 10.0  # s without anything new, after which a click has led to the same crystal
_HOVER = 150  # ms that a chart takes to notice the pointer
_TRIES = 3  # clicks for every one that is wanted: some hit no other crystal
_LOG = logging.getLogger(__name__)

# What stands on the page: charts, tables and drawn 3D views, also inside Streamlit's components. What a drawn table
# brings later for those who cannot see it is not counted again.
_STANDING = """() => {
    const kinds = '.js-plotly-plot .main-svg, .disgen-points, .disgen-panels canvas, .disgen-bars, '
        + '[data-testid=stDataFrame], table:not([data-testid=stDataFrame] table), svg[role=img]';
    const hosts = [...document.querySelectorAll('[data-testid*=BidiComponent], [data-testid*=BidiComponent] *')];
    const roots = [document, ...hosts.map((host) => host.shadowRoot).filter(Boolean)];
    const drawn = [...document.querySelectorAll('iframe')].filter((frame) => {
        try { return frame.contentWindow.disgenState; } catch { return true; }
    });
    return {
        count: drawn.length + roots.reduce((sum, root) => sum + root.querySelectorAll(kinds).length, 0),
        busy: Boolean(document.querySelector('[data-testid=stStatusWidget]')),
        now: performance.now() / 1000,
    };
}"""
# The column of the chosen point: when its formula was another one for the first time, when its text changed last, and
# when the 3D view of another crystal was drawn.
_WATCH = """() => {
    const watch = window.disgenWatch = {up: 0, first: 0, last: 0, view: 0, before: null};
    const column = () => document.querySelector('.st-key-map_crystal');
    const captions = (element) => [...element.querySelectorAll('[data-testid=stCaptionContainer]')]
        .map((one) => one.textContent).find((text) => text.startsWith('Point ')) ?? '';
    const seen = () => [captions(column()), column().textContent];
    const look = () => {
        if (!watch.before || !column()) return;
        const now = performance.now();
        const [caption, text] = seen();
        if (text === watch.text) return;
        watch.text = text;
        if (caption === watch.before) return;
        watch.first ||= now;
        watch.last = now;
    };
    const drawn = () => {
        const frame = column()?.querySelector('iframe')?.contentWindow;
        return frame?.disgenState === 'drawn' ? frame.document.querySelector('.stage')?.id : undefined;
    };
    const wait = () => {
        const now = drawn();
        if (now && now !== watch.drawn) watch.view = performance.now();
        else requestAnimationFrame(wait);
    };
    watch.arm = () => {
        Object.assign(watch, {up: 0, first: 0, last: 0, view: 0, drawn: drawn()});
        [watch.before, watch.text] = seen();
        requestAnimationFrame(wait);
    };
    document.addEventListener('mouseup', () => { watch.up ||= performance.now(); }, {capture: true});
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
_STATE = (
    "() => { const {up, first, last, view} = disgenWatch; return {up, first, last, view, now: performance.now()}; }"
)
# Where a row of the map is drawn, if that is in sight.
_PLACE = """(row) => {
    const map = document.querySelector('.disgen-map'), box = map.getBoundingClientRect();
    const [x, y] = map.disgenMap.pixels(row);
    const inside = x > box.left + 3 && x < box.right - 3 && y > box.top + 3 && y < box.bottom - 3;
    return inside && document.elementFromPoint(x, y)?.matches('.disgen-points') ? [x, y] : null;
}"""
_ROWS = "() => document.querySelector('.disgen-map')?.disgenMap.points?.n ?? 0"


@dataclass(frozen=True)
class Click:
    """One click on the map, in ms from the release of the button.

    Attributes:
        first: until the caption of another point stands.
        last: until the last text beside the map has changed: formula, cell, sites, checks.
        view: until the new crystal's 3D view is drawn; NaN if there is none.
        server: from the browser's message to the server's last; NaN if there was none.
    """

    first: float
    last: float
    view: float
    server: float


def measure_app(
    run: Run, *, clicks: int = CLICKS, points: int = POINTS, seed: int = 0, pages: Sequence[str] = ()
) -> dict[str, Any]:
    """Start the app, drive it in Chromium, and stop it.

    Args:
        run: the model that the app shows.
        clicks: how many clicks on the map are timed.
        points: at least so many are on the map: the run's entries, and samples for the rest.
        seed: of the points that are clicked.
        pages: those that are timed, of `page_names`; all of them if none is named.

    Returns:
        "click_median_ms", "click_p95_ms" (to the last text), "click_first_median_ms" (to the caption),
        "click_view_median_ms", "click_view_p95_ms" (to the 3D view), "click_server_median_ms", "click_n", "points",
        "first_paint_s", "pages" (by name, seconds until the last chart, table or 3D view stands, the median of three
        visits) and the settings.

    Raises:
        AppBenchError: if playwright or Chromium is missing, the app does not answer, or has no page of a name.
    """
    if unknown := [name for name in pages if name not in page_names()]:
        msg = f"The app has no page {unknown[0]}: its pages are {', '.join(page_names())}."
        raise AppBenchError(msg)
    if "test" not in run.latents:
        msg = f"The run {run.name} holds no latents of its test split, so it has no map to click on."
        raise AppBenchError(msg)
    samples = max(0, points - sum(map(len, run.latents.values())))
    name = offered_name(run)
    with chromium() as browser, running_app(run.path, name) as served:
        url, choice = served.url, f"run={quote(name)}"
        addresses = {
            name: f"{url}/{'' if name == _FIRST else name}?{choice}"
            for name in page_names()
            if not pages or name in pages
        }
        _LOG.info("Warming the server …")
        for address in addresses.values():
            time_page(browser, address)
        _LOG.info("Timing the pages …")
        first_paint, _ = time_page(browser, f"{url}/?{choice}")
        seconds = {
            name: _typical([time_page(browser, address)[1] for _ in range(_VISITS)])
            for name, address in addresses.items()
        }
        _LOG.info("Clicking on the map …")
        query = f"{choice}&set={_SAMPLER}&n={samples}" if samples else choice
        timed, shown = time_clicks(browser, f"{url}/latent_map?{query}", clicks, seed, points)
    return {
        **click_figures(timed),
        "points": shown,
        "first_paint_s": round(first_paint, 2),
        "pages": seconds,
        "run": run.name,
        "seed": seed,
        "viewport": list(VIEWPORT),
    }


def offered_name(run: Run) -> str:
    """The name under which an app offers a run to be measured: its own, unless another run comes with the program."""
    installed = available_runs().get(run.name)
    return run.name if installed is not None and installed.samefile(run.path) else f"{run.name}-measured"


def page_names() -> list[str]:
    """The names of all pages of the app, the first one first."""
    folder = Path(disgen.__file__).parent.parent / "pages"
    return sorted((path.stem for path in folder.glob("*.py")), key=lambda name: (name != _FIRST, name))


def click_figures(timed: Sequence[Click]) -> dict[str, Any]:
    """Medians and the 95 % quantile over clicks, in ms."""
    return {
        "click_median_ms": _quantile([click.last for click in timed], 0.5),
        "click_p95_ms": _quantile([click.last for click in timed], 0.95),
        "click_first_median_ms": _quantile([click.first for click in timed], 0.5),
        "click_view_median_ms": _quantile([click.view for click in timed], 0.5),
        "click_view_p95_ms": _quantile([click.view for click in timed], 0.95),
        "click_server_median_ms": _quantile([click.server for click in timed], 0.5),
        "click_n": len(timed),
    }


def _typical(seconds: Sequence[float]) -> float:
    """The median, in hundredths."""
    return round(float(np.median(seconds)), 2)


def _quantile(values: Sequence[float], share: float) -> float | None:
    """Of the values that are numbers, in tenths; None without any."""
    known = np.array([value for value in values if np.isfinite(value)])
    return round(float(np.quantile(known, share)), 1) if len(known) else None


def time_page(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds from the request to the first heading, and to the last chart, table or 3D view, in a new context."""
    context = browser.new_context(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})
    try:
        page = context.new_page()
        page.goto(address, timeout=1000 * _PATIENCE)
        heading = page.wait_for_function(
            "() => document.querySelector('h1') && performance.now() / 1000", timeout=1000 * _PATIENCE, polling="raf"
        ).json_value()
        return float(heading), _complete(page, float(heading))
    finally:
        context.close()


def time_clicks(browser: Browser, address: str, clicks: int, seed: int, points: int) -> tuple[list[Click], int]:
    """Clicks on random points of the map that lead to another crystal, and how many points there are."""
    context = browser.new_context(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})
    try:
        page = context.new_page()
        frames = _Frames(context.new_cdp_session(page))
        page.goto(address, timeout=1000 * _PATIENCE)
        page.wait_for_function(f"() => ({_ROWS})() >= {points}", timeout=_LONGEST)
        _complete(page, 0.0)
        rows = int(page.evaluate(_ROWS))
        page.evaluate("document.querySelector('.disgen-map').scrollIntoView({block: 'center'})")
        page.evaluate(_WATCH)
        found: list[Click] = []
        for row in np.random.default_rng(seed).choice(rows, min(rows, _TRIES * clicks), replace=False).tolist():
            click = _click(page, frames, row)
            if click is not None:
                found.append(click)
            if len(found) == clicks:
                return found, rows
    finally:
        context.close()
    msg = (
        f"Only {len(found)} of {clicks} clicks on the map led to another crystal: ask for fewer, or see the app's log."
    )
    raise AppBenchError(msg)


class _Frames:
    """When messages went to the server and came from it, in seconds of the browser's clock."""

    def __init__(self, session: CDPSession) -> None:
        self.sent: list[float] = []
        self.received: list[float] = []
        session.on("Network.webSocketFrameSent", lambda event: self.sent.append(event["timestamp"]))
        session.on("Network.webSocketFrameReceived", lambda event: self.received.append(event["timestamp"]))
        session.send("Network.enable")

    def clear(self) -> None:
        self.sent.clear()
        self.received.clear()

    def share(self) -> float:
        """Milliseconds from the first message to the last answer; NaN without either."""
        if not self.sent or not self.received:
            return float("nan")
        return 1000.0 * (self.received[-1] - self.sent[0])


def _click(page: Page, frames: _Frames, row: int) -> Click | None:
    """Click where a row is drawn; None if that leads to no other crystal, as another point may lie in front of it."""
    place = page.evaluate(_PLACE, row)
    if place is None:
        return None
    page.mouse.move(place[0] - 2, place[1] - 2)
    page.mouse.move(place[0], place[1])
    page.wait_for_timeout(_HOVER)
    page.evaluate("disgenWatch.arm()")
    frames.clear()
    page.mouse.click(place[0], place[1])
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        state = page.evaluate(_STATE)
        waited = state["now"] - max(state["last"], state["view"], state["up"])
        enough = _SETTLED
        if state["last"] and not state["view"]:
            enough = _CALM  # the view is still to come, unless the point has no crystal
        elif frames.sent and not state["last"]:
            enough = _UNANSWERED
        if waited > 1000.0 * enough and not page.evaluate(_STANDING)["busy"]:
            break
        page.wait_for_timeout(50)
    if not state["last"]:
        return None
    view = state["view"] - state["up"] if state["view"] else float("nan")
    return Click(state["first"] - state["up"], state["last"] - state["up"], view, frames.share())


def _complete(page: Page, otherwise: float) -> float:
    """When the last thing stood that the page shows; `otherwise` if it shows none."""
    count, since, end = 0, otherwise, time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        state = page.evaluate(_STANDING)
        if state["count"] != count:
            count, since = state["count"], state["now"]
        elif not state["busy"] and state["now"] - max(since, otherwise) > _CALM:
            break
        page.wait_for_timeout(50)
    return float(since)
