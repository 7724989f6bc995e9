"""Pictures of every page, light and dark, in a wide and a narrow window: ``python tests/screenshots.py --out shots``.

``--documentation`` takes those that the README and ``docs/`` show, into ``docs/pictures``. A Chromium with software
WebGL is needed, as for the browser tests.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from browsing import ROOT, click_point, open_map, running_server, settled, shown, start_browser

sys.path.insert(0, str(ROOT))

SIZES = {"wide": (1440, 900), "narrow": (1024, 768)}
SCHEMES = ("light", "dark")
DOCUMENTATION = ROOT / "docs" / "pictures"
DRAWN = 3000  # ms, for charts and views to be painted in software


@dataclass(frozen=True)
class Shot:
    """A page as a person would have it before them.

    Attributes:
        name: of the file.
        go: opens the page and does there what the picture shows, given the page and the server's address.
        look: CSS of what is to stand in the upper part of the window; the top of the page if None.
    """

    name: str
    go: Callable
    look: str | None = None


def overview(page, server):
    page.goto(server.url)
    page.get_by_role("button", name="Generate").first.click()
    page.wait_for_selector(".sample-grid, [data-testid=stImage], svg", timeout=120_000)


def latent_map(page, server):
    open_map(page, server)
    click_point(page, 0, 3000)
    shown(page)


def path_on_map(page, server):
    open_map(page, server, "point=test:57&other=test:2001")


def estimators(page, server):
    page.goto(f"{server.url}/estimators")
    page.wait_for_selector("table")


def conditioning(page, server):
    page.goto(f"{server.url}/conditioning")
    page.wait_for_selector("h1")
    settled(page)


def viewer(page, server):
    page.goto(f"{server.url}/viewer")
    page.locator("input[type=file]").first.set_input_files(str(ROOT / "tests" / "data" / "lsco.cif"))
    shown(page)


def reconstruction(page, server):
    page.goto(f"{server.url}/reconstruction")
    page.wait_for_selector("table")


def corpus(page, server):
    page.goto(f"{server.url}/corpus")
    page.wait_for_selector("h1")


def tray(page, server):
    latent_map(page, server)
    page.get_by_role("button", name="Add to tray").first.click()
    settled(page)
    click_point(page, 1000, 3000)
    settled(page)
    page.get_by_role("button", name="Add to tray").first.click()
    settled(page)
    page.get_by_role("link", name="Tray").first.click()
    shown(page)


SHOTS = (
    Shot("overview", overview),
    Shot("latent_map", latent_map),
    Shot("estimators", estimators),
    Shot("estimators_samples", estimators, "text=Samples"),
    Shot("conditioning", conditioning),
    Shot("viewer", viewer),
    Shot("reconstruction", reconstruction),
    Shot("reconstruction_figures", reconstruction, ".js-plotly-plot"),
    Shot("corpus", corpus),
    Shot("tray", tray),
)


def take(browser, server, shot, size, scheme, path):
    """Take one picture."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(60_000)
    shot.go(page, server)
    settled(page)
    if shot.look is not None:
        page.locator(shot.look).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(DRAWN)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(path))
    context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("shots"), help="folder for the pictures (default: shots)")
    parser.add_argument("--only", nargs="*", choices=[shot.name for shot in SHOTS], help="some of them only")
    parser.add_argument("--documentation", action="store_true", help="the documentation's own, in a wide light window")
    arguments = parser.parse_args()
    chosen = [shot for shot in SHOTS if not arguments.only or shot.name in arguments.only]
    sizes, schemes = (("wide",), ("light",)) if arguments.documentation else (SIZES, SCHEMES)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = start_browser(driver)
        with running_server(Path(folder) / "log.txt") as server:
            for shot in chosen:
                for size in sizes:
                    for scheme in schemes:
                        name = f"{shot.name}.png" if arguments.documentation else f"{shot.name}-{scheme}-{size}.png"
                        out = DOCUMENTATION if arguments.documentation else arguments.out
                        take(browser, server, shot, size, scheme, out / name)
                        sys.stderr.write(f"{out / name}\n")
        browser.close()


if __name__ == "__main__":
    main()
